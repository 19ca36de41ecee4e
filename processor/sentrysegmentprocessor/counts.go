package sentrysegmentprocessor

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/otelcol-sentry/otelcol-sentry/processor/sentrysegmentprocessor/internal/assembly"
	"github.com/otelcol-sentry/otelcol-sentry/processor/sentrysegmentprocessor/internal/journal"
)

// The attributes of what is counted, made once.
var (
	passedNoIDs    = with("cause", "no_ids")
	passedTooLarge = with("cause", "too_large")

	refusedFull    = with("cause", "full")
	refusedStorage = with("cause", "storage")
	refusedStopped = with("cause", "stopped")

	droppedRefused  = with("cause", "refused")
	droppedShutdown = with("cause", "shutdown")

	reasons = func() (out [len(assembly.Reasons)]metric.MeasurementOption) {
		for i, name := range assembly.Reasons {
			out[i] = with("reason", name)
		}
		return out
	}()

	operations = map[journal.Operation]metric.MeasurementOption{
		journal.OpAccept: with("operation", string(journal.OpAccept)),
		journal.OpOffer:  with("operation", string(journal.OpOffer)),
		journal.OpDone:   with("operation", string(journal.OpDone)),
	}
)

func with(key, value string) metric.MeasurementOption {
	return metric.WithAttributeSet(attribute.NewSet(attribute.String(key, value)))
}

// count counts what the next consumer took of a request. Of a part it is not known whose it was: then the first reasons are counted first,
// and the segments with the last part.
func (p *segmentProcessor) count(r *request) {
	ctx := context.Background()
	left := r.goneSpans
	for i := range reasons {
		if n := min(left, r.SpansBy[i]); n > 0 {
			p.telemetry.ProcessorSentrySegmentSpans.Add(ctx, int64(n), reasons[i])
			r.SpansBy[i] -= n
			left -= n
		}
		if n := r.Segments[i]; n > 0 && r.goneSpans == r.Spans {
			p.telemetry.ProcessorSentrySegmentSegments.Add(ctx, int64(n), reasons[i])
		}
	}
}
