package store

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"github.com/otelcol-sentry/otelcol-sentry/extension/sentryinbox/internal/payload"
	"github.com/otelcol-sentry/otelcol-sentry/extension/sentryinbox/internal/waterfall"
)

// pick copies the first matching rows, at most limit; total is how many match.
func pick[T any, P interface {
	*T
	searched
}](rows iter.Seq[P], q Query, limit int) (list []T, total int) {
	for row := range rows {
		if q.matches(row) {
			if total++; total <= limit {
				list = append(list, *row)
			}
		}
	}
	return list, total
}

// Events lists the kept events that match, the one that came last first.
func (s *Store) Events(q Query, limit int) ([]Event, int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return pick(s.events.newest(), q, limit)
}

// Event finds a kept event. A project of "" means any; of several the one that came last is meant.
func (s *Store) Event(project, id string) (Event, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for e := range s.events.newest() {
		if e.ID == id && (project == "" || project == e.ProjectID) {
			return *e, true
		}
	}
	return Event{}, false
}

// Transactions lists the kept transactions that match, and the streamed spans that are segments, the one that came last first.
func (s *Store) Transactions(q Query, limit int) ([]Transaction, int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	list, total := pick(s.transactions.newest(), q, limit)
	var segments []Transaction
	byTrace := map[string][]waterfall.Span{}
	for sp := range s.spans.newest() {
		byTrace[sp.TraceID] = append(byTrace[sp.TraceID], Drawn(&sp.Span, sp.Segment, waterfall.Ref{}))
	}
	for sp := range s.spans.newest() {
		if sp.Segment && q.matches(sp) {
			if total++; len(segments) < limit {
				segments = append(segments, sp.asTransaction(byTrace[sp.TraceID]))
			}
		}
	}
	if len(segments) > 0 {
		list = append(list, segments...)
		slices.SortStableFunc(list, func(a, b Transaction) int { return cmp.Compare(b.Seq, a.Seq) })
		list = list[:min(limit, len(list))]
	}
	return list, total
}

// asTransaction shows a segment by the streamed spans of its trace: those below it.
func (s *Span) asTransaction(trace []waterfall.Span) Transaction {
	below := waterfall.Below(trace, s.SpanID)
	shares := waterfall.Build(below).Breakdown
	var tags []payload.Tag
	if s.Service != "" {
		tags = []payload.Tag{{Key: tagService, Value: s.Service}}
	}
	return Transaction{
		Tags: tags, Origin: s.Origin, Root: s.Span, Source: s.Source, Platform: s.Platform, Release: s.Release, Environment: s.Environment,
		SpanCount: len(below) - 1, Breakdown: shares[:min(len(shares), maxShares)],
	}
}

// Transaction finds a kept transaction, as Event does.
func (s *Store) Transaction(project, id string) (Transaction, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for t := range s.transactions.newest() {
		if t.ID == id && (project == "" || project == t.ProjectID) {
			return *t, true
		}
	}
	return Transaction{}, false
}

// Logs lists the kept logs that match, newest by their own time first among those that are kept.
func (s *Store) Logs(q Query, limit int) (list []Log, total int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var found []*Log
	for l := range s.logs.newest() {
		if q.matches(l) {
			found = append(found, l)
		}
	}
	slices.SortStableFunc(found, func(a, b *Log) int { return b.Timestamp.Compare(a.Timestamp) })
	for _, l := range found[:min(limit, len(found))] {
		list = append(list, *l)
	}
	return list, len(found)
}

// Trace is everything kept that carries one trace id, in order of arrival, at most limit of each kind.
type Trace struct {
	Transactions []Transaction // also the streamed spans that are segments; by their start
	Spans        []Span
	Events       []Event
	Logs         []Log
}

// Found reports whether there is anything.
func (t *Trace) Found() bool {
	return len(t.Transactions)+len(t.Spans)+len(t.Events)+len(t.Logs) > 0
}

