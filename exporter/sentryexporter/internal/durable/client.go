package durable

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.uber.org/zap"
)

// The pause between two tries of a read grows from the first to the last.
const (
	firstPause = 100 * time.Millisecond
	lastPause  = 10 * time.Second
)

// owedAtOnce bounds the deletions that are made up for in one batch.
const owedAtOnce = 100

var (
	errNoItem = errors.New("nothing is stored under this index")
	errSealed = errors.New("the queue's storage could not be read; it is left as it is until the next start")
)

// client is a storage.Client for one persistent queue.
type client struct {
	inner storage.Client
	guard *Guard

	mu       sync.Mutex
	restored []byte // the bookkeeping that the queue starts with, until it has asked for it
	gaps     gaps
	// restoredEnd is the index of the first request that this run stores; those before it are an earlier run's.
	restoredEnd uint64
	// owed are the keys whose deletion failed. The bookkeeping in the storage still names them: nothing is written before they are gone.
	owed   map[string]struct{}
	sealed bool // a read was given up: nothing is written any more
}

func newClient(ctx context.Context, inner storage.Client, guard *Guard) (*client, error) {
	stored, err := inner.Get(ctx, bookkeepingKey)
	if err != nil {
		return nil, err
	}
	earlier, err := unreadAgain(stored)
	if err != nil {
		return nil, err
	}
	if err := guard.recall(ctx, inner); err != nil {
		return nil, err
	}
	return &client{
		inner: inner, guard: guard, restored: earlier.bookkeeping, gaps: earlier.gaps, restoredEnd: earlier.end, owed: make(map[string]struct{}),
	}, nil
}

// Get implements storage.Client. The queue asks for its bookkeeping once, when it starts.
func (c *client) Get(ctx context.Context, key string) ([]byte, error) {
	if restored := c.takeRestored(key); restored != nil {
		return restored, nil
	}
	op := storage.GetOperation(key)
	err := c.Batch(ctx, op)
	return op.Value, err
}

func (c *client) takeRestored(key string) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if key != bookkeepingKey {
		return nil
	}
	restored := c.restored
	c.restored = nil
	return restored
}

// Set implements storage.Client.
func (c *client) Set(ctx context.Context, key string, value []byte) error {
	return c.Batch(ctx, storage.SetOperation(key, value))
}

// Delete implements storage.Client.
func (c *client) Delete(ctx context.Context, key string) error {
	return c.Batch(ctx, storage.DeleteOperation(key))
}

// Batch implements storage.Client. What a failure means depends on what the queue does with it: it gives up an item that it cannot
// read, and forgets one that it cannot delete, but refuses one that it cannot store.
func (c *client) Batch(ctx context.Context, ops ...*storage.Operation) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := sortOut(ops)
	switch {
	case c.sealed:
		return refuse(k)
	case len(k.gets) > 0 && len(k.deletes) == 0:
		return c.fetch(ctx, ops, k)
	case len(k.deletes) > 0:
		return c.remove(ctx, ops, k)
	default:
		return c.write(ctx, ops, true)
	}
}

// Close implements storage.Client.
func (c *client) Close(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.sealed {
		_ = c.settle(ctx) // what is still owed is delivered once more after the next start
		c.guard.note(ctx, c.inner)
	}
	return c.inner.Close(ctx)
}

// kinds are the operations of a batch.
type kinds struct {
	gets, deletes []*storage.Operation
	sets          int
}

func sortOut(ops []*storage.Operation) kinds {
	var k kinds
	for _, op := range ops {
		switch op.Type {
		case storage.Get:
			k.gets = append(k.gets, op)
		case storage.Delete:
			k.deletes = append(k.deletes, op)
		default:
			k.sets++
		}
	}
	return k
}

