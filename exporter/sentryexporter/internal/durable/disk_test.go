package durable

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension/xextension/storage"
)

var (
	errKilled = errors.New("the process is dead")
	errFull   = errors.New("no space left on device")
	errIO     = errors.New("input/output error")
)

// disk is a storage extension in memory, with faults. Its methods are safe for concurrent use.
type disk struct {
	component.StartFunc
	component.ShutdownFunc

	mu      sync.Mutex
	data    map[string][]byte
	calls   int
	killAt  int // the call at which the process dies; 0: it does not
	dead    bool
	onDeath func()
	fault   func(ops []*storage.Operation) error
}

func newDisk() *disk { return &disk{data: make(map[string][]byte)} }

// next is what the next process finds: all that was written, and no faults.
func (d *disk) next() *disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	return &disk{data: maps.Clone(d.data)}
}

func (d *disk) GetClient(context.Context, component.Kind, component.ID, string) (storage.Client, error) {
	return diskClient{d}, nil
}

func (d *disk) setFault(fault func(ops []*storage.Operation) error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fault = fault
}

func (d *disk) kill() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.die()
}

func (d *disk) die() {
	d.dead = true
	if d.onDeath != nil {
		d.onDeath()
	}
}

func (d *disk) killed() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.dead
}

// items gives the indexes of the items that are stored.
func (d *disk) items() []int {
	d.mu.Lock()
	defer d.mu.Unlock()
	var found []int
	for key := range d.data {
		if i, err := strconv.Atoi(key); err == nil {
			found = append(found, i)
		}
	}
	slices.Sort(found)
	return found
}

// apply does all operations or none.
func (d *disk) apply(ops []*storage.Operation) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls++
	if d.calls == d.killAt {
		d.die()
	}
	if d.dead {
		return errKilled
	}
	if d.fault != nil {
		if err := d.fault(ops); err != nil {
			return err
		}
	}
	for _, op := range ops {
		switch op.Type {
		case storage.Get:
			op.Value = slices.Clone(d.data[op.Key])
		case storage.Set:
			d.data[op.Key] = slices.Clone(op.Value)
		case storage.Delete:
			delete(d.data, op.Key)
		}
	}
	return nil
}

// diskClient is a client of a disk.
type diskClient struct{ d *disk }

func (c diskClient) Get(_ context.Context, key string) ([]byte, error) {
	op := storage.GetOperation(key)
	err := c.d.apply([]*storage.Operation{op})
	return op.Value, err
}

func (c diskClient) Set(_ context.Context, key string, value []byte) error {
	return c.d.apply([]*storage.Operation{storage.SetOperation(key, value)})
}

func (c diskClient) Delete(_ context.Context, key string) error {
	return c.d.apply([]*storage.Operation{storage.DeleteOperation(key)})
}

func (c diskClient) Batch(_ context.Context, ops ...*storage.Operation) error { return c.d.apply(ops) }

func (c diskClient) Close(context.Context) error { return nil }

// Faults.

func has(ops []*storage.Operation, kind storage.OpType) bool {
	return slices.ContainsFunc(ops, func(op *storage.Operation) bool { return op.Type == kind })
}

// full is a disk that takes nothing, not even a deletion: bbolt copies what it changes.
func full(ops []*storage.Operation) error {
	if has(ops, storage.Set) || has(ops, storage.Delete) {
		return errFull
	}
	return nil
}

// noDeletes is a disk that takes everything but deletions.
func noDeletes(ops []*storage.Operation) error {
	if has(ops, storage.Delete) {
		return errFull
	}
	return nil
}

// unreadable is a disk that fails whatever it is asked.
func unreadable([]*storage.Operation) error { return errIO }
