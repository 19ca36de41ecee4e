package triage

import (
	"slices"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-sentry/otelcol-sentry/internal/fields"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
	"github.com/otelcol-sentry/otelcol-sentry/internal/stacktrace"
)

// Config of a Triage.
type Config struct {
	// MinSeverity of a record that becomes an event without carrying an exception; warn or above.
	MinSeverity plog.SeverityNumber
	// SpanExceptions says which span events become events.
	SpanExceptions SpanExceptions
	// Now is the clock.
	Now func() time.Time
}

// Answer is why a record became no event.
type Answer uint8

// The answers.
const (
	// BelowMinSeverity: the record is not bad enough.
	BelowMinSeverity Answer = iota
	// NoErrorFound: neither the record nor its body has a severity, and there is no stack trace in it.
	NoErrorFound
	// Duplicate: the same occurrence has gone out already.
	Duplicate
	// SpanNotFailed: the exception was handled inside of its span.
	SpanNotFailed
	// ClientError: an exception that says 4xx to a client.
	ClientError
	// Off: span exceptions are switched off.
	Off
	answers
)

// String is the answer's name in metrics.
func (a Answer) String() string {
	return [answers]string{"below_min_severity", "no_error_found", "duplicate", "span_not_failed", "client_error", "off"}[a]
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
	cfg  Config
	seen *seen
}

// New makes a Triage that has seen nothing yet.
func New(cfg Config) *Triage { return &Triage{cfg: cfg, seen: newSeen()} }

// Batch is what one request came to for one project. Commit it once its events were taken; else forget it.
type Batch struct {
	// Events are copies of the records that become events, with their verdicts.
	Events plog.Logs
	// Seen is how many records were looked at; Answered how many of them became no event, by Answer.
	Seen     int
	Answered [answers]int
	// Truncated is how many values were cut because they were too long to be carried.
	Truncated int

	triage   *Triage
	ids      []sentry.EventID
	held     map[sentry.EventID]struct{} // the ids, to be asked
	ordinals map[sentry.EventID]int
	digest   digest
}

// EachAnswer calls f for every answer that was given at least once.
func (b *Batch) EachAnswer(f func(Answer, int)) {
	for a, n := range b.Answered {
		if n > 0 {
			f(Answer(a), n)
		}
	}
}

// Offered is how many records become events.
func (b *Batch) Offered() int { return len(b.ids) }

// Commit makes the batch's decisions final: its ids count as gone out.
func (b *Batch) Commit() { b.triage.seen.add(b.ids) }

// CommitOnly makes final what was delivered of a batch that otherwise failed.
func (b *Batch) CommitOnly(delivered func(sentry.EventID) bool) {
	var done []sentry.EventID
	for _, id := range b.ids {
		if delivered(id) {
			done = append(done, id)
		}
	}
	b.triage.seen.add(done)
}

// Refused gives the batch's records back as they came, for the error that carries them.
func (b *Batch) Refused() plog.Logs {
	rest := plog.NewLogs()
	b.Events.CopyTo(rest)
	for _, rl := range rest.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			for _, rec := range sl.LogRecords().All() {
				removeInternal(rec.Attributes())
			}
		}
	}
	return rest
}

func (t *Triage) newBatch() *Batch {
	return &Batch{Events: plog.NewLogs(), triage: t}
}

// Logs decides about log records. project is the number that the ids are made for; resources are the indexes of the resources that go
// there, nil: all.
func (t *Triage) Logs(ld plog.Logs, project string, resources []int) *Batch {
	b := t.newBatch()
	for i, rl := range ld.ResourceLogs().All() {
		if resources != nil && !slices.Contains(resources, i) {
			continue
		}
		out := target{batch: b, resource: rl.Resource(), schemaURL: rl.SchemaUrl()}
		language := stacktrace.FromSDK(text(rl.Resource().Attributes(), "telemetry.sdk.language"))
		for _, sl := range rl.ScopeLogs().All() {
			out.scope = sl.Scope()
			out.scopeOpen = false
			for _, rec := range sl.LogRecords().All() {
				b.Seen++
				t.log(&out, rec, project, language)
			}
		}
	}
	return b
}

