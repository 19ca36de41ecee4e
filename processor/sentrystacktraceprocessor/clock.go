package sentrystacktraceprocessor

import "time"

// clock is the time, which tests turn by hand.
type clock interface {
	now() time.Time
	// ticks sends now and then until stop is called.
	ticks(every time.Duration) (c <-chan time.Time, stop func())
}

type systemClock struct{}

func (systemClock) now() time.Time { return time.Now() }

func (systemClock) ticks(every time.Duration) (<-chan time.Time, func()) {
	t := time.NewTicker(every)
	return t.C, t.Stop
}
