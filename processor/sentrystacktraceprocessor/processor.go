package sentrystacktraceprocessor

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/otelcol-sentry/otelcol-sentry/internal/clock"
	"github.com/otelcol-sentry/otelcol-sentry/internal/join"
	"github.com/otelcol-sentry/otelcol-sentry/internal/states"
	"github.com/otelcol-sentry/otelcol-sentry/processor/sentrystacktraceprocessor/internal/metadata"
)

type stacktraceProcessor struct {
	set    processor.Settings
	cfg    *Config
	next   consumer.Logs
	clock  clock.Clock
	limits join.Limits
	tel    *metadata.TelemetryBuilder

	client storage.Client
	store  states.Store

	mu      sync.Mutex
	streams map[uint64]*stream
	held    atomic.Int64

	hashers sync.Pool
	cancel  context.CancelFunc
	wg      sync.WaitGroup
}

// forgetAfter is how long a stream is remembered of which nothing is held.
const forgetAfter = 5 * time.Minute

func newProcessor(set processor.Settings, cfg *Config, next consumer.Logs, clk clock.Clock) (*stacktraceProcessor, error) {
	tel, err := metadata.NewTelemetryBuilder(set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	p := &stacktraceProcessor{
		set: set, cfg: cfg, next: next, clock: clk, tel: tel,
		limits:  join.Limits{Lines: cfg.MaxLines, Bytes: cfg.MaxBytes, HeldLines: 2 * cfg.MaxLines, HeldBytes: 2 * cfg.MaxBytes},
		streams: map[uint64]*stream{},
		hashers: sync.Pool{New: func() any { return newHasher() }},
	}
	err = tel.RegisterProcessorSentryStacktraceHeldRecordsCallback(func(_ context.Context, o metric.Int64Observer) error {
		o.Observe(p.held.Load())
		return nil
	})
	return p, err
}

// Capabilities: a request stays as it is, so that its sender can repeat it.
func (*stacktraceProcessor) Capabilities() consumer.Capabilities { return consumer.Capabilities{} }

// Start reads what was held and begins to let go what has waited for long enough.
func (p *stacktraceProcessor) Start(ctx context.Context, host component.Host) error {
	if err := p.open(ctx, host); err != nil {
		return err
	}
	ctx, p.cancel = context.WithCancel(context.Background())
	ticks, stop := p.clock.Ticks(max(p.cfg.FlushAfter/4, 10*time.Millisecond))
	p.wg.Go(func() {
		defer stop()
		for {
			select {
			case <-ticks:
				p.tick(ctx)
			case <-ctx.Done():
				return
			}
		}
	})
	return nil
}

// open opens the storage, if there is one.
func (p *stacktraceProcessor) open(ctx context.Context, host component.Host) error {
	if p.cfg.Storage == nil {
		return nil
	}
	ext, ok := host.GetExtensions()[*p.cfg.Storage].(storage.Extension)
	if !ok {
		return fmt.Errorf("'storage': there is no storage extension %q", p.cfg.Storage)
	}
	client, err := ext.GetClient(ctx, component.KindProcessor, p.set.ID, "logs")
	if err != nil {
		return err
	}
	p.client = client
	saved, err := p.store.Open(ctx, client)
	if err != nil {
		return err
	}
	for _, value := range saved {
		if err := p.restore(value); err != nil {
			p.tel.ProcessorSentryStacktraceStorageFailures.Add(ctx, 1, operationRestore)
			p.set.Logger.Error("what was held cannot be read: it is lost", zap.Error(err))
		}
	}
	return nil
}

// restore takes the lines of a stream that were held.
func (p *stacktraceProcessor) restore(value []byte) error {
	logs, err := (&plog.ProtoUnmarshaler{}).UnmarshalLogs(value)
	if err != nil {
		return err
	}
	now := p.clock.Now().UnixNano()
	p.each(logs, func(s *stream, text string, rec plog.LogRecord) {
		s.push(text, &held{rec: rec, owned: true}, p.cfg.MaxBytes, now)
		s.stored = true
		s.seen.Store(now)
		p.held.Add(1)
	})
	return nil
}

// each finds the stream of each record of a request; streams that are new are made.
func (p *stacktraceProcessor) each(logs plog.Logs, visit func(s *stream, text string, rec plog.LogRecord)) {
	h := p.hashers.Get().(*hasher)
	defer p.hashers.Put(h)
	for _, rl := range logs.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			origin := h.origin(rl.Resource(), sl.Scope())
			for _, rec := range sl.LogRecords().All() {
				text, _ := lineOf(rec)
				prefix, rest := join.Prefix(text)
				id := h.stream(origin, rec, p.cfg.StreamAttributes, prefix)
				visit(p.stream(id, rl, sl), rest, rec)
			}
		}
	}
}

