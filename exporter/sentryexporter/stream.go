package sentryexporter

import (
	"context"
	"sync"

	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/report"
	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/translate"
	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
	"github.com/otelcol-sentry/otelcol-sentry/internal/segment"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// Streamed spans go as they come, no matter what has come of their trace before: nobody waits for a root. One envelope holds spans of one
// trace.

// smallerStream is how many spans a container holds that is sent again because the server found it too large.
const smallerStream = 50

// pushStream sends containers of streamed spans. What could not be delivered comes back in the error, by whole containers.
func (l *spansLane) pushStream(ctx context.Context, td ptrace.Traces) error {
	p := streamPushes.Get().(*streamPush)
	defer p.release()
	p.begin(l.lane, ctx, td)
	first := l.firstTryOfTraces(td)
	p.send(nil)
	if again := p.delivery.smaller(); len(again) > 0 {
		p.atMost = smallerStream
		p.send(again)
	}
	left, err := p.delivery.finish(p.total)
	if err == nil {
		return nil
	}
	if l.givesUp(first) {
		l.discard(ctx, report.NetworkError, streamCargo(len(left)))
		return nil
	}
	rest := p.keep(left)
	l.markTraces(rest, first)
	return consumererror.NewTraces(err, rest)
}

func streamCargo(spans int) cargo {
	return cargo{spans, [2]report.Quantity{{Category: sentry.CategorySpan, N: spans}}}
}

// streamPush fills containers, one after the other, and sends each when it is full. Its memory is reused.
type streamPush struct {
	lane     *lane
	delivery *delivery
	td       ptrace.Traces
	segments []segment.Segment
	bases    []int // positions of the segments' roots; their descendants come after
	total    int
	atMost   int

	splitter  segment.Splitter
	streams   translate.Streams
	container envelope.SpanContainer

	// The container that is being filled.
	payload   *[]byte
	dsc       []sentry.Tag
	positions []int
	repairs   translate.Repairs
	trimmed   bool
}

var streamPushes = sync.Pool{New: func() any { return &streamPush{splitter: segment.Splitter{Streamed: true}} }}

func (p *streamPush) begin(l *lane, ctx context.Context, td ptrace.Traces) {
	p.lane, p.delivery, p.td, p.atMost = l, l.newDelivery(ctx), td, envelope.MaxContainerSpans
	p.segments = p.splitter.Split(td)
	p.bases, p.total = p.bases[:0], 0
	for i := range p.segments {
		p.bases = append(p.bases, p.total)
		p.total += 1 + len(p.segments[i].Spans)
	}
}

func (p *streamPush) release() {
	p.lane, p.delivery, p.td, p.segments, p.dsc, p.positions = nil, nil, ptrace.Traces{}, nil, nil, nil
	streamPushes.Put(p)
}

func (p *streamPush) options() translate.StreamOptions {
	return translate.StreamOptions{
		SpanOptions: translate.SpanOptions{Personal: p.lane.project.cfg.SendDefaultPII},
		Defaults:    p.lane.project.defaults, SDK: p.lane.project.sdk,
	}
}

// send visits the spans of the request, trace by trace, or those at the given positions.
func (p *streamPush) send(only map[int]bool) {
	p.streams.Begin(p.options(), p.td, p.segments, sentry.Time(p.lane.project.now().UnixNano()))
	for trace := range p.streams.Traces() {
		p.dsc = p.lane.project.sampling.OfSpan(trace.ID, trace.Head)
		for _, at := range trace.Segments {
			for i := range 1 + len(p.segments[at].Spans) {
				if position := p.bases[at] + i; only == nil || only[position] {
					trace.Repairs = translate.Repairs{}
					span, shared := p.streams.Span(at, i)
					p.add(span, shared, position)
					p.repairs.Add(trace.Repairs)
				}
			}
		}
		p.flush()
	}
}

func (p *streamPush) add(span *sentry.StreamSpan, shared *envelope.SharedAttributes, position int) {
	for {
		if p.payload == nil {
			p.payload = payloads.Get().(*[]byte)
			p.container.Reset(*p.payload, span.TraceID)
		}
		if p.container.Len() < p.atMost {
			fit := p.container.Add(span, shared)
			switch fit {
			case envelope.SpanAdded, envelope.SpanTrimmed:
				p.positions = append(p.positions, position)
				p.trimmed = p.trimmed || fit == envelope.SpanTrimmed
				return
			case envelope.SpanInvalid:
				p.lane.discard(p.delivery.ctx, report.Invalid, streamCargo(1))
				return
			case envelope.SpanFull:
			}
		}
		p.flush()
	}
}

// flush sends the container, if there is anything in it.
func (p *streamPush) flush() {
	if p.payload == nil {
		return
	}
	item := p.container.Item()
	*p.payload = item.Payload
	parcel := parcel{
		positions: p.positions, dsc: p.dsc, item: item, payload: p.payload, cargo: streamCargo(p.container.Len()), repairs: p.repairs, truncated: p.trimmed,
		last: p.atMost == smallerStream,
	}
	p.positions, p.payload, p.repairs, p.trimmed = nil, nil, translate.Repairs{}, false
	if len(parcel.positions) == 0 {
		freePayload(parcel.payload)
		return
	}
	switch p.delivery.gate(parcel.positions...) {
	case gateOpen:
		p.delivery.send(parcel)
	case gateDrop:
		freePayload(parcel.payload)
		p.lane.discard(p.delivery.ctx, report.RatelimitBackoff, parcel.cargo)
	case gateLater:
		freePayload(parcel.payload)
	}
}

// keep copies the spans at these positions (sorted). A span whose segment's root is not among them takes along what is known of the
// segment, and ids that were made, so that it is the same span when it is sent.
func (p *streamPush) keep(positions []int) ptrace.Traces {
	c := spansCopier{from: p.td, to: ptrace.NewTraces(), resources: make(map[int]ptrace.ResourceSpans), scopes: make(map[scopeKey]ptrace.SpanSlice)}
	left := make(map[int]bool, len(positions))
	for _, position := range positions {
		left[position] = true
	}
	p.streams.Begin(p.options(), p.td, p.segments, 0)
	for trace := range p.streams.Traces() {
		for _, at := range trace.Segments {
			seg := p.segments[at]
			for i := range 1 + len(seg.Spans) {
				if !left[p.bases[at]+i] {
					continue
				}
				from := seg.Root
				if i > 0 {
					from = seg.Spans[i-1]
				}
				made, _ := p.streams.Span(at, i)
				to := c.spans(from).AppendEmpty()
				from.CopyTo(to)
				to.SetTraceID(pcommon.TraceID(made.TraceID))
				to.SetSpanID(pcommon.SpanID(made.SpanID))
				to.SetParentSpanID(pcommon.SpanID(made.ParentSpanID))
				if i > 0 && !left[p.bases[at]] {
					p.streams.Stamp(to)
				}
			}
		}
	}
	return c.to
}
