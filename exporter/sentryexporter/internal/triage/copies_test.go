package triage

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/fields"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
	"github.com/otelcol-sentry/otelcol-sentry/internal/stacktrace"
)

// pairRoots hold pairs: one process gave one error to a logger that writes text, and to one that speaks OTLP.
var pairRoots = []string{"../../../../testdata/parity", "../../../../test/conformance/parity/recorded"}

// differentCopies are those that say too different things to be told as one failure.
var differentCopies = map[string]string{
	"java/uncaught_suppressed": "a toString of its own: the JVM prints neither the class nor the message",
	"node/uncaught_string":     "a thrown text has no type and no stack; Node prints where it was thrown",
}

// TestCopiesOfAFailureHaveOneID: as OTLP, as an exception on a span, as text.
func TestCopiesOfAFailureHaveOneID(t *testing.T) {
	compared := 0
	for _, dir := range pairDirs(t) {
		language, scenario := filepath.Base(filepath.Dir(dir)), filepath.Base(dir)
		name := language + "/" + scenario
		otlp := otlpOf(t, filepath.Join(dir, "otlp.json"))
		want := failureIDs(newTriage().Project(project, "").Logs(otlp, nil))
		got := failureIDs(newTriage().Project(project, "").Traces(asSpans(otlp), nil))
		assert.Equal(t, want, got, "%s as spans", name)
		for _, file := range []string{"app.log", "app.nosdk.log", "app.inapp.log"} {
			raw, err := os.ReadFile(filepath.Join(dir, file))
			if err != nil {
				continue
			}
			got := failureIDs(newTriage().Project(project, "").Logs(asText(string(raw)), nil))
			if why, ok := differentCopies[name]; ok {
				assert.NotEqual(t, want, got, "%s: known to differ, since %s", name, why)
				continue
			}
			compared++
			assert.Equal(t, want, got, "%s as %s", name, file)
		}
	}
	assert.Greater(t, compared, 130)
}

func pairDirs(t *testing.T) (dirs []string) {
	for _, root := range pairRoots {
		found, err := filepath.Glob(filepath.Join(root, "*", "*", "otlp.json"))
		require.NoError(t, err)
		require.NotEmpty(t, found)
		for _, f := range found {
			dirs = append(dirs, filepath.Dir(f))
		}
	}
	return dirs
}

func otlpOf(t *testing.T, file string) plog.Logs {
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	req := plogotlp.NewExportRequest()
	require.NoError(t, req.UnmarshalJSON(raw))
	for _, rec := range records(req.Logs()) {
		inTrace(rec)
	}
	return req.Logs()
}

