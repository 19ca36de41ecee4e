// Package clocktest is a clock that stands still until it is turned, for tests only.
package clocktest

import (
	"sync"
	"time"
)

// Hand is a clock that is turned by hand. Safe for concurrent use.
type Hand struct {
	mu   sync.Mutex
	at   time.Time
	tick chan time.Time
}

// New makes a clock that stands at noon.
func New() *Hand {
	return &Hand{at: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), tick: make(chan time.Time)}
}

// Now implements clock.Clock.
func (c *Hand) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Ticks implements clock.Clock. There is one receiver of them.
func (c *Hand) Ticks(time.Duration) (<-chan time.Time, func()) { return c.tick, func() {} }

// Pass lets time pass without a tick.
func (c *Hand) Pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// Tick sends one tick, unless it is done before, and reports whether it did.
func (c *Hand) Tick(done <-chan struct{}) bool {
	select {
	case <-done:
		return false
	case c.tick <- c.Now():
		return true
	}
}

// Turn lets time pass. Two ticks are done when it returns, so that what one lets go the next can forget: a third can only be sent after them.
func (c *Hand) Turn(d time.Duration) {
	c.Pass(d)
	for range 3 {
		c.Tick(nil)
	}
}
