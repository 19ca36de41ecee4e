package sentrysegmentprocessor

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/zap"

	"github.com/otelcol-sentry/otelcol-sentry/internal/storagefile"
	"github.com/otelcol-sentry/otelcol-sentry/processor/sentrysegmentprocessor/internal/assembly"
	"github.com/otelcol-sentry/otelcol-sentry/processor/sentrysegmentprocessor/internal/journal"
)

// storageName is the name of the journal's client, beside the component's id.
const storageName = "segments"

// openJournal opens the journal and holds again what is in it.
func (p *segmentProcessor) openJournal(ctx context.Context) error {
	ext, err := storageOf(p.host, *p.cfg.Storage)
	if err != nil {
		return err
	}
	if err := p.inspect(ext); err != nil {
		return err
	}
	client, err := ext.GetClient(ctx, component.KindProcessor, p.set.ID, storageName)
	if err != nil {
		return fmt.Errorf("storage %q: %w (a processor with a journal can be in one pipeline only; another needs another name, such as %s/2)",
			p.cfg.Storage, err, p.set.ID.Type())
	}
	p.journal, err = journal.Open(ctx, client, journal.Options{Failed: p.journalFailed, Worked: p.journalWorked, Damaged: p.journalDamaged})
	if err == nil {
		err = p.restore(ctx)
	}
	if err != nil {
		p.journal = nil
		return errors.Join(fmt.Errorf("storage %q: %w", p.cfg.Storage, err), client.Close(ctx))
	}
	p.journal.Run()
	return nil
}

// inspect looks at the file that the storage is about to open.
func (p *segmentProcessor) inspect(ext storage.Extension) error {
	aside, err := storagefile.Inspect(ext, *p.cfg.Storage, storagefile.Client{Kind: component.KindProcessor, Owner: p.set.ID, Name: storageName})
	if aside != nil {
		p.set.Logger.Error("The journal's file is damaged. It was put aside, and what it holds is not handed on; the journal starts empty.",
			zap.Stringer("storage", p.cfg.Storage), zap.String("file", aside.File), zap.Error(aside.Damage))
	}
	return err
}

func (p *segmentProcessor) journalFailed(op journal.Operation, err error) {
	p.telemetry.ProcessorSentrySegmentJournalFailures.Add(context.Background(), 1, operations[op])
	p.reportStorage(err)
}

func (p *segmentProcessor) journalWorked() { p.reportStorage(nil) }

func (p *segmentProcessor) journalDamaged(key string) {
	p.telemetry.ProcessorSentrySegmentDamagedEntries.Add(context.Background(), 1)
	p.set.Logger.Error("A value in the journal is damaged and left out.", zap.Stringer("storage", p.cfg.Storage), zap.String("key", key))
}

// restored is an offer of an earlier process, as far as its spans have been found.
type restored struct {
	offer journal.Offer
	spans []assembly.Arrival
}

// offered says where a span of the journal was in an offer.
type offered struct {
	by   *restored
	late bool
}

type journalPlace struct {
	entry uint64
	index uint32
}

// restore reads the journal into the shards. No goroutine of theirs runs yet.
func (p *segmentProcessor) restore(ctx context.Context) error {
	offers, err := p.journal.Offers(ctx)
	if err != nil {
		return err
	}
	again := make([]*restored, len(offers))
	of := make(map[journalPlace]offered)
	for i, offer := range offers {
		again[i] = &restored{offer: offer}
		for _, at := range offer.Places {
			of[journalPlace{at.Entry, at.Index}] = offered{again[i], at.Late}
		}
	}
	err = p.journal.Restore(ctx, func(entry uint64, td ptrace.Traces, out journal.Bits) { p.restoreRequest(entry, td, out, of) })
	if err != nil {
		return err
	}
	for i, r := range again {
		if len(r.spans) > 0 {
			s := p.shards[i%len(p.shards)]
			s.offerAgain(r)
		} else {
			p.journal.Forget(r.offer.Number)
		}
	}
	return nil
}

// restoreRequest holds the spans of a stored request again that were not handed on, or puts them to the offer that they were in.
func (p *segmentProcessor) restoreRequest(entry uint64, td ptrace.Traces, out journal.Bits, of map[journalPlace]offered) {
	in := read(td, len(p.shards), out)
	defer in.free()
	p.budget.force(in.bytes)
	p.spans.Add(int64(in.spans))
	p.telemetry.ProcessorSentrySegmentReplayedSpans.Add(context.Background(), int64(in.spans))
	for i, b := range in.shards {
		if b == nil {
			continue
		}
		b.entry, b.replayed = entry, true
		p.shards[i].restore(b, of)
	}
}
