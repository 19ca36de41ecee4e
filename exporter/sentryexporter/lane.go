package sentryexporter

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/durable"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// laneKind is what a lane carries.
type laneKind string

const (
	kindEvents laneKind = "events"
	kindSpans  laneKind = "spans"
	kindLogs   laneKind = "logs"
)

// laneShares divides queue_size among the lanes of a project, in sixteenths. A lane that is switched off leaves its share unused, so that
// switching it on takes nothing away from events; the sixteenth that is missing is kept for metrics.
var laneShares = map[laneKind]int64{kindEvents: 4, kindSpans: 8, kindLogs: 3}

// minLaneSize is the least queue_size of which every lane gets at least one.
const minLaneSize = 16

// lane is one project and one kind: a queue and retries of its own (exporterhelper), so that a slow project or a limited category
// stops only itself.
type lane struct {
	project    *project
	kind       laneKind
	categories []sentry.Category // those that a rate limit must leave open
	slots      chan struct{}     // bounds the requests in flight
	said       once              // causes that were logged
	limited    limitedSince
	poison     poison
	sent       sentIDs
	taken      takenParts    // pieces of requests
	accepted   atomic.Uint64 // envelopes delivered
	queued     queued
	life       life
	guard      *durable.Guard // of the queue's storage; nil: the queue is in memory
}

func newLane(p *project, kind laneKind, categories ...sentry.Category) *lane {
	l := &lane{
		project:    p,
		kind:       kind,
		categories: categories,
		slots:      make(chan struct{}, p.cfg.parallel()),
		life:       newLife(stopInMemory),
	}
	if p.cfg.Queue.HasValue() && p.cfg.Queue.Get().StorageID != nil {
		l.life.patience = stopStored
		l.guard = durable.New(*p.cfg.Queue.Get().StorageID, durable.Options{
			Logger:      p.set.Logger.With(l.fields()...),
			ReadFailed:  func() { l.storageFailed("read") },
			WriteFailed: func() { l.storageFailed("write") },
			Restored:    l.restored,
			Note:        l.sent.note,
			Recall:      l.sent.recall,
			PutAside:    func(string) { p.telemetry.ExporterSentryDamagedQueues.Add(context.Background(), 1) },
			Changed: func(err error) {
				if err != nil {
					err = fmt.Errorf("queue of project %q: %w", p.name, err)
				}
				p.status.report(p.name+"#"+string(kind), err)
			},
		})
	}
	return l
}

// ready tells why nothing should be offered now: the queue's storage fails.
func (l *lane) ready() error {
	if l.guard == nil {
		return nil
	}
	return l.guard.Ready()
}

// startQueue starts the lane's queue; where it is durable, over a guarded storage.
func (l *lane) startQueue(ctx context.Context, host component.Host, queue component.Component) error {
	if l.guard != nil {
		host = l.guard.Host(host)
	}
	return queue.Start(ctx, host)
}

func (l *lane) stopQueue(ctx context.Context, queue component.Component) error {
	if l.guard != nil {
		l.guard.Stop()
	}
	err := l.life.stop(func() error { return queue.Shutdown(ctx) })
	l.abandon(ctx)
	return err
}

// parallel is how many requests a lane may have in flight.
func (cfg *Config) parallel() int {
	if cfg.Queue.HasValue() {
		return cfg.Queue.Get().NumConsumers
	}
	return exporterhelper.NewDefaultQueueConfig().NumConsumers
}

// settings of the lane's inner exporter. Its id is its storage key and its metric attribute:
// "sentry/<outer name>#<project>#<kind>".
//
// exporterhelper logs every try that fails and every request that it refuses, the latter with a stack trace: while Sentry is away that is
// thousands of lines that all say what the lane says once. Each message is let through once a minute.
func (l *lane) settings() exporter.Settings {
	set := l.project.set
	set.Logger = set.Logger.WithOptions(zap.AddStacktrace(zap.FatalLevel), zap.WrapCore(func(core zapcore.Core) zapcore.Core {
		return zapcore.NewSamplerWithOptions(core, time.Minute, 1, 0)
	}))
	set.ID = component.NewIDWithName(set.ID.Type(), fmt.Sprintf("%s#%s#%s", set.ID.Name(), l.project.name, l.kind))
	return set
}

// options of the lane's inner exporter. There is no timeout around a push: each request has its own.
func (l *lane) options() []exporterhelper.Option {
	return []exporterhelper.Option{
		exporterhelper.WithTimeout(exporterhelper.TimeoutConfig{Timeout: 0}),
		exporterhelper.WithRetry(l.retryConfig()),
		exporterhelper.WithQueue(l.queueConfig()),
	}
}

func (l *lane) queueConfig() configoptional.Optional[exporterhelper.QueueBatchConfig] {
	if !l.project.cfg.Queue.HasValue() {
		return configoptional.None[exporterhelper.QueueBatchConfig]()
	}
	queue := *l.project.cfg.Queue.Get()
	queue.QueueSize = max(1, queue.QueueSize*laneShares[l.kind]/16)
	if queue.Batch.HasValue() {
		batch := *queue.Batch.Get()
		if batch.Sizer == queue.Sizer {
			batch.MinSize = min(batch.MinSize, queue.QueueSize)
		}
		queue.Batch = configoptional.Some(batch)
	}
	return configoptional.Some(queue)
}

// batches tells whether the lane's queue merges requests: it then changes what it is given.
func (l *lane) batches() bool {
	return l.project.cfg.Queue.HasValue() && l.project.cfg.Queue.Get().Batch.HasValue()
}

// once remembers which causes were logged.
type once struct {
	mu   sync.Mutex
	seen map[string]bool
}

// maxCauses bounds the causes that are told apart; a server that writes something else into each answer must not fill the log.
const maxCauses = 40

// first reports whether this cause was never seen before.
func (o *once) first(cause string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.seen[cause] || len(o.seen) >= maxCauses {
		return false
	}
	if o.seen == nil {
		o.seen = make(map[string]bool)
	}
	o.seen[cause] = true
	return true
}
