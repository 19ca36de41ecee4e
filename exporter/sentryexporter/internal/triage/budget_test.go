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

	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/triage/budget"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// clock is a clock that stands still until it is moved.
type clock struct{ at time.Time }

func (c *clock) now() time.Time          { return c.at }
func (c *clock) forward(d time.Duration) { c.at = c.at.Add(d) }

// frugal is a Triage with the default budget: the first 10, then one per 5 minutes.
func frugal() (*Triage, *clock) {
	c := &clock{now}
	return New(Config{
		MinSeverity:    plog.SeverityNumberError,
		SpanExceptions: SpanExceptionsError,
		Budget:         budget.Config{Enabled: true, First: 10, Every: 5 * time.Minute},
		Now:            c.now,
	}), c
}

// numbered makes a request of n error records whose bodies differ in a number; each is another occurrence.
func numbered(n int, from int, body string) plog.Logs {
	fills := make([]func(plog.LogRecord), n)
	for i := range fills {
		fills[i] = with(record(plog.SeverityNumberError, fmt.Sprintf(body, from+i)), func(rec plog.LogRecord) { rec.SetTimestamp(rec.Timestamp() + pcommon.Timestamp(from+i)) })
	}
	return logsOf(fills...)
}

// consume lets a batch go out and says how many events it had, and what they said was held back.
func consume(b *Batch) (out, told int) {
	out = b.Offered()
	for _, rec := range records(b.Events) {
		told += ReadVerdict(rec).HeldBack
	}
	b.Commit()
	return out, told
}

// TestACrashLoop: 100,000 errors that differ in a number, within a minute and for ten more minutes.
func TestACrashLoop(t *testing.T) {
	tri, clock := frugal()
	var out, told, held, byWorkload, serial int
	run := func(requests, size int) {
		for range requests {
			b := tri.Project(project, "").Logs(numbered(size, serial, "worker 17 died after %d ms"), nil)
			serial += size
			o, n := consume(b)
			b.Rollback()
			out, told, held = out+o, told+n, held+b.Answered[OverBudget]
			b.EachHeldBack(func(w Workload, n int) {
				assert.Equal(t, Workload{Name: "checkout"}, w)
				byWorkload += n
			})
			assert.Zero(t, b.Forgotten)
			clock.forward(60 * time.Millisecond)
		}
	}
	run(1000, 100)
	assert.Equal(t, 10, out)
	assert.Equal(t, 100_000-10, held)
	assert.Zero(t, told)
	assert.Equal(t, held, byWorkload)

	run(10_000, 3) // ten minutes
	assert.Equal(t, 12, out, "one every five minutes")
	assert.Equal(t, serial, out+held, "all are accounted for")
	clock.forward(5 * time.Minute)
	o, n := consume(tri.Project(project, "").Logs(numbered(1, serial, "worker 17 died after %d ms"), nil))
	assert.Equal(t, 1, o)
	assert.Equal(t, held, told+n, "and all were told of")
}

