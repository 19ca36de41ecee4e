package server

import (
	"encoding/json"
	"time"

	"github.com/otelcol-sentry/otelcol-sentry/extension/sentryinbox/internal/payload"
	"github.com/otelcol-sentry/otelcol-sentry/extension/sentryinbox/internal/store"
	"github.com/otelcol-sentry/otelcol-sentry/extension/sentryinbox/internal/waterfall"
)

// transactionSummary is a transaction, or a streamed span that is a segment: that one has no event id.
type transactionSummary struct {
	EventID        string            `json:"eventID,omitempty"`
	Transaction    string            `json:"transaction"`
	Op             string            `json:"op"`
	Status         string            `json:"status,omitempty"`
	Source         string            `json:"source,omitempty"`
	TraceID        string            `json:"traceID"`
	SpanID         string            `json:"spanID"`
	ProjectID      string            `json:"projectID"`
	Platform       string            `json:"platform,omitempty"`
	Release        string            `json:"release,omitempty"`
	Environment    string            `json:"environment,omitempty"`
	StartTimestamp time.Time         `json:"startTimestamp"`
	Duration       float64           `json:"duration"` // milliseconds
	SpanCount      int               `json:"spanCount"`
	Breakdown      []waterfall.Share `json:"breakdown"` // the ops that took most
	DateReceived   time.Time         `json:"dateReceived"`
	Size           int               `json:"size"`
	Repeats        int               `json:"repeats"`
	EnvelopeID     string            `json:"envelopeID"`
	Permalink      string            `json:"permalink"`
	Tags           []payload.Tag     `json:"tags"`
}

func transactionOf(t *store.Transaction) transactionSummary {
	v := transactionSummary{
		EventID: t.ID, Transaction: t.Root.Name, Op: t.Root.Op, Status: t.Root.Status, Source: t.Source, TraceID: t.Root.TraceID,
		SpanID: t.Root.SpanID, ProjectID: t.ProjectID, Platform: t.Platform, Release: t.Release, Environment: t.Environment,
		StartTimestamp: t.Root.Start, SpanCount: t.SpanCount, Breakdown: orEmpty(t.Breakdown), DateReceived: t.Received,
		Size: len(t.Raw), Repeats: t.Repeats, EnvelopeID: number(t.Envelope), Tags: orEmpty(t.Tags),
		Permalink: "/#/transactions/" + t.ID,
	}
	if t.Root.End.After(t.Root.Start) {
		v.Duration = float64(t.Root.End.Sub(t.Root.Start).Microseconds()) / 1000
	}
	if t.ID == "" {
		v.Permalink = "/#/traces/" + t.Root.TraceID
	}
	return v
}

// traceCounts tells what else the inbox has of a trace.
type traceCounts struct {
	Transactions int `json:"transactions"`
	Spans        int `json:"spans"`
	Events       int `json:"events"`
	Logs         int `json:"logs"`
}

func countsOf(t *store.Trace) traceCounts {
	return traceCounts{len(t.Transactions), len(t.Spans), len(t.Events), len(t.Logs)}
}

type transactionView struct {
	transactionSummary
	Waterfall waterfall.Waterfall `json:"waterfall"`
	Trace     traceCounts         `json:"trace"`
	Errors    []eventSummary      `json:"errors"` // events of the same trace
	Event     json.RawMessage     `json:"event"`
	// Violations of its envelope.
	Violations int `json:"violations"`
}

// traceView is all of a trace: every transaction and streamed span in one waterfall, with the events and logs that carry its id.
type traceView struct {
	TraceID      string               `json:"traceID"`
	Waterfall    waterfall.Waterfall  `json:"waterfall"`
	Transactions []transactionSummary `json:"transactions"`
	Events       []eventSummary       `json:"events"`
	Logs         []logView            `json:"logs"`
	// Spans are the streamed ones as they came; a row of the waterfall without event id names one by its number.
	Spans map[string]json.RawMessage `json:"spans"`
}

func traceOf(id string, t *store.Trace) traceView {
	var spans []waterfall.Span
	v := traceView{
		TraceID:      id,
		Transactions: mapped(t.Transactions, transactionOf),
		Events:       mapped(t.Events, eventOf),
		Logs:         mapped(t.Logs, logOf),
		Spans:        map[string]json.RawMessage{},
	}
	for i := range t.Transactions {
		if t.Transactions[i].ID != "" { // else it is among the streamed spans
			spans = append(spans, transactionSpans(&t.Transactions[i])...)
		}
	}
	for i := range t.Spans {
		s := &t.Spans[i]
		v.Spans[number(s.Seq)] = s.Raw
		spans = append(spans, store.Drawn(&s.Span, s.Segment, waterfall.Ref{Index: int(s.Seq), ProjectID: s.ProjectID}))
	}
	v.Waterfall = waterfall.Build(spans)
	return v
}

// transactionSpans reads the spans of a kept transaction again: it could be read when it was taken in.
func transactionSpans(t *store.Transaction) []waterfall.Span {
	tx, err := payload.ReadTransaction(t.Raw)
	if err != nil {
		return nil
	}
	tx.Root.Start, tx.Root.End = t.Root.Start, t.Root.End // where there were none, the time of receipt
	return store.Spans(&tx, waterfall.Ref{EventID: t.ID, ProjectID: t.ProjectID})
}
