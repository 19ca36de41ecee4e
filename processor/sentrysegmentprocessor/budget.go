package sentrysegmentprocessor

import (
	"context"
	"errors"
	"sync"
)

var (
	errFull    = errors.New("'max_bytes' of spans are held, and no more can be accepted now")
	errStopped = errors.New("the sentry_segment processor is not running")
)

// budget counts the bytes that are held. Safe for concurrent use.
type budget struct {
	max int64
	ask func() // is called when room is wanted that is not there; must return at once

	mu      sync.Mutex
	held    int64
	leaving int64 // of held: in requests that the next consumer has not taken yet
	wanted  int64 // by the largest request that was refused and for which there is no room yet
	waiters []*waiter
	stopped bool
}

// waiter is a request that waits for room. ready is closed when it got it, or when nobody gets any more.
type waiter struct {
	bytes int64
	got   bool
	ready chan struct{}
}

func newBudget(most int64, ask func()) *budget {
	return &budget{max: most, ask: ask}
}

// acquire takes bytes, at most max. Without room it fails, or waits with block: the first first.
func (b *budget) acquire(ctx context.Context, bytes int64, block bool) error {
	b.mu.Lock()
	if b.stopped {
		b.mu.Unlock()
		return errStopped
	}
	if len(b.waiters) == 0 && b.held+bytes <= b.max {
		b.held += bytes
		b.mu.Unlock()
		return nil
	}
	if !block {
		b.wanted = max(b.wanted, bytes)
		b.mu.Unlock()
		b.ask()
		return errFull
	}
	w := &waiter{bytes: bytes, ready: make(chan struct{})}
	b.waiters = append(b.waiters, w)
	b.mu.Unlock()
	b.ask()
	return b.wait(ctx, w)
}

func (b *budget) wait(ctx context.Context, w *waiter) error {
	var err error
	select {
	case <-w.ready:
	case <-ctx.Done():
		err = ctx.Err()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if w.got { // perhaps just now: then it is not given back, the request goes on
		return nil
	}
	for i, other := range b.waiters {
		if other == w {
			b.waiters = append(b.waiters[:i], b.waiters[i+1:]...)
			break
		}
	}
	b.admit()
	if err == nil {
		err = errStopped
	}
	return err
}

// force takes bytes that are there already, whatever the bound.
func (b *budget) force(bytes int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held += bytes
}

// free gives bytes back.
func (b *budget) free(bytes int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held -= bytes
	b.admit()
}

// leave notes that bytes are on their way out: copied of them come to what is held.
func (b *budget) leave(bytes, copied int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held += copied
	b.leaving += bytes
}

// left notes that bytes that were on their way are gone.
func (b *budget) left(bytes int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.leaving -= bytes
	b.held -= bytes
	b.admit()
}

// admit lets in who waits, as far as there is room. The lock is held.
func (b *budget) admit() {
	for len(b.waiters) > 0 && b.held+b.waiters[0].bytes <= b.max {
		w := b.waiters[0]
		b.waiters = b.waiters[1:]
		b.held += w.bytes
		w.got = true
		close(w.ready)
	}
}

// shortage is how many bytes that are not leaving yet must leave for the request that wants room.
func (b *budget) shortage() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	rest := b.held - b.leaving
	if rest+b.wanted <= b.max {
		b.wanted = 0 // there will be room
	}
	wanted := b.wanted
	if len(b.waiters) > 0 {
		wanted = max(wanted, b.waiters[0].bytes)
	}
	return max(rest+wanted-b.max, 0)
}

// stop refuses whoever comes or waits.
func (b *budget) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stopped = true
	for _, w := range b.waiters {
		close(w.ready)
	}
	b.waiters = nil
}

// bytes is what is held.
func (b *budget) bytes() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.held
}
