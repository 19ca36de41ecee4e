package sentryexporter

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/collector/pdata/xpdata/request"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/report"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// Every item that a lane took is accounted for:
//
//	restored + offered = delivered + refused by the server + discarded + repeated + queued
//
// in items of the lane's unit: events, spans, log items. Each term is a metric, so that the sum can be checked from outside.

// cargo is what an envelope, or what was meant for one, holds: as the lane counts it, and as Sentry does.
type cargo struct {
	units      int
	quantities [2]report.Quantity
}

var oneEvent = cargo{1, [2]report.Quantity{{Category: sentry.CategoryError, N: 1}}}

// units are what lanes count.
var units = map[laneKind]sentry.Category{kindEvents: sentry.CategoryError, kindSpans: sentry.CategorySpan, kindLogs: sentry.CategoryLogItem}

// took books n units that the lane accepted.
func (l *lane) took(ctx context.Context, n int) {
	l.project.telemetry.ExporterSentryOfferedItems.Add(ctx, int64(n), l.unit())
	l.queued.arrive(n, l.project.now())
}

// restored books a request that an earlier run has stored.
func (l *lane) restored(stored []byte) {
	n := 0
	if l.kind == kindSpans {
		if _, td, err := request.UnmarshalTraces(stored); err == nil {
			n = td.SpanCount()
		}
	} else if _, ld, err := request.UnmarshalLogs(stored); err == nil {
		n = ld.LogRecordCount()
	}
	l.project.telemetry.ExporterSentryRestoredItems.Add(context.Background(), int64(n), l.unit())
	l.queued.arrive(n, l.project.now())
}

// settled books what needs no further try.
func (l *lane) settled(what cargo) { l.queued.leave(what.units) }

// abandon books what a lane without storage still held when it stopped: the process takes it along.
func (l *lane) abandon(ctx context.Context) {
	n, _ := l.queued.state()
	if l.guard != nil || n == 0 {
		return
	}
	l.discard(ctx, report.NetworkError, cargo{n, [2]report.Quantity{{Category: units[l.kind], N: n}}})
	l.project.set.Logger.Error("Stopped with items that were not delivered; they are lost. 'sending_queue::storage' would keep them.",
		l.fields(zap.Int("items", n))...)
}

func (l *lane) unit() metric.MeasurementOption {
	return metric.WithAttributes(attribute.String("project", l.project.name), attribute.String("data_category", string(units[l.kind])))
}

// queued is what a lane holds, in units, and since when. Items are taken to leave in the order in which they came, which is nearly so.
type queued struct {
	mu         sync.Mutex
	came, left int64
	marks      []mark // oldest first
}

// mark says that the units up to a number came from this moment on.
type mark struct {
	at   time.Time
	upTo int64
}

// markEvery and maxMarks bound the marks: one a second, and when there are too many, every second one goes.
const (
	markEvery = time.Second
	maxMarks  = 512
)

func (q *queued) arrive(n int, now time.Time) {
	if n == 0 {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.came += int64(n)
	q.prune()
	if last := len(q.marks) - 1; last >= 0 && (now.Sub(q.marks[last].at) < markEvery) {
		q.marks[last].upTo = q.came
		return
	}
	if len(q.marks) == maxMarks {
		for i := range maxMarks / 2 {
			q.marks[i] = mark{q.marks[2*i].at, q.marks[2*i+1].upTo}
		}
		q.marks = q.marks[:maxMarks/2]
	}
	q.marks = append(q.marks, mark{now, q.came})
}

func (q *queued) leave(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.left += int64(n)
	q.prune()
}

// prune forgets the marks of units that have left.
func (q *queued) prune() {
	gone := 0
	for gone < len(q.marks) && q.marks[gone].upTo <= q.left {
		gone++
	}
	if gone > 0 {
		q.marks = append(q.marks[:0], q.marks[gone:]...)
	}
}

// state is how many units wait, and since when the oldest does. What is delivered before its acceptance is booked counts as nothing.
func (q *queued) state() (n int, since time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.came <= q.left {
		return 0, time.Time{}
	}
	if len(q.marks) > 0 {
		since = q.marks[0].at
	}
	return int(q.came - q.left), since
}

// observe registers what is asked for when metrics are read. The registrations end with the telemetry's shutdown.
func (o *owner) observe() error {
	if err := o.telemetry.RegisterExporterSentryQueuedItemsCallback(func(_ context.Context, out metric.Int64Observer) error {
		o.eachLane(func(l *lane) {
			n, _ := l.queued.state()
			out.Observe(int64(n), l.unit())
		})
		return nil
	}); err != nil {
		return err
	}
	if err := o.telemetry.RegisterExporterSentryQueueAgeCallback(func(_ context.Context, out metric.Float64Observer) error {
		o.eachLane(func(l *lane) {
			age := 0.0
			if n, since := l.queued.state(); n > 0 {
				age = o.now().Sub(since).Seconds()
			}
			out.Observe(age, l.unit())
		})
		return nil
	}); err != nil {
		return err
	}
	return o.telemetry.RegisterExporterSentryRateLimitRemainingCallback(func(_ context.Context, out metric.Float64Observer) error {
		o.eachLane(func(l *lane) {
			out.Observe(l.project.client.Limited(l.categories...).Seconds(), l.unit())
		})
		return nil
	})
}

func (o *owner) eachLane(visit func(*lane)) {
	for _, p := range o.projects {
		for _, l := range p.lanes() {
			visit(l.lane)
		}
	}
}
