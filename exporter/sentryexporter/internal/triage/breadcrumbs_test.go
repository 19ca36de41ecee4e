package triage

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/triage/rules"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// talkative is a Triage that remembers; change may change the rest.
func talkative(change ...func(*Config)) *Project {
	return configured(func(cfg *Config) {
		cfg.Breadcrumbs = Breadcrumbs{Max: 5, MaxBytes: 8 << 10}
		for _, f := range change {
			f(cfg)
		}
	}).Project(project, "shop")
}

// at moves a record to so many seconds before now.
func at(second int) func(plog.LogRecord) {
	return func(rec plog.LogRecord) {
		rec.SetTimestamp(pcommon.NewTimestampFromTime(now.Add(-time.Minute + time.Duration(second)*time.Second)))
	}
}

func info(second int, body string, more ...func(plog.LogRecord)) func(plog.LogRecord) {
	return with(record(plog.SeverityNumberInfo, body), append([]func(plog.LogRecord){at(second)}, more...)...)
}

func fails(second int, body string, more ...func(plog.LogRecord)) func(plog.LogRecord) {
	return with(record(plog.SeverityNumberError, body), append([]func(plog.LogRecord){at(second)}, more...)...)
}

// trail is what the events of a batch carry: for each event the messages of its breadcrumbs.
func trail(b *Batch) map[string][]string {
	out := map[string][]string{}
	for _, rec := range records(b.Events) {
		messages := []string{}
		for _, c := range ReadBreadcrumbs(rec) {
			messages = append(messages, c.Message)
		}
		name := rec.Body().AsString()
		if name == "" {
			name = text(rec.Attributes(), "exception.message")
		}
		out[name] = messages
	}
	return out
}

func consumed(b *Batch) map[string][]string {
	defer finish(b)
	return trail(b)
}

func TestTheLinesBeforeAnError(t *testing.T) {
	p := talkative()
	assert.Equal(t, map[string][]string{"boom": {"one", "two"}}, consumed(p.Logs(logsOf(info(1, "one"), info(2, "two"), fails(3, "boom"), info(4, "four")), nil)))
	assert.Equal(t, map[string][]string{"bang": {"one", "two", "boom", "four", "five"}}, consumed(p.Logs(logsOf(info(5, "five"), fails(6, "bang")), nil)))
	assert.Equal(t, map[string][]string{"crash": {"two", "boom", "four", "five", "bang"}}, consumed(p.Logs(logsOf(fails(7, "crash")), nil)), "the newest five")
	assert.Equal(t, map[string][]string{"elsewhere": {}}, consumed(p.Logs(ofService("other", fails(8, "elsewhere")), nil)))
	assert.Equal(t, map[string][]string{"late": {"one", "two"}}, consumed(p.Logs(logsOf(fails(2, "late")), nil)), "what happened later is no breadcrumb")
}

func TestABreadcrumbIsWholesome(t *testing.T) {
	p := talkative(func(cfg *Config) {
		cfg.Breadcrumbs.Scrub = func(s string) string { return strings.ReplaceAll(s, "s3cret", "[Filtered]") }
	})
	long := strings.Repeat("x", 3000)
	b := p.Logs(logsOf(
		info(1, "token s3cret"),
		with(info(2, `{"level":"warn","logger":"com.acme.Pay","message":"slow","n":1}`), func(rec plog.LogRecord) { rec.SetSeverityNumber(0) }),
		with(info(3, "payment failed", attr("exception.type", "java.io.IOException"), attr("exception.message", "no s3cret")), func(rec plog.LogRecord) { rec.SetSeverityNumber(plog.SeverityNumberFatal) }),
		info(4, long),
		fails(5, "boom"),
	), nil)
	all := records(b.Events)
	got := ReadBreadcrumbs(all[len(all)-1])
	second := func(n int) sentry.Time {
		return sentry.Time(now.Add(-time.Minute + time.Duration(n)*time.Second).UnixNano())
	}
	assert.Equal(t, []sentry.Breadcrumb{
		{Timestamp: second(1), Category: "com.acme.Checkout", Level: sentry.LevelInfo, Message: "token [Filtered]"},
		{Timestamp: second(2), Category: "com.acme.Pay", Level: sentry.LevelWarning, Message: "slow"},
		{Timestamp: second(3), Category: "com.acme.Checkout", Level: sentry.LevelFatal, Message: "payment failed: java.io.IOException: no [Filtered]"},
		{Timestamp: second(4), Category: "com.acme.Checkout", Level: sentry.LevelInfo, Message: long[:maxCrumbMessage-3] + "..."},
	}, got)
}

