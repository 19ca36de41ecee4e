package translate

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/segment"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// keepText bounds the text memory that is kept from one transaction to the next, in bytes.
const keepText = 1 << 20

// Spans makes transactions of segments. It keeps its memory from one to the next, so that a span costs no allocation. Not for use by several
// goroutines at once. The zero value is ready.
type Spans struct {
	reader

	tx           sentry.Transaction
	spans        []sentry.Span
	window       window // the times that Sentry takes
	shift        uint64 // what is added to all times, modulo 2^64, because the segment's lie outside the window
	made         ordinals
	requestMem   sentry.Request
	userMem      sentry.User
	headersMem   []sentry.Tag
	responseMem  []sentry.Attr
	contextsMem  [1]sentry.Context
	tagsMem      [1]sentry.Tag
	measurements []sentry.Measurement
}

// Transaction makes the transaction of a segment of td. The ID is left to the caller: it comes from the project, the trace and Trace.SpanID. received is
// the present: it stands in for the time of a segment none of whose spans has one, and a segment too old, or too far ahead, for Sentry is moved to
// end at it. With 0 times stay as they are.
//
// A continuation (seg.Offset > 0) gets a segment span of its own: below the segment's, named like it, over the time of the spans it holds, with an
// id made from the segment's and the offset.
//
// Where the root is not there (seg.Rootless()), the segment span is a made one too; seg.Root is the first child.
//
// The result, and the strings in it, are valid until the next call, and as long as td is not changed.
func (t *Spans) Transaction(td ptrace.Traces, seg segment.Segment, res *sentry.Resource, received sentry.Time) (*sentry.Transaction, Repairs) {
	t.begin(len(seg.Spans) + 1)
	var fixed, below Repairs
	t.tx.Resource = res
	if seg.Rootless() {
		t.standIn(seg)
	} else {
		t.root(td, seg, &fixed)
	}
	t.rootTime(seg, received, &fixed)
	t.age(received, &fixed)
	if seg.Rootless() && seg.Offset == 0 {
		t.child(td, seg, seg.Root, &below)
	}
	for i := range seg.Spans {
		t.child(td, seg, seg.Spans[i], &below)
	}
	t.tx.Spans = t.spans
	if seg.Rootless() {
		t.tx.Trace.Status = t.worst(sentry.SpanID(seg.Root.ParentSpanID()))
	}
	if seg.Offset > 0 {
		below.Parts = 1
		t.continuation(seg)
		return &t.tx, below // the segment span was counted with the first part
	}
	fixed.Add(below)
	return &t.tx, fixed
}

func (t *Spans) begin(spans int) {
	t.reset()
	if cap(t.spans) < spans {
		t.spans = make([]sentry.Span, 0, spans)
	}
	t.tx, t.spans, t.shift = sentry.Transaction{}, t.spans[:0], 0
	t.made.reset()
}

// root translates the segment span into everything but the times.
func (t *Spans) root(td ptrace.Traces, seg segment.Segment, fixed *Repairs) {
	span, tx := seg.Root.Span, &t.tx
	tx.Trace.TraceID, tx.Trace.SpanID = rootIDs(seg.Root, fixed)
	if seg.Cycle {
		fixed.ParentSpanID++
	} else {
		tx.Trace.ParentSpanID = sentry.SpanID(span.ParentSpanID())
	}
	mark := len(t.data)
	t.read(span.Attributes(), span.Kind())
	fam := t.facts.family()
	tx.Trace.Op = t.op(fam, span)
	tx.Trace.Status = t.facts.status(span.Status())
	tx.Trace.Origin = t.origin()
	tx.Name, tx.Source = t.name(fam, tx.Trace.Op, span)
	tx.User = t.user(span)
	if tx.Request = t.request(span); tx.Request != nil {
		tx.Contexts = t.response(span)
	}
	t.common(td, seg.Root)
	if _, said := span.Attributes().Get(segment.LateMark); seg.Orphan && !said {
		t.data = append(t.data, lateMark)
	}
	tx.Trace.Data = t.since(mark)
	t.measurements = appendVitals(append(t.measurements[:0], t.measured...), tx.Trace.Data)
	tx.Measurements = t.measurements
	tx.Trace.Links = t.linksOf(span, fixed)
}

