package translate

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/conventions"
	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
	"github.com/otelcol-sentry/otelcol-sentry/internal/segment"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// StreamOptions say what streamed spans carry beside what they say themselves.
type StreamOptions struct {
	SpanOptions
	Defaults Defaults
	SDK      envelope.SDK
}

// Streams makes streamed spans of segments. It keeps its memory from one request to the next, so that a span costs no allocation. Not for use by
// several goroutines at once. The zero value is ready.
//
//	streams.Begin(options, td, splitter.Split(td), now)
//	each trace of streams.Traces(): container.Reset(buffer, trace.ID)
//		each segment of trace.Segments, each i from 0 to len(seg.Spans): container.Add(streams.Span(segment, i))
type Streams struct {
	reader
	td       ptrace.Traces
	segments []segment.Segment
	received sentry.Time

	ids    []segmentIDs // of the segments
	order  []int        // the segments, trace by trace
	firsts map[sentry.TraceID]int
	shared sharedAttributes

	trace   StreamTrace // the one that is being made
	window  window      // the times that Sentry takes
	at      int         // the segment that is being made; none: -1
	segment segmentFacts
	made    ordinals // of its spans without an id
	attrs   []sentry.Attr
	span    sentry.StreamSpan
}

// segmentIDs are a segment's ids, and the first segment of its trace.
type segmentIDs struct {
	trace sentry.TraceID
	span  sentry.SpanID
	first int
}

// segmentFacts are what the spans of a segment say of it.
type segmentFacts struct {
	texts            scratch
	id, name, source string
}

// StreamTrace is the part of a trace that is in the request.
type StreamTrace struct {
	ID sentry.TraceID
	// Segments are indexes of the request's segments, by time.
	Segments []int
	// Head is the span that tells how the trace was sampled.
	Head ptrace.Span
	// Repairs of the spans that were made so far.
	Repairs Repairs

	from, to sentry.Time // of the roots of its segments, as they are sent
	shift    uint64      // what is added to all times, modulo 2^64
}

// Begin begins a request with its segments. received is the present: it stands in for times that are not there, and a trace too old, or too far
// ahead, for Sentry is moved to end at it. With 0 times stay as they are.
func (t *Streams) Begin(opts StreamOptions, td ptrace.Traces, segments []segment.Segment, received sentry.Time) {
	t.SpanOptions, t.apart = opts.SpanOptions, true
	t.td, t.segments, t.received = td, segments, received
	t.window = around(received, maxStreamAge, maxStreamLead)
	t.shared.begin(opts, td)
	t.at = -1
	if t.firsts == nil {
		t.firsts = make(map[sentry.TraceID]int)
	}
	clear(t.firsts)
	t.ids, t.order = t.ids[:0], t.order[:0]
	t.made.reset()
	for i := range segments {
		var counted Repairs // with the span
		var own segmentIDs
		own.trace, own.span = t.made.rootIDs(segments[i].Root, &counted)
		first, known := t.firsts[own.trace]
		if !known {
			first = i
			t.firsts[own.trace] = i
		}
		own.first = first
		t.ids, t.order = append(t.ids, own), append(t.order, i)
	}
	slices.SortFunc(t.order, func(a, b int) int { return cmp.Or(cmp.Compare(t.ids[a].first, t.ids[b].first), cmp.Compare(a, b)) })
}

// Traces goes over the traces of the request. A trace is valid until the next.
func (t *Streams) Traces() iter.Seq[*StreamTrace] {
	return func(yield func(*StreamTrace) bool) {
		for from := 0; from < len(t.order); {
			first := t.ids[t.order[from]].first
			to := from + 1
			for to < len(t.order) && t.ids[t.order[to]].first == first {
				to++
			}
			t.begin(t.order[from:to:to])
			if !yield(&t.trace) {
				return
			}
			from = to
		}
	}
}

