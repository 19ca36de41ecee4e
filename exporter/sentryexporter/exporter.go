package sentryexporter

import (
	"context"
	"errors"
	"sync/atomic"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/report"
	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/triage"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// signal is what the exporters of all signals have in common: a share in the owner.
type signal struct {
	owner   *owner
	started atomic.Bool
}

// Start implements component.Component.
func (s *signal) Start(ctx context.Context, host component.Host) error {
	if err := s.owner.start(ctx, host); err != nil {
		return err
	}
	s.started.Store(true)
	return nil
}

// Shutdown implements component.Component. The lanes hand over what they hold.
func (s *signal) Shutdown(ctx context.Context) error {
	return s.owner.shutdown(ctx, s.started.Swap(false))
}

// Capabilities: what comes in is copied before anything is changed.
func (s *signal) Capabilities() consumer.Capabilities {
	return consumer.Capabilities{MutatesData: false}
}

// logsExporter takes log records.
type logsExporter struct{ signal }

// ConsumeLogs decides about the records and offers those that become events, project by project. A refusal carries exactly the records
// that were refused; the caller's object is never changed.
func (e *logsExporter) ConsumeLogs(ctx context.Context, ld plog.Logs) error {
	if !e.started.Load() {
		return errNotStarted
	}
	o := e.owner
	var refused error
	var taken []share
	rest := plog.NewLogs()
	shares := o.router.shares(ld.ResourceLogs().Len(), func(i int) pcommon.Resource { return ld.ResourceLogs().At(i).Resource() })
	for _, share := range shares {
		if len(shares) == 1 || !o.taken.forget(func() partID { return idOfLogs(share.logs(ld)) }) {
			if back, err := o.consumeLogs(ctx, ld, share); err != nil {
				refused = errors.Join(refused, err)
				back.ResourceLogs().MoveAndAppendTo(rest.ResourceLogs())
				continue
			}
		}
		taken = append(taken, share)
	}
	if refused != nil {
		for _, share := range taken {
			o.taken.remember(idOfLogs(share.logs(ld)))
		}
		return consumererror.NewLogs(refused, rest)
	}
	return nil
}

// consumeLogs offers a project's share, events first: their ids make a repeat harmless. With an error it gives back what was refused.
func (o *owner) consumeLogs(ctx context.Context, ld plog.Logs, share share) (plog.Logs, error) {
	p := share.project
	if p == nil {
		o.noProject(ctx, share, func(i int) int { return recordCount(ld.ResourceLogs().At(i)) })
		return plog.Logs{}, nil
	}
	batch := p.triage.Logs(ld, share.resources)
	defer batch.Rollback()
	err := o.offerEvents(ctx, p, batch)
	if p.logs == nil {
		rest := plog.Logs{}
		if err != nil {
			o.bookAnswers(ctx, p, batch) // only the events come again
			rest = batch.Refused()
		}
		batch.Remember()
		return rest, err
	}
	part := share.logs(ld)
	if err != nil {
		return copyOf(part), err // nothing of it was offered to the logs lane
	}
	err = p.logs.offer(ctx, part)
	if undelivered, ok := errors.AsType[consumererror.Logs](err); ok {
		return undelivered.Data(), err
	}
	if err != nil {
		return copyOf(part), err
	}
	batch.Remember()
	return plog.Logs{}, nil
}

func copyOf(ld plog.Logs) plog.Logs {
	own := plog.NewLogs()
	ld.CopyTo(own)
	return own
}

// logs is the share's part of a request: the request itself where it is all of it, else a copy.
func (s share) logs(ld plog.Logs) plog.Logs {
	if s.resources == nil {
		return ld
	}
	part := plog.NewLogs()
	for _, i := range s.resources {
		ld.ResourceLogs().At(i).CopyTo(part.ResourceLogs().AppendEmpty())
	}
	return part
}

func recordCount(rl plog.ResourceLogs) int {
	n := 0
	for _, sl := range rl.ScopeLogs().All() {
		n += sl.LogRecords().Len()
	}
	return n
}

// tracesExporter takes spans.
type tracesExporter struct{ signal }

// ConsumeTraces offers the exceptions on the spans first: their ids make a repeat harmless. Where the spans are refused after that, they
// come back, and their exceptions are known by then. Spans of requests to Sentry itself are left out. The caller's object is never changed.
func (e *tracesExporter) ConsumeTraces(ctx context.Context, td ptrace.Traces) error {
	if !e.started.Load() {
		return errNotStarted
	}
	o := e.owner
	given := td
	td, own := o.own.Without(given)
	if td.SpanCount() == 0 {
		o.telemetry.ExporterSentryOwnSpans.Add(ctx, int64(own))
		return nil
	}
	var refused error
	var taken []share
	rest := ptrace.NewTraces()
	shares := o.router.shares(td.ResourceSpans().Len(), func(i int) pcommon.Resource { return td.ResourceSpans().At(i).Resource() })
	for _, share := range shares {
		if len(shares) == 1 || !o.taken.forget(func() partID { return idOfTraces(share.traces(td)) }) {
			if back, err := o.consumeTraces(ctx, td, share); err != nil {
				if share.resources == nil && td == given {
					return err // the caller's object is the whole rest
				}
				refused = errors.Join(refused, err)
				for _, rs := range back.ResourceSpans().All() {
					rs.CopyTo(rest.ResourceSpans().AppendEmpty())
				}
				continue
			}
		}
		taken = append(taken, share)
	}
	o.telemetry.ExporterSentryOwnSpans.Add(ctx, int64(own))
	if refused != nil {
		for _, share := range taken {
			o.taken.remember(idOfTraces(share.traces(td)))
		}
		return consumererror.NewTraces(refused, rest)
	}
	return nil
}

// consumeTraces offers a project's share. With an error it gives back what was refused.
func (o *owner) consumeTraces(ctx context.Context, td ptrace.Traces, share share) (ptrace.Traces, error) {
	p := share.project
	if p == nil {
		o.noProject(ctx, share, func(i int) int { return spanCount(td.ResourceSpans().At(i)) })
		return ptrace.Traces{}, nil
	}
	batch := p.triage.Traces(td, share.resources)
	defer batch.Rollback()
	part := share.traces(td)
	err := o.offerEvents(ctx, p, batch)
	if err == nil && p.spans != nil {
		err = p.spans.offer(ctx, part)
	}
	if err == nil {
		batch.Remember()
		return ptrace.Traces{}, nil
	}
	if undelivered, ok := errors.AsType[consumererror.Traces](err); ok {
		part = undelivered.Data()
	}
	return part, err
}

// traces is the share's part of a request: the request itself where it is all of it, else a copy.
func (s share) traces(td ptrace.Traces) ptrace.Traces {
	if s.resources == nil {
		return td
	}
	part := ptrace.NewTraces()
	for _, i := range s.resources {
		td.ResourceSpans().At(i).CopyTo(part.ResourceSpans().AppendEmpty())
	}
	return part
}

func spanCount(rs ptrace.ResourceSpans) int {
	n := 0
	for _, ss := range rs.ScopeSpans().All() {
		n += ss.Spans().Len()
	}
	return n
}

// noProject counts what no project takes. There is no default by choice.
func (o *owner) noProject(ctx context.Context, s share, count func(resource int) int) {
	n := 0
	for _, i := range s.resources {
		n += count(i)
	}
	o.telemetry.ExporterSentryUnroutedRecords.Add(ctx, int64(n))
}

// offerEvents gives a batch to the project's events lane and commits what the lane took.
func (o *owner) offerEvents(ctx context.Context, p *project, batch *triage.Batch) error {
	var err error
	if batch.Offered() > 0 {
		err = p.events.offerLogs(ctx, p.events.queue, batch.Events)
	}
	undelivered, partly := errors.AsType[consumererror.Logs](err)
	switch {
	case err == nil || consumererror.IsPermanent(err):
		o.telemetry.ExporterSentryTriageRecords.Add(ctx, int64(batch.Offered()))
		o.telemetry.ExporterSentryTriageOffered.Add(ctx, int64(batch.Offered()))
		o.repaired(ctx, "truncated", batch.Truncated)
		batch.Commit()
		o.bookCommitted(ctx, p, batch)
	case partly:
		// What was taken, or delivered at once, must not go out again when the request is repeated.
		left := eventIDs(undelivered.Data())
		n := int64(batch.CommitOnly(func(id sentry.EventID) bool { return !left[id] }))
		o.telemetry.ExporterSentryTriageRecords.Add(ctx, n)
		o.telemetry.ExporterSentryTriageOffered.Add(ctx, n)
	}
	return err
}

func eventIDs(ld plog.Logs) map[sentry.EventID]bool {
	ids := make(map[sentry.EventID]bool)
	for _, rl := range ld.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			for _, rec := range sl.LogRecords().All() {
				ids[triage.ReadVerdict(rec).EventID] = true
			}
		}
	}
	return ids
}

