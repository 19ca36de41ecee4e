package server

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/otelcol-sentry/otelcol-sentry/extension/sentryinbox/internal/store"
	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
)

// ingest takes envelopes.
type ingest struct {
	store  *store.Store
	logger *zap.Logger
	bodies bodyReader
	// parsing bounds how many envelopes are taken apart at once: that needs a multiple of their size.
	parsing chan struct{}
}

// itemLimits are Relay's: an envelope with a larger item is refused as a whole.
var itemLimits = map[string]int{
	envelope.TypeEvent:        envelope.MaxEventBytes,
	envelope.TypeTransaction:  envelope.MaxTransactionBytes,
	envelope.TypeLog:          envelope.MaxContainerBytes,
	envelope.TypeSpan:         envelope.MaxContainerBytes,
	envelope.TypeTraceMetric:  envelope.MaxContainerBytes,
	envelope.TypeCheckIn:      envelope.MaxCheckInBytes,
	envelope.TypeClientReport: envelope.MaxClientReportBytes,
}

func newIngest(o Options) *ingest {
	return &ingest{
		store:   o.Store,
		logger:  o.Logger,
		bodies:  bodyReader{maxBytes: int64(o.MaxEnvelopeBytes), budget: int64(max(o.MaxInFlightBytes, o.MaxEnvelopeBytes+1))},
		parsing: make(chan struct{}, runtime.GOMAXPROCS(0)),
	}
}

// refusal is an answer that is an error.
type refusal struct {
	status int
	detail string
	causes []string
}

func refuse(status int, err error) *refusal { return &refusal{status: status, detail: err.Error()} }

// serve answers POST /api/{project}/envelope/: 200 {"id": ...}, without id if there is neither an event nor a transaction.
func (in *ingest) serve(w http.ResponseWriter, r *http.Request) {
	receipt := store.Receipt{Client: r.UserAgent()}
	data, id, refused := in.take(r, &receipt)
	if refused != nil {
		if refused.status == http.StatusServiceUnavailable {
			w.Header().Set("Retry-After", "1")
		}
		in.store.Reject(receipt, refused.status, refused.detail, refused.causes, data)
		in.logger.Debug("Refused an envelope", zap.Int("status", refused.status), zap.String("detail", refused.detail),
			zap.Strings("causes", refused.causes), zap.String("client", receipt.Client))
		writeError(w, refused.status, refused.detail, refused.causes...)
		return
	}
	answer := struct {
		ID string `json:"id,omitempty"`
	}{id}
	writeJSON(w, http.StatusOK, answer)
}

// take reads, checks and keeps an envelope. The receipt is filled as far as it came; data is the beginning of what was read, where it could not be parsed.
func (in *ingest) take(r *http.Request, receipt *store.Receipt) (data []byte, id string, refused *refusal) {
	project, err := projectOf(r)
	if err != nil {
		return nil, "", refuse(http.StatusBadRequest, err)
	}
	receipt.ProjectID = project
	auth, authenticated, err := requestAuth(r)
	if err != nil {
		return nil, "", refuse(authStatus(err), err)
	}
	receipt.PublicKey, receipt.Client = auth.key, auth.client

	raw, err := in.bodies.read(r)
	receipt.Encoding = raw.encoding
	if err != nil {
		return nil, "", bodyRefusal(err)
	}
	defer raw.release()
	receipt.WireBytes, receipt.Bytes = raw.wire, len(raw.data)

	in.parsing <- struct{}{} // nothing below waits for anyone
	defer func() { <-in.parsing }()
	env, err := envelope.Parse(raw.data)
	if err != nil {
		return head(raw.data), "", &refusal{http.StatusBadRequest, "invalid event envelope", []string{err.Error()}}
	}
	if refused := checkDSN(env.DSN, authenticated, receipt); refused != nil {
		return head(raw.data), "", refused
	}
	if refused := checkSizes(env); refused != nil {
		return head(raw.data), "", refused
	}
	violations := envelope.CheckWith(env, envelope.CheckOptions{Now: time.Now()})
	return nil, in.store.Accept(*receipt, env, violations), nil
}

// head copies the beginning of a body: the body itself goes back to the budget.
func head(data []byte) []byte {
	const shown = 2 << 10
	return append([]byte(nil), data[:min(len(data), shown)]...)
}

func authStatus(err error) int {
	if errors.Is(err, errBadVersion) {
		return http.StatusBadRequest
	}
	return http.StatusUnauthorized
}

// checkDSN compares the DSN in an envelope's header with the request: it may stand in for the authentication, and must not contradict it.
func checkDSN(dsn string, authenticated bool, receipt *store.Receipt) *refusal {
	if dsn == "" {
		if !authenticated {
			return refuse(http.StatusUnauthorized, errNoAuth)
		}
		return nil
	}
	key, project, err := dsnOf(dsn)
	switch {
	case err != nil:
		return &refusal{http.StatusBadRequest, "bad envelope authentication header", []string{err.Error()}}
	case project != receipt.ProjectID:
		return &refusal{http.StatusBadRequest, "invalid event envelope", []string{"envelope meta header does not match request: project id"}}
	case authenticated && key != receipt.PublicKey:
		return &refusal{http.StatusBadRequest, "invalid event envelope", []string{"envelope meta header does not match request: public key"}}
	}
	receipt.PublicKey = key
	return nil
}

func checkSizes(env *envelope.Envelope) *refusal {
	for i := range env.Items {
		item := &env.Items[i]
		if limit, known := itemLimits[item.Type]; known && len(item.Payload) > limit {
			return &refusal{
				http.StatusRequestEntityTooLarge, "envelope exceeded size limits",
				[]string{fmt.Sprintf("item %d, %s: %d bytes, at most %d are taken", i, item.Type, len(item.Payload), limit)},
			}
		}
	}
	return nil
}

// bodyRefusal says what was wrong with a body that could not be read.
func bodyRefusal(err error) *refusal {
	var timeout net.Error
	switch {
	case errors.Is(err, errTooLarge):
		return &refusal{http.StatusRequestEntityTooLarge, "envelope exceeded size limits", []string{err.Error()}}
	case errors.Is(err, errBusy):
		return refuse(http.StatusServiceUnavailable, err)
	case errors.Is(err, errEncoding):
		return refuse(http.StatusUnsupportedMediaType, err)
	case errors.As(err, &timeout) && timeout.Timeout():
		return &refusal{http.StatusRequestTimeout, "the body did not arrive in time", nil}
	}
	return &refusal{http.StatusBadRequest, "cannot read the body", []string{strings.TrimSpace(fmt.Sprint(err))}}
}
