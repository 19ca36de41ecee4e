package payload

import (
	"bytes"
	"encoding/json"
	"errors"
	"time"
)

// Span is one span of a transaction, the transaction's own span, or a streamed (v2) span.
type Span struct {
	TraceID      string
	SpanID       string
	ParentSpanID string
	Op           string
	Name         string // description, transaction name, or the v2 name
	Status       string
	Origin       string
	Start, End   time.Time
}

// Transaction is a segment of a trace.
type Transaction struct {
	ID          string
	Root        Span // its Name is the transaction's
	Spans       []Span
	Source      string
	Platform    string
	Release     string
	Environment string
	Tags        []Tag
}

// StreamedSpan is a span of the v2 protocol: on its own, outside a transaction.
type StreamedSpan struct {
	Span        // Name is what a person reads: the description, where the span has one and is no segment
	Segment     bool
	Source      string // of a segment's name
	Service     string
	Platform    string
	Release     string
	Environment string
}

// ReadTransaction reads a transaction. The error is that of the JSON.
func ReadTransaction(raw []byte) (Transaction, error) {
	o, err := decode(raw)
	if err != nil {
		return Transaction{}, err
	}
	trace := o.object("contexts").object("trace")
	tx := Transaction{
		ID:          eventID(o.text("event_id")),
		Source:      o.object("transaction_info").text("source"),
		Platform:    o.text("platform"),
		Release:     o.text("release"),
		Environment: o.text("environment"),
		Tags:        sortedTags(o),
	}
	tx.Root = readSpan(trace)
	tx.Root.Name = o.text("transaction")
	tx.Root.Start, tx.Root.End = o.time("start_timestamp"), o.time("timestamp")
	for _, s := range o.objects("spans") {
		tx.Spans = append(tx.Spans, readSpan(s))
	}
	return tx, nil
}

func readSpan(s object) Span {
	return Span{
		TraceID:      traceID(s.text("trace_id")),
		SpanID:       spanID(s.text("span_id")),
		ParentSpanID: spanID(s.text("parent_span_id")),
		Op:           s.text("op"),
		Name:         s.text("description"),
		Status:       s.text("status"),
		Origin:       s.text("origin"),
		Start:        s.time("start_timestamp"),
		End:          s.time("timestamp"),
	}
}

// ReadStreamedSpan reads one member of a span container.
func ReadStreamedSpan(raw []byte) (StreamedSpan, error) {
	o, err := decode(raw)
	if err != nil {
		return StreamedSpan{}, err
	}
	attributes := o.object("attributes")
	s := StreamedSpan{
		Span:        readSpan(o),
		Segment:     o.is("is_segment"),
		Source:      firstOf(attributes.attribute("sentry.segment.name.source"), attributes.attribute("sentry.span.source")),
		Service:     attributes.attribute("service.name"),
		Platform:    attributes.attribute("sentry.platform"),
		Release:     attributes.attribute("sentry.release"),
		Environment: attributes.attribute("sentry.environment"),
	}
	s.Op, s.Name, s.End = attributes.attribute("sentry.op"), o.text("name"), o.time("end_timestamp")
	s.Origin = attributes.attribute("sentry.origin")
	s.Status = firstOf(attributes.attribute("sentry.status"), s.Status) // the protocol's own knows ok and error only
	if !s.Segment {
		s.Name = firstOf(attributes.attribute("sentry.description"), s.Name)
	}
	return s, nil
}

func firstOf(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}

// Log is one record of a log container.
type Log struct {
	Timestamp   time.Time
	TraceID     string
	SpanID      string
	Level       string // trace debug info warn error fatal
	Body        string
	Release     string
	Environment string
	Attributes  []Tag // in no order
}

// ReadLog reads one member of a log container.
func ReadLog(raw []byte) (Log, error) {
	o, err := decode(raw)
	if err != nil {
		return Log{}, err
	}
	attributes := o.object("attributes")
	l := Log{
		Timestamp:   o.time("timestamp"),
		TraceID:     traceID(o.text("trace_id")),
		SpanID:      spanID(o.text("span_id")),
		Level:       o.text("level"),
		Body:        o.text("body"),
		Release:     attributes.attribute("sentry.release"),
		Environment: attributes.attribute("sentry.environment"),
		Attributes:  make([]Tag, 0, len(attributes)),
	}
	for key := range attributes {
		l.Attributes = append(l.Attributes, Tag{key, attributes.attribute(key)})
	}
	return l, nil
}

var errNoContainer = errors.New("payload is not a container: it has no list \"items\"")

// Members cuts the payload of a "log", "span" or "trace_metric" item into its members, each a copy, at most limit; more tells that some were left out.
func Members(raw []byte, limit int) (members []json.RawMessage, more bool, err error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, false, errNoContainer
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, false, err
		}
		if key != "items" {
			var skipped json.RawMessage
			if err := dec.Decode(&skipped); err != nil {
				return nil, false, err
			}
			continue
		}
		if t, err := dec.Token(); err != nil || t != json.Delim('[') {
			return nil, false, errNoContainer
		}
		for dec.More() {
			if len(members) == limit {
				return members, true, nil
			}
			var member json.RawMessage
			if err := dec.Decode(&member); err != nil {
				return nil, false, err
			}
			members = append(members, member)
		}
		_, err = dec.Token() // the end of the list, or what is broken about it
		return members, false, err
	}
	return nil, false, errNoContainer
}
