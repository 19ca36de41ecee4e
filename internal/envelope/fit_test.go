package envelope

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

func TestFitEvent(t *testing.T) {
	big := strings.Repeat("x", 8_000)
	manyFrames := func(e *sentry.Event, lists int) {
		for range lists {
			x := sentry.Exception{Type: "E", Frames: testFrames(250)}
			for i := range x.Frames {
				x.Frames[i].Function = big
			}
			e.Exceptions = append(e.Exceptions, x)
		}
	}
	for name, c := range map[string]struct {
		grow func(e *sentry.Event)
		cut  Cut
		kept []string // what must not be touched
	}{
		"it fits": {func(*sentry.Event) {}, 0, []string{`"vars"`, `"extra"`, `"breadcrumbs"`}},
		"variables": {func(e *sentry.Event) {
			e.Exceptions[1].Frames = testFrames(250)
			for i := range e.Exceptions[1].Frames {
				f := &e.Exceptions[1].Frames[i]
				f.Vars, f.PreContext = []sentry.Attr{str("v", big)}, []string{big, big, big, big, big, big}
			}
		}, CutFrameContext, []string{`"handle0"`, `"extra"`, `"breadcrumbs"`}},
		"breadcrumbs": {func(e *sentry.Event) {
			for range 300 {
				e.Breadcrumbs = append(e.Breadcrumbs, sentry.Breadcrumb{Message: strings.Repeat("\n", 8_000), Timestamp: nanos(testTime)})
			}
		}, CutBreadcrumbs, []string{`"handle0"`, `"extra"`, `"vars"`}},
		"contexts": {func(e *sentry.Event) {
			for i := range 200 {
				e.Contexts = append(e.Contexts, sentry.Context{Key: strings.Repeat("c", i+1), Fields: []sentry.Attr{str("v", big)}})
			}
		}, CutShared, []string{`"handle0"`, `"trace"`, `"logentry"`, `"vars"`, `"extra"`, `"breadcrumbs"`, `"threads"`}},
		"tags": {func(e *sentry.Event) {
			for i := range 6_000 {
				e.Tags = append(e.Tags, sentry.Tag{Key: strings.Repeat("k", i%190+1) + testEventID(i).String()[28:], Value: strings.Repeat("v", 200)})
			}
		}, CutShared, []string{`"handle0"`, `"trace"`, `"vars"`, `"extra"`}},
		"stacks": {func(e *sentry.Event) { manyFrames(e, 12) }, CutFrames, []string{`"fingerprint"`, `"user"`, `"vars"`, `"breadcrumbs"`}},
		"chains": {func(e *sentry.Event) { manyFrames(e, 150) }, CutFrames | CutExceptions, []string{`"fingerprint"`, `"tags"`}},
	} {
		e := fullEvent()
		c.grow(e)
		full := AppendEvent(nil, e, nil)
		got, r := FitEvent([]byte("before"), e, nil)
		require.True(t, r.OK, name)
		got = got[len("before"):]
		require.Equal(t, len(full), r.FullBytes, name)
		require.Equal(t, len(full) > MaxEventBytes, r.Cut != 0, name)
		require.LessOrEqual(t, len(got), MaxEventBytes, name)
		require.Equal(t, c.cut.String(), r.Cut.String(), name)
		for _, part := range c.kept {
			require.Contains(t, string(got), part, name)
		}
		require.Empty(t, violations(t, e.ID, TypeEvent, got), name)
	}
}

// TestFitEventGivesUp: a fingerprint is never cut, for another one would be another issue.
func TestFitEventGivesUp(t *testing.T) {
	e := fullEvent()
	e.Fingerprint = []string{strings.Repeat("x", MaxEventBytes)}
	got, r := FitEvent([]byte("before"), e, nil)
	require.False(t, r.OK)
	require.Equal(t, "before", string(got))
}

