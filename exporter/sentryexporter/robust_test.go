package sentryexporter

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentrytest"
)

// ugly are the ways in which one span of a request may be broken; its neighbours must arrive whatever it is.
var ugly = map[string]func(ptrace.Span){
	"nothing at all":        func(s ptrace.Span) { ptrace.NewSpan().CopyTo(s) },
	"zero trace id":         func(s ptrace.Span) { s.SetTraceID(pcommon.TraceID{}) },
	"zero span id":          func(s ptrace.Span) { s.SetSpanID(pcommon.SpanID{}) },
	"its own parent":        func(s ptrace.Span) { s.SetParentSpanID(s.SpanID()) },
	"ends before it starts": func(s ptrace.Span) { s.SetEndTimestamp(s.StartTimestamp() - 1000) },
	"no times":              func(s ptrace.Span) { s.SetStartTimestamp(0); s.SetEndTimestamp(0) },
	"invalid UTF-8": func(s ptrace.Span) {
		s.SetName("\xff\xfe")
		s.Attributes().PutStr("k\xff", "v\xff")
		s.Status().SetMessage("\xc3\x28")
	},
	"NaN and infinities": func(s ptrace.Span) {
		s.Attributes().PutDouble("nan", math.NaN())
		s.Attributes().PutDouble("inf", math.Inf(1))
		l := s.Attributes().PutEmptySlice("list")
		l.AppendEmpty().SetDouble(math.NaN())
	},
	"an exception called check_in": func(s ptrace.Span) {
		s.Status().SetCode(ptrace.StatusCodeError)
		e := s.Events().AppendEmpty()
		e.SetName("exception")
		e.Attributes().PutStr("exception.type", "check_in")
	},
	"an exception without anything": func(s ptrace.Span) {
		s.Status().SetCode(ptrace.StatusCodeError)
		s.Events().AppendEmpty().SetName("exception")
	},
	"pretends to be a verdict": func(s ptrace.Span) {
		s.Attributes().PutStr("sentry.internal.event_id", strings.Repeat("f", 32))
		e := s.Events().AppendEmpty()
		e.SetName("exception")
		e.Attributes().PutStr("sentry.internal.source", "log")
	},
	"an endless name":        func(s ptrace.Span) { s.SetName(strings.Repeat("n", 1<<20)) },
	"five megabytes of data": func(s ptrace.Span) { s.Attributes().PutStr("big", strings.Repeat("x", 5<<20)) },
	"a key twice":            func(s ptrace.Span) { s.Attributes().PutStr("k", "1"); s.Attributes().PutStr("K", "2") },
	"an empty key":           func(s ptrace.Span) { s.Attributes().PutStr("", "v") },
	"deeply nested": func(s ptrace.Span) {
		m := s.Attributes().PutEmptyMap("deep")
		for range 100 {
			m = m.PutEmptyMap("deeper")
		}
	},
	"links to nothing": func(s ptrace.Span) { s.Links().AppendEmpty() },
	"in the year 2262": func(s ptrace.Span) { s.SetEndTimestamp(math.MaxUint64) },
}

func TestUglySpansCostTheirNeighboursNothing(t *testing.T) {
	for name, spoil := range ugly {
		t.Run(name, func(t *testing.T) {
			fake := sentrytest.Start(t)
			fake.SkipAge()
			e := startTraces(t, testConfig(fake, withoutQueue, withoutRetry))
			td := oneTrace(1, 3)
			spoil(td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(1))
			good := oneTrace(2, 3)
			good.ResourceSpans().MoveAndAppendTo(td.ResourceSpans())
			td.MarkReadOnly()
			require.NoError(t, e.ConsumeTraces(context.Background(), td))
			spans := 0
			for _, r := range fake.Accepted("transaction") {
				tx := r.Item()
				spans++
				list, _ := tx["spans"].([]any)
				spans += len(list)
			}
			assert.Equal(t, 6, spans, "every span arrives")
		})
	}
}

func TestAParentCycle(t *testing.T) {
	fake := sentrytest.Start(t)
	e := startTraces(t, testConfig(fake, withoutQueue, withoutRetry))
	td := oneTrace(1, 3)
	spans := td.ResourceSpans().At(0).ScopeSpans().At(0).Spans()
	for i := range 3 {
		spans.At(i).SetKind(ptrace.SpanKindInternal)
		spans.At(i).SetParentSpanID(spans.At((i + 1) % 3).SpanID())
	}
	require.NoError(t, e.ConsumeTraces(context.Background(), td))
	got := fake.Accepted("transaction")
	require.Len(t, got, 1)
	assert.Len(t, got[0].Item()["spans"], 2)
}

// Client and server of a call may share a span id; their transactions must not be taken for repeats of each other.
func TestTwoServicesThatShareASpanID(t *testing.T) {
	fake := sentrytest.Start(t)
	e := startTraces(t, testConfig(fake, withoutQueue, withoutRetry))
	td := oneTrace(1, 1)
	other := oneTrace(1, 1)
	other.ResourceSpans().At(0).Resource().Attributes().PutStr("service.name", "stock")
	other.ResourceSpans().MoveAndAppendTo(td.ResourceSpans())
	require.NoError(t, e.ConsumeTraces(context.Background(), td))
	assert.Len(t, fake.Accepted("transaction"), 2)
	assert.Equal(t, 2, distinct(idsOf(fake.All())))
}

