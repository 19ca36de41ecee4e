package envelope

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// writtenTransaction likewise.
func writtenTransaction(t *testing.T, tx *sentry.Transaction) map[string]any {
	t.Helper()
	payload := AppendTransaction(nil, tx, nil)
	require.Empty(t, violations(t, tx.ID, TypeTransaction, payload), "%s", payload)
	var got map[string]any
	require.NoError(t, json.Unmarshal(payload, &got))
	return got
}

// TestTimesAreRepaired: an end before its start, or a missing one, costs a whole transaction.
func TestTimesAreRepaired(t *testing.T) {
	for name, c := range map[string]struct {
		start, end         sentry.Time
		wantStart, wantEnd float64
	}{
		"in order": {5e9, 6e9, 5, 6}, "equal": {5e9, 5e9, 5, 5}, "swapped": {6e9, 5e9, 5, 6}, "no end": {5e9, 0, 5, 5}, "no start": {0, 6e9, 6, 6},
	} {
		tx := testTransaction(1)
		tx.Start, tx.End = c.start, c.end
		tx.Spans[0].Start, tx.Spans[0].End = c.start, c.end
		got := writtenTransaction(t, tx)
		for where, v := range map[string]map[string]any{"transaction": got, "span": obj(got, "spans", 0)} {
			require.Equal(t, c.wantStart, v["start_timestamp"], "%s of %s", name, where)
			require.Equal(t, c.wantEnd, v["timestamp"], "%s of %s", name, where)
		}
	}
	tx := testTransaction(1)
	tx.Start, tx.End, tx.Spans[0].Start, tx.Spans[0].End = 5e9, 6e9, 0, 0
	span := obj(writtenTransaction(t, tx), "spans", 0)
	require.Equal(t, []any{5.0, 6.0}, []any{span["start_timestamp"], span["timestamp"]}, "a span without times has its transaction's")
}

func TestSpanIDs(t *testing.T) {
	tx := testTransaction(4)
	tx.Spans[0].SpanID = sentry.SpanID{}
	tx.Spans[1].TraceID = sentry.TraceID{}
	tx.Spans[2].ParentSpanID = sentry.SpanID{}
	spans := elements(writtenTransaction(t, tx)["spans"])
	require.Len(t, spans, 3, "a span without an id would cost all")
	require.Equal(t, testTraceID().String(), spans[0]["trace_id"])
	require.NotContains(t, spans[1], "parent_span_id")
}

func TestTransactionWords(t *testing.T) {
	tx := testTransaction(1)
	tx.Name, tx.Source, tx.Platform = " \n", "sanitized", "rust"
	tx.Trace.Status, tx.Trace.Origin = "very bad", "auto/otlp spans"
	tx.Spans[0].Op, tx.Spans[0].Status = "", ""
	tx.Trace.Links = append(tx.Trace.Links, sentry.Link{TraceID: testTraceID()})
	tx.Measurements = []sentry.Measurement{{Name: "a", Value: 1}, {Name: "", Value: 1}, {Name: "a", Value: 2, Unit: "byte"}, {Name: "b", Value: math.Inf(1)}}
	got := writtenTransaction(t, tx)
	require.Equal(t, "<unlabeled transaction>", got["transaction"])
	require.Equal(t, map[string]any{"source": "custom"}, got["transaction_info"])
	require.Equal(t, "native", got["platform"])
	trace := obj(got, "contexts", "trace")
	require.Equal(t, "unknown", trace["status"])
	require.Equal(t, "auto_otlp_spans", trace["origin"])
	require.Len(t, trace["links"], 1)
	require.Equal(t, map[string]any{"a": map[string]any{"value": 2.0, "unit": "byte"}}, got["measurements"])
	require.NotContains(t, obj(got, "spans", 0), "op")
	require.NotContains(t, obj(got, "spans", 0), "status")
}

func TestNoSpans(t *testing.T) {
	require.Equal(t, []any{}, writtenTransaction(t, testTransaction(0))["spans"])
}