// Trace collects a trace.
func (s *Store) Trace(id string, limit int) Trace {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var t Trace
	t.Transactions = ofTrace(s.transactions.newest(), limit, func(x *Transaction) bool { return x.Root.TraceID == id })
	t.Spans = ofTrace(s.spans.newest(), limit, func(x *Span) bool { return x.TraceID == id })
	t.Events = ofTrace(s.events.newest(), limit, func(x *Event) bool { return x.TraceID == id })
	t.Logs = ofTrace(s.logs.newest(), limit, func(x *Log) bool { return x.TraceID == id })
	slices.SortStableFunc(t.Logs, func(a, b Log) int { return a.Timestamp.Compare(b.Timestamp) })
	t.addSegments(limit)
	return t
}

// addSegments shows the segments among the streamed spans as transactions.
func (t *Trace) addSegments(limit int) {
	drawn := make([]waterfall.Span, 0, len(t.Spans))
	for i := range t.Spans {
		drawn = append(drawn, Drawn(&t.Spans[i].Span, t.Spans[i].Segment, waterfall.Ref{}))
	}
	for i := range t.Spans {
		if s := &t.Spans[i]; s.Segment && len(t.Transactions) < limit {
			t.Transactions = append(t.Transactions, s.asTransaction(drawn))
		}
	}
	slices.SortStableFunc(t.Transactions, func(a, b Transaction) int { return a.Root.Start.Compare(b.Root.Start) })
}

func ofTrace[T any](rows iter.Seq[*T], limit int, belongs func(*T) bool) (list []T) {
	for row := range rows {
		if belongs(row) && len(list) < limit {
			list = append(list, *row)
		}
	}
	slices.Reverse(list)
	return list
}

// EnvelopeFilter chooses envelopes.
type EnvelopeFilter struct {
	Text   string // in project, client, event id, item types or what was found; any case
	Flawed bool   // only those that were refused or in which the check found something
}

// Envelopes lists the kept envelopes, the one that came last first.
func (s *Store) Envelopes(f EnvelopeFilter, limit int) (list []Envelope, total int) {
	text := strings.ToLower(f.Text)
	s.mu.RLock()
	defer s.mu.RUnlock()
	for e := range s.envelopes.newest() {
		if f.Flawed && !e.Flawed() || !e.contains(text) {
			continue
		}
		if total++; total <= limit {
			list = append(list, *e)
		}
	}
	return list, total
}

// Envelope finds a kept envelope by its number, with the payloads of its items that are still kept, in their order; nil for one that is not.
func (s *Store) Envelope(seq uint64) (Envelope, []Payload, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for e := range s.envelopes.newest() {
		if e.Seq == seq {
			return *e, s.payloads(seq), true
		}
	}
	return Envelope{}, nil, false
}

// Violations is how many broken rules the record of an envelope lists; 0 where it has left.
func (s *Store) Violations(seq uint64) int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for e := range s.envelopes.newest() {
		if e.Seq == seq {
			return len(e.Violations)
		}
	}
	return 0
}

// Payload is the content of an item, or of one member of a container.
type Payload struct {
	Type string
	Seq  uint64
	Raw  []byte
}

func (s *Store) payloads(envelope uint64) []Payload {
	var list []Payload
	add := func(kind string, o Origin, raw []byte) {
		if o.Envelope == envelope {
			list = append(list, Payload{kind, o.Seq, raw})
		}
	}
	for e := range s.events.newest() {
		add("event", e.Origin, e.Raw)
	}
	for t := range s.transactions.newest() {
		add("transaction", t.Origin, t.Raw)
	}
	for sp := range s.spans.newest() {
		add("span", sp.Origin, sp.Raw)
	}
	for l := range s.logs.newest() {
		add("log", l.Origin, l.Raw)
	}
	for o := range s.others.newest() {
		add(o.Type, o.Origin, o.Raw)
	}
	slices.SortFunc(list, func(a, b Payload) int { return cmp.Compare(a.Seq, b.Seq) })
	return list
}

// ReadLog reads the rest of a log.
func (l *Log) ReadLog() (payload.Log, error) { return payload.ReadLog(l.Raw) }
