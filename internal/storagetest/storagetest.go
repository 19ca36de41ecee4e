// Package storagetest is a storage extension in memory that can fail and die, for tests only.
//
// In: operations of a storage client. Out: what they ask for, or a fault. It must not know what is stored.
package storagetest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension/xextension/storage"
)

// ErrDead is the answer of a storage whose process has died.
var ErrDead = errors.New("the process is dead")

// Storage is the extension and its clients. Safe for concurrent use.
type Storage struct {
	component.StartFunc
	component.ShutdownFunc

	mu      sync.Mutex
	data    map[string][]byte
	batches int
	fault   func(ops []*storage.Operation) error
	dead    bool
	open    bool
}

// New makes an empty storage.
func New() *Storage { return &Storage{data: make(map[string][]byte)} }

// After is what the next process finds once this one has died: all that was written.
func (s *Storage) After() *Storage {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dead = true
	return &Storage{data: maps.Clone(s.data)}
}

// Copy is what a process would find that began now.
func (s *Storage) Copy() *Storage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &Storage{data: maps.Clone(s.data)}
}

// Client is a client for code that is handed one. Any number of them may be used, one after the other or at once.
func (s *Storage) Client() storage.Client { return client{s} }

// Fail makes every batch fail for which the function returns an error; nil makes none fail.
func (s *Storage) Fail(fault func(ops []*storage.Operation) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = fault
}

// FailAll makes every batch fail with an error, or none with nil.
func (s *Storage) FailAll(err error) { s.Fail(func([]*storage.Operation) error { return err }) }

// Keys are what is stored, sorted.
func (s *Storage) Keys() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.data))
}

// Change replaces a stored value.
func (s *Storage) Change(key string, change func([]byte) []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.data[key] = change(slices.Clone(s.data[key]))
}

// Batches is how many batches were asked for.
func (s *Storage) Batches() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.batches
}

// GetClient implements storage.Extension. It gives one client at a time.
func (s *Storage) GetClient(context.Context, component.Kind, component.ID, string) (storage.Client, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open {
		return nil, errors.New("the storage is in use")
	}
	s.open = true
	return client{s}, nil
}

type client struct{ s *Storage }

func (c client) Get(ctx context.Context, key string) ([]byte, error) {
	op := storage.GetOperation(key)
	err := c.Batch(ctx, op)
	return op.Value, err
}

func (c client) Set(ctx context.Context, key string, value []byte) error {
	return c.Batch(ctx, storage.SetOperation(key, value))
}

func (c client) Delete(ctx context.Context, key string) error {
	return c.Batch(ctx, storage.DeleteOperation(key))
}

func (c client) Batch(_ context.Context, ops ...*storage.Operation) error {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.s.batches++
	if c.s.dead {
		return ErrDead
	}
	if c.s.fault != nil {
		if err := c.s.fault(ops); err != nil {
			return err
		}
	}
	for _, op := range ops {
		switch op.Type {
		case storage.Get:
			op.Value = slices.Clone(c.s.data[op.Key])
		case storage.Set:
			c.s.data[op.Key] = slices.Clone(op.Value)
		case storage.Delete:
			delete(c.s.data, op.Key)
		}
	}
	return nil
}

func (c client) Close(context.Context) error {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.s.open = false
	return nil
}