// log decides about one record.
func (t *Triage) log(out *target, rec plog.LogRecord, project string, language stacktrace.Language) {
	severity := fields.Severity(rec)
	switch {
	case severity >= t.cfg.MinSeverity:
	case severity >= exceptionMinSeverity, severity == plog.SeverityNumberUnspecified:
	default:
		out.batch.Answered[BelowMinSeverity]++
		return
	}
	read := fields.Read(rec, out.scope.Name())
	if severity < t.cfg.MinSeverity && !carriesException(&read, language) {
		if severity == plog.SeverityNumberUnspecified {
			out.batch.Answered[NoErrorFound]++
		} else {
			out.batch.Answered[BelowMinSeverity]++
		}
		return
	}
	trace := sentry.TraceID(rec.TraceID())
	if trace.IsZero() {
		trace = read.TraceID
	}
	var id sentry.EventID
	d := &out.batch.digest
	if key, ok := failureKey(&read, language); ok && !trace.IsZero() {
		id = d.exceptionID(project, trace, key)
	} else {
		id = d.recordID(project, rec, sourceOf(out.resource.Attributes(), out.scope.Name(), rec))
		id = d.nth(id, out.batch.ordinal(id))
	}
	t.offer(out, rec, Verdict{EventID: id, Source: SourceLog, Time: t.usableTime(rec, read.Time)})
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

// failureKey is the key of the failure that a record carries; false where it carries none that has a name or a place.
func failureKey(read *fields.Record, language stacktrace.Language) (stacktrace.Key, bool) {
	if !read.Failure.Found() {
		return stacktrace.Key{}, false
	}
	key := keyOf(&read.Failure, language)
	return key, key != stacktrace.Key{}
}

func (b *Batch) holds(id sentry.EventID) bool {
	_, ok := b.held[id]
	return ok
}

func (b *Batch) take(id sentry.EventID) {
	if b.held == nil {
		b.held = make(map[sentry.EventID]struct{})
	}
	b.held[id] = struct{}{}
	b.ids = append(b.ids, id)
}

// ordinal counts equal records of one request.
func (b *Batch) ordinal(id sentry.EventID) int {
	if b.ordinals == nil {
		b.ordinals = make(map[sentry.EventID]int)
	}
	n := b.ordinals[id]
	b.ordinals[id] = n + 1
	return n
}

// usableTime is 0 where the record's own time (or that in its body) will do, else the time that the event is to carry.
func (t *Triage) usableTime(rec plog.LogRecord, own sentry.Time) sentry.Time {
	now := t.cfg.Now()
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

// offer copies a record into the batch unless its occurrence has gone out already.
func (t *Triage) offer(out *target, rec plog.LogRecord, v Verdict) {
	if t.seen.has(v.EventID) || out.batch.holds(v.EventID) {
		out.batch.Answered[Duplicate]++
		return
	}
	copied := out.next()
	rec.CopyTo(copied)
	removeInternal(copied.Attributes())
	out.batch.Truncated += truncate(copied)
	v.write(copied)
	out.batch.take(v.EventID)
}

// target is where a resource's and a scope's copies go; both are made when the first record needs them.
type target struct {
	batch        *Batch
	resource     pcommon.Resource
	schemaURL    string
	scope        pcommon.InstrumentationScope
	logs         plog.ResourceLogs
	records      plog.LogRecordSlice
	resourceOpen bool
	scopeOpen    bool
}

func (o *target) next() plog.LogRecord {
	if !o.resourceOpen {
		o.logs = o.batch.Events.ResourceLogs().AppendEmpty()
		o.resource.CopyTo(o.logs.Resource())
		removeInternal(o.logs.Resource().Attributes())
		o.logs.SetSchemaUrl(o.schemaURL)
		o.resourceOpen = true
	}
	if !o.scopeOpen {
		sl := o.logs.ScopeLogs().AppendEmpty()
		o.scope.CopyTo(sl.Scope())
		removeInternal(sl.Scope().Attributes())
		o.records = sl.LogRecords()
		o.scopeOpen = true
	}
	return o.records.AppendEmpty()
}
