package durable

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.uber.org/zap"

	"github.com/otelcol-sentry/otelcol-sentry/internal/storagefile"
)

// probeInterval is how often Ready lets a request through while the storage fails.
const probeInterval = 5 * time.Second

// Options of a Guard. The functions may be nil; they must return at once and not call the Guard.
type Options struct {
	Logger *zap.Logger
	// WriteFailed is called for every write, ReadFailed for every read that the storage refused.
	WriteFailed, ReadFailed func()
	// Restored is called with each stored request of an earlier run when the queue reads it, before the queue decodes it. It must not
	// keep the bytes.
	Restored func(request []byte)
	// Note is asked, when the queue has ended in order, for what the next run is to know; Recall is given that when the queue starts. After a
	// kill it is what the run before had to say, or nothing. Nothing is noted where the storage fails.
	Note   func() []byte
	Recall func(note []byte)
	// PutAside is called for a damaged file that was renamed at start; what it holds is not sent.
	PutAside func(file string)
	// Changed is called when the storage begins to fail, with its error, and when it is seen to work again, with nil.
	Changed func(err error)
}

// Guard watches over the storage of one queue. Safe for concurrent use.
type Guard struct {
	id   component.ID
	opts Options

	stop     chan struct{}
	stopOnce sync.Once

	mu       sync.Mutex
	err      error // why the storage fails; nil while it works
	refusing bool  // it was a new request that could not be stored: there may be room for less
	reading  bool  // the queue waits for a read
	probe    time.Time
}

// New makes the Guard of a queue that is configured with this storage extension.
func New(storageID component.ID, opts Options) *Guard {
	if opts.Logger == nil {
		opts.Logger = zap.NewNop()
	}
	return &Guard{id: storageID, opts: opts, stop: make(chan struct{})}
}

// Host gives the host to start the queue with: there, the storage extension is a guarded one. All else is the given host's.
func (g *Guard) Host(host component.Host) component.Host { return &guardedHost{Host: host, guard: g} }

// Ready tells why a request should not be offered now: the storage fails. It refuses for the queue, which would count what it then
// cannot store, or would let its callers wait for a lock. Now and then it lets one through, to see.
func (g *Guard) Ready() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.err == nil {
		return nil
	}
	if now := time.Now(); !g.reading && !now.Before(g.probe) {
		g.probe = now.Add(probeInterval)
		return nil
	}
	return fmt.Errorf("queue storage %q fails: %w", g.id, g.err)
}

// Stop ends the waiting for reads. Call it before the queue is shut down, which a waiting read would hold up for ever.
// The storage can still be written after it.
func (g *Guard) Stop() { g.stopOnce.Do(func() { close(g.stop) }) }

// wrote notes how a write ended. While new requests cannot be stored, only one that can says that the storage works.
func (g *Guard) wrote(err error, request bool) {
	if err != nil && g.opts.WriteFailed != nil {
		g.opts.WriteFailed()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case err != nil:
		g.refusing = g.refusing || request
	case g.refusing && !request:
		return
	default:
		g.refusing = false
	}
	g.change(err)
}

// read notes how a read ended. One that works does not say that writing works.
func (g *Guard) read(err error) {
	if err != nil && g.opts.ReadFailed != nil {
		g.opts.ReadFailed()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.reading = err != nil
	if err != nil {
		g.change(err)
	}
}

// change tells of a change, once. The lock is held.
func (g *Guard) change(err error) {
	was := g.err
	g.err = err
	switch {
	case err != nil && was == nil:
		g.probe = time.Now().Add(probeInterval)
		g.opts.Logger.Error("The queue's storage fails. New data is refused until it works again; what was accepted stays and is delivered.",
			zap.Stringer("storage", g.id), zap.Error(err))
	case err == nil && was != nil:
		g.opts.Logger.Info("The queue's storage works again.", zap.Stringer("storage", g.id))
	default:
		return
	}
	if g.opts.Changed != nil {
		g.opts.Changed(err)
	}
}

// guardedHost is a host whose storage extension is guarded.
type guardedHost struct {
	component.Host
	guard *Guard
}

// GetExtensions implements component.Host.
func (h *guardedHost) GetExtensions() map[component.ID]component.Component {
	all := h.Host.GetExtensions()
	inner, ok := all[h.guard.id].(storage.Extension)
	if !ok {
		return all // the queue says what is wrong
	}
	guarded := maps.Clone(all)
	guarded[h.guard.id] = &guardedExtension{Extension: inner, guard: h.guard}
	return guarded
}

// Report implements componentstatus.Reporter for hosts that do.
func (h *guardedHost) Report(event *componentstatus.Event) {
	componentstatus.ReportStatus(h.Host, event)
}

// guardedExtension is a storage extension that hands out guarded clients.
type guardedExtension struct {
	storage.Extension
	guard *Guard
}

// GetClient implements storage.Extension. It fails where going on would overwrite what an earlier run has stored.
func (e *guardedExtension) GetClient(ctx context.Context, kind component.Kind, owner component.ID, name string) (storage.Client, error) {
	if err := e.guard.inspect(e.Extension, storagefile.Client{Kind: kind, Owner: owner, Name: name}); err != nil {
		return nil, err
	}
	inner, err := e.Extension.GetClient(ctx, kind, owner, name)
	if err != nil {
		return nil, err
	}
	guarded, err := newClient(ctx, inner, e.guard)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("queue storage %q of %q: %w", e.guard.id, owner, err), inner.Close(ctx))
	}
	return guarded, nil
}
