// Package states keeps values by their names in a storage that cannot be listed (extension/xextension/storage), so that all of them are
// found again after a restart.
//
// In: names and values. Out: the same, after a restart.
// It must not know: what the values are, pdata, stanza, the clock.
package states

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/cespare/xxhash/v2"
	"go.opentelemetry.io/collector/extension/xextension/storage"
)

// Client is what of a storage is needed; a stanza persister has it as well.
type Client interface {
	Get(ctx context.Context, key string) ([]byte, error)
	Set(ctx context.Context, key string, value []byte) error
	Delete(ctx context.Context, key string) error
	Batch(ctx context.Context, ops ...*storage.Operation) error
}

// shards: the names are spread over so many lists, so that one that comes or goes does not write all of them anew.
const shards = 64

const probeKey = "probe"

// Store keeps values. It is ready for use by several goroutines once it is open. The zero value is closed.
type Store struct {
	client Client
	mu     sync.Mutex
	names  [shards]map[string]struct{}
}

// Change is a name's new value; nil: the name is forgotten.
type Change struct {
	Name  string
	Value []byte
}

// Open finds out whether the client keeps anything (a receiver without a storage has one that does not) and gives the values that were kept,
// by name.
func (s *Store) Open(ctx context.Context, client Client) (map[string][]byte, error) {
	if client == nil {
		return nil, nil
	}
	if err := client.Set(ctx, probeKey, []byte{1}); err != nil {
		return nil, err
	}
	probe, err := client.Get(ctx, probeKey)
	if err != nil || len(probe) == 0 {
		return nil, err
	}
	s.client = client
	if err := client.Delete(ctx, probeKey); err != nil {
		return nil, err
	}
	return s.load(ctx)
}

// Enabled reports whether values are kept.
func (s *Store) Enabled() bool { return s.client != nil }

func (s *Store) load(ctx context.Context) (map[string][]byte, error) {
	ops := make([]*storage.Operation, shards)
	for i := range ops {
		ops[i] = storage.GetOperation(listKey(i))
	}
	if err := s.client.Batch(ctx, ops...); err != nil {
		return nil, err
	}
	values := map[string][]byte{}
	var errs []error
	for shard, op := range ops {
		s.names[shard] = map[string]struct{}{}
		for _, name := range readList(op.Value) {
			value, err := s.client.Get(ctx, valueKey(name))
			if errs = append(errs, err); len(value) > 0 {
				s.names[shard][name] = struct{}{}
				values[name] = value
			}
		}
	}
	return values, errors.Join(errs...)
}

// Write keeps the changes, all or none of them.
func (s *Store) Write(ctx context.Context, changes ...Change) error {
	ops := make([]*storage.Operation, 0, len(changes)+1)
	var lists []int
	s.mu.Lock()
	for _, c := range changes {
		shard := shardOf(c.Name)
		_, known := s.names[shard][c.Name]
		if c.Value == nil {
			delete(s.names[shard], c.Name)
			ops = append(ops, storage.DeleteOperation(valueKey(c.Name)))
		} else {
			s.names[shard][c.Name] = struct{}{}
			ops = append(ops, storage.SetOperation(valueKey(c.Name), c.Value))
		}
		if known == (c.Value == nil) && !slices.Contains(lists, shard) {
			lists = append(lists, shard)
		}
	}
	if len(lists) == 0 {
		s.mu.Unlock()
		return s.client.Batch(ctx, ops...)
	}
	defer s.mu.Unlock() // lists must be written in the order in which they were made
	for _, shard := range lists {
		ops = append(ops, storage.SetOperation(listKey(shard), s.list(shard)))
	}
	err := s.client.Batch(ctx, ops...)
	if err != nil {
		for _, c := range changes { // the list is written with the next value
			delete(s.names[shardOf(c.Name)], c.Name)
		}
	}
	return err
}

func (s *Store) list(shard int) (list []byte) {
	for name := range s.names[shard] {
		list = binary.AppendUvarint(list, uint64(len(name)))
		list = append(list, name...)
	}
	return list
}

// readList reads what list wrote, as far as it can be read.
func readList(list []byte) (names []string) {
	for len(list) > 0 {
		size, n := binary.Uvarint(list)
		if n <= 0 || size > uint64(len(list)-n) {
			break
		}
		names = append(names, string(list[n:n+int(size)]))
		list = list[n+int(size):]
	}
	return names
}

func shardOf(name string) int { return int(xxhash.Sum64String(name) % shards) }

func listKey(shard int) string { return fmt.Sprintf("names/%02d", shard) }

func valueKey(name string) string { return "state/" + name }