// bookAnswers makes final, and counts, what triage answered in a request of which only the events come again.
func (o *owner) bookAnswers(ctx context.Context, p *project, batch *triage.Batch) {
	batch.CommitAnswers()
	o.bookCommitted(ctx, p, batch)
}

// bookCommitted counts the final answers of a batch. A request that comes again as a whole is counted then.
func (o *owner) bookCommitted(ctx context.Context, p *project, batch *triage.Batch) {
	t := o.telemetry
	batch.EachAnswer(func(a triage.Answer, n int) {
		t.ExporterSentryTriageRecords.Add(ctx, int64(n))
		t.ExporterSentryTriageAnswered.Add(ctx, int64(n), metric.WithAttributes(attribute.String("answer", a.String())))
	})
	p.ledger.Add(report.SampleRate, report.Quantity{Category: sentry.CategoryError, N: batch.Answered[triage.OverBudget]})
	p.ledger.Add(report.EventProcessor, report.Quantity{Category: sentry.CategoryError, N: batch.Answered[triage.Excluded]})
	batch.EachHeldBack(func(w triage.Workload, n int) {
		t.ExporterSentryHeldBack.Add(ctx, int64(n), metric.WithAttributes(
			attribute.String("project", p.name), attribute.String("namespace", w.Namespace), attribute.String("workload", w.Name)))
	})
	if batch.Forgotten > 0 {
		t.ExporterSentryHeldBackUntold.Add(ctx, int64(batch.Forgotten))
	}
}

func (o *owner) repaired(ctx context.Context, repair string, n int) {
	if n > 0 {
		o.telemetry.ExporterSentryRepairedItems.Add(ctx, int64(n), metric.WithAttributes(attribute.String("repair", repair)))
	}
}
