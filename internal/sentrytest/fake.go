// Package sentrytest is a strict Sentry for tests: it takes envelopes, checks every rule of the protocol that internal/envelope knows on
// every one of them, answers as it is told to, and remembers what came.
//
// It is imported by tests only.
package sentrytest

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
)

// Key is the public key that a Fake lets in. It is not hexadecimal: compatible servers use other keys than Sentry does.
const Key = "public-key_of.a-test"

// patience is how long a test waits for something that must come. It bounds a failing test; a passing one never waits that long.
const patience = 30 * time.Second

// Received is an envelope that came, and what was answered.
type Received struct {
	Project  string
	Body     []byte // as it was before compression
	Envelope *envelope.Envelope
	Header   http.Header
	Status   int
}

// Item is the payload of the first item, decoded.
func (r *Received) Item() map[string]any {
	var item map[string]any
	if len(r.Envelope.Items) > 0 && json.Unmarshal(r.Envelope.Items[0].Payload, &item) != nil {
		return nil
	}
	return item
}

// Type is the type of the first item.
func (r *Received) Type() string {
	if len(r.Envelope.Items) == 0 {
		return ""
	}
	return r.Envelope.Items[0].Type
}

// Answer is what the fake says to one envelope.
type Answer struct {
	Status int // 0: 200
	Header http.Header
	Body   string
	// Hide: the envelope counts as received, but the connection is cut before the answer.
	Hide bool
}

// Fake is a Sentry. It is safe for concurrent use.
type Fake struct {
	t      testing.TB
	server *httptest.Server

	mu      sync.Mutex
	changed chan struct{} // closed and replaced whenever something came
	all     []*Received
	answer  func(*Received) Answer
	check   envelope.CheckOptions
	traces  map[string]string // members of the sampling contexts seen so far
	blind   bool
	mortal  bool
}

// Start starts a Fake that answers 200. The test fails if any envelope breaks a rule.
func Start(t testing.TB) *Fake {
	f := &Fake{t: t, changed: make(chan struct{}), traces: make(map[string]string)}
	f.server = httptest.NewServer(http.HandlerFunc(f.serve))
	t.Cleanup(f.Close)
	return f
}

// Close stops the server. Start arranges for it.
func (f *Fake) Close() {
	f.server.CloseClientConnections()
	f.server.Close()
}

// DSN of a project of this Sentry.
func (f *Fake) DSN(project string) string {
	return strings.Replace(f.server.URL, "://", "://"+Key+"@", 1) + "/" + project
}

// Addr is host and port.
func (f *Fake) Addr() string { return f.server.Listener.Addr().String() }

// AnswerWith sets what is said from now on.
func (f *Fake) AnswerWith(answer func(*Received) Answer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = answer
}

// SkipAge takes old timestamps as they are: recorded telemetry lies in the past.
func (f *Fake) SkipAge() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.check.SkipAge = true
}

// Unchecked answers 200 to anything without looking at it: a benchmark measures the sender.
func (f *Fake) Unchecked() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.blind = true
}

// MortalSenders says that senders may be killed: a request that ends in its middle breaks no rule, and nothing came.
func (f *Fake) MortalSenders() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mortal = true
}

func (f *Fake) serve(w http.ResponseWriter, req *http.Request) {
	f.mu.Lock()
	blind, mortal := f.blind, f.mortal
	f.mu.Unlock()
	if blind {
		_, _ = io.Copy(io.Discard, req.Body) // the client may be gone
		return
	}
	if mortal {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			panic(http.ErrAbortHandler) // nobody is there who could read an answer
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
	}
	received, problem := f.read(req)
	if problem != "" {
		f.t.Errorf("fake Sentry: %s", problem)
		http.Error(w, `{"detail":"`+problem+`"}`, http.StatusBadRequest)
		return
	}
	f.mu.Lock()
	answer := f.answer
	options := f.check
	faults := spanFaults(received.Envelope, f.traces)
	f.mu.Unlock()
	for _, fault := range faults {
		f.t.Errorf("fake Sentry: %s\n%s", fault, received.Body)
	}
	for _, v := range envelope.CheckWith(received.Envelope, options) {
		f.t.Errorf("fake Sentry: an envelope breaks a rule: %+v\n%s", v, received.Body)
	}
	a := Answer{}
	if answer != nil {
		a = answer(received)
	}
	if a.Status == 0 {
		a.Status = http.StatusOK
	}
	received.Status = a.Status
	f.add(received)
	if a.Hide {
		panic(http.ErrAbortHandler)
	}
	for key, values := range a.Header {
		w.Header()[key] = values
	}
	if a.Body == "" && a.Status == http.StatusOK {
		a.Body = fmt.Sprintf(`{"id":"%s"}`, received.Envelope.EventID)
	}
	w.WriteHeader(a.Status)
	_, _ = io.WriteString(w, a.Body) // the client may be gone
}

