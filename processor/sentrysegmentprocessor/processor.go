package sentrysegmentprocessor

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/xpdata/pref"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/otelcol-sentry/otelcol-sentry/processor/sentrysegmentprocessor/internal/assembly"
	"github.com/otelcol-sentry/otelcol-sentry/processor/sentrysegmentprocessor/internal/journal"
	"github.com/otelcol-sentry/otelcol-sentry/processor/sentrysegmentprocessor/internal/metadata"
)

// segmentProcessor is the component.
type segmentProcessor struct {
	cfg  *Config
	set  processor.Settings
	next consumer.Traces

	telemetry *metadata.TelemetryBuilder
	host      component.Host
	began     time.Time

	gate    sync.RWMutex // held for reading by those who accept a request
	running bool

	budget  *budget
	spans   atomic.Int64 // that are held
	shards  []*shard
	journal *journal.Journal // nil without storage
	failing atomic.Bool      // the storage does
	end     ending
}

// ending is what shards need to know of the shutdown.
type ending struct {
	begun   chan struct{}      // closed: hand on what is there
	due     context.Context    // done: no time is left. Nothing is begun before it is set.
	context context.Context    // of the requests to the next consumer
	cancel  context.CancelFunc // of context
	wait    sync.WaitGroup     // for the shards
}

