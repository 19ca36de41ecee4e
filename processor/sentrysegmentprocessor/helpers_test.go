package sentrysegmentprocessor

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/otelcol-sentry/otelcol-sentry/internal/segment"
	"github.com/otelcol-sentry/otelcol-sentry/internal/storagetest"
	"github.com/otelcol-sentry/otelcol-sentry/processor/sentrysegmentprocessor/internal/metadatatest"
)

// sink is the next consumer. Safe for concurrent use.
type sink struct {
	mu     sync.Mutex
	taken  []ptrace.Traces
	asked  int
	answer func(ctx context.Context, td ptrace.Traces) error // nil: takes all
}

func (s *sink) Capabilities() consumer.Capabilities { return consumer.Capabilities{MutatesData: true} }

func (s *sink) ConsumeTraces(ctx context.Context, td ptrace.Traces) error {
	s.mu.Lock()
	s.asked++
	answer := s.answer
	s.mu.Unlock()
	if answer != nil {
		if err := answer(ctx, td); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken = append(s.taken, td)
	return nil
}

func (s *sink) answerWith(answer func(ctx context.Context, td ptrace.Traces) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

func (s *sink) refuse(err error) {
	s.answerWith(func(context.Context, ptrace.Traces) error { return err })
}

func (s *sink) accept() { s.answerWith(nil) }

// got gives the ids of the spans of each request that was taken since it was last asked, sorted.
func (s *sink) got() (ids [][]byte) {
	for _, td := range s.gotTraces() {
		ids = append(ids, slices.Sorted(slices.Values(idsOf(td))))
	}
	return ids
}

func (s *sink) gotTraces() []ptrace.Traces {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := s.taken
	s.taken = nil
	return taken
}

func (s *sink) times() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

func idsOf(td ptrace.Traces) (ids []byte) {
	for _, span := range spansOf(td) {
		ids = append(ids, span.SpanID()[0])
	}
	return ids
}

func spansOf(td ptrace.Traces) (spans []ptrace.Span) {
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, span := range ss.Spans().All() {
				spans = append(spans, span)
			}
		}
	}
	return spans
}

// host is one with a storage extension. It notes the statuses.
type host struct {
	storage component.Component
	id      component.ID // of the storage
	mu      sync.Mutex
	events  []componentstatus.Status
}

var storageID = component.MustNewID("memory")

func (h *host) GetExtensions() map[component.ID]component.Component {
	if h.storage == nil {
		return nil
	}
	return map[component.ID]component.Component{h.id: h.storage}
}

func (h *host) Report(event *componentstatus.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, event.Status())
}

func (h *host) statuses() []componentstatus.Status {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.events
}

// rig is a processor between a test and a sink.
type rig struct {
	*sink
	t    *testing.T
	p    *segmentProcessor
	tel  *componenttest.Telemetry
	host *host
}

type option func(*Config)

func blocking(cfg *Config) { cfg.BlockOnOverflow = true }

// start starts a processor in front of to. With a storage it has a journal.
func start(t *testing.T, to *sink, store *storagetest.Storage, opts ...option) *rig {
	t.Helper()
	r := startWith(t, to, store, opts...)
	r.sink = to
	return r
}

func startWith(t *testing.T, to consumer.Traces, store *storagetest.Storage, opts ...option) *rig {
	t.Helper()
	cfg := createDefaultConfig().(*Config)
	h := &host{id: storageID}
	if store != nil {
		cfg.Storage = &storageID
		h.storage = store
	}
	for _, o := range opts {
		o(cfg)
	}
	require.NoError(t, cfg.Validate())
	r := &rig{t: t, tel: componenttest.NewTelemetry(), host: h}
	set := metadatatest.NewSettings(r.tel)
	set.ID = component.NewID(NewFactory().Type())
	r.p = create(t, set, cfg, to)
	require.NoError(t, r.p.Start(t.Context(), h))
	t.Cleanup(func() { _ = r.p.Shutdown(cancelled()) }) // of a test that failed
	return r
}

