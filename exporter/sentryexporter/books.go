package sentryexporter

import (
	"context"
	"fmt"
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/report"
	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/translate"
	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/transport"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// What became of every item is counted here, and said once.

// delivered books an envelope that the server took.
func (l *lane) delivered(ctx context.Context, p parcel) {
	l.accepted.Add(1)
	if l.guard == nil {
		l.life.prolong()
	}
	l.limited.clear()
	l.poison.clears(p)
	l.count(ctx, l.project.telemetry.ExporterSentryDeliveredItems, p.cargo)
	l.settled(p.cargo)
	l.countRepairs(ctx, p.repairs, p.truncated)
	l.project.status.report(l.project.name, nil)
}

// repeated books an envelope whose id was delivered already: it is not sent again.
func (l *lane) repeated(ctx context.Context, p parcel) {
	l.count(ctx, l.project.telemetry.ExporterSentryRepeatedItems, p.cargo)
	l.settled(p.cargo)
}

// refused books an envelope that the server will never take.
func (l *lane) refused(ctx context.Context, p parcel, result transport.Result) {
	l.poison.clears(p)
	l.count(ctx, l.project.telemetry.ExporterSentryRefusedItems, p.cargo, statusAttr(result.Status))
	l.settled(p.cargo)
	l.project.ledger.Add(report.SendError, p.quantities[:]...)
	if l.said.first("refused " + http.StatusText(result.Status)) {
		l.project.set.Logger.Error("Sentry refuses items for good; they are dropped and counted (otelcol_exporter_sentry_refused_items). "+
			"Further ones with the same cause are not logged.", l.fields(zap.String("reason", result.Reason))...)
	}
	if result.Status == http.StatusUnauthorized || result.Status == http.StatusForbidden {
		l.project.status.report(l.project.name, fmt.Errorf("project %q: Sentry refuses the DSN: %s", l.project.name, result.Reason))
	}
}

// discardMessages say in the log what the exporter drops, and what to do.
var discardMessages = map[report.Reason]string{
	report.Invalid:          "Items cannot be made into anything that Sentry takes.",
	report.RatelimitBackoff: "Sentry limits these items for longer than 'rate_limit::max_wait'. Raise the quota in Sentry, or send less.",
	report.QueueOverflow:    "The lane is full and 'on_full' is drop.",
	report.NetworkError:     "Sentry did not answer, and 'retry_on_failure' or the end of the process ends the tries.",
	report.SendError:        "An item failed again and again while others went through; the server cannot take it.",
}

// discard books items of the lane that the exporter itself drops.
func (l *lane) discard(ctx context.Context, reason report.Reason, what cargo) {
	l.settled(what)
	l.turnAway(ctx, reason, what)
}

// turnAway books items that the exporter drops before its lane took them.
func (l *lane) turnAway(ctx context.Context, reason report.Reason, what cargo) {
	l.count(ctx, l.project.telemetry.ExporterSentryDiscardedItems, what, attribute.String("discard_reason", string(reason)))
	l.project.ledger.Add(reason, what.quantities[:]...)
	if l.said.first("discarded " + string(reason)) {
		l.project.set.Logger.Error(discardMessages[reason]+" They are dropped and counted (otelcol_exporter_sentry_discarded_items). "+
			"Further ones with the same cause are not logged.", l.fields(zap.String("discard_reason", string(reason)))...)
	}
}

// logPoison names the item that was given up.
func (l *lane) logPoison(id sentry.EventID, reason string) {
	if l.said.first("poison " + id.String()) {
		l.project.set.Logger.Error("Given up", l.fields(zap.Stringer("event_id", id), zap.String("reason", reason))...)
	}
}

func (l *lane) fields(more ...zap.Field) []zap.Field {
	return append([]zap.Field{
		zap.String("project", l.project.name), zap.String("lane", string(l.kind)), zap.String("host", l.project.dsn.Host()),
	}, more...)
}

// count books items by category: what the lane counts as it came in, the rest as Sentry counts it.
func (l *lane) count(ctx context.Context, counter metric.Int64Counter, what cargo, attrs ...attribute.KeyValue) {
	for _, q := range what.quantities {
		if q.Category == units[l.kind] {
			q.N = what.units
		}
		if q.N > 0 {
			set := append([]attribute.KeyValue{attribute.String("project", l.project.name), attribute.String("data_category", string(q.Category))}, attrs...)
			counter.Add(ctx, int64(q.N), metric.WithAttributes(set...))
		}
	}
}

// countRepairs books what had to be mended in an item that was delivered.
func (l *lane) countRepairs(ctx context.Context, r translate.Repairs, truncated bool) {
	cut := 0
	if truncated {
		cut = 1
	}
	for _, c := range [...]struct {
		name string
		n    int
	}{
		{"start_time", r.StartTime},
		{"end_time", r.EndTime},
		{"span_id", r.SpanID},
		{"trace_id", r.TraceID},
		{"parent_span_id", r.ParentSpanID},
		{"links", r.Links},
		{"age", r.Age},
		{"split", r.Parts},
		{"truncated", cut},
	} {
		if c.n > 0 {
			l.project.telemetry.ExporterSentryRepairedItems.Add(ctx, int64(c.n), metric.WithAttributes(attribute.String("repair", c.name)))
		}
	}
}

func statusAttr(status int) attribute.KeyValue {
	return attribute.Int("http.response.status_code", status)
}

// measure books what a request cost.
func (p *project) measure(ctx context.Context, result transport.Result) {
	name := attribute.String("project", p.name)
	p.telemetry.ExporterSentryEnvelopeBytes.Add(ctx, int64(result.RawBytes), metric.WithAttributes(name))
	p.telemetry.ExporterSentryWireBytes.Add(ctx, int64(result.WireBytes), metric.WithAttributes(name))
	p.telemetry.ExporterSentryRequestDuration.Record(ctx, result.Duration.Seconds(), metric.WithAttributes(name, statusAttr(result.Status)))
}

// storageFailed books a read or a write that the queue's storage refused.
func (l *lane) storageFailed(operation string) {
	l.project.telemetry.ExporterSentryStorageFailures.Add(context.Background(), 1, l.unit(),
		metric.WithAttributes(attribute.String("operation", operation)))
}
