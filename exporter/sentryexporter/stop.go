package sentryexporter

import (
	"context"
	"errors"
	"sync"
	"time"
)

// At a stop the lanes hand over what they can, all at once. How long that may take is bounded: Kubernetes kills after 30 s, and a Sentry
// that takes connections and does not answer would hold up a request for as long as 'http::timeout' lets it, and each after it again.

const (
	// stopStored is for a lane whose queue is stored: an end costs it nothing but a repeat under the same id.
	stopStored = 5 * time.Second
	// stopInMemory is for a lane whose queue is in memory, from one delivery to the next: what it does not deliver is lost.
	stopInMemory = 20 * time.Second
	// stopReport is for the last client report.
	stopReport = 5 * time.Second
)

// life is how long requests may go on.
type life struct {
	ctx context.Context
	end context.CancelFunc
	// patience is how long they may after a stop.
	patience time.Duration
	timer    *time.Timer // runs from a stop on
}

func newLife(patience time.Duration) life {
	l := life{patience: patience}
	l.ctx, l.end = context.WithCancel(context.Background())
	l.timer = time.AfterFunc(time.Hour, l.end)
	l.timer.Stop()
	return l
}

// bind gives a context that ends with the given one or with the life; release it.
func (l *life) bind(ctx context.Context) (bound context.Context, release func()) {
	bound, cancel := context.WithCancel(ctx)
	unbind := context.AfterFunc(l.ctx, cancel)
	return bound, func() {
		unbind()
		cancel()
	}
}

// stop ends the life after a while, unless what is to be done until then is done before.
func (l *life) stop(do func() error) error {
	l.timer.Reset(l.patience)
	defer l.timer.Stop()
	err := do()
	l.end()
	return err
}

// prolong gives a stop that gets on as much time again.
func (l *life) prolong() {
	if l.timer.Stop() {
		l.timer.Reset(l.patience)
	}
}

// together does several things at once.
func together[T any](all []T, do func(T) error) error {
	errs := make([]error, len(all))
	var wg sync.WaitGroup
	for i, one := range all {
		wg.Go(func() { errs[i] = do(one) })
	}
	wg.Wait()
	return errors.Join(errs...)
}
