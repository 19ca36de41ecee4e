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
	"go.uber.org/goleak"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

const project = "7"

func newTriage() *Triage {
	return New(Config{MinSeverity: plog.SeverityNumberError, SpanExceptions: SpanExceptionsError, Now: func() time.Time { return now }})
}

// logsOf makes one request of one resource and scope.
func logsOf(records ...func(plog.LogRecord)) plog.Logs {
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	rl.Resource().Attributes().PutStr("service.name", "checkout")
	sl := rl.ScopeLogs().AppendEmpty()
	sl.Scope().SetName("com.acme.Checkout")
	for _, fill := range records {
		fill(sl.LogRecords().AppendEmpty())
	}
	return ld
}

func record(severity plog.SeverityNumber, body string) func(plog.LogRecord) {
	return func(rec plog.LogRecord) {
		rec.SetTimestamp(pcommon.NewTimestampFromTime(now.Add(-time.Second)))
		rec.SetSeverityNumber(severity)
		rec.Body().SetStr(body)
	}
}

func with(fill func(plog.LogRecord), more ...func(plog.LogRecord)) func(plog.LogRecord) {
	return func(rec plog.LogRecord) {
		fill(rec)
		for _, f := range more {
			f(rec)
		}
	}
}

func attr(key, value string) func(plog.LogRecord) {
	return func(rec plog.LogRecord) { rec.Attributes().PutStr(key, value) }
}

var traceID = pcommon.TraceID{1, 2, 3}

func inTrace(rec plog.LogRecord) { rec.SetTraceID(traceID); rec.SetSpanID(pcommon.SpanID{9}) }

func ids(b *Batch) []sentry.EventID {
	out := []sentry.EventID{}
	for _, rec := range records(b.Events) {
		out = append(out, ReadVerdict(rec).EventID)
	}
	return out
}

// finish does with a batch what is done where all went well.
func finish(b *Batch) {
	b.Commit()
	b.Remember()
	b.Rollback()
}

func records(ld plog.Logs) []plog.LogRecord {
	var out []plog.LogRecord
	for _, rl := range ld.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			for _, rec := range sl.LogRecords().All() {
				out = append(out, rec)
			}
		}
	}
	return out
}

const javaTrace = "java.lang.IllegalStateException: no stock\n\tat com.acme.Stock.take(Stock.java:42)\n\tat com.acme.Checkout.pay(Checkout.java:7)\n"

func TestWhatBecomesAnEvent(t *testing.T) {
	for name, tt := range map[string]struct {
		record func(plog.LogRecord)
		answer Answer
		event  bool
	}{
		"error":                                 {record(plog.SeverityNumberError, "x"), 0, true},
		"error 4":                               {record(plog.SeverityNumberError4, "x"), 0, true},
		"fatal":                                 {record(plog.SeverityNumberFatal, "x"), 0, true},
		"warning":                               {record(plog.SeverityNumberWarn, "x"), BelowMinSeverity, false},
		"warning with an exception":             {with(record(plog.SeverityNumberWarn, "x"), attr("exception.type", "E")), 0, true},
		"warning with a stack trace":            {with(record(plog.SeverityNumberWarn, "x"), attr("exception.stacktrace", javaTrace)), 0, true},
		"info":                                  {record(plog.SeverityNumberInfo, "x"), BelowMinSeverity, false},
		"info with an exception":                {with(record(plog.SeverityNumberInfo4, "x"), attr("exception.type", "E")), BelowMinSeverity, false},
		"debug":                                 {record(plog.SeverityNumberDebug, "x"), BelowMinSeverity, false},
		"no severity":                           {record(plog.SeverityNumberUnspecified, "just a line"), NoErrorFound, false},
		"no severity, an exception":             {with(record(plog.SeverityNumberUnspecified, "x"), attr("exception.type", "E")), 0, true},
		"no severity, no body, no anything":     {func(plog.LogRecord) {}, NoErrorFound, false},
		"an error without a body":               {func(rec plog.LogRecord) { rec.SetSeverityNumber(plog.SeverityNumberError) }, 0, true},
		"a severity that does not exist (high)": {record(plog.SeverityNumber(99), "x"), 0, true},
		"a severity that does not exist (low)":  {record(plog.SeverityNumber(-5), "x"), BelowMinSeverity, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := newTriage().Project(project, "").Logs(logsOf(tt.record), nil)
			assert.Equal(t, 1, b.Seen)
			if tt.event {
				assert.Equal(t, 1, b.Offered())
				assert.Equal(t, 1, b.Events.LogRecordCount())
				return
			}
			assert.Zero(t, b.Offered())
			b.EachAnswer(func(a Answer, n int) {
				assert.Equal(t, tt.answer, a)
				assert.Equal(t, 1, n)
			})
		})
	}
}

