// Package clock is the time of what lets go after a while, so that tests can turn it by hand (clocktest).
//
// In: nothing. Out: the time, and ticks. It must not know what they are for.
package clock

import "time"

// Clock is the time.
type Clock interface {
	Now() time.Time
	// Ticks sends now and then until stop is called.
	Ticks(every time.Duration) (c <-chan time.Time, stop func())
}

// System is the machine's clock.
type System struct{}

// Now implements Clock.
func (System) Now() time.Time { return time.Now() }

// Ticks implements Clock.
func (System) Ticks(every time.Duration) (<-chan time.Time, func()) {
	t := time.NewTicker(every)
	return t.C, t.Stop
}