func TestWhatIsOneIssue(t *testing.T) {
	const other = "java.lang.IllegalStateException: other\n\tat com.acme.Stock.take(Stock.java:43)\n"
	stack := func(s string) func(plog.LogRecord) {
		return with(record(plog.SeverityNumberError, "x"), attr("exception.stacktrace", s))
	}
	named := func(name, message string) func(plog.LogRecord) {
		return with(record(plog.SeverityNumberError, "x"), attr("exception.type", name), attr("exception.message", message))
	}
	print := func(body, fingerprint string) func(plog.LogRecord) {
		return with(record(plog.SeverityNumberError, body), attr("sentry.fingerprint", fingerprint))
	}
	for name, tt := range map[string]struct {
		a, b plog.Logs
		one  bool
	}{
		"numbers":              {logsOf(record(plog.SeverityNumberError, "user 17 not found")), logsOf(record(plog.SeverityNumberError, "user 99 not found")), true},
		"words":                {logsOf(record(plog.SeverityNumberError, "user not found")), logsOf(record(plog.SeverityNumberError, "cart not found")), false},
		"message of a trace":   {logsOf(stack(javaTrace)), logsOf(stack(strings.Replace(javaTrace, "no stock", "no shelf", 1))), true},
		"place":                {logsOf(stack(javaTrace)), logsOf(stack(other)), false},
		"type":                 {logsOf(stack(javaTrace)), logsOf(stack(strings.Replace(javaTrace, "IllegalState", "Other", 1))), false},
		"no place":             {logsOf(named("E", "cart 7 gone")), logsOf(named("E", "cart 9 gone")), true},
		"no place, other type": {logsOf(named("E", "cart 7 gone")), logsOf(named("F", "cart 7 gone")), false},
		"no place, other word": {logsOf(named("E", "cart 7 gone")), logsOf(named("E", "user 7 gone")), false},
		"no name":              {logsOf(named("", "cart 7 gone")), logsOf(named("", "cart 9 gone")), true},
		"service":              {logsOf(record(plog.SeverityNumberError, "a")), ofService("other", record(plog.SeverityNumberError, "a")), false},
		"service, exceptions":  {logsOf(stack(javaTrace)), ofService("other", stack(javaTrace)), true},
		"fingerprint":          {logsOf(print("one", "f")), logsOf(print("two", "f")), true},
		"other fingerprint":    {logsOf(print("one", "f")), logsOf(print("one", "g")), false},
		"default fingerprint":  {logsOf(print("one", "{{ default }}")), logsOf(print("two", "{{ default }}")), false},
		"logger's template": {
			logsOf(with(record(plog.SeverityNumberError, "a was not found"), attr("sentry.message.template", "%s was not found"))),
			logsOf(with(record(plog.SeverityNumberError, "b was not found"), attr("sentry.message.template", "%s was not found"))), true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			tri := New(Config{
				MinSeverity: plog.SeverityNumberError,
				Budget:      budget.Config{Enabled: true, First: 1, Every: time.Hour},
				Now:         func() time.Time { return now },
			})
			require.Equal(t, 1, tri.Project(project, "").Logs(tt.a, nil).Offered())
			b := tri.Project(project, "").Logs(tt.b, nil)
			assert.Equal(t, tt.one, b.Answered[OverBudget] == 1)
			assert.Equal(t, tt.one, b.Offered() == 0)
			assert.Equal(t, 1, tri.Project("8", "").Logs(tt.a, nil).Offered(), "another project, another issue")
		})
	}
}

func ofService(name string, fill func(plog.LogRecord)) plog.Logs {
	ld := logsOf(fill)
	ld.ResourceLogs().At(0).Resource().Attributes().PutStr("service.name", name)
	return ld
}

func TestARefusedRequestCostsNothing(t *testing.T) {
	tri, _ := frugal()
	ld := numbered(30, 0, "died %d")
	for range 5 {
		b := tri.Project(project, "").Logs(ld, nil)
		assert.Equal(t, 10, b.Offered())
		assert.Equal(t, 20, b.Answered[OverBudget])
		b.Rollback()
	}
	out, _ := consume(tri.Project(project, "").Logs(ld, nil))
	assert.Equal(t, 10, out)
}

// The whole request comes again after it was final (the logs lane has refused it): nothing is held back twice.
func TestARepeatIsNotHeldBackTwice(t *testing.T) {
	tri, clock := frugal()
	ld := numbered(30, 0, "died %d")
	consume(tri.Project(project, "").Logs(ld, nil))
	again := tri.Project(project, "").Logs(ld, nil)
	assert.Equal(t, 30, again.Answered[Duplicate])
	again.Commit()
	clock.forward(5 * time.Minute)
	out, told := consume(tri.Project(project, "").Logs(numbered(1, 100, "died %d"), nil))
	assert.Equal(t, 1, out)
	assert.Equal(t, 20, told)
}