func TestWhatIsNoBreadcrumb(t *testing.T) {
	p := talkative(func(cfg *Config) { cfg.Exclude = compiled(t, rules.Rule{Messages: []string{"^excluded"}}) })
	debug := with(info(1, "debug"), func(rec plog.LogRecord) { rec.SetSeverityNumber(plog.SeverityNumberDebug4) })
	empty := info(1, "")
	unknown := with(info(1, "a plain line"), func(rec plog.LogRecord) { rec.SetSeverityNumber(0) })
	warn := with(info(1, "a warning"), func(rec plog.LogRecord) { rec.SetSeverityNumber(plog.SeverityNumberWarn) })
	b := p.Logs(logsOf(debug, empty, unknown, warn, fails(2, "excluded, yet it happened"), fails(3, "boom")), nil)
	assert.Equal(t, map[string][]string{"boom": {"a plain line", "a warning", "excluded, yet it happened"}}, trail(b))

	off := configured(func(*Config) {}).Project(project, "")
	b = off.Logs(logsOf(info(1, "one"), fails(2, "boom")), nil)
	finish(b)
	_, ok := records(b.Events)[0].Attributes().Get(attrBreadcrumbs)
	assert.False(t, ok)
}

func TestBreadcrumbsOfATrace(t *testing.T) {
	other := func(rec plog.LogRecord) { rec.SetTraceID(pcommon.TraceID{7}) }
	p := talkative()
	consumed(p.Logs(logsOf(info(1, "one", inTrace), info(2, "of another trace", other), info(3, "of none")), nil))
	elsewhere := ofService("gateway", info(4, "upstream", inTrace))
	consumed(p.Logs(elsewhere, nil))
	consumed(p.Logs(ofService("gateway", info(5, "of none, elsewhere")), nil))
	b := p.Logs(logsOf(fails(6, "boom", inTrace), fails(7, "crash", func(rec plog.LogRecord) { rec.SetTraceID(pcommon.TraceID{8}) }), fails(8, "bang")), nil)
	assert.Equal(t, map[string][]string{
		"boom":  {"one", "of none", "upstream"},
		"crash": {"one", "of another trace", "of none", "boom"},
		"bang":  {"one", "of another trace", "of none", "boom", "crash"},
	}, consumed(b), "of the trace wherever it went, and of its own stream what is of no other; without any of the trace all of the stream")
	assert.Equal(t, map[string][]string{"boom": {}}, trail(p.Triage.Project("8", "search").Logs(logsOf(fails(9, "boom", inTrace)), nil)), "another project's are not told")
}

