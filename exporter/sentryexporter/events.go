package sentryexporter

import (
	"context"

	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/report"
	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/translate"
	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/triage"
	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
	"github.com/otelcol-sentry/otelcol-sentry/internal/stacktrace"
)

// eventsLane carries records with verdicts to Sentry's issues.
type eventsLane struct {
	*lane
	queue exporter.Logs
	how   translate.EventOptions
}

func newEventsLane(p *project) (*eventsLane, error) {
	l := &eventsLane{lane: newLane(p, kindEvents, sentry.CategoryError)}
	fingerprints, err := translate.CompileFingerprints(p.cfg.Events.Fingerprints)
	if err != nil {
		return nil, err // Validate has said so before
	}
	l.how = translate.EventOptions{Personal: p.cfg.SendDefaultPII, Fingerprints: fingerprints.For(p.name)}
	l.queue, err = exporterhelper.NewLogs(context.Background(), l.settings(), p.cfg, l.push, l.options()...)
	return l, err
}

// smallEvent is the size at which an event is tried again that the server found too large (product docs: 200 KB compressed).
const smallEvent = 200 << 10

// push sends one event per record. What could not be delivered comes back in the error, to be tried again.
func (l *eventsLane) push(ctx context.Context, ld plog.Logs) error {
	d := l.newDelivery(ctx)
	first := l.firstTryOfLogs(ld)
	total := l.each(ld, func(position int, rec plog.LogRecord, from translate.Origin, prepared *envelope.Prepared) {
		switch d.gate(position) {
		case gateOpen:
			l.sendEvent(d, rec, from, prepared, position, envelope.MaxEventBytes)
		case gateDrop:
			l.discard(ctx, report.RatelimitBackoff, oneEvent)
		case gateLater:
		}
	})
	if again := d.smaller(); len(again) > 0 {
		l.each(ld, func(position int, rec plog.LogRecord, from translate.Origin, prepared *envelope.Prepared) {
			if again[position] {
				l.sendEvent(d, rec, from, prepared, position, smallEvent)
			}
		})
	}
	left, err := d.finish(total)
	if err == nil {
		return nil
	}
	if l.givesUp(first) {
		l.discard(ctx, report.NetworkError, cargo{len(left), [2]report.Quantity{{Category: sentry.CategoryError, N: len(left)}}})
		return nil
	}
	rest := keepLogs(ld, left)
	l.markLogs(rest, first)
	return consumererror.NewLogs(err, rest)
}

// each visits the records of a request with what their resource and scope say, and gives their number.
func (l *eventsLane) each(ld plog.Logs, visit func(position int, rec plog.LogRecord, from translate.Origin, prepared *envelope.Prepared)) int {
	position := 0
	for _, rl := range ld.ResourceLogs().All() {
		resource := translate.Resource(rl.Resource(), l.project.defaults)
		prepared := envelope.Prepare(resource, l.project.sdk)
		from := translate.Origin{
			Language: stacktrace.FromSDK(resource.Platform), Resource: resource, Attributes: rl.Resource().Attributes(), Options: l.how,
		}
		for _, sl := range rl.ScopeLogs().All() {
			from.Scope = sl.Scope().Name()
			if l.project.logs != nil {
				from.TraceID = func(rec plog.LogRecord) sentry.TraceID { return translate.MadeTraceID(rl.Resource(), sl.Scope(), rec) }
			}
			for _, rec := range sl.LogRecords().All() {
				visit(position, rec, from, prepared)
				position++
			}
		}
	}
	return position
}

func (l *eventsLane) sendEvent(d *delivery, rec plog.LogRecord, from translate.Origin, prepared *envelope.Prepared, position, limit int) {
	verdict := triage.ReadVerdict(rec)
	event := translate.Event(rec, translate.Occurrence{
		EventID:     verdict.EventID,
		Time:        verdict.Time,
		FromSpan:    verdict.Source == triage.SourceSpanEvent,
		Transaction: verdict.Transaction,
		HeldBack:    verdict.HeldBack,
		Breadcrumbs: triage.ReadBreadcrumbs(rec),
	}, from)
	payload := payloads.Get().(*[]byte)
	encoded, fit := envelope.FitEventWithin((*payload)[:0], event, prepared, limit)
	*payload = encoded
	if !fit.OK {
		freePayload(payload)
		l.discard(d.ctx, report.Invalid, oneEvent)
		return
	}
	d.send(parcel{
		positions: []int{position}, id: event.ID, dsc: l.samplingOf(event), item: envelope.Item{Type: envelope.TypeEvent, Payload: encoded}, payload: payload, cargo: oneEvent,
		truncated: fit.Cut != 0, last: limit == smallEvent,
	})
}

// samplingOf is the sampling context of an event's trace; nil: it is of none.
func (l *eventsLane) samplingOf(event *sentry.Event) []sentry.Tag {
	if event.Trace == nil || event.Trace.TraceID.IsZero() {
		return nil
	}
	return l.project.sampling.OfTrace(event.Trace.TraceID)
}

// keepLogs copies the records at the given positions (sorted), each under its resource and scope.
func keepLogs(ld plog.Logs, positions []int) plog.Logs {
	rest := plog.NewLogs()
	ld.CopyTo(rest)
	position := -1
	rest.ResourceLogs().RemoveIf(func(rl plog.ResourceLogs) bool {
		rl.ScopeLogs().RemoveIf(func(sl plog.ScopeLogs) bool {
			sl.LogRecords().RemoveIf(func(plog.LogRecord) bool {
				position++
				if len(positions) > 0 && positions[0] == position {
					positions = positions[1:]
					return false
				}
				return true
			})
			return sl.LogRecords().Len() == 0
		})
		return rl.ScopeLogs().Len() == 0
	})
	return rest
}
