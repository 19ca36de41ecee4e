package stacktrace

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/cespare/xxhash/v2"
	"go.opentelemetry.io/collector/extension/xextension/storage"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/stanza/operator"
)

// store keeps the files' states in the receiver's storage. A storage cannot be listed: the names are kept in it as well, spread over a
// few keys, so that a file that comes or goes does not write all of them anew.
type store struct {
	persister operator.Persister // nil: there is none
	mu        sync.Mutex
	names     [nameKeys]map[string]struct{}
}

const nameKeys = 64

const probeKey = "probe"

// open finds out whether the receiver has a storage: without one it gives us one that forgets.
func (s *store) open(ctx context.Context, p operator.Persister) error {
	if p == nil {
		return nil
	}
	if err := p.Set(ctx, probeKey, []byte{1}); err != nil {
		return err
	}
	value, err := p.Get(ctx, probeKey)
	if err != nil || len(value) == 0 {
		return err
	}
	s.persister = p
	return p.Delete(ctx, probeKey)
}

func (s *store) enabled() bool { return s.persister != nil }

func shardOf(path string) int { return int(xxhash.Sum64String(path) % nameKeys) }

func namesKey(shard int) string { return fmt.Sprintf("names/%02d", shard) }

func fileKey(path string) string { return "file/" + path }

// load gives the states that were saved, by path.
func (s *store) load(ctx context.Context) (map[string][]byte, error) {
	ops := make([]*storage.Operation, nameKeys)
	for i := range ops {
		ops[i] = storage.GetOperation(namesKey(i))
	}
	if err := s.persister.Batch(ctx, ops...); err != nil {
		return nil, err
	}
	states := map[string][]byte{}
	var errs []error
	for shard, op := range ops {
		s.names[shard] = map[string]struct{}{}
		d := decoder{buf: op.Value}
		for len(d.buf) > 0 && d.err == nil {
			path := d.string()
			value, err := s.persister.Get(ctx, fileKey(path))
			if errs = append(errs, err); len(value) > 0 {
				s.names[shard][path] = struct{}{}
				states[path] = value
			}
		}
	}
	return states, errors.Join(errs...)
}

// change is one file's new state.
type change struct {
	path  string
	value []byte // nil: the file is forgotten
}

// write saves states, all or none.
func (s *store) write(ctx context.Context, changes ...change) error {
	ops := make([]*storage.Operation, 0, len(changes)+1)
	s.mu.Lock()
	var shards []int
	for _, c := range changes {
		shard := shardOf(c.path)
		_, known := s.names[shard][c.path]
		switch {
		case c.value == nil:
			delete(s.names[shard], c.path)
			ops = append(ops, storage.DeleteOperation(fileKey(c.path)))
		default:
			s.names[shard][c.path] = struct{}{}
			ops = append(ops, storage.SetOperation(fileKey(c.path), c.value))
		}
		if known == (c.value == nil) && !slices.Contains(shards, shard) {
			shards = append(shards, shard)
		}
	}
	if len(shards) == 0 {
		s.mu.Unlock()
		return s.persister.Batch(ctx, ops...)
	}
	defer s.mu.Unlock() // lists of names must be written in the order in which they were made
	for _, shard := range shards {
		ops = append(ops, storage.SetOperation(namesKey(shard), s.nameList(shard)))
	}
	err := s.persister.Batch(ctx, ops...)
	if err != nil {
		for _, c := range changes { // so that the list is written with the next state
			delete(s.names[shardOf(c.path)], c.path)
		}
	}
	return err
}

func (s *store) nameList(shard int) (names []byte) {
	for path := range s.names[shard] {
		names = appendString(names, path)
	}
	return names
}