func TestHandledExceptionsAreBreadcrumbs(t *testing.T) {
	p := talkative()
	td := tracesOf(
		func(span ptrace.Span) { // handled
			recordException(span, javaTrace)
			span.Events().At(0).Attributes().PutStr("exception.message", "retried")
		},
		func(span ptrace.Span) { // a 404
			throws(javaTrace)(span)
			span.Events().At(0).Attributes().PutStr("exception.message", "not found")
			span.Attributes().PutInt("http.response.status_code", 404)
		},
		func(span ptrace.Span) { // the event's own, on a span that did not fail
			recordException(span, javaTrace)
			span.SetParentSpanID(pcommon.SpanID{1})
		},
		func(span ptrace.Span) {
			for _, name := range []string{"cache.miss", "lock.wait"} {
				e := span.Events().AppendEmpty()
				e.SetName(name)
				e.SetTimestamp(span.StartTimestamp() + 1)
				e.Attributes().PutStr("key", "cart")
			}
			late := span.Events().AppendEmpty()
			late.SetName("too late")
			late.SetTimestamp(span.EndTimestamp() + 1)
			throws(javaTrace)(span)
		},
	)
	b := p.Traces(td, nil)
	require.Equal(t, 1, b.Offered())
	var got []string
	for _, c := range ReadBreadcrumbs(records(b.Events)[0]) {
		got = append(got, strings.Join([]string{c.Type, c.Category, string(c.Level), c.Message}, "|"))
	}
	assert.Equal(t, []string{
		"|span|info|cache.miss key=cart",
		"|span|info|lock.wait key=cart",
		"error|exception|warning|java.lang.IllegalStateException: retried",
		"error|exception|warning|java.lang.IllegalStateException: not found",
	}, got)
	finish(b)
	log := logsOf(fails(59, "bang", inTrace))
	assert.Equal(t, map[string][]string{"bang": {
		"java.lang.IllegalStateException: retried", "java.lang.IllegalStateException: not found", "java.lang.IllegalStateException: no stock",
		"IllegalStateException: no stock",
	}}, trail(p.Logs(log, nil)), "the handled one, and the event itself")
}

// A request that is refused comes again: nothing of it may appear twice.
func TestARefusedRequestLeavesNoBreadcrumbs(t *testing.T) {
	p := talkative()
	ld := logsOf(info(1, "one"), fails(2, "boom"), info(3, "three"))
	for range 3 {
		b := p.Logs(ld, nil)
		assert.Equal(t, map[string][]string{"boom": {"one"}}, trail(b))
		b.Rollback()
	}
	b := p.Logs(ld, nil)
	refused := b.Refused() // the others were answered
	b.CommitAnswers()
	b.Remember()
	b.Rollback()
	b = p.Logs(refused, nil)
	assert.Equal(t, map[string][]string{"boom": {"one"}}, trail(b), "its own line is not among them")
	finish(b)
	assert.Equal(t, map[string][]string{"bang": {"one", "boom", "three"}}, trail(p.Logs(logsOf(fails(4, "bang")), nil)))

	// It went out, but something else of the request was refused: the request comes again, and nothing is remembered before it is answered.
	p = talkative()
	b = p.Logs(ld, nil)
	b.Commit()
	b.Rollback()
	finish(p.Logs(ld, nil))
	assert.Equal(t, map[string][]string{"bang": {"one", "three"}}, trail(p.Logs(logsOf(fails(4, "bang")), nil)))
}

func TestBreadcrumbsAreBounded(t *testing.T) {
	p := talkative(func(cfg *Config) { cfg.Breadcrumbs.MaxBytes = 100 })
	word := strings.Repeat("w", 30)
	b := p.Logs(logsOf(info(1, word+"1"), info(2, word+"2"), info(3, word+"3"), fails(4, "boom")), nil)
	assert.Equal(t, map[string][]string{"boom": {word + "2", word + "3"}}, trail(b), "logger and message, 100 bytes")
}

// An app that logs by OTLP and on stdout: its lines are breadcrumbs once.
func TestALineThatIsSeenTwiceIsOneBreadcrumb(t *testing.T) {
	p := talkative()
	otlp := logsOf(info(1, "one", inTrace), info(2, "one", inTrace))
	consumed(p.Logs(otlp, nil))
	stdout := logsOf(info(1, "one"), info(2, "one"), fails(3, "boom", inTrace))
	stdout.ResourceLogs().At(0).Resource().Attributes().PutStr("container.id", "c1")
	assert.Equal(t, map[string][]string{"boom": {"one", "one"}}, trail(p.Logs(stdout, nil)))
}

