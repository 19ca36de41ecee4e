package triage

import (
	"sync"
	"time"

	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/triage/breadcrumb"
	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/triage/budget"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// Batch is what one request came to for one project. It is used by one goroutine.
//
// What it decided is final after Commit. Where its events were refused, Rollback takes everything back, so that the request can come
// again as a whole. Where only the events come again (Refused), CommitAnswers makes final what was answered; where a part of the events
// was delivered, CommitOnly makes that final; Rollback takes back the rest. Remember, last, where nothing but Refused comes again: the
// records are breadcrumbs of what comes. Rollback ends the use of a batch in any case, also after Commit: defer it.
type Batch struct {
	// Events are copies of the records that become events, with their verdicts.
	Events plog.Logs
	// Seen is how many records were looked at; Answered how many of them became no event, by Answer.
	Seen     int
	Answered [answers]int
	// Truncated is how many values were cut because they were too long to be carried.
	Truncated int
	// Forgotten is set by Commit and CommitAnswers: occurrences, of any batch, that were held back and that no event will ever tell of,
	// because too many other issues came in between.
	Forgotten int

	project *Project
	now     time.Time
	offered int
	held    []heldWorkload
	*memory // nil once all is final or taken back
}

// memory is what a batch needs until it is final; it is reused.
type memory struct {
	digest   digest
	events   []event
	heldBack []heldBack
	ids      map[sentry.EventID]struct{}
	ordinals map[sentry.EventID]int
	spans    lineage
	crumbs   []breadcrumb.Crumb // what was left behind so far
	found    []breadcrumb.Crumb // scratch
	// ofEvents are the crumbs that are events themselves.
	ofEvents []eventCrumb
}

// event is an event of the batch that is not final yet, and what it took of its issue's budget.
type event struct {
	id     sentry.EventID
	equal  equal
	ticket budget.Ticket
}

// equal is a record among equal ones: the id of the first, and how many stand before it.
type equal struct {
	id      sentry.EventID
	ordinal int
}

type eventCrumb struct {
	id sentry.EventID
	at int
}

type heldBack struct {
	id    sentry.EventID
	issue uint64
}

type heldWorkload struct {
	workload Workload
	n        int
}

// maxReused bounds the memory that waits to be reused: clearing a map costs what its largest batch took.
const maxReused = 4096

var memories = sync.Pool{New: func() any {
	return &memory{ids: make(map[sentry.EventID]struct{}), ordinals: make(map[sentry.EventID]int), spans: newLineage()}
}}

func (p *Project) newBatch() *Batch {
	return &Batch{Events: plog.NewLogs(), project: p, now: p.cfg.Now(), memory: memories.Get().(*memory)}
}

// EachAnswer calls f for every answer that was given at least once.
func (b *Batch) EachAnswer(f func(Answer, int)) {
	for a, n := range b.Answered {
		if n > 0 {
			f(Answer(a), n)
		}
	}
}

// EachHeldBack calls f for every workload of which something was held back. Together they are Answered[OverBudget].
func (b *Batch) EachHeldBack(f func(Workload, int)) {
	for _, h := range b.held {
		f(h.workload, h.n)
	}
}

// Offered is how many records become events.
func (b *Batch) Offered() int { return b.offered }

// Commit makes all of the batch's decisions final: its ids count as gone out.
func (b *Batch) Commit() {
	b.CommitOnly(func(sentry.EventID) bool { return true })
	b.CommitAnswers()
}

// CommitOnly makes final what was delivered of a batch that otherwise failed, and says how much that was. Where another batch had a copy of an occurrence at the same
// time, and was first, the copy costs no budget.
func (b *Batch) CommitOnly(delivered func(sentry.EventID) bool) int {
	if b.memory == nil {
		return 0
	}
	all, rest := len(b.events), b.events[:0]
	for _, e := range b.events {
		switch {
		case !delivered(e.id):
			rest = append(rest, e)
		case !b.project.seen.add(e.id) && b.project.budget != nil:
			b.project.budget.GiveBack(e.ticket)
		}
	}
	b.events = rest
	return all - len(rest)
}

// CommitAnswers makes final what the batch answered by itself: what was held back is counted, each occurrence once.
func (b *Batch) CommitAnswers() {
	if b.memory == nil || b.project.budget == nil {
		return
	}
	var issue uint64
	n := 0
	for _, h := range b.heldBack {
		if h.issue != issue { // floods are of one issue
			b.project.budget.HoldBack(issue, n)
			issue, n = h.issue, 0
		}
		if b.project.heldBack.add(h.id) && !b.project.seen.has(h.id) {
			n++
		}
	}
	b.project.budget.HoldBack(issue, n)
	b.heldBack = b.heldBack[:0]
	b.Forgotten += b.project.budget.TakeForgotten()
}

// Rollback takes back what is not final: what was reserved for the batch's events is free again.
func (b *Batch) Rollback() {
	if b.memory == nil {
		return
	}
	if b.project.budget != nil {
		for _, e := range b.events {
			b.project.budget.GiveBack(e.ticket)
		}
	}
	b.release()
}

func (b *Batch) release() {
	m := b.memory
	b.memory = nil
	if len(m.ids) > maxReused || len(m.spans.of) > maxReused || cap(m.digest.buf) > maxText || cap(m.crumbs) > 4*maxReused {
		return
	}
	clear(m.crumbs) // they borrow the request's strings
	m.crumbs, m.ofEvents = m.crumbs[:0], m.ofEvents[:0]
	m.events, m.heldBack = m.events[:0], m.heldBack[:0]
	clear(m.ids)
	clear(m.ordinals)
	m.spans.clear()
	memories.Put(m)
}

// Refused gives those of the batch's records back that are not final, as they came, for the error that carries them. Before the n-th of
// equal records stand as many more of them as it needs to be the n-th again: those before it went out already, and will be told as
// duplicates.
func (b *Batch) Refused() plog.Logs {
	rest := plog.NewLogs()
	open := make(map[sentry.EventID]equal, len(b.events))
	for _, e := range b.events {
		open[e.id] = e.equal
	}
	given := make(map[sentry.EventID]int)
	for _, rl := range b.Events.ResourceLogs().All() {
		into := rest.ResourceLogs().AppendEmpty()
		rl.Resource().CopyTo(into.Resource())
		into.SetSchemaUrl(rl.SchemaUrl())
		for _, sl := range rl.ScopeLogs().All() {
			scope := into.ScopeLogs().AppendEmpty()
			sl.Scope().CopyTo(scope.Scope())
			for _, rec := range sl.LogRecords().All() {
				e, ok := open[ReadVerdict(rec).EventID]
				for ok && given[e.id] <= e.ordinal {
					given[e.id]++
					back := scope.LogRecords().AppendEmpty()
					rec.CopyTo(back)
					removeInternal(back.Attributes())
				}
			}
		}
	}
	return rest
}

// decided tells whether the batch itself has decided about an occurrence.
func (m *memory) decided(id sentry.EventID) bool {
	_, ok := m.ids[id]
	return ok
}

// take notes an occurrence that becomes an event.
func (b *Batch) take(o *occurrence) {
	b.offered++
	b.ids[o.id] = struct{}{}
	b.events = append(b.events, event{o.id, o.equal, o.ticket})
}

// hold notes an occurrence that is over its issue's budget.
func (b *Batch) hold(id sentry.EventID, issue uint64, w Workload) {
	b.ids[id] = struct{}{}
	b.memory.heldBack = append(b.memory.heldBack, heldBack{id, issue})
	for i := range b.held {
		if b.held[i].workload == w {
			b.held[i].n++
			return
		}
	}
	b.held = append(b.held, heldWorkload{w, 1})
}

// add copies a record, with its verdict, into the batch.
func (b *Batch) add(out *target, rec plog.LogRecord, v Verdict) {
	copied := out.next()
	rec.CopyTo(copied)
	removeInternal(copied.Attributes())
	b.Truncated += truncate(copied)
	v.write(copied)
}

// nameByPlace names a record that is told from others by where and when it was written; of equal ones in one request each has its own name.
func (b *Batch) nameByPlace(out *target, o *occurrence, rec plog.LogRecord) {
	o.equal.id = b.digest.recordID(b.project.id, rec, sourceOf(out.resource.Attributes(), out.scope.Name(), rec))
	o.equal.ordinal = b.ordinals[o.equal.id]
	b.ordinals[o.equal.id]++
	o.id = b.digest.nth(o.equal.id, o.equal.ordinal)
}

// name gives an occurrence an id that depends on nothing else in its request.
func (o *occurrence) name(id sentry.EventID) { o.id, o.equal = id, equal{id: id} }
