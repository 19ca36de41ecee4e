package envelope

import (
	"strconv"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// Sizes in bytes of JSON that streamed spans are kept below. Relay's own limits (MaxSpanBytes, MaxContainerBytes) are higher, but it cuts the attributes of
// a span to about 1 MB, and SDKs flush at 5 MB (span buffer).
const (
	TargetSpanBytes  = 1 << 20
	TargetSpansBytes = 5 << 20
)

// MaxSpanName is the length in characters of a streamed span's name. Ours: names are of low cardinality, a longer one is a mistake.
const MaxSpanName = 1024

// SpanFit says what became of a span that was to be added to a container.
type SpanFit uint8

// The outcomes of SpanContainer.Add.
const (
	SpanAdded   SpanFit = iota // whole
	SpanTrimmed                // added, with values cut to TargetSpanBytes
	SpanFull                   // not added: the container has no room left, or has a span of that id; begin another
	SpanInvalid                // not added, never will be: it has no id, no time, or is of another trace
)

const (
	spansHead = `{"version":2,"items":[`
	spansTail = `]}`
)

// SpanContainer is the item of an envelope that holds streamed spans of one trace, written as they are added: at most MaxContainerSpans, and
// TargetSpansBytes. Of several spans with one id Relay keeps the last of an envelope, so a container takes one. Call Reset before use. Adding allocates
// nothing, but where its memory has to grow.
type SpanContainer struct {
	buf   []byte
	trace sentry.TraceID
	ids   map[sentry.SpanID]struct{}
	count int
	done  bool // the tail is written
}

// Reset empties the container and makes it one of a trace. It writes into the memory of buf from now on; the container's earlier item is the caller's.
func (c *SpanContainer) Reset(buf []byte, trace sentry.TraceID) {
	if c.ids == nil {
		c.ids = make(map[sentry.SpanID]struct{}, MaxContainerSpans)
	}
	clear(c.ids)
	*c = SpanContainer{buf: append(buf[:0], spansHead...), trace: trace, ids: c.ids}
}

// Len is the number of spans in the container.
func (c *SpanContainer) Len() int { return c.count }

// Item closes the container. Its payload is valid until the next Reset with the same memory. The envelope must have a sampling context of the trace.
func (c *SpanContainer) Item() Item {
	if !c.done {
		c.buf = append(c.buf, spansTail...)
		c.done = true
	}
	return Item{Type: TypeSpan, ContentType: ContentTypeSpan, ItemCount: c.count, Payload: c.buf}
}

// Add writes s, with the attributes that it shares with others (nil: none), behind the spans that are in the container.
func (c *SpanContainer) Add(s *sentry.StreamSpan, shared *SharedAttributes) SpanFit {
	_, known := c.ids[s.SpanID]
	switch {
	case s.SpanID.IsZero() || s.TraceID.IsZero() || s.TraceID != c.trace || s.Start == 0 && s.End == 0:
		return SpanInvalid
	case known || c.done || c.count >= MaxContainerSpans:
		return SpanFull
	case shared == nil:
		shared = &noSharedAttributes
	}
	mark, fit := len(c.buf), SpanAdded
	w := itemWriter{dst: comma(c.buf)}
	start := len(w.dst)
	w.span(s, shared, noLimit, noLimit)
	if len(w.dst)-start > TargetSpanBytes {
		w.fittedSpan(s, shared, start)
		fit = SpanTrimmed
	}
	c.buf = w.dst
	if c.count > 0 && len(c.buf) > TargetSpansBytes-len(spansTail) {
		c.buf = c.buf[:mark]
		return SpanFull
	}
	c.count++
	c.ids[s.SpanID] = struct{}{}
	return fit
}

// span writes one span, each value in at most room bytes; attributes and links that would go beyond end are left out.
func (w *itemWriter) span(s *sentry.StreamSpan, shared *SharedAttributes, end, room int) {
	w.spanHead(s)
	w.links(s.Links, end, room)
	w.attributes(s.Attributes, shared, end, room)
	w.dst = append(w.dst, '}')
}

func (w *itemWriter) spanHead(s *sentry.StreamSpan) {
	start, end := inOrder(s.Start, s.End)
	w.dst = appendHex(append(w.dst, `{"trace_id":`...), s.TraceID[:])
	w.dst = appendHex(append(w.dst, `,"span_id":`...), s.SpanID[:])
	if !s.ParentSpanID.IsZero() {
		w.dst = appendHex(append(w.dst, `,"parent_span_id":`...), s.ParentSpanID[:])
	}
	name := oneLine(s.Name)
	if name == "" {
		name = unlabeledSpan
	}
	w.dst = appendCut(append(w.dst, `,"name":`...), name, MaxSpanName)
	status := `,"status":"ok"` // the v2 protocol knows no others
	if s.Failed {
		status = `,"status":"error"`
	}
	w.dst = append(w.dst, status...)
	w.dst = strconv.AppendBool(append(w.dst, `,"is_segment":`...), s.Segment)
	w.dst = AppendTime(append(w.dst, `,"start_timestamp":`...), start)
	w.dst = AppendTime(append(w.dst, `,"end_timestamp":`...), end)
}

// unlabeledSpan is the name of a span that has none: one is required. Relay gives this to spans of which it knows nothing (relay-spans, name.rs).
const unlabeledSpan = "default"

// fittedSpan writes a span that would be too large: its values are cut, the largest first, and if that is not enough links and the last attributes are
// left out.
func (w *itemWriter) fittedSpan(s *sentry.StreamSpan, shared *SharedAttributes, start int) {
	for _, room := range valueRooms {
		*w = itemWriter{dst: w.dst[:start]}
		w.span(s, shared, noLimit, room)
		if len(w.dst)-start <= TargetSpanBytes {
			return
		}
	}
	*w = itemWriter{dst: w.dst[:start]}
	w.span(s, shared, start+TargetSpanBytes-len("}}"), valueRooms[len(valueRooms)-1])
}

// links writes the member "links"; those without both ids lead nowhere.
func (w *itemWriter) links(links []sentry.Link, end, room int) {
	mark := len(w.dst)
	w.dst = append(w.dst, `,"links":[`...)
	start := len(w.dst)
	for i := range links {
		l := &links[i]
		if l.TraceID.IsZero() || l.SpanID.IsZero() {
			continue
		}
		before := len(w.dst)
		w.dst = appendHex(append(comma(w.dst), `{"trace_id":`...), l.TraceID[:])
		w.dst = appendHex(append(w.dst, `,"span_id":`...), l.SpanID[:])
		w.dst = appendTri(w.dst, `"sampled":`, l.Sampled)
		w.attributes(l.Attrs, &noSharedAttributes, end, room)
		w.dst = append(w.dst, '}')
		if end != noLimit && len(w.dst)-mark > TargetSpanBytes/2 {
			w.dst = w.dst[:before]
			break
		}
	}
	if len(w.dst) == start {
		w.dst = w.dst[:mark]
		return
	}
	w.dst = append(w.dst, ']')
}
