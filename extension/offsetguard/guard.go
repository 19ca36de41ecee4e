package offsetguard

import (
	"context"
	"fmt"
	"sync/atomic"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/extension/extensioncapabilities"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.uber.org/zap"
)

// guard is the extension.
type guard struct {
	behind  component.ID
	logger  *zap.Logger
	storage storage.Extension
}

var (
	_ extension.Extension             = (*guard)(nil)
	_ storage.Extension               = (*guard)(nil)
	_ extensioncapabilities.Dependent = (*guard)(nil)
)

// Dependencies: the storage behind starts first.
func (g *guard) Dependencies() []component.ID { return []component.ID{g.behind} }

// Start finds the storage behind.
func (g *guard) Start(_ context.Context, host component.Host) error {
	ext, ok := host.GetExtensions()[g.behind]
	if !ok {
		return fmt.Errorf("storage extension '%s' not found", g.behind)
	}
	if g.storage, ok = ext.(storage.Extension); !ok {
		return fmt.Errorf("extension '%s' is no storage", g.behind)
	}
	return nil
}

// Shutdown has nothing to do: clients are closed by those who asked for them.
func (g *guard) Shutdown(context.Context) error { return nil }

// GetClient gives a client of the storage behind, under the same names.
func (g *guard) GetClient(ctx context.Context, kind component.Kind, id component.ID, name string) (storage.Client, error) {
	inner, err := g.storage.GetClient(ctx, kind, id, name)
	if err != nil {
		return nil, err
	}
	return &client{Client: inner, logger: g.logger.With(zap.Stringer("component", id))}, nil
}

// client passes everything on, until it sees a write under a cancelled context.
type client struct {
	storage.Client
	logger *zap.Logger
	cut    atomic.Bool
}

// closed reports whether writes are refused from now on. The component that writes is being stopped, and what it would write may say that
// something was done that was not.
func (c *client) closed(ctx context.Context) bool {
	if ctx.Err() != nil && c.cut.CompareAndSwap(false, true) {
		c.logger.Info("Stopped in the middle of reading; the next start reads what was not handed on once more")
	}
	return c.cut.Load()
}

// Set writes, or forgets it.
func (c *client) Set(ctx context.Context, key string, value []byte) error {
	if c.closed(ctx) {
		return nil
	}
	return c.Client.Set(ctx, key, value)
}

// Delete deletes, or forgets it.
func (c *client) Delete(ctx context.Context, key string) error {
	if c.closed(ctx) {
		return nil
	}
	return c.Client.Delete(ctx, key)
}

// Batch does all of it, or reads only.
func (c *client) Batch(ctx context.Context, ops ...*storage.Operation) error {
	if !writes(ops) || !c.closed(ctx) {
		return c.Client.Batch(ctx, ops...)
	}
	var reads []*storage.Operation
	for _, op := range ops {
		if op.Type == storage.Get {
			reads = append(reads, op)
		}
	}
	if len(reads) == 0 {
		return nil
	}
	return c.Client.Batch(ctx, reads...)
}

func writes(ops []*storage.Operation) bool {
	for _, op := range ops {
		if op.Type != storage.Get {
			return true
		}
	}
	return false
}