// Only the events come again: what was held back was answered.
func TestWhereOnlyTheEventsComeAgain(t *testing.T) {
	tri, clock := frugal()
	b := tri.Project(project, "").Logs(numbered(30, 0, "died %d"), nil)
	refused := b.Refused()
	b.CommitAnswers()
	b.Rollback()
	out, told := consume(tri.Project(project, "").Logs(refused, nil))
	assert.Equal(t, 10, out)
	assert.Equal(t, 20, told, "the first of them says so at once")
	clock.forward(5 * time.Minute)
	_, told = consume(tri.Project(project, "").Logs(numbered(1, 100, "died %d"), nil))
	assert.Zero(t, told)
}

// A part was delivered: its budget is spent, the rest's is free.
func TestWhereAPartIsDelivered(t *testing.T) {
	tri, _ := frugal()
	ld := numbered(30, 0, "died %d")
	b := tri.Project(project, "").Logs(ld, nil)
	delivered := map[sentry.EventID]bool{}
	for _, id := range ids(b)[:4] {
		delivered[id] = true
	}
	assert.Equal(t, 4, b.CommitOnly(func(id sentry.EventID) bool { return delivered[id] }))
	b.Rollback()
	again := tri.Project(project, "").Logs(ld, nil)
	assert.Equal(t, 4, again.Answered[Duplicate])
	assert.Equal(t, 6, again.Offered())
	assert.Equal(t, 20, again.Answered[OverBudget])
	again.Commit()
	again.Rollback() // does nothing
	assert.Zero(t, tri.Project(project, "").Logs(numbered(1, 100, "died %d"), nil).Offered())
}

func TestTwoBatchesNeverTakeOnePlace(t *testing.T) {
	tri, _ := frugal()
	a := tri.Project(project, "").Logs(numbered(7, 0, "died %d"), nil)
	b := tri.Project(project, "").Logs(numbered(7, 100, "died %d"), nil)
	assert.Equal(t, 7, a.Offered())
	assert.Equal(t, 3, b.Offered())
	a.Rollback()
	b.Commit()
	assert.Equal(t, 7, tri.Project(project, "").Logs(numbered(20, 200, "died %d"), nil).Offered())
}

// Copies of one occurrence that are decided about at once: the first costs budget, or is counted, the other not.
func TestCopiesAtTheSameTime(t *testing.T) {
	tri, clock := frugal()
	ld := numbered(30, 0, "died %d")
	a, b := tri.Project(project, "").Logs(numbered(5, 0, "died %d"), nil), tri.Project(project, "").Logs(numbered(5, 0, "died %d"), nil)
	assert.Equal(t, 5, b.Offered(), "neither knows of the other")
	finish(a)
	finish(b)
	a, b = tri.Project(project, "").Logs(ld, nil), tri.Project(project, "").Logs(ld, nil)
	assert.Equal(t, 5, a.Offered())
	finish(a)
	assert.Equal(t, 25, b.Answered[OverBudget])
	finish(b)
	clock.forward(5 * time.Minute)
	_, told := consume(tri.Project(project, "").Logs(numbered(1, 100, "died %d"), nil))
	assert.Equal(t, 20, told)
}

// Copies of one occurrence share its fate, whatever the budget says by then.
func TestCopiesOfWhatWasHeldBack(t *testing.T) {
	tri, clock := frugal()
	consume(tri.Project(project, "").Logs(logsOf(slicesOf(10, with(record(plog.SeverityNumberError, "x"), attr("exception.stacktrace", javaTrace)))...), nil))
	td := tracesOf(throws(javaTrace), throws(javaTrace), throws(javaTrace))
	b := tri.Project(project, "").Traces(td, nil)
	assert.Equal(t, 1, b.Answered[OverBudget])
	assert.Equal(t, 2, b.Answered[Duplicate])
	b.Commit()
	clock.forward(5 * time.Minute)
	assert.Equal(t, 3, tri.Project(project, "").Traces(td, nil).Answered[Duplicate])
}

func slicesOf(n int, fill func(plog.LogRecord)) []func(plog.LogRecord) {
	out := make([]func(plog.LogRecord), n)
	for i := range out {
		out[i] = fill
	}
	return out
}

