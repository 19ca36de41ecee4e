package sentryexporter

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/golden"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentrytest"
)

// streamLane is the spans lane of an exporter; its pushStream is what streams.
func streaming(cfg *Config) { cfg.Traces.Mode = modeStream }

func streamLane(t testing.TB, fake *sentrytest.Fake, now func() time.Time, change ...func(*Config)) *spansLane {
	cfg := testConfig(fake, append([]func(*Config){withoutQueue, withoutRetry, streaming}, change...)...)
	set := settings()
	e, err := NewFactory().CreateTraces(context.Background(), set, cfg)
	require.NoError(t, err)
	o := ownerOf(cfg, set)
	o.now = now
	start(t, e)
	return o.projects[0].spans
}

// TestGoldenStreams is TestGolden in stream mode.
func TestGoldenStreams(t *testing.T) {
	inputs, err := filepath.Glob(filepath.Join("testdata", "streams", "*", "input.yaml"))
	require.NoError(t, err)
	require.NotEmpty(t, inputs)
	for _, input := range inputs {
		dir := filepath.Dir(input)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			fake := sentrytest.Start(t)
			l := streamLane(t, fake, func() time.Time { return goldenNow }, func(cfg *Config) {
				cfg.Environment, cfg.Release = "default-environment", "default-release"
			})
			td, err := golden.ReadTraces(input)
			require.NoError(t, err)
			require.NoError(t, l.pushStream(context.Background(), td))
			got := render(t, fake.All(), false)
			file := filepath.Join(dir, "envelope.golden")
			if *update {
				require.NoError(t, os.WriteFile(file, got, 0o600))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			assert.Equal(t, string(want), string(got))
		})
	}
}

// longTrace is a trace of n spans in three services that call each other, each service with a scope for its own work and one for its calls.
func longTrace(id byte, n int) ptrace.Traces {
	td := ptrace.NewTraces()
	for _, service := range []string{"frontend", "checkout", "stock"} {
		rs := td.ResourceSpans().AppendEmpty()
		rs.Resource().Attributes().PutStr("service.name", service)
		rs.Resource().Attributes().PutStr("service.version", "1.0")
		rs.ScopeSpans().AppendEmpty().Scope().SetName("work")
		rs.ScopeSpans().AppendEmpty().Scope().SetName("calls")
	}
	end := pcommon.NewTimestampFromTime(time.Now())
	spanID := func(i int) pcommon.SpanID { return pcommon.SpanID{id, byte(i >> 8), byte(i), 1} }
	for i := range n {
		span := td.ResourceSpans().At(i % 3).ScopeSpans().At(i % 2).Spans().AppendEmpty()
		span.SetTraceID(pcommon.TraceID{id, 15: 0x80})
		span.SetSpanID(spanID(i))
		span.SetName("span " + strconv.Itoa(i))
		switch {
		case i == 0:
			span.SetFlags(0x100)
		case i < 3:
			span.SetParentSpanID(spanID(i - 1))
			span.SetFlags(0x300)
			span.SetKind(ptrace.SpanKindServer)
		default:
			span.SetParentSpanID(spanID(i - 3))
			span.SetFlags(0x100)
		}
		span.SetStartTimestamp(end - pcommon.Timestamp(time.Second) + pcommon.Timestamp(i))
		span.SetEndTimestamp(end)
		span.TraceState().FromRaw("ot=th:8")
	}
	return td
}

// streamedSpans are the spans that the fake has taken, by id, as "parent segment name".
func streamedSpans(t testing.TB, fake *sentrytest.Fake) map[string]string {
	out := map[string]string{}
	for _, r := range fake.Accepted("span") {
		items := r.Item()["items"].([]any)
		assert.LessOrEqual(t, len(items), 1000)
		for _, item := range items {
			s := item.(map[string]any)
			attribute := func(key string) any {
				a, _ := s["attributes"].(map[string]any)[key].(map[string]any)
				return a["value"]
			}
			id := s["span_id"].(string)
			require.NotContains(t, out, id, "each span once")
			out[id] = fmt.Sprint(s["parent_span_id"], " ", attribute("sentry.segment.id"), " ", attribute("sentry.segment.name"))
		}
	}
	return out
}