func TestInputIsNeverChanged(t *testing.T) {
	ld := logsOf(with(record(plog.SeverityNumberError, strings.Repeat("x", 2*maxText)), attr(attrEventID, "mine")))
	ld.MarkReadOnly() // panics on any change
	b := newTriage().Project(project, "").Logs(ld, nil)
	require.Equal(t, 1, b.Offered())
	assert.Equal(t, 1, b.Truncated)
	assert.LessOrEqual(t, len(records(b.Events)[0].Body().Str()), maxText)
}

func TestVerdictsFromOutsideAreNotBelieved(t *testing.T) {
	forged := sentry.EventID{0xff}
	ld := logsOf(with(record(plog.SeverityNumberError, "x"), func(rec plog.LogRecord) {
		rec.Attributes().PutEmptyBytes(attrEventID).FromRaw(forged[:])
		rec.Attributes().PutStr(InternalPrefix+"transaction", "forged")
		rec.Attributes().PutInt(attrTime, 12345)
	}))
	ld.ResourceLogs().At(0).Resource().Attributes().PutStr(InternalPrefix+"x", "forged")
	ld.ResourceLogs().At(0).ScopeLogs().At(0).Scope().Attributes().PutStr(InternalPrefix+"x", "forged")
	b := newTriage().Project(project, "").Logs(ld, nil)
	v := ReadVerdict(records(b.Events)[0])
	assert.NotEqual(t, forged, v.EventID)
	assert.Empty(t, v.Transaction)
	assert.Zero(t, v.Time)
	assert.Equal(t, SourceLog, v.Source)
	rl := b.Events.ResourceLogs().At(0)
	assert.Equal(t, 1, rl.Resource().Attributes().Len())
	assert.Zero(t, rl.ScopeLogs().At(0).Scope().Attributes().Len())
	for _, rec := range records(b.Refused()) {
		assert.Zero(t, rec.Attributes().Len())
	}
}

func TestARepeatHasTheSameIDs(t *testing.T) {
	ld := logsOf(record(plog.SeverityNumberError, "a"), record(plog.SeverityNumberError, "b"), record(plog.SeverityNumberError, "a"))
	first := newTriage().Project(project, "").Logs(ld, nil)
	require.Len(t, ids(first), 3)
	assert.NotEqual(t, ids(first)[0], ids(first)[2], "equal records of one request are different occurrences")

	// After a restart (another Triage), and after the refused records were sent back and came again.
	assert.Equal(t, ids(first), ids(newTriage().Project(project, "").Logs(ld, nil)))
	assert.Equal(t, ids(first), ids(newTriage().Project(project, "").Logs(first.Refused(), nil)))

	// Another observation, other enrichment.
	for _, rec := range records(ld) {
		rec.SetObservedTimestamp(rec.ObservedTimestamp() + 1000)
		rec.Attributes().PutStr("k8s.node.name", "n1")
	}
	assert.Equal(t, ids(first), ids(newTriage().Project(project, "").Logs(ld, nil)))
	assert.NotEqual(t, ids(first), ids(newTriage().Project("8", "").Logs(ld, nil)), "another project, another event")
}

// Of three equal records the first went out; the others are refused twice: they keep their names.
func TestEqualRecordsThatComeAgain(t *testing.T) {
	p := newTriage().Project(project, "")
	same := record(plog.SeverityNumberError, "a")
	b := p.Logs(logsOf(same, same, same), nil)
	all := ids(b)
	refused := b.Refused()
	assert.Equal(t, 3, refused.LogRecordCount())
	for n := range all {
		sent := all[n]
		b.CommitOnly(func(id sentry.EventID) bool { return id == sent })
		b.Rollback()
		b = p.Logs(refused, nil)
		assert.Equal(t, all[n+1:], ids(b))
		refused = b.Refused()
	}
	assert.Zero(t, refused.LogRecordCount())
}