func TestWorkloadsAreBounded(t *testing.T) {
	var l workloads
	res := pcommon.NewMap()
	res.PutStr("k8s.namespace.name", "shop")
	for i := range maxWorkloads + 50 {
		res.PutStr("k8s.deployment.name", fmt.Sprint("d", i))
		w := l.of(res)
		if i < maxWorkloads {
			assert.Equal(t, Workload{"shop", fmt.Sprint("d", i)}, w)
		} else {
			assert.Equal(t, OtherWorkloads, w)
		}
	}
	res.PutStr("k8s.deployment.name", "d7")
	assert.Equal(t, Workload{"shop", "d7"}, l.of(res))
}

// TestHoldingBackCostsLittle: what a request allocates does not depend on how many of its records are held back.
func TestHoldingBackCostsLittle(t *testing.T) {
	if raced {
		t.Skip("sync.Pool forgets at random under the race detector")
	}
	few, many := 100, 1000
	for name, fill := range heldBackRecords {
		t.Run(name, func(t *testing.T) {
			p := floodedProject()
			cost := func(n int) float64 {
				all := logsOf(slicesOf(n, fill)...)
				serial := 0
				return testing.AllocsPerRun(50, func() {
					for _, rec := range all.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().All() {
						serial++
						rec.SetTimestamp(pcommon.NewTimestampFromTime(now) + pcommon.Timestamp(serial))
						rec.SetTraceID(pcommon.TraceID{1, byte(n), byte(serial), byte(serial >> 8), byte(serial >> 16)})
					}
					finish(p.Logs(all, nil))
				})
			}
			cost(many)
			assert.InDelta(t, cost(few), cost(many), 5)
		})
	}
	t.Run("spans", func(t *testing.T) {
		p := floodedProject()
		cost := func(n int) float64 {
			spans := make([]func(ptrace.Span), n)
			for i := range spans {
				spans[i] = throws(javaTrace)
			}
			all := tracesOf(spans...)
			serial := 0
			return testing.AllocsPerRun(50, func() {
				for _, span := range all.ResourceSpans().At(0).ScopeSpans().At(0).Spans().All() {
					serial++
					span.SetTraceID(pcommon.TraceID{2, byte(n), byte(serial), byte(serial >> 8), byte(serial >> 16)})
				}
				finish(p.Traces(all, nil))
			})
		}
		cost(many)
		assert.InDelta(t, cost(few), cost(many), 5)
	})
}

// floodedProject has the budget and breadcrumbs of the default configuration.
func floodedProject() *Project {
	return configured(func(cfg *Config) {
		cfg.Budget = budget.Config{Enabled: true, First: 10, Every: 5 * time.Minute}
		cfg.Breadcrumbs = Breadcrumbs{Max: 20, MaxBytes: 8 << 10}
	}).Project(project, "shop")
}

var heldBackRecords = map[string]func(plog.LogRecord){
	"message":       record(plog.SeverityNumberError, "could not connect to 10.0.0.7:5432"),
	"attributes":    with(record(plog.SeverityNumberError, "x"), attr("exception.type", "E"), attr("exception.stacktrace", javaTrace), attr("thread.name", "main")),
	"stack in text": record(plog.SeverityNumberError, "2026-11-21 10:11:12.123 ERROR 1 --- [main] c.e.Shop : gone\n"+javaTrace),
}

func BenchmarkHeldBack(b *testing.B) {
	for name, fill := range heldBackRecords {
		b.Run(name, func(b *testing.B) {
			tri, _ := frugal()
			ld := logsOf(slicesOf(100, fill)...)
			all := records(ld)
			at := pcommon.Timestamp(0)
			b.ReportAllocs()
			for b.Loop() {
				for _, rec := range all {
					at++
					rec.SetTimestamp(pcommon.NewTimestampFromTime(now) + at)
				}
				finish(tri.Project(project, "").Logs(ld, nil))
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*100), "ns/record")
		})
	}
}
