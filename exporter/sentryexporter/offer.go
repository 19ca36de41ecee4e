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
		if len(pieces) > 1 && l.taken.forget(func() partID { return idOfLogs(piece) }) {
			continue
		}
		err := l.offerPieceOfLogs(ctx, queue, piece)
		switch {
		case err == nil:
		case l.dropsOn(err):
			n := piece.LogRecordCount()
			l.turnAway(ctx, report.QueueOverflow, cargo{n, [2]report.Quantity{{Category: units[l.kind], N: n}}})
		default:
			l.rememberLogs(pieces[:i])
			return refusedLogs(err, pieces[i:], i)
		}
	}
	return nil
}

// offerPieceOfLogs gives a piece to the queue, scrubbed. What is refused comes back as it was.
func (l *lane) offerPieceOfLogs(ctx context.Context, queue consumer.Logs, piece plog.Logs) error {
	clean, counts := l.scrubLogs(piece)
	if !l.fits(l.sizeOfLogs(clean)) {
		return errTooLarge
	}
	err := queue.ConsumeLogs(ctx, clean)
	taken := piece.LogRecordCount()
	if undelivered, ok := errors.AsType[consumererror.Logs](err); ok { // there is no queue
		taken -= undelivered.Data().LogRecordCount()
		err = consumererror.NewLogs(err, asTheyCame(piece, undelivered.Data()))
	} else if err != nil {
		return err
	}
	l.took(ctx, taken)
	l.scrubbed(ctx, counts)
	return err
}

// refusedLogs carries the pieces that were refused, if others were taken before.
func refusedLogs(err error, pieces []plog.Logs, taken int) error {
	rest := plog.NewLogs()
	if undelivered, ok := errors.AsType[consumererror.Logs](err); ok {
		undelivered.Data().CopyTo(rest)
		pieces = pieces[1:]
	} else if taken == 0 {
		return err
	}
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
		if len(pieces) > 1 && l.taken.forget(func() partID { return idOfTraces(piece) }) {
			continue
		}
		err := l.offerPieceOfTraces(ctx, queue, piece)
		switch {
		case err == nil:
		case l.dropsOn(err):
			n := piece.SpanCount()
			l.turnAway(ctx, report.QueueOverflow, cargo{n, [2]report.Quantity{
				{Category: sentry.CategoryTransaction, N: len(segmentsOf(piece))}, {Category: sentry.CategorySpan, N: n},
			}})
		default:
			l.rememberTraces(pieces[:i])
			return refusedTraces(err, pieces[i:], i)
		}
	}
	return nil
}

// offerPieceOfTraces gives a piece to the queue, scrubbed. What is refused comes back as it was: where only a part of a scrubbed piece was
// delivered, all of it does, and ids tell Sentry what it has.
func (l *lane) offerPieceOfTraces(ctx context.Context, queue consumer.Traces, piece ptrace.Traces) error {
	clean, counts := l.scrubTraces(piece)
	if !l.fits(l.sizeOfTraces(clean)) {
		return errTooLarge
	}
	err := queue.ConsumeTraces(ctx, clean)
	taken := piece.SpanCount()
	if undelivered, ok := errors.AsType[consumererror.Traces](err); ok {
		taken -= undelivered.Data().SpanCount()
		if clean != piece {
			err = consumererror.NewTraces(err, piece)
		}
	} else if err != nil {
		return err
	}
	l.took(ctx, taken)
	l.scrubbed(ctx, counts)
	return err
}

func refusedTraces(err error, pieces []ptrace.Traces, taken int) error {
	rest := ptrace.NewTraces()
	if undelivered, ok := errors.AsType[consumererror.Traces](err); ok {
		undelivered.Data().CopyTo(rest)
		pieces = pieces[1:]
	} else if taken == 0 {
		return err
	}
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
