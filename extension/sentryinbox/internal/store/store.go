// Package store keeps what the inbox received, within bounds, and answers questions about it.
//
// In: envelopes that were parsed and checked, and those that were refused.
// Out: issues, events, transactions, spans, logs, envelopes and counts, as copies that the caller may keep.
// It must not know: HTTP. It is safe for use by many goroutines.
package store

import (
	"slices"
	"sync"
	"time"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// Limits bound the store.
type Limits struct {
	// Items is how many rows of each kind are kept.
	Items int
	// Bytes is about how much memory all rows together may take.
	Bytes int
}

// seenIDs is how many event ids are remembered to tell repeats, about 3 MB: ids outlive their events, as they do in Sentry.
const seenIDs = 1 << 16

// Store is the memory of the inbox.
type Store struct {
	limits Limits
	now    func() time.Time

	mu           sync.RWMutex
	revision     uint64 // counts changes
	seq          uint64
	events       shelf[*Event]
	transactions shelf[*Transaction]
	spans        shelf[*Span]
	logs         shelf[*Log]
	others       shelf[*Other]
	envelopes    shelf[*Envelope]
	issues       map[uint64]*issue
	seen         seen
	counts       Counts
	since        time.Time
}

// New makes an empty store. The clock says when something was received.
func New(limits Limits, now func() time.Time) *Store {
	s := &Store{limits: limits, now: now}
	s.Clear()
	return s
}

// Clear forgets everything, counts and ids too.
func (s *Store) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = shelf[*Event]{removed: s.forgetEvent}
	s.transactions = shelf[*Transaction]{}
	s.spans = shelf[*Span]{}
	s.logs = shelf[*Log]{}
	s.others = shelf[*Other]{}
	s.envelopes = shelf[*Envelope]{}
	s.issues = map[uint64]*issue{}
	s.seen = seen{set: map[eventKey]struct{}{}}
	s.counts = Counts{Items: map[string]uint64{}, Rejected: map[int]uint64{}}
	s.since = s.now()
	s.revision++ // never back to an old one: pages compare
}

// Revision changes whenever anything in the store does.
func (s *Store) Revision() uint64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.revision
}

// shelves lists all kinds. On equal weight the first of the list is emptied first.
func (s *Store) shelves() [6]anyShelf {
	return [...]anyShelf{&s.logs, &s.spans, &s.transactions, &s.others, &s.envelopes, &s.events}
}

// shrink brings the store back within its bounds: the oldest of each kind leave first, and for bytes the kind that takes most pays, so that a
// flood of logs does not push out the one error.
func (s *Store) shrink() {
	shelves := s.shelves()
	for _, sh := range shelves {
		for sh.len() > s.limits.Items {
			sh.dropOldest()
		}
	}
	for {
		total, heaviest := 0, shelves[0]
		for _, sh := range shelves {
			total += sh.weight()
			if sh.weight() > heaviest.weight() {
				heaviest = sh
			}
		}
		if total <= s.limits.Bytes || heaviest.len() == 0 {
			return
		}
		heaviest.dropOldest()
	}
}

// eventKey names an event or a transaction: ids are unique within a project.
type eventKey struct {
	project string
	id      sentry.EventID
}

// seen remembers the last ids.
type seen struct {
	set   map[eventKey]struct{}
	order []eventKey // a ring
	next  int
}

// add reports whether the id is new.
func (s *seen) add(k eventKey) bool {
	if _, known := s.set[k]; known {
		return false
	}
	if len(s.order) < seenIDs {
		s.order = append(s.order, k)
	} else {
		delete(s.set, s.order[s.next])
		s.order[s.next] = k
		s.next = (s.next + 1) % seenIDs
	}
	s.set[k] = struct{}{}
	return true
}

// Counts are totals since the start, or since Clear.
type Counts struct {
	Envelopes  uint64            // accepted
	Rejected   map[int]uint64    // refused envelopes, by status code of the answer
	Items      map[string]uint64 // accepted items, by type; of containers, the members that were read
	Repeats    uint64            // events and transactions whose id had come before
	Violations uint64            // what the strict check found
	Unreadable uint64            // items whose payload is no JSON where it must be
	WireBytes  uint64            // of accepted envelopes, as they came
	Bytes      uint64            // of accepted envelopes, decompressed
}

// Stats is the state of the store.
type Stats struct {
	Counts
	Revision uint64
	Since    time.Time
	Limits   Limits
	// Kept is how many rows are there now, by kind; KeptBytes about what they take.
	Kept      Kept
	KeptBytes int
	// Projects, Environments and Releases that occur in kept events, transactions, spans and logs; sorted.
	Projects, Environments, Releases []string
}

// Kept counts rows.
type Kept struct {
	Issues       int `json:"issues"`
	Events       int `json:"events"`
	Transactions int `json:"transactions"` // also streamed spans that are segments
	Spans        int `json:"spans"`
	Logs         int `json:"logs"`
	Others       int `json:"others"`
	Envelopes    int `json:"envelopes"`
	// Flawed counts the kept envelopes that were refused or in which the check found something.
	Flawed int `json:"flawed"`
}

// Stats tells the state.
func (s *Store) Stats() Stats {
	s.mu.RLock()
	defer s.mu.RUnlock()
	st := Stats{Counts: s.counts, Revision: s.revision, Since: s.since, Limits: s.limits, Kept: s.kept()}
	st.Items, st.Rejected = copyMap(s.counts.Items), copyMap(s.counts.Rejected)
	for _, sh := range s.shelves() {
		st.KeptBytes += sh.weight()
	}
	var f facets
	for e := range s.events.newest() {
		f.add(e.ProjectID, e.Environment, e.Release)
	}
	for t := range s.transactions.newest() {
		f.add(t.ProjectID, t.Environment, t.Release)
	}
	for sp := range s.spans.newest() {
		f.add(sp.ProjectID, sp.Environment, sp.Release)
	}
	for l := range s.logs.newest() {
		f.add(l.ProjectID, l.Environment, l.Release)
	}
	st.Projects, st.Environments, st.Releases = f.projects.sorted(), f.environments.sorted(), f.releases.sorted()
	return st
}

func (s *Store) kept() Kept {
	k := Kept{
		Issues: len(s.issues), Events: s.events.len(), Transactions: s.transactions.len(), Spans: s.spans.len(),
		Logs: s.logs.len(), Others: s.others.len(), Envelopes: s.envelopes.len(),
	}
	for sp := range s.spans.newest() {
		if sp.Segment {
			k.Transactions++
		}
	}
	for e := range s.envelopes.newest() {
		if e.Flawed() {
			k.Flawed++
		}
	}
	return k
}

// facets are the values a person may filter by.
type facets struct{ projects, environments, releases valueSet }

func (f *facets) add(project, environment, release string) {
	f.projects.add(project)
	f.environments.add(environment)
	f.releases.add(release)
}

type valueSet map[string]struct{}

func (v *valueSet) add(value string) {
	if value == "" {
		return
	}
	if *v == nil {
		*v = valueSet{}
	}
	(*v)[value] = struct{}{}
}

func (v valueSet) sorted() []string {
	list := make([]string, 0, len(v))
	for value := range v {
		list = append(list, value)
	}
	slices.Sort(list)
	return list
}

func copyMap[K comparable, V any](m map[K]V) map[K]V {
	out := make(map[K]V, len(m))
	for k, v := range m {
		out[k] = v
	}
	return out
}
