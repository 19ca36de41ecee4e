package sentryexporter

import (
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"
)

// silent is after how many failed requests in a row, and for how long, a DSN counts as dead: one lost connection is nothing to report.
const (
	silentRequests = 3
	silentFor      = 2 * time.Second
)

// silence notices when a project's requests fail without end, and when they stop to. Safe for concurrent use.
type silence struct {
	mu     sync.Mutex
	failed int
	since  time.Time
	told   bool
}

// failure notes a request without a usable answer. It reports whether this makes it a silence, once.
func (s *silence) failure(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed == 0 {
		s.since = now
	}
	s.failed++
	if s.told || s.failed < silentRequests || now.Sub(s.since) < silentFor {
		return false
	}
	s.told = true
	return true
}

// answer notes any other answer. It gives how long the silence was that ends with it; 0: there was none.
func (s *silence) answer(now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	lasted := time.Duration(0)
	if s.told {
		lasted = now.Sub(s.since)
	}
	s.failed, s.told = 0, false
	return lasted
}

// unanswered books a request that failed: it says when Sentry is away.
func (l *lane) unanswered(reason string) {
	p := l.project
	if !p.silence.failure(p.now()) {
		return
	}
	p.set.Logger.Error("Sentry does not take anything. Data waits in the queue; a full queue refuses more (or drops, with 'on_full: drop').",
		l.fields(zap.String("reason", reason))...)
	p.status.report(p.name, fmt.Errorf("project %q: Sentry does not take anything: %s", p.name, reason))
}

// answered books a request that was answered, whatever the answer.
func (l *lane) answered() {
	p := l.project
	if lasted := p.silence.answer(p.now()); lasted > 0 {
		p.set.Logger.Info("Sentry answers again.", l.fields(zap.Duration("after", lasted))...)
		p.status.report(p.name, nil)
	}
}