func TestWhatTellsRecordsApart(t *testing.T) {
	base := record(plog.SeverityNumberError, "x")
	seen := map[sentry.EventID]string{}
	add := func(name string, ld plog.Logs) {
		b := newTriage().Project(project, "").Logs(ld, nil)
		require.Equal(t, 1, b.Offered(), name)
		id := ids(b)[0]
		if other, ok := seen[id]; ok {
			t.Errorf("%q and %q have the same id", name, other)
		}
		seen[id] = name
	}
	add("base", logsOf(base))
	add("body", logsOf(record(plog.SeverityNumberError, "y")))
	add("severity", logsOf(record(plog.SeverityNumberFatal, "x")))
	add("time", logsOf(with(base, func(rec plog.LogRecord) { rec.SetTimestamp(rec.Timestamp() + 1) })))
	service := logsOf(base)
	service.ResourceLogs().At(0).Resource().Attributes().PutStr("service.name", "other")
	add("service", service)
	instance := logsOf(base)
	instance.ResourceLogs().At(0).Resource().Attributes().PutStr("service.instance.id", "i1")
	add("instance", instance)
	scope := logsOf(base)
	scope.ResourceLogs().At(0).ScopeLogs().At(0).Scope().SetName("other")
	add("scope", scope)
	offset := func(n int64) func(plog.LogRecord) {
		return with(base, func(rec plog.LogRecord) { rec.Attributes().PutInt("log.file.record_offset", n) })
	}
	add("offset 0", logsOf(offset(0)))
	add("offset 10", logsOf(offset(10)))
	container := logsOf(offset(10))
	container.ResourceLogs().At(0).Resource().Attributes().PutStr("container.id", "c1")
	add("container", container)
	add("file", logsOf(with(offset(10), attr("log.file.path", "/b.log"))))
	untimed := func(observed pcommon.Timestamp) func(plog.LogRecord) {
		return func(rec plog.LogRecord) {
			rec.SetSeverityNumber(plog.SeverityNumberError)
			rec.Body().SetStr("x")
			rec.SetObservedTimestamp(observed)
		}
	}
	add("observed 1", logsOf(untimed(1)))
	add("observed 2", logsOf(untimed(2)))
}

// A file's record without a time is named by its place: reading the file again observes another time.
func TestAFilesRecordIsNamedByItsPlace(t *testing.T) {
	read := func(observed pcommon.Timestamp) []sentry.EventID {
		return ids(newTriage().Project(project, "").Logs(logsOf(func(rec plog.LogRecord) {
			rec.SetSeverityNumber(plog.SeverityNumberError)
			rec.Body().SetStr("x")
			rec.SetObservedTimestamp(observed)
			rec.Attributes().PutInt("log.file.record_offset", 77)
			rec.Attributes().PutStr("log.file.path", "/var/log/a.log")
		}), nil))
	}
	assert.Equal(t, read(1), read(2))
}

func tracesOf(spans ...func(ptrace.Span)) ptrace.Traces {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", "gateway")
	rs.Resource().Attributes().PutStr("telemetry.sdk.language", "java")
	ss := rs.ScopeSpans().AppendEmpty()
	for i, fill := range spans {
		span := ss.Spans().AppendEmpty()
		span.SetTraceID(traceID)
		span.SetSpanID(pcommon.SpanID{byte(i + 1)})
		span.SetName(fmt.Sprint("span ", i))
		span.SetStartTimestamp(pcommon.NewTimestampFromTime(now.Add(-2 * time.Second)))
		span.SetEndTimestamp(pcommon.NewTimestampFromTime(now.Add(-time.Second)))
		if i > 0 {
			span.SetParentSpanID(pcommon.SpanID{byte(i)})
		}
		fill(span)
	}
	return td
}

func failed(span ptrace.Span) { span.Status().SetCode(ptrace.StatusCodeError) }

func throws(stack string) func(ptrace.Span) {
	return func(span ptrace.Span) {
		failed(span)
		recordException(span, stack)
	}
}

func recordException(span ptrace.Span, stack string) {
	e := span.Events().AppendEmpty()
	e.SetName("exception")
	e.SetTimestamp(span.EndTimestamp())
	e.Attributes().PutStr("exception.type", "java.lang.IllegalStateException")
	e.Attributes().PutStr("exception.message", "no stock")
	e.Attributes().PutStr("exception.stacktrace", stack)
}