// read takes a request apart; problem is what a client must never do.
func (f *Fake) read(req *http.Request) (_ *Received, problem string) {
	project, ok := strings.CutPrefix(req.URL.Path, "/api/")
	project, suffix := strings.CutSuffix(project, "/envelope/")
	switch {
	case req.Method != http.MethodPost || !ok || !suffix || strings.Contains(project, "/"):
		return nil, "unexpected request " + req.Method + " " + req.URL.Path
	case req.Header.Get("Content-Type") != "application/x-sentry-envelope":
		return nil, "Content-Type is " + req.Header.Get("Content-Type")
	case !strings.HasPrefix(req.Header.Get("X-Sentry-Auth"), "Sentry sentry_version=7, sentry_client=sentry.go.otelcol/"),
		!strings.HasSuffix(req.Header.Get("X-Sentry-Auth"), ", sentry_key="+Key):
		return nil, "X-Sentry-Auth is " + req.Header.Get("X-Sentry-Auth")
	case req.Header.Get("User-Agent") == "" || strings.Contains(req.Header.Get("User-Agent"), "Relay"):
		return nil, "User-Agent is " + req.Header.Get("User-Agent")
	}
	body, err := io.ReadAll(req.Body)
	if err == nil && req.Header.Get("Content-Encoding") == "gzip" {
		body, err = gunzip(body)
	}
	if err != nil {
		return nil, "the body cannot be read: " + err.Error()
	}
	parsed, err := envelope.Parse(body)
	if err != nil {
		return nil, "the envelope cannot be parsed: " + err.Error()
	}
	return &Received{Project: project, Body: body, Envelope: parsed, Header: req.Header}, ""
}

func gunzip(body []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

func (f *Fake) add(r *Received) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all = append(f.all, r)
	close(f.changed)
	f.changed = make(chan struct{})
}

// Forget forgets what came: fuzz targets and benchmarks would fill the memory.
func (f *Fake) Forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all = nil
	clear(f.traces)
}

// All is everything that came, whatever was answered.
func (f *Fake) All() []*Received {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]*Received(nil), f.all...)
}

// Accepted is what was answered with 200 and is of the given item type.
func (f *Fake) Accepted(itemType string) []*Received {
	var out []*Received
	for _, r := range f.All() {
		if r.Status == http.StatusOK && r.Type() == itemType {
			out = append(out, r)
		}
	}
	return out
}

// Reported adds up the client reports in envelopes that were answered (with anything but a 5xx), by "reason/category".
func (f *Fake) Reported() map[string]float64 {
	out := map[string]float64{}
	for _, r := range f.All() {
		for _, item := range r.Envelope.Items {
			if item.Type == envelope.TypeClientReport && r.Status < http.StatusInternalServerError {
				f.addReport(out, item.Payload)
			}
		}
	}
	return out
}

func (f *Fake) addReport(to map[string]float64, payload []byte) {
	var report struct {
		Discarded []struct {
			Reason, Category string
			Quantity         float64
		} `json:"discarded_events"`
	}
	if err := json.Unmarshal(payload, &report); err != nil {
		f.t.Errorf("fake Sentry: %v", err)
	}
	for _, d := range report.Discarded {
		to[d.Reason+"/"+d.Category] += d.Quantity
	}
}

// WaitFor waits until the condition holds, asking anew whenever something came; the test fails if it never does.
func (f *Fake) WaitFor(condition func() bool) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		f.mu.Lock()
		changed := f.changed
		f.mu.Unlock()
		if condition() {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			require.Fail(f.t, "what the test waits for did not come", "%d envelopes came", len(f.All()))
		}
	}
}

// WaitForItems waits until n envelopes with items of the type were accepted, and gives them.
func (f *Fake) WaitForItems(itemType string, n int) []*Received {
	f.t.Helper()
	f.WaitFor(func() bool { return len(f.Accepted(itemType)) >= n })
	got := f.Accepted(itemType)
	assert.Len(f.t, got, n, itemType)
	return got
}
