// Package budget says how many events of one issue go out.
//
// In: an issue's key, and when it occurred again. Out: a Ticket for an event that may go out, with how many occurrences were held back
// since the one before; or none: this one is to be held back.
//
// The first events of an issue go out, then one each so often for as long as it lasts; an issue that was quiet starts afresh. A ticket
// that was not used is given back. All is in memory and bounded: the issue that was seen least recently is forgotten first.
// It must not know: records, projects, what makes an issue, the clock.
package budget

import (
	"sync"
	"time"
)

// Config of a Budget.
type Config struct {
	// Enabled switches it on.
	Enabled bool
	// First is how many events of an issue go out before any is held back; 0 or more.
	First int
	// Every is how often one goes out after that; above 0.
	Every time.Duration
}

// quietFactor times Every without an occurrence, and an issue is over: what comes then is news, and gets First events again. Below two an
// issue that occurs a little less often than Every would never run out of its first events; far above it a new outbreak is hardly seen.
const quietFactor = 2

// maxIssues is how many issues are kept apart, at about 100 bytes each.
const maxIssues = 8192

// Budget counts the events of issues. Safe for concurrent use.
type Budget struct {
	first int
	every time.Duration
	start time.Time // all times are kept as distances from it, so that a clock that is set does no harm

	mu        sync.Mutex
	issues    issues
	rounds    uint64
	forgotten int
}

// New makes a Budget that has seen nothing yet. now is the present of the clock that later times come from.
func New(cfg Config, now time.Time) *Budget {
	return &Budget{first: cfg.First, every: cfg.Every, start: now, issues: newIssues(maxIssues)}
}

// Ticket lets one event of an issue go out. It is final unless it is given back.
type Ticket struct {
	// HeldBack is how many occurrences of the issue were held back since the event before. Who holds the ticket has to say so.
	HeldBack int

	issue   uint64
	round   uint64
	at      time.Duration
	isFirst bool
}

// Reserve asks for a ticket; false: the occurrence is over budget, and has to be reported with HoldBack once that is certain.
func (b *Budget) Reserve(issue uint64, now time.Time) (Ticket, bool) {
	at := now.Sub(b.start)
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.see(issue, at)
	isFirst := s.used < b.first
	if !isFirst && at-s.last < b.every {
		return Ticket{}, false
	}
	if isFirst {
		s.used++
	}
	s.last = at
	t := Ticket{HeldBack: s.heldBack, issue: issue, round: s.round, at: at, isFirst: isFirst}
	s.heldBack = 0
	return t, true
}

// see finds an issue, or makes it, as the one that was seen last.
func (b *Budget) see(issue uint64, at time.Duration) *state {
	s, known := b.issues.get(issue)
	if !known {
		s = b.issues.put(issue, func(left *state) { b.forgotten += left.heldBack })
	}
	if !known || at-s.seen > quietFactor*b.every {
		b.rounds++
		s.round, s.used, s.last = b.rounds, 0, at-b.every
	}
	s.seen = at
	return s
}

// GiveBack returns a ticket whose event did not go out: its place is free at once, and the count that it carried goes with the next.
func (b *Budget) GiveBack(t Ticket) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s, ok := b.issues.find(t.issue)
	if !ok {
		b.forgotten += t.HeldBack
		return
	}
	s.heldBack += t.HeldBack
	switch {
	case s.round != t.round: // the issue started afresh since: there is no place to free
	case t.isFirst:
		s.used--
	case s.last == t.at:
		s.last -= b.every
	}
}

// HoldBack notes that n occurrences of an issue were held back for good. The next ticket of the issue says so.
func (b *Budget) HoldBack(issue uint64, n int) {
	if n == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if s, ok := b.issues.find(issue); ok {
		s.heldBack += n
	} else {
		b.forgotten += n
	}
}

// TakeForgotten is how many occurrences were held back, since it was last asked, that no ticket will ever tell of: their issue had to
// leave to make room.
func (b *Budget) TakeForgotten() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := b.forgotten
	b.forgotten = 0
	return n
}
