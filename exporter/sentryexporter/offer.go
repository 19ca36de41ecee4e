package sentryexporter

import (
	"context"
	"errors"

	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/report"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// A request that is large beside its queue is offered in pieces: as a whole it might wait until the queue is nearly empty, or for ever.

// maxQueueShare is the part of its queue that one request may fill.
const maxQueueShare = 10

// strip takes away what the queue would store with a request: who sent it, and the headers that came with it.
func strip(ctx context.Context) context.Context { return client.NewContext(ctx, client.Info{}) }

// offerLogs gives a request to a queue of log records. Where a part of it was refused, the error carries that part; else all of it was.
func (l *lane) offerLogs(ctx context.Context, queue consumer.Logs, ld plog.Logs) error {
	if err := l.ready(); err != nil {
		return err
	}
	ctx = strip(ctx)
	pieces := l.cutLogs(ld)
	for i, piece := range pieces {
		n := piece.LogRecordCount()
		err := errTooLarge
		if l.fits(l.sizeOfLogs(piece)) {
			err = queue.ConsumeLogs(ctx, piece)
		}
		if undelivered, ok := errors.AsType[consumererror.Logs](err); ok { // there is no queue
			l.took(ctx, n-undelivered.Data().LogRecordCount())
			return err
		}
		switch {
		case err == nil:
			l.took(ctx, n)
		case l.dropsOn(err):
			l.turnAway(ctx, report.QueueOverflow, cargo{n, [2]report.Quantity{{Category: units[l.kind], N: n}}})
		default:
			return refusedLogs(err, pieces[i:], i)
		}
	}
	return nil
}

// refusedLogs carries the pieces that were refused, if others were taken before.
func refusedLogs(err error, pieces []plog.Logs, taken int) error {
	if taken == 0 {
		return err
	}
	rest := plog.NewLogs()
	for _, piece := range pieces {
		for _, rl := range piece.ResourceLogs().All() {
			rl.CopyTo(rest.ResourceLogs().AppendEmpty())
		}
	}
	return consumererror.NewLogs(err, rest)
}

// offerTraces gives a request to a queue of spans, in the way of offerLogs.
func (l *lane) offerTraces(ctx context.Context, queue consumer.Traces, td ptrace.Traces) error {
	if err := l.ready(); err != nil {
		return err
	}
	ctx = strip(ctx)
	pieces := l.cutTraces(td)
	for i, piece := range pieces {
		n := piece.SpanCount()
		err := errTooLarge
		if l.fits(l.sizeOfTraces(piece)) {
			err = queue.ConsumeTraces(ctx, piece)
		}
		if undelivered, ok := errors.AsType[consumererror.Traces](err); ok {
			l.took(ctx, n-undelivered.Data().SpanCount())
			return err
		}
		switch {
		case err == nil:
			l.took(ctx, n)
		case l.dropsOn(err):
			l.turnAway(ctx, report.QueueOverflow, cargo{n, [2]report.Quantity{
				{Category: sentry.CategoryTransaction, N: len(segmentsOf(piece))}, {Category: sentry.CategorySpan, N: n},
			}})
		default:
			return refusedTraces(err, pieces[i:], i)
		}
	}
	return nil
}

func refusedTraces(err error, pieces []ptrace.Traces, taken int) error {
	if taken == 0 {
		return err
	}
	rest := ptrace.NewTraces()
	for _, piece := range pieces {
		for _, rs := range piece.ResourceSpans().All() {
			rs.CopyTo(rest.ResourceSpans().AppendEmpty())
		}
	}
	return consumererror.NewTraces(err, rest)
}

// errTooLarge is of a piece that would not fit into its queue if that were empty.
var errTooLarge = errors.New("larger than its queue")

// dropsOn reports whether a piece that was refused with this error is dropped: by the project's choice, or because it could never fit.
func (l *lane) dropsOn(err error) bool {
	return errors.Is(err, errTooLarge) || l.project.onFull == onFullDrop && errors.Is(err, exporterhelper.ErrQueueIsFull)
}

// fits reports whether a piece could be in the lane's queue at all.
func (l *lane) fits(size int64) bool {
	queue := l.queueConfig()
	return l.pieceSize() == 0 || size <= queue.Get().QueueSize
}

// pieceSize is the largest size of a piece, in the unit of the queue's sizer; 0: requests are not cut.
func (l *lane) pieceSize() int64 {
	if !l.project.cfg.Queue.HasValue() || l.project.cfg.Queue.Get().Sizer == exporterhelper.RequestSizerTypeRequests {
		return 0
	}
	return max(1, l.project.cfg.Queue.Get().QueueSize*laneShares[l.kind]/16/maxQueueShare)
}

func (l *lane) inBytes() bool {
	return l.project.cfg.Queue.HasValue() && l.project.cfg.Queue.Get().Sizer == exporterhelper.RequestSizerTypeBytes
}
