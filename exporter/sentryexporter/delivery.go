package sentryexporter

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/translate"
	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/transport"
	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// maxFailuresInARow is after how many requests without an answer, one behind the other, the rest of a push waits for the next try:
// the server is away. A single envelope that the server cannot answer does not hold up the others that way.
const maxFailuresInARow = 3

// delivery sends the envelopes of one push, several at a time, and gathers what could not be delivered.
type delivery struct {
	lane *lane
	ctx  context.Context
	wg   sync.WaitGroup

	mu          sync.Mutex
	undelivered []int // positions in the push
	silent      int   // requests without an answer since the last answer
	wait        time.Duration
	reason      string
}

// quantity is how much of a data category an envelope holds.
type quantity struct {
	category sentry.Category
	n        int
}

// parcel is one envelope of a push.
type parcel struct {
	position   int // of the item in the push
	id         sentry.EventID
	itemType   string
	payload    *[]byte // from payloads; given back once it was sent
	quantities [2]quantity
	repairs    translate.Repairs
	truncated  bool
}

// payloads holds the buffers that items are encoded into.
var payloads = sync.Pool{New: func() any { return new([]byte) }}

// maxPooledPayload keeps a rare giant from staying in the pool for ever.
const maxPooledPayload = 1 << 20

func freePayload(p *[]byte) {
	if cap(*p) <= maxPooledPayload {
		payloads.Put(p)
	}
}

func (l *lane) newDelivery(ctx context.Context) *delivery { return &delivery{lane: l, ctx: ctx} }

// blocked notes an item as untried, and says so, where trying is of no use now: its category is limited, nobody answers, or the
// exporter stops. Ask before encoding.
func (d *delivery) blocked(position int) bool {
	wait := d.lane.project.client.Limited(d.lane.categories...)
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case wait > 0:
		d.wait = max(d.wait, wait)
		d.reason = "rate limited"
	case d.silent >= maxFailuresInARow:
	case d.ctx.Err() != nil:
		d.reason = d.ctx.Err().Error()
	default:
		return false
	}
	d.undelivered = append(d.undelivered, position)
	return true
}

// send posts a parcel as soon as a request may be made. It returns when the request is on its way, not when it is answered.
func (d *delivery) send(p parcel) {
	d.lane.slots <- struct{}{}
	d.wg.Add(1)
	go func() {
		defer d.wg.Done()
		defer func() { <-d.lane.slots }()
		defer freePayload(p.payload)
		result := d.lane.project.client.Send(d.ctx, envelope.Header{EventID: p.id}, d.lane.categories,
			envelope.Item{Type: p.itemType, Payload: *p.payload})
		d.settle(p, result)
	}()
}

// settle books an outcome.
func (d *delivery) settle(p parcel, result transport.Result) {
	d.lane.measure(d.ctx, result)
	switch result.Verdict {
	case transport.Delivered:
		d.lane.count(d.ctx, d.lane.project.telemetry.ExporterSentryDeliveredItems, p.quantities)
		d.lane.countRepairs(d.ctx, p.repairs, p.truncated)
		d.lane.project.status.report(nil)
	case transport.Refused, transport.TooLarge:
		d.lane.count(d.ctx, d.lane.project.telemetry.ExporterSentryRefusedItems, p.quantities, statusAttr(result.Status))
		d.lane.logRefusal(result.Reason)
		if result.Status == 401 || result.Status == 403 {
			d.lane.project.status.report(fmt.Errorf("project %q: Sentry refuses the DSN: %s", d.lane.project.name, result.Reason))
		}
	case transport.Limited, transport.Failed:
	}

	d.mu.Lock()
	defer d.mu.Unlock()
	if result.Status == 0 {
		d.silent++
	} else {
		d.silent = 0
	}
	if result.Verdict == transport.Limited || result.Verdict == transport.Failed {
		d.undelivered = append(d.undelivered, p.position)
		d.wait = max(d.wait, result.Wait)
		d.reason = result.Reason
	}
}

// finish waits for the answers. It gives the positions of what is left to deliver, sorted, and the error that says why.
// The error asks for a pause where the server named one.
func (d *delivery) finish(total int) ([]int, error) {
	d.wg.Wait()
	left := d.undelivered
	if len(left) == 0 {
		return nil, nil
	}
	slices.Sort(left)
	err := fmt.Errorf("%d of %d %s not delivered yet: %s", len(left), total, d.lane.kind, d.reason)
	if d.wait > 0 {
		err = exporterhelper.NewThrottleRetry(err, d.wait)
	}
	return left, err
}

func statusAttr(status int) attribute.KeyValue {
	return attribute.Int("http.response.status_code", status)
}

// count books items by category.
func (l *lane) count(ctx context.Context, counter metric.Int64Counter, quantities [2]quantity, attrs ...attribute.KeyValue) {
	for _, q := range quantities {
		if q.n > 0 {
			set := append([]attribute.KeyValue{attribute.String("project", l.project.name), attribute.String("data_category", string(q.category))}, attrs...)
			counter.Add(ctx, int64(q.n), metric.WithAttributes(set...))
		}
	}
}

// measure books what a request cost.
func (l *lane) measure(ctx context.Context, result transport.Result) {
	project := attribute.String("project", l.project.name)
	t := l.project.telemetry
	t.ExporterSentryEnvelopeBytes.Add(ctx, int64(result.RawBytes), metric.WithAttributes(project))
	t.ExporterSentryWireBytes.Add(ctx, int64(result.WireBytes), metric.WithAttributes(project))
	t.ExporterSentryRequestDuration.Record(ctx, result.Duration.Seconds(), metric.WithAttributes(project, statusAttr(result.Status)))
}

// discard books items that the exporter itself drops.
func (l *lane) discard(ctx context.Context, reason string, quantities [2]quantity) {
	l.count(ctx, l.project.telemetry.ExporterSentryDiscardedItems, quantities, attribute.String("discard_reason", reason))
	if l.refusals.first("discard " + reason) {
		l.project.set.Logger.Error("Items cannot be made into anything that Sentry takes; they are dropped and counted "+
			"(otelcol_exporter_sentry_discarded_items). Further ones with the same cause are not logged.",
			zap.String("project", l.project.name), zap.String("lane", string(l.kind)), zap.String("reason", reason))
	}
}
