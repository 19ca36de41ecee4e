package assembly

import (
	"math/bits"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Sizes in memory of what pdata v1.70 decodes OTLP into (its package internal, on 64 bits); a test compares the sums with the heap. A
// span takes three to four times the bytes it has on the wire.
const (
	spanSize     = 224 // Span
	eventSize    = 64  // SpanEvent
	linkSize     = 96  // SpanLink
	pairSize     = 40  // KeyValue
	valueSize    = 16  // what a value points to: a string, a number, a list
	pointerSize  = 8
	resourceSize = 112 // ResourceSpans
	scopeSize    = 96  // ScopeSpans

	// bookSize is what this package adds per span: its node, its entry in the index, its part of a group, and the room that slices and
	// maps keep to grow.
	bookSize = 320

	// maxSizeDepth is how deep nested values are looked into; decoding has bounds of its own.
	maxSizeDepth = 16
)

// SpanBytes is what a span is counted as: about what it takes on the heap while it is held.
func SpanBytes(span ptrace.Span) int64 {
	n := bookSize + spanSize + textBytes(span.Name()) + textBytes(span.TraceState().AsRaw()) + textBytes(span.Status().Message()) +
		attributesBytes(span.Attributes(), 0)
	if events := span.Events(); events.Len() > 0 {
		n += grown(events.Len()) * pointerSize
		for _, e := range events.All() {
			n += eventSize + textBytes(e.Name()) + attributesBytes(e.Attributes(), 0)
		}
	}
	if links := span.Links(); links.Len() > 0 {
		n += grown(links.Len()) * pointerSize
		for _, l := range links.All() {
			n += linkSize + textBytes(l.TraceState().AsRaw()) + attributesBytes(l.Attributes(), 0)
		}
	}
	return n
}

// ResourceBytes is what the resource of a ResourceSpans is counted as.
func ResourceBytes(rs ptrace.ResourceSpans) int64 {
	return resourceSize + textBytes(rs.SchemaUrl()) + attributesBytes(rs.Resource().Attributes(), 0)
}

// ScopeBytes is what the scope of a ScopeSpans is counted as.
func ScopeBytes(ss ptrace.ScopeSpans) int64 {
	scope := ss.Scope()
	return scopeSize + textBytes(ss.SchemaUrl()) + textBytes(scope.Name()) + textBytes(scope.Version()) +
		attributesBytes(scope.Attributes(), 0)
}

func attributesBytes(m pcommon.Map, depth int) int64 {
	if m.Len() == 0 || depth > maxSizeDepth {
		return 0
	}
	n := grown(m.Len()) * pairSize
	for key, v := range m.All() {
		n += textBytes(key) + valueBytes(v, depth)
	}
	return n
}

func valueBytes(v pcommon.Value, depth int) int64 {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return valueSize + textBytes(v.Str())
	case pcommon.ValueTypeBytes:
		return valueSize + pointerSize + int64(v.Bytes().Len()+7)&^7 + int64(v.Bytes().Len())>>4
	case pcommon.ValueTypeMap:
		return valueSize + 3*pointerSize + attributesBytes(v.Map(), depth+1)
	case pcommon.ValueTypeSlice:
		return valueSize + 3*pointerSize + sliceBytes(v.Slice(), depth+1)
	case pcommon.ValueTypeInt, pcommon.ValueTypeDouble:
		return pointerSize
	case pcommon.ValueTypeBool, pcommon.ValueTypeEmpty:
	}
	return pointerSize
}

func sliceBytes(s pcommon.Slice, depth int) int64 {
	if s.Len() == 0 || depth > maxSizeDepth {
		return 0
	}
	n := grown(s.Len()) * valueSize
	for _, v := range s.All() {
		n += valueBytes(v, depth)
	}
	return n
}

// textBytes: the allocator rounds up, long texts by a sixteenth on average.
func textBytes(s string) int64 { return int64(len(s)+7)&^7 + int64(len(s))>>4 }

// grown is the capacity of a slice that was filled one by one.
func grown(n int) int64 { return 1 << bits.Len(uint(n-1)) }