// failureIDs are the ids of a batch's events that are failures, each once.
func failureIDs(b *Batch) []sentry.EventID {
	out := []sentry.EventID{}
	for _, rl := range b.Events.ResourceLogs().All() {
		language := stacktrace.FromSDK(text(rl.Resource().Attributes(), "telemetry.sdk.language"))
		for _, sl := range rl.ScopeLogs().All() {
			for _, rec := range sl.LogRecords().All() {
				read := fields.Read(rec, "")
				if _, ok := failureOf(&read, language); ok {
					out = append(out, ReadVerdict(rec).EventID)
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b sentry.EventID) int { return strings.Compare(a.String(), b.String()) })
	return slices.Compact(out)
}

// asSpans makes a span of each record that has an exception, which failed with it.
func asSpans(ld plog.Logs) ptrace.Traces {
	td := ptrace.NewTraces()
	for _, rl := range ld.ResourceLogs().All() {
		rs := td.ResourceSpans().AppendEmpty()
		rl.Resource().CopyTo(rs.Resource())
		ss := rs.ScopeSpans().AppendEmpty()
		for _, sl := range rl.ScopeLogs().All() {
			for i, rec := range sl.LogRecords().All() {
				span := ss.Spans().AppendEmpty()
				span.SetTraceID(traceID)
				span.SetSpanID(pcommon.SpanID{byte(i), 1})
				failed(span)
				event := span.Events().AppendEmpty()
				event.SetTimestamp(rec.Timestamp())
				for key, value := range rec.Attributes().All() {
					if strings.HasPrefix(key, "exception.") {
						event.SetName(exceptionEvent)
						value.CopyTo(event.Attributes().PutEmpty(key))
					}
				}
			}
		}
	}
	return td
}

// asText makes records of an app's output, as the operator that joins stack traces does. The trace id comes from the line's layout.
func asText(output string) plog.Logs {
	ld := plog.NewLogs()
	sl := ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty()
	for _, body := range cutRecords(output) {
		rec := sl.LogRecords().AppendEmpty()
		rec.Body().SetStr(body)
		inTrace(rec)
	}
	return ld
}

// cutRecords takes an app's output apart: a line begins a record if it is a JSON object, or has a level, and a time or a logger.
func cutRecords(output string) (out []string) {
	open, at, whole := 0, 0, false
	for _, line := range strings.SplitAfter(strings.TrimRight(output, "\n"), "\n") {
		object := json.Valid([]byte(line)) && strings.HasPrefix(line, "{")
		if at > open && (object || whole || beginsRecord(line)) {
			out = append(out, strings.TrimRight(output[open:at], "\n"))
			open = at
		}
		whole = object
		at += len(line)
	}
	return append(out, strings.TrimRight(output[open:], "\n"))
}

func beginsRecord(line string) bool {
	if line == "" || strings.ContainsAny(line[:1], " \t|+>}") {
		return false
	}
	rec := plog.NewLogRecord()
	rec.Body().SetStr(strings.TrimRight(line, "\r\n"))
	read := fields.Read(rec, "")
	return read.Severity != plog.SeverityNumberUnspecified && (read.Time != 0 || read.Logger != "" || line[0] >= '0' && line[0] <= '9')
}

// thrown is a record with an exception in attributes, inside the trace.
func thrown(name, message, stack string) func(plog.LogRecord) {
	return func(rec plog.LogRecord) {
		rec.SetSeverityNumber(plog.SeverityNumberError)
		inTrace(rec)
		for key, value := range map[string]string{"exception.type": name, "exception.message": message, "exception.stacktrace": stack} {
			if value != "" {
				rec.Attributes().PutStr(key, value)
			}
		}
	}
}

// line is a record that is nothing but text.
func line(text string) func(plog.LogRecord) {
	return func(rec plog.LogRecord) { rec.Body().SetStr(text) }
}

// traced is a line that a processor, or the operator that parsed it, gave a trace id.
func traced(text string) func(plog.LogRecord) { return with(line(text), inTrace) }

const (
	traceHex = "01020300000000000000000000000000"

	javaFrames = "\tat com.acme.Stock.take(Stock.java:42)\n\tat com.acme.Checkout.pay(Checkout.java:7)\n"
	pyFrames   = "Traceback (most recent call last):\n  File \"/app/desk.py\", line 7, in main\n    refer(7)\n  File \"/app/booking.py\", line 33, in refer\n    raise ReferralMissing()\n"
	nodeFrames = "\n    at Scheduler.reserve (/app/src/scheduler.js:18:47)\n    at main (/app/main.js:8:13)"
	goFrames   = "goroutine 1 [running]:\npanic({0xca1fc0?, 0x15282b0?})\n\t/usr/local/go/src/runtime/panic.go:860 +0x13a\nshop.take(...)\n\t/app/shop/stock.go:21\nmain.main()\n\t/app/main.go:115 +0x4ad\n"
)

// TestHowCopiesDiffer: each row is one failure, as several tell it.
func TestHowCopiesDiffer(t *testing.T) {
	long := strings.Repeat("no stock of item 7, ", 50)
	for name, copies := range map[string][]func(plog.LogRecord){
		"white space around the message": {
			thrown("E", " no stock\n", ""), thrown("E", "no stock", ""), thrown("E", "\tno stock ", ""),
		},
		"the class with its package, without, with the class around it": {
			thrown("com.acme.Errors$NoStock", "x", "com.acme.Errors$NoStock: x\n"+javaFrames),
			thrown("com.acme.Errors.NoStock", "x", "com.acme.Errors$NoStock: x\n"+javaFrames), // Class.getCanonicalName
			traced("com.acme.Errors$NoStock: x\n" + javaFrames),
			traced("c.a.Errors$NoStock: x\n" + javaFrames),
		},
		"no message": {
			thrown("com.acme.NoStock", "", "com.acme.NoStock\n"+javaFrames),
			traced("2026-11-21 10:11:12.123 ERROR 1 --- [main] c.a.Shop : gone\ncom.acme.NoStock: null\n" + javaFrames),
			traced("Exception in thread \"main\" com.acme.NoStock\n" + javaFrames),
		},
		"a message that was cut": {
			thrown("com.acme.NoStock", long[:256], "com.acme.NoStock: "+long+"\n"+javaFrames),
			thrown("com.acme.NoStock", long[:256], "com.acme.NoStock: "+long[:400]+"\n"+javaFrames),
			traced("com.acme.NoStock: " + long + "\n" + javaFrames),
		},
		"uncaught, with a cause": {
			thrown("com.acme.NoStock", "x", "com.acme.NoStock: x\n"+javaFrames+"Caused by: java.io.IOException: y\n\tat com.acme.Db.get(Db.java:3)\n\t... 2 more\n"),
			traced("Exception in thread \"main\" com.acme.NoStock: x\n" + javaFrames + "\tSuppressed: java.io.IOException: z\n\t\tat com.acme.Db.close(Db.java:9)\nCaused by: java.io.IOException: y\n\tat com.acme.Db.get(Db.java:3)\n\t... 2 more\n"),
			traced("java.io.IOException: y\n\tat com.acme.Db.get(Db.java:3)\nWrapped by: com.acme.NoStock: x\n" + javaFrames), // logback's %rEx
		},
		"Python's notes, and its names": {
			thrown("ReferralMissing", "no referral", pyFrames+"clinic.errors.ReferralMissing: no referral\nwhile importing row 17\n"),
			thrown("clinic.errors.ReferralMissing", "no referral", pyFrames+"clinic.errors.ReferralMissing: no referral\n"),
			traced("2026-11-21 10:11:12,123 ERROR clinic.desk failed\n" + pyFrames + "clinic.errors.ReferralMissing: no referral\nwhile importing row 17"),
			traced(pyFrames + "errors.ReferralMissing: no referral"),
		},
		"Python's KeyError is quoted in a text": {
			thrown("KeyError", "cart", strings.Replace(pyFrames, "ReferralMissing", "KeyError", 1)+"KeyError: 'cart'\n"),
			traced(strings.Replace(pyFrames, "ReferralMissing", "KeyError", 1) + "KeyError: 'cart'"),
		},
		"JavaScript's code in place of the name": {
			thrown("ENOENT", "ENOENT: no such file or directory, open 'a'", "Error: ENOENT: no such file or directory, open 'a'"+nodeFrames),
			traced("Error: ENOENT: no such file or directory, open 'a'" + nodeFrames + " {\n  errno: -2,\n  code: 'ENOENT'\n}"),
		},
		"JavaScript, as pino writes it": {
			thrown("SlotTaken", "slot is taken", "SlotTaken: slot is taken"+nodeFrames),
			traced(`{"level":50,"time":1795255872123,"pid":17,"hostname":"w","err":{"type":"SlotTaken","message":"slot is taken","stack":` + quoted("SlotTaken: slot is taken"+nodeFrames) + `},"msg":"booking failed"}`),
			traced("Uncaught SlotTaken: slot is taken" + nodeFrames),
		},
		"Go's types are not in texts": {
			thrown("runtime.boundsError", "runtime error: index out of range [5] with length 3", goFrames),
			thrown("runtime.boundsError", "runtime error: index out of range [5] with length 3", ""), // a span that ended in a panic
			traced("panic: runtime error: index out of range [5] with length 3\n\n" + goFrames),
		},
		"Go's errors have the stack of whoever logs them": {
			thrown("*errors.errorString", "no route", ""),
			thrown("*errors.errorString", "no route", "goroutine 1 [running]:\nmain.record()\n\t/app/trace.go:9 +0x4\nmain.main()\n\t/app/main.go:5 +0x4\n"),
			traced(`{"level":"error","ts":1795293272.8,"caller":"app/main.go:204","msg":"job failed","error":"no route","stacktrace":"main.main\n\t/app/main.go:204"}`),
			traced(`time=2026-11-21T10:11:12.123Z level=ERROR msg="job failed" err="no route"`),
			thrown("example.com/freight.RouteError", "no route", ""),
		},
		"a message of several lines": {
			thrown("com.acme.Invalid", "2 errors:\n- a\n- b", "com.acme.Invalid: 2 errors:\n- a\n- b\n"+javaFrames),
			traced("com.acme.Invalid: 2 errors:\n- a\n- b\n" + javaFrames),
			traced("com.acme.Invalid: 2 errors:\r\n- a\r\n- b\r\n" + strings.ReplaceAll(javaFrames, "\n", "\r\n")),
		},
		"where the trace id stands": {
			thrown("com.acme.NoStock", "x", "com.acme.NoStock: x\n"+javaFrames),
			line("2026-11-21 10:11:12.123 ERROR [shop," + traceHex + ",0900000000000000] 1 --- [main] c.a.Shop : gone\ncom.acme.NoStock: x\n" + javaFrames),
			line("2026-11-21 10:11:12.123 ERROR [main] trace_id=" + traceHex + " c.a.Shop - gone\ncom.acme.NoStock: x\n" + javaFrames),
			line(`{"level":"ERROR","message":"gone","traceId":"` + traceHex + `","stack_trace":` + quoted("com.acme.NoStock: x\n"+javaFrames) + `}`),
			line(`{"level":"ERROR","message":"gone","mdc":{"trace_id":"` + traceHex + `"},"stack_trace":` + quoted("com.acme.NoStock: x\n"+javaFrames) + `}`),
			line(`{"level":"ERROR","message":"gone","trace":{"id":"` + traceHex + `"},"error":{"type":"com.acme.NoStock","message":"x","stack_trace":` + quoted("com.acme.NoStock: x\n"+javaFrames) + `}}`),
		},
	} {
		t.Run(name, func(t *testing.T) {
			seen := map[sentry.EventID]bool{}
			for i, fill := range copies {
				got := failureIDs(newTriage().Project(project, "").Logs(logsOf(fill), nil))
				require.Len(t, got, 1, i)
				seen[got[0]] = true
				assert.Len(t, seen, 1, "copy %d", i)
			}
		})
	}
}

func quoted(s string) string {
	raw, _ := json.Marshal(s)
	return string(raw)
}

// TestWhatTellsFailuresApart within a trace.
func TestWhatTellsFailuresApart(t *testing.T) {
	var got []sentry.EventID
	for i, fill := range []func(plog.LogRecord){
		thrown("com.acme.NoStock", "x", "com.acme.NoStock: x\n"+javaFrames),
		thrown("com.acme.NoStock", "y", "com.acme.NoStock: y\n"+javaFrames),
		thrown("com.acme.Gone", "x", "com.acme.Gone: x\n"+javaFrames),
		thrown("com.acme.NoStock", "x", strings.Replace("com.acme.NoStock: x\n"+javaFrames, "Stock.java:42", "Stock.java:43", 1)),
		thrown("com.acme.NoStock", "x", ""),
		thrown("com.acme.NoStock", "", ""),
		thrown("", "x", ""),
		thrown("*errors.errorString", "no route", ""),
		thrown("*errors.errorString", "no road", ""),
	} {
		one := failureIDs(newTriage().Project(project, "").Logs(logsOf(fill), nil))
		require.Len(t, one, 1)
		assert.NotContains(t, got, one[0], i)
		got = append(got, one...)
	}
}

// TestOneOccurrenceInEveryOrder: one exception, recorded on three nested spans, logged by OTLP and on stdout, read by two collectors and
// sent on through two more, one of which enriches what it passes on and cuts its requests anew. Whoever is first sends it, the others do
// not; who starts again in between sends the same.
func TestOneOccurrenceInEveryOrder(t *testing.T) {
	stack := "java.lang.IllegalStateException: no stock\n" + javaFrames
	copies := []func(p *Project, gateway bool) *Batch{
		func(p *Project, gateway bool) *Batch {
			td := tracesOf(throws(stack), throws(stack), throws(stack))
			if gateway {
				td.ResourceSpans().At(0).Resource().Attributes().PutStr("k8s.pod.uid", "u")
			}
			return p.Traces(td, nil)
		},
		func(p *Project, gateway bool) *Batch {
			ld := logsOf(with(thrown("java.lang.IllegalStateException", "no stock", stack), at(3)))
			if gateway {
				ld = logsOf(fails(1, "another's"), with(thrown("java.lang.IllegalStateException", "no stock", stack), at(3)))
				ld.ResourceLogs().At(0).Resource().Attributes().PutStr("k8s.pod.uid", "u")
			}
			return p.Logs(ld, nil)
		},
		func(p *Project, gateway bool) *Batch {
			ld := logsOf(line(`{"level":"ERROR","message":"gone","traceId":"` + traceHex + `","stack_trace":` + quoted(stack) + `}`))
			ld.ResourceLogs().At(0).Resource().Attributes().Clear()
			if gateway {
				ld.ResourceLogs().At(0).Resource().Attributes().PutStr("k8s.pod.uid", "u")
			}
			return p.Logs(ld, nil)
		},
	}
	all := map[sentry.EventID]bool{}
	for _, order := range [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		for killedAfter := range 6 {
			p, since := newTriage().Project(project, ""), 0
			for n := range 6 { // each copy directly, and through the gateway
				b := copies[order[n%3]](p, n >= 3)
				for _, id := range failureIDs(b) {
					all[id] = true
					since++
				}
				assert.LessOrEqual(t, since, 1, "order %v, copy %d", order, n)
				finish(b)
				if n == killedAfter {
					p, since = newTriage().Project(project, ""), 0 // memory is gone
				}
			}
		}
	}
	assert.Len(t, all, 1, "one id, whatever happened")
}

// TestARecordKeepsItsIDOnItsWay: what collectors add, and under which path they see a file, is not the record.
func TestARecordKeepsItsIDOnItsWay(t *testing.T) {
	inPod := func(res map[string]string, path string) plog.Logs {
		ld := logsOf(with(fails(3, "boom"), attr("log.file.path", path), func(rec plog.LogRecord) { rec.Attributes().PutInt("log.file.record_offset", 77) }))
		into := ld.ResourceLogs().At(0).Resource().Attributes()
		into.Clear()
		for key, value := range res {
			into.PutStr(key, value)
		}
		return ld
	}
	pod := map[string]string{"k8s.pod.uid": "u", "k8s.container.name": "c"}
	enriched := map[string]string{"k8s.pod.uid": "u", "k8s.container.name": "c", "container.id": "i", "service.name": "checkout", "service.instance.id": "1"}
	id := func(ld plog.Logs) sentry.EventID { return ids(newTriage().Project(project, "").Logs(ld, nil))[0] }
	one := id(inPod(pod, "/var/log/pods/shop_web_u/c/0.log"))
	assert.Equal(t, one, id(inPod(enriched, "/var/log/pods/shop_web_u/c/0.log")))
	assert.Equal(t, one, id(inPod(pod, "/host/var/log/pods/shop_web_u/c/0.log")), "mounted elsewhere")
	assert.Equal(t, one, id(inPod(pod, "/var/log/pods/shop_web_u/c/0.log.20261121-171634")), "rotated")
	assert.Equal(t, one, id(inPod(pod, "/var/log/pods/shop_web_u/c/0.log.20261121-171634.gz")), "rotated again")
	assert.NotEqual(t, one, id(inPod(pod, "/var/log/pods/shop_web_u/c/1.log")), "the container after a restart")

	file := func(res string) plog.Logs {
		ld := logsOf(with(fails(3, "boom"), attr("log.file.path", "/var/log/app.log")))
		ld.ResourceLogs().At(0).Resource().Attributes().PutStr("service.name", res)
		return ld
	}
	assert.Equal(t, id(file("a")), id(file("b")), "a file without offsets is told by its path")
}

// TestIDsStayAsTheyAre: collectors of two versions, side by side during an upgrade, must agree.
func TestIDsStayAsTheyAre(t *testing.T) {
	for want, fill := range map[string]func(plog.LogRecord){
		"ec916ef7e1d3dd73078e3365dcdd5871": thrown("com.acme.NoStock", "x", "com.acme.NoStock: x\n"+javaFrames),
		"efa67c2bd349d90149cbb85b4f3d340a": thrown("*errors.errorString", "no route", ""),
		"e605ba64eb1485266fc87f907294cfc2": fails(3, "boom"),
	} {
		assert.Equal(t, want, ids(newTriage().Project(project, "").Logs(logsOf(fill), nil))[0].String())
	}
}
