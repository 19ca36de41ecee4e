package sentrysegmentprocessor

import (
	"context"
	"errors"

	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/zap"

	"github.com/otelcol-sentry/otelcol-sentry/processor/sentrysegmentprocessor/internal/assembly"
)

// request is on its way to the next consumer. What it holds does not change any more but for what is taken of it: whatever comes later
// for its segments is late.
type request struct {
	*assembly.Request        // Bytes and Spans are of what is left
	fresh             bool   // it was not offered before
	offer             uint64 // its number in the journal; 0: it is not there

	// The answer: what is no longer left.
	goneBytes int64
	goneSpans int
}

// handOn hands requests on, one after the other.
func (s *shard) handOn() {
	defer close(s.handed)
	for r := range s.requests {
		s.offer(r)
		s.answers <- r
	}
}

// offer hands a request on and notes what became of it.
func (s *shard) offer(r *request) {
	p := s.p
	if p.journal != nil && r.offer == 0 {
		r.offer, _ = p.journal.Offer(segmentsOf(r), r.Places) // the journal counts the error; what leaves does not wait for it
	}
	err := p.next.ConsumeTraces(p.end.context, r.Traces)
	r.goneBytes, r.goneSpans = r.Bytes, r.Spans
	switch {
	case err == nil:
	case isPermanent(err):
		p.drop(r, err)
	default:
		p.keep(r, err)
	}
	p.count(r)
	if r.goneSpans == r.Spans && p.journal != nil {
		_ = p.journal.Done(r.offer, r.Places) // counted and made up for there
	}
}

func segmentsOf(r *request) (n int) {
	for _, of := range r.Segments {
		n += of
	}
	return n
}

// drop counts a request that the next consumer refused for good.
func (p *segmentProcessor) drop(r *request, err error) {
	p.telemetry.ProcessorSentrySegmentDroppedSpans.Add(context.Background(), int64(r.Spans), droppedRefused)
	p.set.Logger.Error("The next consumer refused spans for good. They are dropped.", zap.Int("spans", r.Spans), zap.Error(err))
	r.Segments, r.SpansBy = [len(reasons)]int{}, [len(reasons)]int{} // it took none of them
}

// keep notes what the next consumer refused for now: all, or what the error carries.
func (p *segmentProcessor) keep(r *request, err error) {
	p.telemetry.ProcessorSentrySegmentRefusedReleases.Add(context.Background(), 1)
	r.goneBytes, r.goneSpans = 0, 0
	if rest, ok := restOf(err); ok && rest.SpanCount() < r.Spans {
		r.goneSpans = r.Spans - rest.SpanCount()
		r.goneBytes = r.Bytes
		if r.goneSpans < r.Spans {
			r.goneBytes = max(r.Bytes-requestBytes(rest), 0)
		}
		r.Traces = rest
	}
}

// requestBytes is what the rest of a request is counted as.
func requestBytes(td ptrace.Traces) (n int64) {
	for _, rs := range td.ResourceSpans().All() {
		n += assembly.ResourceBytes(rs)
		for _, ss := range rs.ScopeSpans().All() {
			n += assembly.ScopeBytes(ss)
			for _, span := range ss.Spans().All() {
				n += assembly.SpanBytes(span)
			}
		}
	}
	return n
}

// isPermanent reports whether nothing of an error is worth another try. Behind a fan-out some consumers may have refused for good, others
// for now.
func isPermanent(err error) bool {
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range several.Unwrap() {
			if !isPermanent(one) {
				return false
			}
		}
		return true
	}
	return consumererror.IsPermanent(err)
}

// restOf is the part of a request that one consumer has refused, if the error says so. Several consumers have refused different parts:
// then all is offered again.
func restOf(err error) (ptrace.Traces, bool) {
	for e := err; e != nil; e = errors.Unwrap(e) {
		if _, several := e.(interface{ Unwrap() []error }); several {
			return ptrace.Traces{}, false
		}
		if part, ok := e.(consumererror.Traces); ok { //nolint:errorlint // each link is looked at
			return part.Data(), true
		}
	}
	return ptrace.Traces{}, false
}