func TestOneExceptionOnThreeSpansAndInALogHasOneID(t *testing.T) {
	tri := newTriage()
	spans := tri.Project(project, "").Traces(tracesOf(throws(javaTrace), throws(javaTrace), throws(javaTrace)), nil)
	require.Equal(t, 1, spans.Offered())
	assert.Equal(t, 3, spans.Seen)
	assert.Equal(t, 2, spans.Answered[Duplicate])

	log := logsOf(with(record(plog.SeverityNumberError, "payment failed"), inTrace,
		attr("exception.type", "java.lang.IllegalStateException"), attr("exception.message", " no stock "), attr("exception.stacktrace", javaTrace)))
	log.ResourceLogs().At(0).Resource().Attributes().PutStr("telemetry.sdk.language", "java")
	assert.Equal(t, ids(spans), ids(tri.Project(project, "").Logs(log, nil)), "not committed: it may go out again, under the same id")

	spans.Commit()
	after := tri.Project(project, "").Logs(log, nil)
	assert.Zero(t, after.Offered())
	assert.Equal(t, 1, after.Answered[Duplicate])
}

func TestOtherFailuresInATraceHaveOtherIDs(t *testing.T) {
	b := newTriage().Project(project, "").Traces(tracesOf(
		throws(javaTrace),
		throws(strings.Replace(javaTrace, "Stock.java:42", "Stock.java:43", 1)),
		throws(strings.Replace(javaTrace, "Stock.java:42", "Shelf.java:42", 1)),
	), nil)
	assert.Equal(t, 3, b.Offered())
	other := tracesOf(throws(javaTrace))
	other.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).SetTraceID(pcommon.TraceID{7})
	assert.NotContains(t, ids(b), ids(newTriage().Project(project, "").Traces(other, nil))[0])
}

func TestWhichSpanExceptionsBecomeEvents(t *testing.T) {
	handled := func(span ptrace.Span) { recordException(span, javaTrace) }
	status := func(key string, code any) func(ptrace.Span) {
		return func(span ptrace.Span) {
			throws(javaTrace)(span)
			require.NoError(t, span.Attributes().PutEmpty(key).FromRaw(code))
		}
	}
	for name, tt := range map[string]struct {
		mode   SpanExceptions
		span   func(ptrace.Span)
		answer Answer
		event  bool
	}{
		"failed":                 {SpanExceptionsError, throws(javaTrace), 0, true},
		"handled":                {SpanExceptionsError, handled, SpanNotFailed, false},
		"handled, all":           {SpanExceptionsAll, handled, 0, true},
		"escaped, status unset":  {SpanExceptionsError, func(s ptrace.Span) { handled(s); s.Events().At(0).Attributes().PutBool("exception.escaped", true) }, 0, true},
		"escaped as text":        {SpanExceptionsError, func(s ptrace.Span) { handled(s); s.Events().At(0).Attributes().PutStr("exception.escaped", "True") }, 0, true},
		"off":                    {SpanExceptionsOff, throws(javaTrace), Off, false},
		"404":                    {SpanExceptionsError, status("http.response.status_code", 404), ClientError, false},
		"404, all":               {SpanExceptionsAll, status("http.response.status_code", 404), ClientError, false},
		"404, old convention":    {SpanExceptionsError, status("http.status_code", 404), ClientError, false},
		"404 as text":            {SpanExceptionsError, status("http.status_code", "404"), ClientError, false},
		"500":                    {SpanExceptionsError, status("http.response.status_code", 500), 0, true},
		"status that is nothing": {SpanExceptionsError, status("http.response.status_code", "oops"), 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			b := New(Config{MinSeverity: plog.SeverityNumberError, SpanExceptions: tt.mode, Now: func() time.Time { return now }}).Project(project, "").Traces(tracesOf(tt.span), nil)
			assert.Equal(t, tt.event, b.Offered() == 1)
			if !tt.event {
				assert.Equal(t, 1, b.Answered[tt.answer])
			}
		})
	}
}

func TestASpansExceptionIsALogRecord(t *testing.T) {
	td := tracesOf(func(span ptrace.Span) {
		throws(javaTrace)(span)
		span.Attributes().PutStr("http.route", "/pay")
		span.Attributes().PutStr("exception.type", "the span's own") // the event's wins
	})
	td.MarkReadOnly()
	b := newTriage().Project(project, "").Traces(td, nil)
	rec := records(b.Events)[0]
	assert.Equal(t, traceID, rec.TraceID())
	assert.Equal(t, pcommon.SpanID{1}, rec.SpanID())
	assert.Equal(t, plog.SeverityNumberError, rec.SeverityNumber())
	assert.Equal(t, now.Add(-time.Second), rec.Timestamp().AsTime())
	assert.Equal(t, "/pay", text(rec.Attributes(), "http.route"))
	assert.Equal(t, "java.lang.IllegalStateException", text(rec.Attributes(), "exception.type"))
	v := ReadVerdict(rec)
	assert.Equal(t, SourceSpanEvent, v.Source)
	assert.Equal(t, "span 0", v.Transaction)
	assert.Equal(t, "gateway", text(b.Events.ResourceLogs().At(0).Resource().Attributes(), "service.name"))
}