// A trace of 5,000 spans from three services arrives whole, in envelopes that the strict fake takes.
func TestStreamOfALongTrace(t *testing.T) {
	fake := sentrytest.Start(t)
	l := streamLane(t, fake, time.Now)
	require.NoError(t, l.pushStream(context.Background(), longTrace(1, 5000)))
	got := streamedSpans(t, fake)
	require.Len(t, got, 5000)
	segments := map[string]int{}
	for _, s := range got {
		segments[strings.Join(strings.Fields(s)[1:], " ")]++
	}
	assert.Equal(t, map[string]int{"0100000100000000 span 0": 1667, "0100010100000000 span 1": 1667, "0100020100000000 span 2": 1666}, segments)
	sent := fake.Accepted("span")
	assert.Len(t, sent, 5)
	for _, r := range sent {
		var dsc []string
		for _, m := range r.Envelope.DSC {
			dsc = append(dsc, m.Key+"="+m.Value)
		}
		assert.Equal(t, []string{"trace_id=01000000000000000000000000000080", "public_key=" + sentrytest.Key, "sample_rate=0.5", "sample_rand=0.499999", "sampled=true"}, dsc)
	}
}

// What the server finds too large goes again in smaller containers.
func TestStreamTooLargeForTheServer(t *testing.T) {
	fake := sentrytest.Start(t)
	fake.AnswerWith(func(r *sentrytest.Received) sentrytest.Answer {
		if len(r.Item()["items"].([]any)) > smallerStream {
			return sentrytest.Answer{Status: http.StatusRequestEntityTooLarge}
		}
		return sentrytest.Answer{}
	})
	l := streamLane(t, fake, time.Now)
	require.NoError(t, l.pushStream(context.Background(), longTrace(1, 130)))
	assert.Len(t, streamedSpans(t, fake), 130)
	assert.Len(t, fake.Accepted("span"), 3)
}

// What could not be delivered comes back, and when it is sent again, each span arrives once and says the same of its segment, although the
// segment's root is not there any more.
func TestStreamIsTriedAgain(t *testing.T) {
	td := longTrace(1, 2500)
	whole := sentrytest.Start(t)
	require.NoError(t, streamLane(t, whole, time.Now).pushStream(context.Background(), td))

	fake := sentrytest.Start(t)
	var refused atomic.Int32
	fake.AnswerWith(func(r *sentrytest.Received) sentrytest.Answer {
		if !strings.Contains(string(r.Body), `"span 0"`) && refused.Add(1) <= 2 {
			return sentrytest.Answer{Status: http.StatusServiceUnavailable}
		}
		return sentrytest.Answer{}
	})
	l := streamLane(t, fake, time.Now)
	before := ptrace.NewTraces()
	td.CopyTo(before)
	err := l.pushStream(context.Background(), td)
	assert.Equal(t, before, td, "the request stays as it is")
	var undelivered consumererror.Traces
	require.ErrorAs(t, err, &undelivered)
	assert.Equal(t, 1500, undelivered.Data().SpanCount())
	assert.Len(t, streamedSpans(t, fake), 1000)
	require.NoError(t, l.pushStream(context.Background(), undelivered.Data()))
	assert.Equal(t, streamedSpans(t, whole), streamedSpans(t, fake))
}