// begin makes the trace of these segments the one that is being made.
func (t *Streams) begin(segments []int) {
	first := segments[0]
	t.trace = StreamTrace{ID: t.ids[first].trace, Segments: segments, Head: t.segments[first].Root.Span}
	var counted Repairs // with the spans
	for _, i := range segments {
		seg := t.segments[i]
		start, end := timesOf(seg, t.received, &counted)
		if i == first || start < t.trace.from {
			t.trace.from = start
		}
		t.trace.to = max(t.trace.to, end)
	}
	for _, i := range segments {
		if root := t.segments[i].Root.Span; saysSampling(root) {
			t.trace.Head = root
			break
		}
	}
	t.trace.from, t.trace.to, t.trace.shift = t.window.move(t.trace.from, t.trace.to, t.received)
}

// Span makes the i-th span of a segment of the trace: 0 is its root, the others its descendants. It gives the attributes that it shares with others
// too. Both are valid until the next call, and as long as the request is not changed.
func (t *Streams) Span(at, i int) (*sentry.StreamSpan, *envelope.SharedAttributes) {
	if at != t.at {
		t.enter(at)
	}
	t.reset()
	seg := t.segments[at]
	from := seg.Root
	if i > 0 {
		from = seg.Spans[i-1]
	}
	fixed := &t.trace.Repairs
	span, out := from.Span, &t.span
	*out = sentry.StreamSpan{TraceID: t.trace.ID, Start: sentry.Time(span.StartTimestamp()), End: sentry.Time(span.EndTimestamp())}
	if i == 0 {
		t.rootSpan(seg, fixed)
	} else {
		t.childSpan(span, fixed)
	}
	t.read(span.Attributes(), span.Kind())
	fam := t.facts.family()
	op := t.op(fam, span)
	status := t.facts.status(span.Status())
	out.Failed = status != statusOK && status != statusCancelled
	if i == 0 && !seg.Orphan {
		out.Name = t.segment.name
	} else {
		out.Name = t.streamName(op, span)
	}
	t.rest(span)
	t.events(span)
	t.said(op, status, span)
	t.attrs = append(t.attrs, t.data...)
	out.Attributes = t.attrs
	out.Links = t.linksOf(span, fixed)
	return out, t.shared.of(from)
}

// enter begins a segment.
func (t *Streams) enter(at int) {
	t.at = at
	t.made.reset()
	t.reset()
	seg, f := t.segments[at], &t.segment
	f.texts, f.source = f.texts.reset(), ""
	span := seg.Root.Span
	t.read(span.Attributes(), span.Kind())
	if seg.Orphan {
		// Its segment came earlier, or will come: nothing is known of it but what the span itself says.
		f.id, f.name = "", f.texts.join(t.facts.text(slotSegmentName), "")
		if id, ok := sentry.ParseSpanID(t.facts.text(slotSegmentID)); ok {
			f.id = f.texts.hex(id)
		}
		return
	}
	f.id = f.texts.hex(t.ids[at].span)
	fam := t.facts.family()
	name, source := t.name(fam, t.op(fam, span), span)
	f.name, f.source = f.texts.join(name, ""), source
}

// keySegmentID and keySegmentName are where spans say which segment they belong to.
const (
	keySegmentID   = "sentry.segment.id"
	keySegmentName = "sentry.segment.name"
)

// rootSpan gives the root of a segment its ids and times.
func (t *Streams) rootSpan(seg segment.Segment, fixed *Repairs) {
	out := &t.span
	rootIDs(seg.Root, fixed) // for the count
	out.SpanID = t.ids[t.at].span
	if seg.Cycle {
		fixed.ParentSpanID++
	} else {
		out.ParentSpanID = sentry.SpanID(seg.Root.ParentSpanID())
	}
	out.Segment = !seg.Orphan
	out.Start, out.End = timesOf(seg, t.received, fixed)
	t.move(out.Start, out.End, fixed)
}

