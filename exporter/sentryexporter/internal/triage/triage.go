package triage

import (
	"hash/maphash"
	"slices"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/triage/budget"
	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/triage/rules"
	"github.com/otelcol-sentry/otelcol-sentry/internal/fields"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
	"github.com/otelcol-sentry/otelcol-sentry/internal/stacktrace"
)

// Config of a Triage.
type Config struct {
	// MinSeverity of a record that becomes an event without carrying an exception; warn or above.
	MinSeverity plog.SeverityNumber
	// Thresholds stand in for MinSeverity where their rule matches; the first that does.
	Thresholds []Threshold
	// Include, where it is not empty, names all that may become an event; Exclude what may not, of that.
	Include, Exclude rules.Set
	// SpanExceptions says which span events become events.
	SpanExceptions SpanExceptions
	// FailedSpans says which spans become events that failed without an exception.
	FailedSpans FailedSpans
	// Budget says how many events of one issue go out.
	Budget budget.Config
	// Now is the clock.
	Now func() time.Time
}

// Threshold is the least severity of the records without an exception that a rule is about; warn or above.
type Threshold struct {
	Rule        rules.Set
	MinSeverity plog.SeverityNumber
}

// maxAge and maxAhead bound the times that Sentry takes for events as they are (relay-config, max_secs_in_past and
// max_secs_in_future); what lies outside is sent with the time of receipt, and says so.
const (
	maxAge   = 30 * 24 * time.Hour
	maxAhead = time.Minute
)

// exceptionMinSeverity is the least severity of a record with an exception that becomes an event.
const exceptionMinSeverity = plog.SeverityNumberWarn

// Triage decides for one exporter. Safe for concurrent use.
type Triage struct {
	cfg       Config
	seen      *seen          // occurrences that went out
	heldBack  *seen          // occurrences that were held back: a flood of these must not push out the others
	budget    *budget.Budget // nil: everything goes out
	workloads workloads
	seed      maphash.Seed // of the keys of issues, which never leave the process
}

// New makes a Triage that has seen nothing yet.
func New(cfg Config) *Triage {
	t := &Triage{cfg: cfg, seen: newSeen(), heldBack: newSeen(), seed: maphash.MakeSeed()}
	if cfg.Budget.Enabled {
		t.budget = budget.New(cfg.Budget, cfg.Now())
	}
	return t
}

// Project is a Triage for one project. Safe for concurrent use.
type Project struct {
	*Triage
	id               string
	include, exclude rules.Set
	thresholds       []Threshold
}

// Project makes the Triage of a project: id is the number that its ids are made for, name what the configuration calls it.
func (t *Triage) Project(id, name string) *Project {
	p := &Project{Triage: t, id: id, include: t.cfg.Include.For(name), exclude: t.cfg.Exclude.For(name)}
	for _, th := range t.cfg.Thresholds {
		if rule := th.Rule.For(name); !rule.Empty() {
			p.thresholds = append(p.thresholds, Threshold{rule, th.MinSeverity})
		}
	}
	return p
}

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
	b := out.batch
	severity := fields.Severity(rec)
	if severity < exceptionMinSeverity && severity != plog.SeverityNumberUnspecified {
		b.Answered[BelowMinSeverity]++
		return
	}
	o := occurrence{read: fields.Read(rec, out.scope.Name()), eventName: rec.EventName(), attributes: [2]pcommon.Map{rec.Attributes()}}
	if rec.Body().Type() == pcommon.ValueTypeStr {
		o.text = rec.Body().Str()
	}
	if severity < p.minSeverity(out, &o) && !carriesException(&o.read, out.language) {
		if severity == plog.SeverityNumberUnspecified {
			b.Answered[NoErrorFound]++
		} else {
			b.Answered[BelowMinSeverity]++
		}
		return
	}
	o.key, o.failed = failureKey(&o.read, out.language)
	if !p.wanted(out, &o) {
		b.Answered[Excluded]++
		return
	}
	if trace := o.read.TraceID; o.failed && !trace.IsZero() {
		o.id = b.digest.exceptionID(p.id, trace, o.key)
	} else {
		o.id = b.recordID(out, rec)
	}
	if v, ok := p.admit(out, &o); ok {
		v.Source, v.Time = SourceLog, usableTime(rec, o.read.Time, b.now)
		b.add(out, rec, v)
	}
}

// occurrence is something that may become an event.
type occurrence struct {
	id        sentry.EventID
	read      fields.Record
	key       stacktrace.Key
	failed    bool // key is set
	eventName string
	// text is the body, where it is text; attributes those of the record, or of the span event and its span.
	text       string
	attributes [2]pcommon.Map
}

// admit lets an occurrence out that is new and within its issue's budget; the others it answers.
func (p *Project) admit(out *target, o *occurrence) (Verdict, bool) {
	b := out.batch
	if b.decided(o.id) || p.seen.has(o.id) || p.heldBack.has(o.id) {
		b.Answered[Duplicate]++
		return Verdict{}, false
	}
	if p.budget == nil {
		b.take(o.id, budget.Ticket{})
		return Verdict{EventID: o.id}, true
	}
	issue := p.issueOf(out, o)
	ticket, ok := p.budget.Reserve(issue, b.now)
	if !ok {
		b.Answered[OverBudget]++
		b.holdBack(o.id, issue, out.workload())
		return Verdict{}, false
	}
	b.take(o.id, ticket)
	return Verdict{EventID: o.id, HeldBack: ticket.HeldBack}, true
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