func TestStreams(t *testing.T) {
	p := talkative()
	streamOf := func(res map[string]string, attrs map[string]string) uint64 {
		ld := logsOf(func(rec plog.LogRecord) {
			for key, value := range attrs {
				rec.Attributes().PutStr(key, value)
			}
		})
		into := ld.ResourceLogs().At(0).Resource()
		into.Attributes().Clear()
		for key, value := range res {
			into.Attributes().PutStr(key, value)
		}
		b := p.newBatch()
		defer b.Rollback()
		out := newTarget(b, into, "")
		return out.stream(records(ld)[0])
	}
	type m = map[string]string
	assert.Zero(t, streamOf(m{}, m{}))
	assert.Zero(t, streamOf(m{"host.name": "h"}, m{}))
	different := []uint64{
		streamOf(m{"container.id": "a"}, m{}),
		streamOf(m{"container.id": "b"}, m{}),
		streamOf(m{"k8s.pod.uid": "p", "k8s.container.name": "c"}, m{}),
		streamOf(m{"k8s.pod.uid": "p", "k8s.container.name": "d"}, m{}),
		streamOf(m{"k8s.pod.uid": "p"}, m{}),
		streamOf(m{"service.name": "s"}, m{}),
		streamOf(m{"service.name": "s", "service.instance.id": "1"}, m{}),
		streamOf(m{"service.name": "s", "host.name": "h"}, m{}),
		streamOf(m{}, m{"log.file.path": "/a"}),
		streamOf(m{}, m{"log.file.path": "/b"}),
		streamOf(m{"host.name": "h"}, m{"log.file.path": "/b"}),
		streamOf(m{}, m{"log.file.name": "b"}),
	}
	seen := map[uint64]int{}
	for i, n := range different {
		assert.NotZero(t, n, i)
		other, ok := seen[n]
		assert.False(t, ok, "%d and %d", i, other)
		seen[n] = i
	}
	assert.Equal(t, streamOf(m{"container.id": "a"}, m{}), streamOf(m{"container.id": "a", "service.name": "s"}, m{"log.file.path": "/b"}))
}

func TestBodiesOfAllKinds(t *testing.T) {
	p := talkative()
	fills := []func(plog.LogRecord){
		info(1, "", func(rec plog.LogRecord) { rec.Body().SetEmptyMap().PutStr("msg", "of a map") }),
		info(2, "", func(rec plog.LogRecord) { rec.Body().SetEmptySlice().AppendEmpty().SetStr("of a list") }),
		info(3, "", func(rec plog.LogRecord) { rec.Body().SetEmptyMap().PutInt("n", 7) }),
		info(4, "", func(rec plog.LogRecord) { rec.Body().SetInt(7); rec.SetEventName("user.login") }),
		func(rec plog.LogRecord) { // without a time of its own
			rec.Body().SetStr("2026-11-21T11:59:30Z INFO of a text")
			rec.SetObservedTimestamp(pcommon.NewTimestampFromTime(now.Add(-20 * time.Second)))
		},
		fails(50, "boom"),
	}
	b := p.Logs(logsOf(fills...), nil)
	assert.Equal(t, map[string][]string{"boom": {"of a map", "of a list", "user.login", "of a text"}}, trail(b))
	last := ReadBreadcrumbs(records(b.Events)[0])[3]
	assert.Equal(t, sentry.Time(now.Add(-30*time.Second).UnixNano()), last.Timestamp, "the time that the line says")
}