func create(t *testing.T, set processor.Settings, cfg *Config, next consumer.Traces) *segmentProcessor {
	p, err := NewFactory().CreateTraces(t.Context(), set, cfg, next)
	require.NoError(t, err)
	return p.(*segmentProcessor)
}

// bubble runs a test in which time passes only when everything waits for it.
func bubble(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, test)
}

// pass lets time pass, and everything happen that then happens.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// give gives a request that must be accepted.
func (r *rig) give(spans ...s) {
	r.t.Helper()
	require.NoError(r.t, r.offer(spans...))
	synctest.Wait()
}

func (r *rig) offer(spans ...s) error { return r.p.ConsumeTraces(r.t.Context(), requestOf(spans...)) }

// shutdown must work.
func (r *rig) shutdown() {
	r.t.Helper()
	require.NoError(r.t, r.p.Shutdown(context.Background()))
}

// kill ends the process: the storage takes nothing any more, and what the processor holds is gone.
func (r *rig) kill(store *storagetest.Storage) *storagetest.Storage {
	after := store.After()
	r.refuse(storagetest.ErrDead)
	_ = r.p.Shutdown(cancelled())
	r.accept()
	return after
}

func cancelled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// value is a metric's value, of one attribute value if it has attributes; 0 if there is none.
func (r *rig) value(name string, attribute ...string) int64 {
	m, err := r.tel.GetMetric("otelcol_processor_sentry_segment_" + name)
	if err != nil {
		return 0
	}
	var points []metricdata.DataPoint[int64]
	switch data := m.Data.(type) {
	case metricdata.Sum[int64]:
		points = data.DataPoints
	case metricdata.Gauge[int64]:
		points = data.DataPoints
	}
	n := int64(0)
	for _, p := range points {
		kv := p.Attributes.ToSlice()
		if len(attribute) == 0 || kv[0].Value.AsString() == attribute[0] {
			n += p.Value
		}
	}
	return n
}

// balanced checks the books: what came in is what is held and what left.
func (r *rig) balanced() {
	r.t.Helper()
	assert.Equal(r.t, r.value("accepted_spans")+r.value("replayed_spans"), r.value("spans")+r.value("dropped_spans")+r.value("held_spans"))
}

// empty checks that nothing is held: no span, and no byte but those of resources that have been used of late.
func (r *rig) empty() {
	r.t.Helper()
	pass(3 * time.Second)
	assert.Zero(r.t, r.value("held_spans"))
	assert.Zero(r.t, r.value("held_bytes"))
}

var errBusy = errors.New("the next consumer's queue is full")

// s is a span of a test.
type s struct {
	id, parent byte
	trace      byte // 0: trace 1
	service    string
	kind       ptrace.SpanKind
	text       int // length of an attribute
	nameless   bool
}

// requestOf is a request of these spans, one ResourceSpans a service in a row.
func requestOf(spans ...s) ptrace.Traces {
	td := ptrace.NewTraces()
	last := ""
	var to ptrace.SpanSlice
	for _, in := range spans {
		service := in.service
		if service == "" {
			service = "a"
		}
		if service != last {
			rs := td.ResourceSpans().AppendEmpty()
			rs.Resource().Attributes().PutStr("service.name", service)
			to = rs.ScopeSpans().AppendEmpty().Spans()
			last = service
		}
		span := to.AppendEmpty()
		span.SetSpanID(pcommon.SpanID{in.id})
		if !in.nameless {
			span.SetTraceID(pcommon.TraceID{max(in.trace, 1)})
		}
		span.SetParentSpanID(pcommon.SpanID{in.parent})
		span.SetKind(in.kind)
		if in.text > 0 {
			span.Attributes().PutStr("text", string(make([]byte, in.text)))
		}
	}
	return td
}

func marked(td ptrace.Traces) (ids []byte) {
	for _, span := range spansOf(td) {
		if _, ok := span.Attributes().Get(segment.LateMark); ok {
			ids = append(ids, span.SpanID()[0])
		}
	}
	return ids
}

// nopComponent is an extension that is no storage.
type nopComponent struct {
	component.StartFunc
	component.ShutdownFunc
}