func TestTimesThatSentryWouldNotTake(t *testing.T) {
	for name, tt := range map[string]struct {
		time, observed time.Time
		want           time.Time
	}{
		"own":                   {now.Add(-time.Hour), time.Time{}, time.Time{}},
		"observed":              {time.Time{}, now.Add(-time.Minute), time.Time{}},
		"none":                  {time.Time{}, time.Time{}, now},
		"31 days old":           {now.Add(-31 * 24 * time.Hour), now, now},
		"two minutes ahead":     {now.Add(2 * time.Minute), now, now},
		"half a minute ahead":   {now.Add(30 * time.Second), now, time.Time{}},
		"29 days old":           {now.Add(-29 * 24 * time.Hour), now, time.Time{}},
		"observed, 31 days ago": {time.Time{}, now.Add(-31 * 24 * time.Hour), now},
	} {
		t.Run(name, func(t *testing.T) {
			b := newTriage().Project(project, "").Logs(logsOf(func(rec plog.LogRecord) {
				rec.SetSeverityNumber(plog.SeverityNumberError)
				if !tt.time.IsZero() {
					rec.SetTimestamp(pcommon.NewTimestampFromTime(tt.time))
				}
				if !tt.observed.IsZero() {
					rec.SetObservedTimestamp(pcommon.NewTimestampFromTime(tt.observed))
				}
			}), nil)
			want := sentry.Time(0)
			if !tt.want.IsZero() {
				want = sentry.Time(tt.want.UnixNano())
			}
			assert.Equal(t, want, ReadVerdict(records(b.Events)[0]).Time)
		})
	}
}

func TestSeenIsBounded(t *testing.T) {
	s := &seen{}
	id := func(n int) sentry.EventID { return sentry.EventID{byte(n), byte(n >> 8), byte(n >> 16), 1} }
	for n := range 5 * seenSize {
		s.add(id(n))
		assert.LessOrEqual(t, s.ids.Len(), 2*seenSize)
	}
	assert.True(t, s.has(id(5*seenSize-1)))
	assert.True(t, s.has(id(4*seenSize+1)), "a whole generation back")
	assert.False(t, s.has(id(0)))
}

func TestCutMiddleKeepsBothEndsAndIsIdempotent(t *testing.T) {
	long := "first line\n" + strings.Repeat("\tat a.b.C.d(C.java:1)\n", 1<<16) + "Caused by: the root\n"
	cut, ok := cutMiddle(long)
	require.True(t, ok)
	assert.LessOrEqual(t, len(cut), maxText)
	assert.True(t, strings.HasPrefix(cut, "first line\n\tat "))
	assert.True(t, strings.HasSuffix(cut, "Caused by: the root\n"))
	again, ok := cutMiddle(cut)
	assert.False(t, ok)
	assert.Equal(t, cut, again)
	runes, ok := cutMiddle(strings.Repeat("€", maxText))
	require.True(t, ok)
	assert.NotContains(t, runes, "\uFFFD")
}

func BenchmarkLogs(b *testing.B) {
	for name, fill := range map[string]func(plog.LogRecord){
		"info":          record(plog.SeverityNumberInfo, "GET /health 200"),
		"error":         record(plog.SeverityNumberError, "could not connect to 10.0.0.7:5432"),
		"java-in-trace": with(record(plog.SeverityNumberError, "payment failed"), inTrace, attr("exception.type", "java.lang.IllegalStateException"), attr("exception.stacktrace", javaTrace)),
	} {
		b.Run(name, func(b *testing.B) {
			fills := make([]func(plog.LogRecord), 100)
			for i := range fills {
				fills[i] = fill
			}
			ld := logsOf(fills...)
			tri := newTriage()
			b.ReportAllocs()
			for b.Loop() {
				tri.Project(project, "").Logs(ld, nil).Rollback()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*100), "ns/record")
		})
	}
}