// lateMark is on a segment span that is no entry into the service, but the top of a part that lost its segment, as in Sentry's JavaScript and
// Elixir SDKs.
var lateMark = sentry.Attr{Key: segment.LateMark, Value: sentry.Bool(true)}

// child translates a descendant.
func (t *Spans) child(td ptrace.Traces, seg segment.Segment, from segment.Span, fixed *Repairs) {
	span := from.Span
	out := sentry.Span{
		TraceID: t.tx.Trace.TraceID, SpanID: sentry.SpanID(span.SpanID()), ParentSpanID: sentry.SpanID(span.ParentSpanID()),
		Start: sentry.Time(span.StartTimestamp()), End: sentry.Time(span.EndTimestamp()),
	}
	if out.SpanID.IsZero() {
		fixed.SpanID++
		out.SpanID = t.made.childID(span, seg.Offset)
	}
	if out.ParentSpanID.IsZero() && out.SpanID != t.tx.Trace.SpanID {
		out.ParentSpanID = t.tx.Trace.SpanID
	}
	t.childTime(&out, fixed)
	mark := len(t.data)
	t.read(span.Attributes(), span.Kind())
	out.Op = t.op(t.facts.family(), span)
	out.Status = t.facts.status(span.Status())
	out.Origin = t.origin()
	out.Description = t.description(out.Op, span)
	t.common(td, from)
	if name := span.Name(); name != "" && name != out.Description && !t.facts.has(slotSentryName) {
		// Where the description says something else, Sentry shows this as the span's name (relay-spans, name.rs).
		t.data = append(t.data, sentry.Attr{Key: "sentry.name", Value: sentry.String(name)})
	}
	for _, m := range t.measured {
		t.data = append(t.data, sentry.Attr{Key: m.Name, Value: sentry.Double(m.Value)}) // as Relay files the measurements of spans
	}
	out.Data = t.since(mark)
	out.Links = t.linksOf(span, fixed)
	t.spans = append(t.spans, out)
}

// continuation makes t.tx, which has the segment's own facts, the transaction of a later part of it.
func (t *Spans) continuation(seg segment.Segment) {
	tx := &t.tx
	root := pcommon.SpanID(tx.Trace.SpanID)
	mark := len(t.data)
	t.data = append(t.data, sentry.Attr{Key: "otelcol.segment.offset", Value: sentry.Int(int64(seg.Offset))})
	tx.Trace = sentry.TraceContext{
		TraceID: tx.Trace.TraceID, SpanID: sentry.SpanID(segment.PartSpanID(pcommon.TraceID(tx.Trace.TraceID), root, seg.Offset)),
		ParentSpanID: sentry.SpanID(root), Op: opDefault, Status: statusOK, Origin: originSpans, Data: t.since(mark),
	}
	tx.Request, tx.Contexts, tx.User, tx.Measurements = nil, nil, nil, nil
	for i := range tx.Spans {
		if s := &tx.Spans[i]; i == 0 {
			tx.Start, tx.End = s.Start, s.End
		} else {
			tx.Start, tx.End = min(tx.Start, s.Start), max(tx.End, s.End)
		}
	}
}

// vitals are the web vitals among the attributes of a page load, and what Sentry calls them among its measurements.
var vitals = map[string]sentry.Measurement{
	"browser.web_vital.cls.value":         {Name: "cls"},
	"browser.web_vital.fcp.value":         {Name: "fcp", Unit: "millisecond"},
	"browser.web_vital.fp.value":          {Name: "fp", Unit: "millisecond"},
	"browser.web_vital.inp.value":         {Name: "inp", Unit: "millisecond"},
	"browser.web_vital.lcp.value":         {Name: "lcp", Unit: "millisecond"},
	"browser.web_vital.ttfb.value":        {Name: "ttfb", Unit: "millisecond"},
	"browser.web_vital.ttfb.request_time": {Name: "ttfb.requestTime", Unit: "millisecond"},
}

func appendVitals(dst []sentry.Measurement, data []sentry.Attr) []sentry.Measurement {
	for i := range data {
		m, ok := vitals[data[i].Key]
		if !ok {
			continue
		}
		switch v := data[i].Value; v.Kind() {
		case sentry.KindDouble:
			m.Value = v.DoubleVal()
		case sentry.KindInt:
			m.Value = float64(v.IntVal())
		default:
			continue
		}
		dst = append(dst, m)
	}
	return dst
}