// stream finds or makes a stream.
func (p *stacktraceProcessor) stream(id uint64, rl plog.ResourceLogs, sl plog.ScopeLogs) *stream {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := p.streams[id]; s != nil {
		return s
	}
	s := &stream{id: id, res: plog.NewResourceLogs(), origin: plog.NewScopeLogs(), lines: join.NewStream[*held](p.limits)}
	rl.Resource().CopyTo(s.res.Resource())
	s.res.SetSchemaUrl(rl.SchemaUrl())
	sl.Scope().CopyTo(s.origin.Scope())
	s.origin.SetSchemaUrl(sl.SchemaUrl())
	p.streams[id] = s
	return s
}

// arrival is one record of a request.
type arrival struct {
	s    *stream
	text string
	rec  plog.LogRecord
}

// ConsumeLogs takes a request, as a whole or not at all.
func (p *stacktraceProcessor) ConsumeLogs(ctx context.Context, logs plog.Logs) error {
	arrivals := make([]arrival, 0, logs.LogRecordCount())
	var streams []*stream
	for {
		arrivals, streams = arrivals[:0], streams[:0]
		known := map[*stream]struct{}{}
		p.each(logs, func(s *stream, text string, rec plog.LogRecord) {
			arrivals = append(arrivals, arrival{s, text, rec})
			if _, ok := known[s]; !ok {
				known[s] = struct{}{}
				streams = append(streams, s)
			}
		})
		if lockAll(streams) {
			break
		}
	}
	defer unlockAll(streams)
	before := make([][]join.Line[*held], len(streams))
	for i, s := range streams {
		before[i] = s.heldLines()
	}
	now, out, joined := p.clock.Now().UnixNano(), newOutput(), 0
	for _, a := range arrivals {
		a.s.push(a.text, &held{rec: a.rec}, p.cfg.MaxBytes, now)
		a.s.seen.Store(now)
		joined += a.s.take(out)
	}
	return p.handOn(ctx, streams, before, out, joined)
}

// handOn gives what is complete to the next consumer and keeps the rest. If it is refused, the streams are as they were before.
func (p *stacktraceProcessor) handOn(ctx context.Context, streams []*stream, before [][]join.Line[*held], out *output, joined int) error {
	var err error
	if out.lines > 0 {
		err = p.next.ConsumeLogs(ctx, out.logs)
	}
	if err == nil || consumererror.IsPermanent(err) { // refused for good: it would be again
		if keepErr := p.keep(ctx, streams); keepErr == nil {
			p.count(ctx, streams, before, joined)
			return err
		} else if err == nil {
			err = keepErr
		}
	}
	now := p.clock.Now().UnixNano()
	for i, s := range streams {
		s.restart(p.limits, before[i], now)
	}
	return err
}

// count notes how many records are held now.
func (p *stacktraceProcessor) count(ctx context.Context, streams []*stream, before [][]join.Line[*held], joined int) {
	delta := 0
	for i, s := range streams {
		delta += len(s.heldLines()) - len(before[i])
	}
	p.held.Add(int64(delta))
	if joined > 0 {
		p.tel.ProcessorSentryStacktraceJoinedRecords.Add(ctx, int64(joined))
	}
}

// keep makes what is held the processor's own and stores it.
func (p *stacktraceProcessor) keep(ctx context.Context, streams []*stream) error {
	var changes []states.Change
	for _, s := range streams {
		s.own()
		if !p.store.Enabled() {
			continue
		}
		value, err := s.state()
		if err != nil {
			return err
		}
		if value != nil || s.stored {
			changes = append(changes, states.Change{Name: strconv.FormatUint(s.id, 16), Value: value})
		}
	}
	if len(changes) == 0 {
		return nil
	}
	if err := p.store.Write(ctx, changes...); err != nil {
		p.tel.ProcessorSentryStacktraceStorageFailures.Add(ctx, 1, operationKeep)
		return fmt.Errorf("storage: %w", err)
	}
	for _, s := range streams {
		s.stored = !s.empty()
	}
	return nil
}

