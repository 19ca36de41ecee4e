package triage

import (
	"sync"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// seenSize is how many ids one generation holds: at 16 bytes an id and two generations about 3 MB.
const seenSize = 1 << 15

// seen remembers ids, in two generations: the older one is forgotten when the younger is full, and its memory reused.
type seen struct {
	mu    sync.Mutex
	young map[sentry.EventID]struct{}
	old   map[sentry.EventID]struct{}
}

func newSeen() *seen {
	return &seen{young: make(map[sentry.EventID]struct{}), old: make(map[sentry.EventID]struct{})}
}

func (s *seen) has(id sentry.EventID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.young[id]; ok {
		return true
	}
	_, ok := s.old[id]
	return ok
}

// add remembers an id; false: it was known.
func (s *seen) add(id sentry.EventID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.young[id]; ok {
		return false
	}
	_, known := s.old[id]
	if len(s.young) >= seenSize {
		s.old, s.young = s.young, s.old
		clear(s.young)
	}
	s.young[id] = struct{}{}
	return !known
}