func newSegmentProcessor(set processor.Settings, cfg *Config, next consumer.Traces) (*segmentProcessor, error) {
	telemetry, err := metadata.NewTelemetryBuilder(set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	return &segmentProcessor{cfg: cfg, set: set, next: next, telemetry: telemetry}, nil
}

// Capabilities implements consumer.Traces. What comes in is kept, not copied: where others want it, too, the fan-out copies it for them.
func (p *segmentProcessor) Capabilities() consumer.Capabilities {
	return consumer.Capabilities{MutatesData: true}
}

// Start implements component.Component. It reads the journal: what an earlier process left is held again before anything new comes.
func (p *segmentProcessor) Start(ctx context.Context, host component.Host) error {
	p.host, p.began = host, time.Now()
	p.budget = newBudget(p.cfg.MaxBytes, p.kick)
	p.end.begun = make(chan struct{})
	p.end.context, p.end.cancel = context.WithCancel(context.Background())
	for range p.cfg.Shards {
		p.shards = append(p.shards, newShard(p))
	}
	err := p.observe()
	if err == nil && p.cfg.Storage != nil {
		err = p.openJournal(ctx)
	}
	if err != nil {
		p.end.cancel()
		return err
	}
	for _, s := range p.shards {
		p.end.wait.Go(s.run)
		go s.handOn()
	}
	p.gate.Lock()
	defer p.gate.Unlock()
	p.running = true
	return nil
}

// observe registers what is asked for, not counted.
func (p *segmentProcessor) observe() error {
	return errors.Join(
		p.telemetry.RegisterProcessorSentrySegmentHeldBytesCallback(func(_ context.Context, o metric.Int64Observer) error {
			o.Observe(p.budget.bytes())
			return nil
		}),
		p.telemetry.RegisterProcessorSentrySegmentHeldSpansCallback(func(_ context.Context, o metric.Int64Observer) error {
			o.Observe(p.spans.Load())
			return nil
		}),
	)
}

// kick tells the shards that room is wanted.
func (p *segmentProcessor) kick() {
	for _, s := range p.shards {
		select {
		case s.kick <- struct{}{}:
		default:
		}
	}
}

// now is the time of assemblies.
func (p *segmentProcessor) now() assembly.Instant { return time.Since(p.began) }

// ConsumeTraces implements consumer.Traces. On nil the spans are held (with storage: stored) or handed on. On an error none of those that
// td still has were accepted.
func (p *segmentProcessor) ConsumeTraces(ctx context.Context, td ptrace.Traces) error {
	p.gate.RLock()
	defer p.gate.RUnlock()
	if !p.running {
		return p.refuse(ctx, refusedStopped, errStopped)
	}
	in := read(td, len(p.shards), nil)
	defer func() { in.free() }()
	switch {
	case in.spans == 0:
		return p.pass(ctx, td, passedNoIDs)
	case in.bytes > p.cfg.MaxBytes:
		return p.pass(ctx, td, passedTooLarge)
	}
	bytes := in.bytes
	if err := p.budget.acquire(ctx, bytes, p.cfg.BlockOnOverflow); err != nil {
		return p.refuse(ctx, refusedFull, err)
	}
	if in.nameless > 0 {
		if err := p.pass(ctx, nameless(td), passedNoIDs); err != nil {
			p.budget.free(bytes)
			return err
		}
		keepSpans(td, hasName)
		in.free()
		in = read(td, len(p.shards), nil)
	}
	return p.accept(ctx, td, in, bytes)
}

// accept stores a request and gives it to the shards.
func (p *segmentProcessor) accept(ctx context.Context, td ptrace.Traces, in *intake, bytes int64) error {
	var entry uint64
	if p.journal != nil {
		var err error
		if entry, err = p.journal.Accept(td, in.spans); err != nil {
			p.budget.free(bytes)
			return p.refuse(ctx, refusedStorage, fmt.Errorf("storage %q: %w", p.cfg.Storage, err))
		}
	}
	pref.RefTraces(td) // its spans outlive this call; never released, as no one knows when the last of them is gone
	p.telemetry.ProcessorSentrySegmentAcceptedSpans.Add(ctx, int64(in.spans))
	p.spans.Add(int64(in.spans))
	for i, b := range in.shards {
		if b != nil {
			b.entry = entry
			in.shards[i] = nil
			p.shards[i].inbox <- b
		}
	}
	return nil
}

// pass gives spans to the next consumer as they are.
func (p *segmentProcessor) pass(ctx context.Context, td ptrace.Traces, cause metric.MeasurementOption) error {
	spans := td.SpanCount()
	if spans == 0 {
		return nil
	}
	err := p.next.ConsumeTraces(ctx, td)
	if err == nil {
		p.telemetry.ProcessorSentrySegmentPassedSpans.Add(ctx, int64(spans), cause)
	}
	return err
}

// refuse counts a request that its sender keeps.
func (p *segmentProcessor) refuse(ctx context.Context, cause metric.MeasurementOption, err error) error {
	if errors.Is(err, errStopped) {
		cause = refusedStopped
	}
	p.telemetry.ProcessorSentrySegmentRefusedRequests.Add(ctx, 1, cause)
	return err
}

// Shutdown implements component.Component. It hands on what is held, complete or not, until shutdown_timeout or the context is over.
func (p *segmentProcessor) Shutdown(ctx context.Context) error {
	defer p.telemetry.Shutdown()
	if !p.close() {
		return nil
	}
	due, cancel := context.WithTimeout(ctx, p.cfg.ShutdownTimeout)
	defer cancel()
	p.end.due = due
	close(p.end.begun)
	p.end.wait.Wait()
	p.end.cancel()
	err := p.settle(ctx)
	if p.journal != nil {
		err = errors.Join(err, p.journal.Close(ctx))
	}
	return err
}

// close lets nothing in any more, and reports whether it was open.
func (p *segmentProcessor) close() bool {
	if p.budget != nil {
		p.budget.stop() // who waits for room holds the gate
	}
	p.gate.Lock()
	defer p.gate.Unlock()
	was := p.running
	p.running = false
	return was
}

// settle says what became of the spans for which there was no time.
func (p *segmentProcessor) settle(ctx context.Context) error {
	left := p.spans.Load()
	switch {
	case left == 0:
		return nil
	case p.journal != nil:
		p.set.Logger.Warn("Not all spans could be handed on in time. They are stored and come back with the next start.",
			zap.Int64("spans", left))
		return nil
	default:
		p.telemetry.ProcessorSentrySegmentDroppedSpans.Add(ctx, left, droppedShutdown)
		return fmt.Errorf("%d spans could not be handed on before the shutdown and are lost; a journal ('storage') would have kept them", left)
	}
}

// storageOf finds the storage extension.
func storageOf(host component.Host, id component.ID) (storage.Extension, error) {
	ext, ok := host.GetExtensions()[id]
	if !ok {
		return nil, fmt.Errorf("'storage': there is no extension %q in service::extensions", id)
	}
	store, ok := ext.(storage.Extension)
	if !ok {
		return nil, fmt.Errorf("'storage': the extension %q is no storage", id)
	}
	return store, nil
}

// reportStorage tells the host how the storage is, when that changes.
func (p *segmentProcessor) reportStorage(err error) {
	if failing := err != nil; p.failing.Swap(failing) == failing {
		return
	}
	if err == nil {
		p.set.Logger.Info("The journal's storage works again.", zap.Stringer("storage", p.cfg.Storage))
		componentstatus.ReportStatus(p.host, componentstatus.NewEvent(componentstatus.StatusOK))
		return
	}
	p.set.Logger.Error("The journal's storage fails. New spans are refused until it works again; what was accepted is handed on.",
		zap.Stringer("storage", p.cfg.Storage), zap.Error(err))
	componentstatus.ReportStatus(p.host, componentstatus.NewRecoverableErrorEvent(err))
}
