package sentryexporter

import (
	"context"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/otelcol-sentry/otelcol-sentry/internal/scrub"
)

// Secrets and personal data are taken out before the queue: what is stored and what is sent do not hold them. A request comes back to its
// sender as it was, so that a repeat is decided about as the first time: only copies are scrubbed.

// positionKey is an attribute of the records of a scrubbed copy: which record of the request it was.
const positionKey = "sentry.internal.position"

// scrubLogs takes out of a request what must not leave; the request itself stays as it is.
func (l *lane) scrubLogs(ld plog.Logs) (plog.Logs, scrub.Counts) {
	var counts scrub.Counts
	if !l.project.scrubber.NeedsLogs(ld) {
		return ld, counts
	}
	own := copyOf(ld)
	l.project.scrubber.Logs(own, &counts)
	if !l.project.cfg.Queue.HasValue() { // a part of it may come back
		eachRecord(own, func(position int, rec plog.LogRecord) { rec.Attributes().PutInt(positionKey, int64(position)) })
	}
	return own, counts
}

// asTheyCame gives the records of a request that were not delivered as they were before they were scrubbed.
func asTheyCame(ld, undelivered plog.Logs) plog.Logs {
	var positions []int
	eachRecord(undelivered, func(_ int, rec plog.LogRecord) {
		if position, ok := rec.Attributes().Get(positionKey); ok {
			positions = append(positions, int(position.Int()))
		}
	})
	if len(positions) == 0 {
		return undelivered // it was not scrubbed
	}
	return keepLogs(ld, positions)
}

func eachRecord(ld plog.Logs, visit func(position int, rec plog.LogRecord)) {
	position := 0
	for _, rl := range ld.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			for _, rec := range sl.LogRecords().All() {
				visit(position, rec)
				position++
			}
		}
	}
}

// scrubTraces takes out of a request what must not leave; the request itself stays as it is.
func (l *lane) scrubTraces(td ptrace.Traces) (ptrace.Traces, scrub.Counts) {
	var counts scrub.Counts
	if !l.project.scrubber.NeedsTraces(td) {
		return td, counts
	}
	own := ptrace.NewTraces()
	td.CopyTo(own)
	l.project.scrubber.Traces(own, &counts)
	return own, counts
}

// scrubbed books what was taken out of a request that the lane took.
func (l *lane) scrubbed(ctx context.Context, counts scrub.Counts) {
	counts.Each(func(rule scrub.Rule, n int) {
		l.project.telemetry.ExporterSentryScrubbedValues.Add(ctx, int64(n), metric.WithAttributes(
			attribute.String("project", l.project.name), attribute.String("rule", rule.String())))
	})
}