// fetch reads, whatever it takes. The bookkeeping that comes with it may stay unwritten: what is stored then still calls the item
// unread, and the next write brings it up to date.
func (c *client) fetch(ctx context.Context, ops []*storage.Operation, k kinds) error {
	if k.sets > 0 && c.gaps.hold(k.gets[0].Key) {
		return errNoItem
	}
	if k.sets == 0 || c.write(ctx, ops, false) != nil {
		if err := c.read(ctx, k.gets); err != nil {
			return err
		}
	}
	if k.sets == 0 {
		return nil
	}
	if k.gets[0].Value == nil {
		return errNoItem // the queue would hand on an empty request
	}
	c.tellRestored(k.gets[0])
	return nil
}

// tellRestored hands on a request that an earlier run has stored. The queue reads each once.
func (c *client) tellRestored(get *storage.Operation) {
	if c.guard.opts.Restored == nil {
		return
	}
	if index, err := strconv.ParseUint(get.Key, 10, 64); err == nil && index < c.restoredEnd {
		c.guard.opts.Restored(get.Value)
	}
}

// read tries until it works, or seals the storage.
func (c *client) read(ctx context.Context, gets []*storage.Operation) error {
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		err := c.inner.Batch(ctx, gets...)
		c.guard.read(err)
		if err == nil {
			return nil
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
			continue
		case <-c.guard.stop:
		case <-ctx.Done():
		}
		timer.Stop()
		c.sealed = true
		c.guard.opts.Logger.Error("The queue's storage cannot be read. It is left as it is; what it holds is delivered after the next start.",
			zap.Stringer("storage", c.guard.id), zap.Error(err))
		return fmt.Errorf("%w: %w", errSealed, err)
	}
}

// remove deletes. What fails is owed.
func (c *client) remove(ctx context.Context, ops []*storage.Operation, k kinds) error {
	if len(k.deletes) == 1 && c.gaps.hold(k.deletes[0].Key) {
		return nil // there is nothing, and the bookkeeping can wait
	}
	err := c.write(ctx, ops, false)
	if err != nil {
		for _, op := range k.deletes {
			c.owed[op.Key] = struct{}{}
		}
	}
	return err
}

// write makes up for what is owed, then writes: a new request, or what becomes of an old one.
func (c *client) write(ctx context.Context, ops []*storage.Operation, request bool) error {
	err := c.settle(ctx)
	if err == nil {
		err = c.inner.Batch(ctx, ops...)
	}
	c.guard.wrote(err, request)
	return err
}

// settle deletes what is owed. A full file may have room to delete one item where it has none to delete many, or another one.
func (c *client) settle(ctx context.Context) error {
	atOnce := owedAtOnce
	for len(c.owed) > 0 {
		batch := make([]*storage.Operation, 0, min(len(c.owed), atOnce))
		for key := range c.owed { // in random order: one that cannot be deleted does not hold up the others for ever
			if len(batch) == cap(batch) {
				break
			}
			batch = append(batch, storage.DeleteOperation(key))
		}
		err := c.inner.Batch(ctx, batch...)
		if err != nil && len(batch) > 1 {
			atOnce = 1
			continue
		}
		if err != nil {
			return err
		}
		for _, op := range batch {
			delete(c.owed, op.Key)
		}
	}
	return nil
}

// refuse answers for a sealed storage. Deletions that are not done look done: the queue is about to end, and would only complain.
func refuse(k kinds) error {
	if len(k.deletes) > 0 {
		return nil
	}
	return errSealed
}

// gaps are indexes that are known to hold nothing: those between the oldest item that was in flight and the first that was unread,
// without those that were in flight. The zero value has none.
type gaps struct {
	from, to uint64
	inFlight map[uint64]struct{}
}

func (g gaps) hold(key string) bool {
	if g.from == g.to {
		return false
	}
	index, err := strconv.ParseUint(key, 10, 64)
	if err != nil || index < g.from || index >= g.to {
		return false
	}
	_, held := g.inFlight[index]
	return !held
}