// lockAll locks streams in the order of their ids, so that two requests never wait for each other; false: one was forgotten meanwhile, and
// none is locked.
func lockAll(streams []*stream) bool {
	slices.SortFunc(streams, func(a, b *stream) int { return cmp.Compare(a.id, b.id) })
	for i, s := range streams {
		if s.mu.Lock(); s.gone {
			unlockAll(streams[:i+1])
			return false
		}
	}
	return true
}

func unlockAll(streams []*stream) {
	for _, s := range streams {
		s.mu.Unlock()
	}
}

// tickStreams is how many streams one request of held records takes in.
const tickStreams = 256

// tick lets go what has waited for long enough, and forgets streams that have long been quiet, or are too many. Streams that are being worked
// on are passed over.
func (p *stacktraceProcessor) tick(ctx context.Context) {
	now := p.clock.Now().UnixNano()
	streams := p.all()
	tooMany := len(streams) - p.cfg.MaxStreams
	batch := newRelease()
	for i, s := range streams { // the quietest first
		if !s.mu.TryLock() {
			continue
		}
		forget := i < tooMany || now-s.seen.Load() >= int64(forgetAfter)
		if s.gone || !batch.add(s, func() { p.expire(s, now, forget) }) {
			p.forget(s, forget)
			s.mu.Unlock()
		}
		if len(batch.streams) == tickStreams {
			p.letGo(ctx, batch)
			batch = newRelease()
		}
	}
	p.letGo(ctx, batch)
}

func (p *stacktraceProcessor) expire(s *stream, now int64, all bool) {
	if all {
		s.flush()
	} else {
		s.expire(now - int64(p.cfg.FlushAfter))
	}
}

// forget removes a stream of which nothing is held.
func (p *stacktraceProcessor) forget(s *stream, forget bool) {
	if !forget || !s.empty() || s.stored {
		return
	}
	s.gone = true
	p.mu.Lock()
	delete(p.streams, s.id)
	p.mu.Unlock()
}

// release is what is let go together.
type release struct {
	streams []*stream
	before  [][]join.Line[*held]
	out     *output
	joined  int
}

func newRelease() *release { return &release{out: newOutput()} }

// add completes records of a stream that is locked; false: none was.
func (r *release) add(s *stream, complete func()) bool {
	before, lines := s.heldLines(), r.out.lines
	complete()
	r.joined += s.take(r.out)
	if r.out.lines == lines {
		return false
	}
	r.streams, r.before = append(r.streams, s), append(r.before, before)
	return true
}

// letGo hands on a release and unlocks its streams.
func (p *stacktraceProcessor) letGo(ctx context.Context, r *release) {
	if len(r.streams) == 0 {
		return
	}
	defer unlockAll(r.streams)
	if err := p.handOn(ctx, r.streams, r.before, r.out, r.joined); err != nil && !consumererror.IsPermanent(err) {
		p.tel.ProcessorSentryStacktraceRefusedReleases.Add(ctx, 1)
		p.set.Logger.Debug("held records were refused", zap.Error(err))
	}
}

// all gives the streams, those that were quiet for longest first.
func (p *stacktraceProcessor) all() []*stream {
	p.mu.Lock()
	defer p.mu.Unlock()
	streams := slices.Collect(maps.Values(p.streams))
	slices.SortFunc(streams, func(a, b *stream) int {
		return cmp.Or(cmp.Compare(a.seen.Load(), b.seen.Load()), cmp.Compare(a.id, b.id))
	})
	return streams
}

// Shutdown lets go what is held. What the next consumer refuses stays in the storage, if there is one.
func (p *stacktraceProcessor) Shutdown(ctx context.Context) error {
	if p.cancel != nil {
		p.cancel()
		p.wg.Wait()
		p.flush(ctx)
	}
	p.tel.Shutdown()
	if p.client != nil {
		return p.client.Close(ctx)
	}
	return nil
}

func (p *stacktraceProcessor) flush(ctx context.Context) {
	r := newRelease()
	for _, s := range p.all() {
		s.mu.Lock()
		if !r.add(s, s.flush) {
			s.mu.Unlock()
		}
	}
	p.letGo(ctx, r)
	if left := p.held.Load(); left > 0 && !p.store.Enabled() {
		p.tel.ProcessorSentryStacktraceLostRecords.Add(ctx, left)
		p.set.Logger.Error("records that were held are lost: the next consumer refuses them, and there is no storage", zap.Int64("records", left))
	}
}

var (
	operationKeep    = metric.WithAttributeSet(attribute.NewSet(attribute.String("operation", "keep")))
	operationRestore = metric.WithAttributeSet(attribute.NewSet(attribute.String("operation", "restore")))
)