func TestDecodeBreadcrumbs(t *testing.T) {
	want := []sentry.Breadcrumb{
		{Timestamp: 1, Type: "error", Category: "c", Level: sentry.LevelInfo, Message: "m"},
		{Timestamp: 1 << 62, Message: strings.Repeat("x", 300)},
	}
	raw := encodeBreadcrumbs([]shownCrumb{{want[0], 1}, {want[1], 2}})
	assert.Equal(t, want, decodeBreadcrumbs(raw))
	for n := range raw {
		got := decodeBreadcrumbs(raw[:n])
		assert.LessOrEqual(t, len(got), 1)
		assert.Equal(t, want[:len(got)], append([]sentry.Breadcrumb{}, got...))
	}
	assert.Nil(t, decodeBreadcrumbs([]byte{2, 1, 0, 0, 0, 0}))
	assert.Nil(t, encodeBreadcrumbs(nil))
}

func FuzzDecodeBreadcrumbs(f *testing.F) {
	f.Add(encodeBreadcrumbs([]shownCrumb{{sentry.Breadcrumb{Timestamp: 1, Category: "c", Message: "m"}, 1}}))
	f.Add([]byte{1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0xff})
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, c := range decodeBreadcrumbs(raw) {
			assert.LessOrEqual(t, len(c.Message), len(raw))
		}
	})
}

// sources are requests that are all INFO.
var sources = map[string]func(i int) func(plog.LogRecord){
	"otlp": func(i int) func(plog.LogRecord) { return info(i%60, "GET /health 200") },
	"in-traces": func(i int) func(plog.LogRecord) {
		return info(i%60, "GET /health 200", func(rec plog.LogRecord) { rec.SetTraceID(pcommon.TraceID{1, byte(i / 10), 15: 3}) })
	},
	"file": func(i int) func(plog.LogRecord) {
		return info(i%60, "2026-11-21 10:11:12.123  INFO 1 --- [shop] [nio-8080-exec-3] c.e.shop.web.CartController : Cart 7 was paid by 42 in 12 ms",
			attr("log.file.path", "/var/log/pods/a.log"), attr("log.iostream", "stdout"))
	},
}

// requestOf makes a request of n records; those of files are of no resource.
func requestOf(source string, n int) plog.Logs {
	fills := make([]func(plog.LogRecord), n)
	for i := range fills {
		fills[i] = sources[source](i)
	}
	ld := logsOf(fills...)
	if source == "file" {
		ld.ResourceLogs().At(0).Resource().Attributes().Clear()
	}
	return ld
}

func TestRememberingAllocatesNothing(t *testing.T) {
	if raced {
		t.Skip("sync.Pool forgets at random under the race detector")
	}
	for source := range sources {
		p := talkative()
		cost := func(n int) float64 {
			ld := requestOf(source, n)
			finish(p.Logs(ld, nil))
			return testing.AllocsPerRun(20, func() { finish(p.Logs(ld, nil)) })
		}
		_ = cost(1000)
		assert.InDelta(t, cost(10), cost(1000), 2, source)
	}
}

func BenchmarkBreadcrumbs(b *testing.B) {
	for source := range sources {
		for _, on := range []bool{false, true} {
			b.Run(fmt.Sprint(source, "/", on), func(b *testing.B) {
				p := talkative(func(cfg *Config) {
					if cfg.Breadcrumbs.Max = 20; !on {
						cfg.Breadcrumbs.Max = 0
					}
				})
				ld := requestOf(source, 1000)
				b.ReportAllocs()
				for b.Loop() {
					finish(p.Logs(ld, nil))
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*1000), "ns/record")
			})
		}
	}
}

func BenchmarkAttach(b *testing.B) {
	p := talkative(func(cfg *Config) { cfg.Breadcrumbs.Max = 20 })
	for range 10 {
		finish(p.Logs(requestOf("file", 100), nil))
	}
	ld := logsOf(fails(59, "boom", attr("log.file.path", "/var/log/pods/a.log")))
	ld.ResourceLogs().At(0).Resource().Attributes().Clear()
	b.ReportAllocs()
	for b.Loop() {
		p.Logs(ld, nil).Rollback()
	}
}
