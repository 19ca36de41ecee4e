package sentryexporter

import (
	"sync"
	"time"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// Only two clocks drop data: a rate limit that lasts too long, and poison.

// limitedSince remembers since when a lane was held up by rate limits without one delivery in between.
type limitedSince struct {
	mu    sync.Mutex
	since time.Time
}

// clear says that something was delivered.
func (l *limitedSince) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.since = time.Time{}
}

// hopeless reports whether waiting for the limit's end would take longer than patience, counted from when the lane was first held up:
// limits that are renewed again and again add up. An item that would have to be dropped later is dropped now, so that the queue behind
// it does not stand still for nothing.
func (l *limitedSince) hopeless(now time.Time, wait, patience time.Duration) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.since.IsZero() {
		l.since = now
	}
	return wait > patience || now.Add(wait).Sub(l.since) > patience
}

// An envelope is poison when it failed this often, for this long, while others of its lane went through.
const (
	poisonAttempts = 10
	poisonAge      = 10 * time.Minute
	// maxSuspects bounds the memory; while that many envelopes fail, the server is ill and not the envelope.
	maxSuspects = 10_000
)

// poison finds the envelopes that the server can never answer. An attempt counts only if another envelope of the lane was accepted since
// the attempt before: a server that is down poisons nothing.
type poison struct {
	mu       sync.Mutex
	suspects map[sentry.EventID]*suspect
}

type suspect struct {
	first    time.Time
	attempts int
	accepted uint64 // of the lane, at the last attempt that counted
}

// kills notes a failed attempt and reports whether it was one too many. accepted is how many envelopes the lane has delivered.
func (p *poison) kills(id sentry.EventID, now time.Time, accepted uint64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, ok := p.suspects[id]
	if !ok {
		if p.suspects == nil {
			p.suspects = make(map[sentry.EventID]*suspect)
		}
		if len(p.suspects) < maxSuspects {
			p.suspects[id] = &suspect{first: now, attempts: 1, accepted: accepted}
		}
		return false
	}
	if accepted > s.accepted {
		s.attempts++
		s.accepted = accepted
	}
	if s.attempts < poisonAttempts || now.Sub(s.first) < poisonAge {
		return false
	}
	delete(p.suspects, id)
	return true
}

// clears forgets an envelope that was answered.
func (p *poison) clears(answered parcel) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.suspects) > 0 {
		delete(p.suspects, answered.name())
	}
}
