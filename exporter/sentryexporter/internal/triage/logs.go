package triage

import (
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-sentry/otelcol-sentry/internal/fields"
	"github.com/otelcol-sentry/otelcol-sentry/internal/stacktrace"
)

// exceptionMinSeverity is the least severity of a record with an exception that becomes an event.
const exceptionMinSeverity = plog.SeverityNumberWarn

// Logs decides about log records. resources are the indexes of the resources that go to the project, nil: all.
func (p *Project) Logs(ld plog.Logs, resources []int) *Batch {
	b := p.newBatch()
	for i, rl := range ld.ResourceLogs().All() {
		if resources != nil && !slices.Contains(resources, i) {
			continue
		}
		out := newTarget(b, rl.Resource(), rl.SchemaUrl())
		for _, sl := range rl.ScopeLogs().All() {
			out.enter(sl.Scope())
			for _, rec := range sl.LogRecords().All() {
				b.Seen++
				p.log(&out, rec)
			}
		}
	}
	return b
}

// log decides about one record.
func (p *Project) log(out *target, rec plog.LogRecord) {
	severity := fields.Severity(rec)
	if severity < exceptionMinSeverity && severity != plog.SeverityNumberUnspecified {
		out.batch.Answered[BelowMinSeverity]++
		p.leave(out, rec, severity)
		return
	}
	o := occurrence{
		kind:       crumbRecord,
		read:       fields.Read(rec, out.scope.Name()),
		eventName:  rec.EventName(),
		severity:   severity,
		attributes: [2]pcommon.Map{rec.Attributes()},
	}
	o.trace = o.read.TraceID
	if p.crumbs != nil {
		o.stream = out.stream(rec)
	}
	o.text = said(rec)
	o.at, o.observed = when(out.batch, rec)
	answer, isEvent := p.decide(out, rec, &o)
	if !isEvent {
		p.answer(out, &o, answer)
		return
	}
	p.offer(out, &o, rec, Verdict{Source: SourceLog, Time: usableTime(rec, o.read.Time, out.batch.now)})
}

// decide tells whether a record is an event, and what it is called.
func (p *Project) decide(out *target, rec plog.LogRecord, o *occurrence) (Answer, bool) {
	if o.severity < p.minSeverity(out, o) && !carriesException(&o.read, out.language) {
		if o.severity == plog.SeverityNumberUnspecified {
			return NoErrorFound, false
		}
		return BelowMinSeverity, false
	}
	o.failure, o.failed = failureOf(&o.read, out.language)
	if !p.wanted(out, o) {
		return Excluded, false
	}
	if o.failed && !o.trace.IsZero() {
		o.name(out.batch.digest.exceptionID(p.id, o.trace, &o.failure))
	} else {
		out.batch.nameByPlace(out, o, rec)
	}
	return p.admit(out, o)
}

// carriesException asks for more than a word under "error": a named exception, or a stack trace that a reader knows.
func carriesException(read *fields.Record, language stacktrace.Language) bool {
	f := &read.Failure
	if len(f.Exceptions) > 0 || f.Type != "" || (f.Whole && f.Stacktrace != "") {
		return true
	}
	if f.Stacktrace == "" {
		return false
	}
	_, ok := stacktrace.IssueKey(f.Input(language))
	return ok
}
