package durable

import (
	"context"

	"go.opentelemetry.io/collector/extension/xextension/storage"
)

// noteKey is where the note lies. The queue's own keys are decimal numbers, "qmv0", "ri", "wi" and "di".
const noteKey = "note"

// note stores what the next run is to know.
func (g *Guard) note(ctx context.Context, inner storage.Client) {
	if g.opts.Note == nil {
		return
	}
	if note := g.opts.Note(); len(note) > 0 {
		_ = inner.Set(ctx, noteKey, note) // without it the next run knows less
	}
}

// recall hands out what an earlier run has noted.
func (g *Guard) recall(ctx context.Context, inner storage.Client) error {
	if g.opts.Recall == nil {
		return nil
	}
	note, err := inner.Get(ctx, noteKey)
	if err == nil && len(note) > 0 {
		g.opts.Recall(note)
	}
	return err
}