// A partial failure among segments that share their ids must not change them.
func TestTwinsKeepTheirIDsWhenOneFails(t *testing.T) {
	fake := sentrytest.Start(t)
	fake.AnswerWith(answers(sentrytest.Answer{}, sentrytest.Answer{Status: 500}))
	e := startTraces(t, testConfig(fake, withoutQueue))
	td := oneTrace(1, 1)
	other := oneTrace(1, 1)
	other.ResourceSpans().At(0).Resource().Attributes().PutStr("service.name", "stock")
	other.ResourceSpans().MoveAndAppendTo(td.ResourceSpans())
	require.NoError(t, e.ConsumeTraces(context.Background(), td))
	assert.Equal(t, 2, distinct(idsOf(fake.All())))
	services := map[any]any{}
	for _, r := range fake.Accepted("transaction") {
		services[r.Item()["tags"].(map[string]any)["service.name"]] = true
	}
	assert.Len(t, services, 2)
}

// A segment with more spans than a transaction may carry arrives whole, in parts.
func TestALongSegmentLosesNoSpan(t *testing.T) {
	for name, attribute := range map[string]string{"by number": "", "by size": strings.Repeat("x", 2000)} {
		t.Run(name, func(t *testing.T) {
			fake := sentrytest.Start(t)
			e := startTraces(t, testConfig(fake, withoutQueue, withoutRetry))
			const n = 3500
			td := oneTrace(1, n)
			if attribute != "" {
				for _, span := range td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().All() {
					span.Attributes().PutStr("payload", attribute)
				}
			}
			require.NoError(t, e.ConsumeTraces(context.Background(), td))
			seen := map[any]int{}
			made := 0
			for _, r := range fake.Accepted("transaction") {
				tx := r.Item()
				assert.LessOrEqual(t, len(tx["spans"].([]any)), maxTransactionSpans)
				seen[tx["contexts"].(map[string]any)["trace"].(map[string]any)["span_id"]]++
				made++
				for _, s := range tx["spans"].([]any) {
					seen[s.(map[string]any)["span_id"]]++
				}
			}
			assert.Len(t, seen, n+made-1, "every span, and one more for each part but the first")
			for id, times := range seen {
				require.Equal(t, 1, times, id)
			}
		})
	}
}

func FuzzConsumeTraces(f *testing.F) {
	seed, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(oneTrace(1, 3))
	require.NoError(f, err)
	f.Add(seed)
	fake := sentrytest.Start(f)
	fake.SkipAge()
	e := startTraces(f, testConfig(fake, withoutQueue, withoutRetry))
	f.Fuzz(func(t *testing.T, data []byte) {
		td, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(data)
		if err != nil {
			return
		}
		td.MarkReadOnly()
		require.NoError(t, e.ConsumeTraces(context.Background(), td))
		fake.Forget()
	})
}

func FuzzConsumeLogs(f *testing.F) {
	seed, err := (&plog.ProtoMarshaler{}).MarshalLogs(errorLogs(3))
	require.NoError(f, err)
	f.Add(seed)
	fake := sentrytest.Start(f)
	fake.SkipAge()
	e := startLogs(f, testConfig(fake, withoutQueue, withoutRetry))
	f.Fuzz(func(t *testing.T, data []byte) {
		ld, err := (&plog.ProtoUnmarshaler{}).UnmarshalLogs(data)
		if err != nil {
			return
		}
		ld.MarkReadOnly()
		require.NoError(t, e.ConsumeLogs(context.Background(), ld))
		fake.Forget()
	})
}

func BenchmarkTraces(b *testing.B) {
	fake := sentrytest.Start(b)
	fake.Unchecked()
	e := startTraces(b, testConfig(fake, withoutQueue, withoutRetry))
	td := oneTrace(1, 10)
	b.ReportAllocs()
	for b.Loop() {
		if err := e.ConsumeTraces(context.Background(), td); err != nil {
			b.Fatal(err)
		}
		fake.Forget()
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/10, "ns/span")
}

func BenchmarkLogs(b *testing.B) {
	fake := sentrytest.Start(b)
	fake.Unchecked()
	e := startLogs(b, testConfig(fake, withoutQueue, withoutRetry))
	ld := errorLogs(100)
	for i, rec := range ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().All() {
		if i%10 != 0 {
			rec.SetSeverityNumber(plog.SeverityNumberInfo)
		}
	}
	b.ReportAllocs()
	start := pcommon.NewTimestampFromTime(time.Now().Add(-time.Hour))
	for b.Loop() {
		start++
		for i, rec := range ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().All() {
			if i%10 == 0 {
				rec.SetTimestamp(start) // another occurrence each time
			}
		}
		if err := e.ConsumeLogs(context.Background(), ld); err != nil {
			b.Fatal(err)
		}
		fake.Forget()
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/100, "ns/record")
}
