package triage

import (
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/triage/budget"
	"github.com/otelcol-sentry/otelcol-sentry/internal/fields"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// maxAge and maxAhead bound the times that Sentry takes for events as they are (relay-config, max_secs_in_past and
// max_secs_in_future); what lies outside is sent with the time of receipt, and says so.
const (
	maxAge   = 30 * 24 * time.Hour
	maxAhead = time.Minute
)

// occurrence is something that may become an event.
type occurrence struct {
	kind     uint8 // of breadcrumb
	id       sentry.EventID
	equal    equal
	ticket   budget.Ticket
	read     fields.Record
	severity plog.SeverityNumber
	trace    sentry.TraceID
	stream   uint64
	failure
	failed bool // failure is set
	// at is when it happened, told without reading the body; observed: it is when it was seen.
	at        sentry.Time
	observed  bool
	eventName string
	// text is what the body says, without reading it; attributes those of the record, or of the span event and its span.
	text       string
	attributes [2]pcommon.Map
	span       ptrace.Span // zero for a log record
}

// admit lets an occurrence out that is new and within its issue's budget; the others it answers.
func (p *Project) admit(out *target, o *occurrence) (Answer, bool) {
	b := out.batch
	if b.decided(o.id) || p.seen.has(o.id) || p.heldBack.has(o.id) {
		return Duplicate, false
	}
	if p.budget != nil {
		issue := p.issueOf(out, o)
		ticket, ok := p.budget.Reserve(issue, b.now)
		if !ok {
			b.hold(o.id, issue, out.workload())
			return OverBudget, false
		}
		o.ticket = ticket
	}
	b.take(o)
	return 0, true
}

// answer counts an occurrence that becomes no event. It happened all the same, unless another copy of it says so.
func (p *Project) answer(out *target, o *occurrence, answer Answer) {
	out.batch.Answered[answer]++
	if answer != Duplicate {
		p.leaveOccurrence(out, o)
	}
}

// offer makes an occurrence an event of the batch.
func (p *Project) offer(out *target, o *occurrence, rec plog.LogRecord, v Verdict) {
	b := out.batch
	v.EventID, v.HeldBack = o.id, o.ticket.HeldBack
	if p.crumbs != nil {
		v.breadcrumbs = p.before(b, o)
		if p.leaveOccurrence(out, o) {
			b.ofEvents = append(b.ofEvents, eventCrumb{o.id, len(b.crumbs) - 1})
		}
	}
	b.add(out, rec, v)
}

// usableTime is 0 where the record's own time (or that in its body) will do, else the time that the event is to carry.
func usableTime(rec plog.LogRecord, own sentry.Time, now time.Time) sentry.Time {
	if own == 0 {
		own = sentry.Time(rec.ObservedTimestamp())
	}
	if own == 0 {
		return sentry.Time(now.UnixNano())
	}
	if own > sentry.Time(now.Add(maxAhead).UnixNano()) || own < sentry.Time(now.Add(-maxAge).UnixNano()) {
		return sentry.Time(now.UnixNano())
	}
	return 0
}

// when tells when a record was written without reading its body; observed: all that is known is when it was seen.
func when(b *Batch, rec plog.LogRecord) (at sentry.Time, observed bool) {
	if at = sentry.Time(rec.Timestamp()); at != 0 {
		return at, false
	}
	if at = sentry.Time(rec.ObservedTimestamp()); at != 0 {
		return at, true
	}
	return sentry.Time(b.now.UnixNano()), true
}
