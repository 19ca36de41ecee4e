package triage

import (
	"sync"

	"github.com/otelcol-sentry/otelcol-sentry/internal/recent"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// seenSize is how many ids one generation holds: at 16 bytes an id and two generations about 3 MB.
const seenSize = 1 << 15

// seen remembers ids.
type seen struct {
	mu  sync.Mutex
	ids recent.Map[sentry.EventID, struct{}]
}

func (s *seen) has(id sentry.EventID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ids.Has(id)
}

// add remembers an id; false: it was known.
func (s *seen) add(id sentry.EventID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.ids.Has(id)
	s.ids.Put(id, struct{}{}, seenSize)
	return !known
}
