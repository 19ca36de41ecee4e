package sentrytest

import (
	"encoding/json"
	"fmt"

	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// What the protocol leaves to the sender, this project does always. A stranger's envelope may do otherwise, so the rule book does not have it.

// streamedAttributes are on every streamed span (develop docs, span protocol: common attributes).
var streamedAttributes = []string{
	"sentry.op", "sentry.origin", "sentry.platform", "sentry.sdk.name", "sentry.sdk.version", "sentry.trace_lifecycle",
}

// segmentAttributes are on every one that is a segment.
var segmentAttributes = []string{"sentry.segment.id", "sentry.segment.name", "sentry.segment.name.source", "sentry.span.source"}

type streamedSpan struct {
	TraceID    string `json:"trace_id"`
	SpanID     string `json:"span_id"`
	IsSegment  bool   `json:"is_segment"`
	Attributes map[string]struct {
		Type  string
		Value any
	}
}

// spanFaults tells what is missing on spans and transactions, and where the sampling context of a trace is not the same as before. contexts are
// those seen so far.
func spanFaults(e *envelope.Envelope, contexts map[string]string) (faults []string) {
	for i := range e.Items {
		switch e.Items[i].Type {
		case envelope.TypeSpan:
			faults = append(faults, streamFaults(e.Items[i].Payload)...)
		case envelope.TypeTransaction:
			faults = append(faults, transactionFaults(e.Items[i].Payload)...)
		}
	}
	return append(faults, contextFaults(e.DSC, contexts)...)
}

func streamFaults(payload []byte) (faults []string) {
	var container struct{ Items []streamedSpan }
	if err := json.Unmarshal(payload, &container); err != nil {
		return []string{err.Error()}
	}
	names := map[string]any{} // of segments
	for _, s := range container.Items {
		if s.IsSegment {
			names[s.SpanID] = s.Attributes["sentry.segment.name"].Value
		}
	}
	for _, s := range container.Items {
		required := streamedAttributes
		if s.IsSegment {
			required = append(segmentAttributes[:len(segmentAttributes):len(segmentAttributes)], required...)
		}
		for _, key := range required {
			if a := s.Attributes[key]; a.Type != "string" || a.Value == "" {
				faults = append(faults, "span "+s.SpanID+" has no "+key)
			}
		}
		id := s.Attributes["sentry.segment.id"].Value
		if s.IsSegment && id != s.SpanID {
			faults = append(faults, fmt.Sprintf("segment %s says that it is %v", s.SpanID, id))
		}
		if text, ok := id.(string); ok && names[text] != nil && s.Attributes["sentry.segment.name"].Value != names[text] {
			faults = append(faults, "span "+s.SpanID+" has not the name of its segment")
		}
		if s.Attributes["sentry.trace_lifecycle"].Value != "stream" {
			faults = append(faults, "span "+s.SpanID+" is not said to be streamed")
		}
	}
	return faults
}

func transactionFaults(payload []byte) (faults []string) {
	var tx struct {
		Platform string
		SDK      struct{ Name, Version string }
		Info     struct{ Source string } `json:"transaction_info"`
		Contexts struct {
			Trace struct{ Op, Status, Origin string }
		}
		Spans []struct {
			SpanID             string `json:"span_id"`
			Op, Status, Origin string
		}
	}
	if err := json.Unmarshal(payload, &tx); err != nil {
		return []string{err.Error()}
	}
	trace := tx.Contexts.Trace
	for what, text := range map[string]string{
		"platform": tx.Platform, "sdk.name": tx.SDK.Name, "sdk.version": tx.SDK.Version, "transaction_info.source": tx.Info.Source,
		"op": trace.Op, "status": trace.Status, "origin": trace.Origin,
	} {
		if text == "" {
			faults = append(faults, "the transaction has no "+what)
		}
	}
	for _, s := range tx.Spans {
		if s.Op == "" || s.Status == "" || s.Origin == "" {
			faults = append(faults, "span "+s.SpanID+" lacks op, status or origin")
		}
	}
	return faults
}

// contextFaults: the sampling context is frozen. An envelope may know less of it than another, but nothing else.
func contextFaults(dsc []sentry.Tag, seen map[string]string) (faults []string) {
	trace := ""
	for _, m := range dsc {
		if m.Key == "trace_id" {
			trace = m.Value
		}
	}
	for _, m := range dsc {
		key := trace + "/" + m.Key
		if before, ok := seen[key]; ok && before != m.Value {
			faults = append(faults, fmt.Sprintf("the sampling context of trace %s has now %s %q, before it had %q", trace, m.Key, m.Value, before))
		}
		seen[key] = m.Value
	}
	return faults
}
