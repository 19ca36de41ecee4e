package budget

import "time"

// state is what is known of one issue.
type state struct {
	round    uint64        // tells a fresh start, or another life of the issue, from the one before
	seen     time.Duration // its last occurrence
	last     time.Duration // its last ticket
	used     int           // of its first tickets
	heldBack int           // since its last ticket

	issue      uint64
	prev, next int32 // less and more recently seen
}

// issues is a table of bounded size, ordered by when an issue was seen. Its memory is taken as it fills and kept.
type issues struct {
	of     map[uint64]int32
	states []state // states[0] is the ring's anchor: next is the least, prev the most recently seen
	limit  int
}

func newIssues(limit int) issues {
	return issues{of: make(map[uint64]int32), states: make([]state, 1), limit: limit}
}

// find looks an issue up.
func (l *issues) find(issue uint64) (*state, bool) {
	i, ok := l.of[issue]
	return &l.states[i], ok
}

// get looks an issue up and makes it the most recently seen.
func (l *issues) get(issue uint64) (*state, bool) {
	i, ok := l.of[issue]
	if ok {
		l.unlink(i)
		l.link(i)
	}
	return &l.states[i], ok
}

// put adds an issue as the most recently seen. Where there is no room the least recently seen leaves.
func (l *issues) put(issue uint64, leaves func(*state)) *state {
	i := int32(len(l.states))
	if len(l.states) > l.limit {
		i = l.states[0].next
		leaves(&l.states[i])
		l.unlink(i)
		delete(l.of, l.states[i].issue)
	} else {
		l.states = append(l.states, state{})
	}
	l.states[i] = state{issue: issue}
	l.of[issue] = i
	l.link(i)
	return &l.states[i]
}

func (l *issues) unlink(i int32) {
	s := &l.states[i]
	l.states[s.prev].next, l.states[s.next].prev = s.next, s.prev
}

func (l *issues) link(i int32) {
	last := l.states[0].prev
	l.states[i].prev, l.states[i].next = last, 0
	l.states[last].next, l.states[0].prev = i, i
}