func TestFitTransaction(t *testing.T) {
	for name, c := range map[string]struct {
		spans int
		grow  func(tx *sentry.Transaction)
		cut   Cut
		lost  int // at most
		kept  []string
	}{
		"it fits": {1000, func(*sentry.Transaction) {}, 0, 0, []string{`"orders"`}},
		"one large value": {1000, func(tx *sentry.Transaction) {
			tx.Spans[5].Data = append(tx.Spans[5].Data, str("db.query.text", strings.Repeat("q", 900_000)))
		}, CutSpanData, 0, []string{`"db.prod.svc.cluster.local"`, "qqqq...", "SELECT * FROM orders WHERE customer_id = $1 AND state = $2"}},
		"many values": {1000, func(tx *sentry.Transaction) {
			for i := range tx.Spans {
				tx.Spans[i].Data = append(tx.Spans[i].Data, str("db.query.text", strings.Repeat("q", 2_000)))
			}
		}, CutSpanData, 0, []string{`"db.prod.svc.cluster.local"`, "qqqq..."}},
		"long descriptions": {400, func(tx *sentry.Transaction) {
			for i := range tx.Spans {
				tx.Spans[i].Description = strings.Repeat("d", 5_000)
			}
		}, CutSpanData, 0, []string{`"db.system.name"`, "dddd..."}},
		"one description": {
			1000, func(tx *sentry.Transaction) { tx.Spans[5].Description = strings.Repeat("d", 900_000) },
			CutSpanData, 0,
			[]string{`"db.prod.svc.cluster.local"`, strings.Repeat("d", 20_000) + "dd", "SELECT * FROM orders WHERE customer_id = $1 AND state = $2"},
		},

		"too many spans": {6000, func(*sentry.Transaction) {}, CutSpanData | CutSpans, 4500, []string{`"tags"`}},
	} {
		tx := testTransaction(c.spans)
		c.grow(tx)
		got, r := FitTransaction([]byte("before"), tx, nil)
		require.True(t, r.OK, name)
		got = got[len("before"):]
		require.LessOrEqual(t, len(got), MaxTransactionBytes, name)
		require.Equal(t, c.cut.String(), r.Cut.String(), name)
		require.LessOrEqual(t, r.LostSpans, c.lost, name)
		require.Equal(t, c.spans-r.LostSpans, strings.Count(string(got), `"start_timestamp"`)-1, "%s: every span is there or counted", name)
		for _, part := range c.kept {
			require.Contains(t, string(got), part, name)
		}
		require.Empty(t, violations(t, tx.ID, TypeTransaction, got), name)
	}
}

// TestInvalidSpansAreCounted: what is left out is never silent.
func TestInvalidSpansAreCounted(t *testing.T) {
	for _, spans := range []int{10, 6000} {
		tx := testTransaction(spans)
		tx.Spans[3].SpanID = sentry.SpanID{}
		got, r := FitTransaction(nil, tx, nil)
		require.Equal(t, 1, r.InvalidSpans)
		require.Equal(t, spans-1-r.LostSpans, strings.Count(string(got), `"start_timestamp"`)-1)
	}
}

// TestFitAnything: whatever the model and the limit, the payload fits and breaks no rule, or nothing is written.
func TestFitAnything(t *testing.T) {
	for _, seed := range seeds() {
		for _, limit := range []int{200, 2_000, 20_000} {
			s := &source{seed}
			e, tx := s.event(), s.transaction()
			for kind, fit := range map[string]func() ([]byte, FitResult, sentry.EventID){
				TypeEvent: func() ([]byte, FitResult, sentry.EventID) {
					got, r := fitEvent(nil, e, Prepare(e.Resource, testSDK), limit)
					return got, r, e.ID
				},
				TypeTransaction: func() ([]byte, FitResult, sentry.EventID) {
					got, r := fitTransaction(nil, tx, Prepare(tx.Resource, testSDK), limit)
					return got, r, tx.ID
				},
			} {
				got, r, id := fit()
				require.Equal(t, r.OK, len(got) > 0)
				require.LessOrEqual(t, len(got), limit)
				if r.OK {
					require.Empty(t, violations(t, id, kind, got), "%s", got)
				}
			}
		}
	}
}

func TestCutNames(t *testing.T) {
	require.Equal(t, "frame context, spans", (CutFrameContext | CutSpans).String())
	require.Empty(t, Cut(0).String())
	require.Len(t, cutNames, 10)
}

// A caller that can cut a transaction into several is told so before small values suffer.
func TestFitWholeSpansShortensOnlyLargeValues(t *testing.T) {
	tx := &sentry.Transaction{
		ID: sentry.EventID{1}, Name: "t", Start: 1, End: 2,
		Trace: sentry.TraceContext{TraceID: sentry.TraceID{1}, SpanID: sentry.SpanID{1}},
	}
	add := func(n int, value string) {
		for i := range n {
			tx.Spans = append(tx.Spans, sentry.Span{
				TraceID: sentry.TraceID{1}, SpanID: sentry.SpanID{2, byte(i), byte(i >> 8)}, Start: 1, End: 2,
				Data: []sentry.Attr{{Key: "k", Value: sentry.String(value)}},
			})
		}
	}
	add(2, strings.Repeat("x", 1<<20))
	if _, fit := FitWholeSpans(nil, tx, nil); !fit.OK || fit.Cut != CutSpanData {
		t.Errorf("large values: %+v", fit)
	}
	tx.Spans = nil
	add(1000, strings.Repeat("x", 1000))
	if dst, fit := FitWholeSpans(nil, tx, nil); fit.OK || len(dst) != 0 {
		t.Errorf("many small values: %+v", fit)
	}
	if _, fit := FitTransaction(nil, tx, nil); !fit.OK || fit.LostSpans != 0 {
		t.Errorf("in one piece: %+v", fit)
	}
}