// Ids that had to be made are the same in the second try.
func TestStreamRetriesKeepMadeIDs(t *testing.T) {
	broken := func() ptrace.Traces {
		td := oneTrace(1, 5)
		for i, s := range td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().All() {
			s.SetTraceID(pcommon.TraceID{})
			if i != 1 {
				s.SetSpanID(pcommon.SpanID{})
			}
			s.SetParentSpanID(pcommon.SpanID{})
		}
		return td
	}
	whole := sentrytest.Start(t)
	td := broken()
	require.NoError(t, streamLane(t, whole, time.Now).pushStream(context.Background(), td))
	fake := sentrytest.Start(t)
	var failed atomic.Bool
	fake.AnswerWith(func(*sentrytest.Received) sentrytest.Answer {
		if failed.CompareAndSwap(false, true) {
			return sentrytest.Answer{Status: http.StatusServiceUnavailable}
		}
		return sentrytest.Answer{}
	})
	l := streamLane(t, fake, time.Now)
	var undelivered consumererror.Traces
	require.ErrorAs(t, l.pushStream(context.Background(), td), &undelivered)
	require.NoError(t, l.pushStream(context.Background(), undelivered.Data()))
	assert.Equal(t, streamedSpans(t, whole), streamedSpans(t, fake))
}

// A limit on spans that lasts too long drops them, counted; copies of a span go in envelopes of their own.
func TestStreamUnderALimit(t *testing.T) {
	fake := sentrytest.Start(t)
	fake.AnswerWith(func(*sentrytest.Received) sentrytest.Answer {
		return sentrytest.Answer{Status: http.StatusTooManyRequests, Header: http.Header{"X-Sentry-Rate-Limits": {"3600:span:organization"}}}
	})
	l := streamLane(t, fake, time.Now, func(cfg *Config) { cfg.RateLimit.MaxWait = 0 })
	require.NoError(t, l.pushStream(context.Background(), longTrace(1, 30)))
	require.NoError(t, l.pushStream(context.Background(), longTrace(2, 30)))
	assert.Len(t, fake.All(), 1)
}

func TestStreamOfCopies(t *testing.T) {
	fake := sentrytest.Start(t)
	l := streamLane(t, fake, time.Now)
	td := oneTrace(1, 2)
	spans := td.ResourceSpans().At(0).ScopeSpans().At(0).Spans()
	spans.At(1).CopyTo(spans.AppendEmpty())
	require.NoError(t, l.pushStream(context.Background(), td))
	assert.Len(t, fake.Accepted("span"), 2)
}

// What becomes of spans is a choice; their exceptions are events whatever it is.
func TestModesOfTraces(t *testing.T) {
	for mode, want := range map[string]map[string]int{
		modeTransaction: {"event": 1, "transaction": 1},
		modeStream:      {"event": 1, "span": 1},
		modeOff:         {"event": 1},
	} {
		t.Run(mode, func(t *testing.T) {
			fake := sentrytest.Start(t)
			e := startTraces(t, testConfig(fake, withoutQueue, func(cfg *Config) { cfg.Traces.Mode = mode }))
			require.NoError(t, e.ConsumeTraces(context.Background(), secretTraces()))
			got := map[string]int{}
			for _, r := range fake.All() {
				got[r.Type()]++
			}
			assert.Equal(t, want, got)
		})
	}
}

// An instrumented collector must not tell of its own telling.
func TestOwnRequestsAreNoTrace(t *testing.T) {
	fake := sentrytest.Start(t)
	td := oneTrace(1, 3)
	span := td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0)
	span.SetKind(ptrace.SpanKindClient)
	dsn, err := sentry.ParseDSN(fake.DSN("7"))
	require.NoError(t, err)
	span.Attributes().PutStr("url.full", dsn.EnvelopeURL())
	o := observe(t, componenttest.NewNopHost(), testConfig(fake))
	require.NoError(t, o.traces.ConsumeTraces(context.Background(), td))
	require.NoError(t, o.traces.ConsumeTraces(context.Background(), oneTrace(2, 3)))
	fake.WaitForItems("transaction", 1)
	o.stop()
	assert.Len(t, fake.All(), 1)
	own, err := o.tel.GetMetric("otelcol_exporter_sentry_own_spans")
	require.NoError(t, err)
	assert.Contains(t, fmt.Sprint(own.Data), "3")
}