// childSpan likewise.
func (t *Streams) childSpan(span ptrace.Span, fixed *Repairs) {
	out, root := &t.span, t.ids[t.at].span
	out.SpanID, out.ParentSpanID = sentry.SpanID(span.SpanID()), sentry.SpanID(span.ParentSpanID())
	if out.SpanID.IsZero() {
		fixed.SpanID++
		out.SpanID = t.made.childID(span, 0)
	}
	if out.ParentSpanID.IsZero() && out.SpanID != root {
		out.ParentSpanID = root
	}
	if out.Start == 0 && out.End == 0 {
		repairTime(&out.Start, &out.End, t.trace.from-sentry.Time(t.trace.shift), fixed)
	} else {
		repairTime(&out.Start, &out.End, 0, fixed)
	}
	t.move(out.Start, out.End, fixed)
}

// move gives the span times that Sentry takes as they are: those of the trace keep their distances, one that lies outside all the same is cut to it.
func (t *Streams) move(start, end sentry.Time, fixed *Repairs) {
	out := &t.span
	out.Start, out.End = start+sentry.Time(t.trace.shift), end+sentry.Time(t.trace.shift)
	if !t.window.takes(out.Start, out.End) {
		out.Start = min(max(out.Start, t.trace.from), t.trace.to)
		out.End = min(max(out.End, out.Start), t.trace.to)
	}
	if out.Start != start || out.End != end {
		fixed.Age++
		t.put(keyOriginalTime, t.text.time(start))
	}
}

// streamName is the name of a span that is no segment: the span's own, unless it holds a statement, else what its op is named by.
func (t *Streams) streamName(op string, span ptrace.Span) string {
	if said := t.facts.text(slotSentryName); said != "" {
		return said
	}
	if own := span.Name(); own != "" && !t.facts.isRaw(own) {
		return own
	}
	if name := t.fill(conventions.Names(op), span.Name(), anyTemplate); name != "" {
		return name
	}
	return op
}

// said collects what Sentry knows under names of its own.
func (t *Streams) said(op, status string, span ptrace.Span) {
	t.attrs = t.attrs[:0]
	t.say("sentry.op", op)
	t.say(keySegmentID, t.segment.id)
	t.say(keySegmentName, t.segment.name)
	if t.span.Segment {
		t.say("sentry.segment.name.source", t.segment.source)
		t.say("sentry.span.source", t.segment.source) // what Sentry read before
	}
	if origin := t.origin(); origin != originSpans {
		t.say("sentry.origin", origin)
	}
	if description := t.description(op, span); description != t.span.Name {
		t.say("sentry.description", description)
	}
	if status != statusOK && status != statusInternal {
		t.say("sentry.status", status) // the protocol's own field knows ok and error only
	}
	if k := span.Kind(); k > 0 && int(k) < len(streamKinds) {
		t.say("sentry.kind", streamKinds[k])
	}
	if flags := span.Flags(); flags&spanFlagHasIsRemote != 0 && !span.ParentSpanID().IsEmpty() {
		t.attrs = append(t.attrs, sentry.Attr{Key: "sentry.is_remote", Value: sentry.Bool(flags&spanFlagIsRemote != 0)})
	}
	for _, m := range t.measured {
		t.attrs = append(t.attrs, sentry.Attr{Key: m.Name, Value: sentry.Double(m.Value)})
	}
}

func (t *Streams) say(key, text string) {
	if text != "" {
		t.attrs = append(t.attrs, sentry.Attr{Key: key, Value: sentry.String(text)})
	}
}

// streamKinds are the values of sentry.kind.
var streamKinds = [...]string{
	ptrace.SpanKindInternal: "internal", ptrace.SpanKindServer: "server", ptrace.SpanKindClient: "client", ptrace.SpanKindProducer: "producer",
	ptrace.SpanKindConsumer: "consumer",
}

// The bits of Span.Flags (opentelemetry-proto, SpanFlags).
const (
	spanFlagHasIsRemote = 0x100
	spanFlagIsRemote    = 0x200
)

// Stamp writes on a span what is known of the segment that was made last, so that a request without its root says the same of it.
func (t *Streams) Stamp(span ptrace.Span) {
	for key, text := range map[string]string{keySegmentID: t.segment.id, keySegmentName: t.segment.name} {
		if text != "" {
			span.Attributes().PutStr(key, strings.Clone(text)) // the text is in memory that is used again
		}
	}
}
