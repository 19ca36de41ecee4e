package sentryexporter

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/segment"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentrytest"
)

// rootless is a trace without its root: the spans from the from-th to the to-th, whose parent is the 0-th.
func rootless(id byte, from, to int) ptrace.Traces {
	td := oneTrace(id, to)
	n := 0
	td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().RemoveIf(func(ptrace.Span) bool {
		n++
		return n <= from
	})
	return td
}

// spansIn counts the spans in transactions by id, but for the segment spans that were made; those are counted apart.
func spansIn(received []*sentrytest.Received) (came, made map[any]int) {
	came, made = map[any]int{}, map[any]int{}
	for _, r := range received {
		tx := r.Item()
		trace := tx["contexts"].(map[string]any)["trace"].(map[string]any)
		data, _ := trace["data"].(map[string]any)
		if data["otelcol.segment.root_missing"] != nil || data["otelcol.segment.offset"] != nil {
			made[trace["span_id"]]++
		} else {
			came[trace["span_id"]]++
		}
		for _, s := range tx["spans"].([]any) {
			came[s.(map[string]any)["span_id"]]++
		}
	}
	return came, made
}

// Spans that lack one root are one transaction for each request that they come in, with an id of its own, which a repeat keeps; that of the
// root is left to it.
func TestSegmentsWithoutTheirRoot(t *testing.T) {
	fake := sentrytest.Start(t)
	fake.AnswerWith(answers(sentrytest.Answer{Status: 500}, sentrytest.Answer{}))
	e := startTraces(t, testConfig(fake, withoutQueue))
	for _, td := range []ptrace.Traces{rootless(1, 1, 5), rootless(1, 5, 8), oneTrace(1, 1)} {
		td.MarkReadOnly()
		require.NoError(t, e.ConsumeTraces(context.Background(), td))
	}
	assert.Len(t, fake.All(), 4, "the first twice")
	assert.Equal(t, 3, distinct(idsOf(fake.All())))
	came, made := spansIn(fake.Accepted("transaction"))
	assert.Len(t, came, 8)
	assert.Len(t, made, 2)
	for id, n := range came {
		assert.Equal(t, 1, n, id)
	}
}

func TestALongSegmentWithoutItsRootLosesNoSpan(t *testing.T) {
	fake := sentrytest.Start(t)
	e := startTraces(t, testConfig(fake, withoutQueue, withoutRetry))
	require.NoError(t, e.ConsumeTraces(context.Background(), rootless(1, 1, 2501)))
	accepted := fake.Accepted("transaction")
	assert.Len(t, accepted, 3)
	for _, r := range accepted {
		assert.LessOrEqual(t, len(r.Item()["spans"].([]any)), maxTransactionSpans)
	}
	came, made := spansIn(accepted)
	assert.Len(t, came, 2500)
	assert.Len(t, made, 3)
}

func TestWhatSegmentsAreCountedAs(t *testing.T) {
	for name, tc := range map[string]struct {
		seg         segment.Segment
		units, sent int
	}{
		"whole":                  {segment.Segment{Spans: make([]segment.Span, 3)}, 4, 4},
		"continuation":           {segment.Segment{Spans: make([]segment.Span, 3), Offset: 7}, 3, 4},
		"rootless":               {segment.Segment{Spans: make([]segment.Span, 3), StandIn: pcommon.SpanID{1}}, 4, 5},
		"continuation, rootless": {segment.Segment{Spans: make([]segment.Span, 3), StandIn: pcommon.SpanID{1}, Offset: 7}, 3, 4},
	} {
		t.Run(name, func(t *testing.T) {
			got := cargoOf(tc.seg)
			assert.Equal(t, tc.units, got.units)
			assert.Equal(t, sentry.CategorySpan, got.quantities[1].Category)
			assert.Equal(t, tc.sent, got.quantities[1].N)
		})
	}
}
