package sentryexporter

import (
	"context"
	"slices"
	"sync"

	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/report"
	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/translate"
	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/triage"
	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
	"github.com/otelcol-sentry/otelcol-sentry/internal/segment"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// maxTransactionSpans is how many child spans one transaction carries, as in Sentry's SDKs (options, max_spans).
const maxTransactionSpans = 1000

// spansLane carries requests of spans to Sentry's transactions. A request is never cut between the offer and the push, so that the
// segments in it stay whole.
type spansLane struct {
	*lane
	queue exporter.Traces
}

func newSpansLane(p *project) (*spansLane, error) {
	var l *spansLane
	var push consumer.ConsumeTracesFunc
	if p.cfg.Traces.Mode == modeStream {
		l = &spansLane{lane: newLane(p, kindSpans, sentry.CategorySpan)}
		push = l.pushStream
	} else {
		// Relay drops a transaction's spans where "span" is limited, so the lane waits for both.
		l = &spansLane{lane: newLane(p, kindSpans, sentry.CategoryTransaction, sentry.CategorySpan)}
		push = l.push
	}
	var err error
	l.queue, err = exporterhelper.NewTraces(context.Background(), l.settings(), p.cfg, push, l.options()...)
	return l, err
}

// offer gives a request to the lane. A lane that merges requests gets a copy: the caller's object is never changed.
func (l *spansLane) offer(ctx context.Context, td ptrace.Traces) error {
	if l.batches() {
		own := ptrace.NewTraces()
		td.CopyTo(own)
		td = own
	}
	return l.offerTraces(ctx, l.queue, td)
}

// spansPush is the memory of one push; it is reused.
type spansPush struct {
	splitter  segment.Splitter
	translate translate.Spans
	resources []preparedResource
	segments  []segment.Segment
	named     []namedSegment
	firsts    map[sentry.EventID]int // id -> the first segment that has it
}

type preparedResource struct {
	resource *sentry.Resource
	prepared *envelope.Prepared
}

// namedSegment is a segment's identity within its request.
type namedSegment struct {
	trace sentry.TraceID
	span  sentry.SpanID
	// Client and server may share a span id (Zipkin does so), and a broken sender may use one twice: Sentry would drop the second
	// transaction as a repeat of the first. twin is the first segment with the same ids, ordinal tells the later ones apart.
	twin, ordinal int
	twins         bool // there are others with the same ids
}

var spansPushes = sync.Pool{New: func() any { return &spansPush{firsts: make(map[sentry.EventID]int)} }}

// begin splits a request and names its segments.
func (w *spansPush) begin(td ptrace.Traces, project string) []segment.Segment {
	clear(w.resources)
	w.resources = slices.Grow(w.resources[:0], td.ResourceSpans().Len())[:td.ResourceSpans().Len()]
	clear(w.resources)
	clear(w.firsts)
	w.named = w.named[:0]
	segments := w.splitter.Split(td)
	w.segments = segments
	for i, seg := range segments {
		n := namedSegment{twin: i}
		n.trace, n.span = translate.SegmentIDs(seg)
		id := triage.TransactionID(project, n.trace, n.span, 0)
		if first, ok := w.firsts[id]; ok {
			n.twin = first
			w.named[first].ordinal++
			n.ordinal = w.named[first].ordinal
			n.twins, w.named[first].twins = true, true
		} else {
			w.firsts[id] = i
		}
		w.named = append(w.named, n)
	}
	for i := range w.named {
		if w.named[i].twin == i {
			w.named[i].ordinal = 0 // it held the count
		}
	}
	return segments
}

// resource is the request's i-th resource, translated and encoded once.
func (w *spansPush) resource(l *lane, td ptrace.Traces, i int) preparedResource {
	if w.resources[i].resource == nil {
		res := translate.Resource(td.ResourceSpans().At(i).Resource(), l.project.defaults)
		w.resources[i] = preparedResource{res, envelope.Prepare(res, l.project.sdk)}
	}
	return w.resources[i]
}

// smallerPart is how many spans a part of a segment has that is sent again because the server found it too large.
const smallerPart = 100

// push sends one transaction per segment. What could not be delivered comes back in the error, by whole segments.
func (l *spansLane) push(ctx context.Context, td ptrace.Traces) error {
	w := spansPushes.Get().(*spansPush)
	defer spansPushes.Put(w)
	w.translate.Personal = l.project.cfg.SendDefaultPII
	segments := w.begin(td, l.project.dsn.ProjectID())
	d := l.newDelivery(ctx)
	first := l.firstTryOfTraces(td)
	for i, seg := range segments {
		switch d.gate(i) {
		case gateOpen:
			for part := range seg.Parts(maxTransactionSpans) {
				l.sendPart(d, w, td, part, i, false)
			}
		case gateDrop:
			l.discard(ctx, report.RatelimitBackoff, cargoOf(seg))
		case gateLater:
		}
	}
	d.wg.Wait()
	for _, large := range d.tooLarge {
		i := large.positions[0]
		for part := range segments[i].Slice(large.from, large.to).Parts(smallerPart) {
			l.sendPart(d, w, td, part, i, true)
		}
	}
	left, err := d.finish(len(segments))
	kept := w.withTwins(left)
	d.bookShared(func(position int) bool { return kept[w.named[position].twin] })
	if err == nil {
		return nil
	}
	if l.givesUp(first) {
		for i, seg := range segments {
			if kept[w.named[i].twin] {
				l.discard(ctx, report.NetworkError, cargoOf(seg))
			}
		}
		return nil
	}
	rest := w.keepSegments(td, kept)
	l.markTraces(rest, first)
	return consumererror.NewTraces(err, rest)
}

// cargoOf counts a segment: as Sentry does, the transaction and its spans with the segment span; as the lane does, the spans that came,
// of which a made segment span is none: that of a continuation, and that of a segment without its root.
func cargoOf(seg segment.Segment) cargo {
	came, sent := len(seg.Spans), len(seg.Spans)+1
	if seg.Offset == 0 {
		came++
		if seg.Rootless() {
			sent++
		}
	}
	return cargo{came, [2]report.Quantity{{Category: sentry.CategoryTransaction, N: 1}, {Category: sentry.CategorySpan, N: sent}}}
}

// sendPart sends a segment, or a part of one. What is too large for one transaction goes as two.
func (l *spansLane) sendPart(d *delivery, w *spansPush, td ptrace.Traces, seg segment.Segment, position int, last bool) {
	res := w.resource(l.lane, td, seg.Root.Resource)
	tx, repairs := w.translate.Transaction(td, seg, res.resource, sentry.Time(l.project.now().UnixNano()))
	tx.ID = triage.TransactionID(l.project.dsn.ProjectID(), tx.Trace.TraceID, tx.Trace.SpanID, w.named[position].ordinal)
	payload := payloads.Get().(*[]byte)
	var fit envelope.FitResult
	if half := len(seg.Spans) / 2; half > 0 {
		if *payload, fit = envelope.FitWholeSpans((*payload)[:0], tx, res.prepared); !fit.OK {
			freePayload(payload)
			l.sendPart(d, w, td, seg.Slice(0, half), position, last)
			l.sendPart(d, w, td, seg.Slice(half, len(seg.Spans)), position, last)
			return
		}
	} else {
		*payload, fit = envelope.FitTransaction((*payload)[:0], tx, res.prepared)
	}
	what := cargoOf(seg)
	if !fit.OK {
		freePayload(payload)
		l.discard(d.ctx, report.Invalid, what)
		return
	}
	lost := fit.LostSpans + fit.InvalidSpans
	if lost > 0 {
		what.units -= lost
		what.quantities[1].N -= lost
	}
	p := parcel{
		positions: []int{position}, id: tx.ID, item: envelope.Item{Type: envelope.TypeTransaction, Payload: *payload}, payload: payload,
		from: seg.Offset, to: seg.Offset + len(seg.Spans),
		dsc:   l.project.sampling.OfSpan(tx.Trace.TraceID, seg.Root.Span),
		cargo: what, repairs: repairs, truncated: fit.Cut != 0, last: last,
		shared: w.named[position].twins || len(seg.Spans) < len(w.segments[position].Spans),
	}
	if lost > 0 {
		d.book(p, func() {
			l.discard(d.ctx, report.Invalid, cargo{lost, [2]report.Quantity{{Category: sentry.CategorySpan, N: lost}}})
		})
	}
	d.send(p)
}

// withTwins gives the first twins of the segments at these positions. Where one goes again, all that share its ids do: the order among
// them tells them apart.
func (w *spansPush) withTwins(positions []int) map[int]bool {
	twins := make(map[int]bool, len(positions))
	for _, p := range positions {
		twins[w.named[p].twin] = true
	}
	return twins
}

// keepSegments copies the segments whose first twin is to be kept.
func (w *spansPush) keepSegments(td ptrace.Traces, keep map[int]bool) ptrace.Traces {
	var left []segment.Segment
	for i, seg := range w.segments {
		if keep[w.named[i].twin] {
			left = append(left, seg)
		}
	}
	return copySegments(td, left)
}
