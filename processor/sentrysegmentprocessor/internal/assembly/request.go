package assembly

import (
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/segment"
)

// Request is what leaves together.
type Request struct {
	Traces ptrace.Traces
	// Bytes is what it is counted as. Of these, Copied were not counted before: resources and scopes, which it has for itself.
	Bytes, Copied int64
	Spans         int
	// Segments and SpansBy count by Reason.
	Segments, SpansBy [reasons]int
	// Places of the spans in the journal, if there is one.
	Places []Place

	places    bool
	last      *Origin // where the last span went
	lastSpans ptrace.SpanSlice
	spans     map[*Origin]ptrace.SpanSlice
	resources map[*Resource]ptrace.ResourceSpans
}

func (a *Assembly) newRequest() *Request {
	return &Request{
		Traces: ptrace.NewTraces(), places: a.opts.Places,
		spans: make(map[*Origin]ptrace.SpanSlice), resources: make(map[*Resource]ptrace.ResourceSpans),
	}
}

// Limits say what leaves besides what is due.
type Limits struct {
	// Request is the size of a request that is not exceeded, unless by a single segment.
	Request int64
	// Early is how many bytes leave early, as far as there are segments with a root: these lack little.
	Early int64
	// Any is how many bytes leave in any case.
	Any int64
}

// Take moves those segments out whose time has come, and as many others as the limits say: first those that have waited the largest part
// of their time. It returns nil if nothing leaves.
func (a *Assembly) Take(now Instant, limits Limits) *Request {
	return a.collect(limits.Request, func(taken int64) (int32, Reason) {
		if g := a.queues[urgent].first; g != none {
			return g, Memory
		}
		if g := a.queues[rooted].first; g != none && a.groups[g].since+a.opts.WaitAfterRoot <= now {
			return g, Root
		}
		if g := a.queues[waiting].first; g != none && a.groups[g].since+a.opts.IdleTimeout <= now {
			return g, Idle
		}
		if taken < limits.Any || taken < limits.Early && a.queues[rooted].first != none {
			return a.oldest(now), Memory
		}
		return none, 0
	})
}

// oldest is the group that has waited the largest part of its time. So one with a root leaves long before one without that came at the
// same time, and one whose root is lost makes room for those that came after it.
func (a *Assembly) oldest(now Instant) int32 {
	r, w := a.queues[rooted].first, a.queues[waiting].first
	if r == none || w == none {
		return max(r, w)
	}
	part := func(g int32, of time.Duration) float64 { return float64(now-a.groups[g].since) / float64(of) }
	if part(r, a.opts.WaitAfterRoot) < part(w, a.opts.IdleTimeout) {
		return w
	}
	return r
}

// TakeAny moves segments out, complete or not, up to most bytes, and at least one; nil if there is none.
func (a *Assembly) TakeAny(most int64) *Request {
	return a.collect(most, func(int64) (int32, Reason) {
		for q := urgent; q > waiting; q-- {
			if g := a.queues[q].first; g != none {
				return g, Shutdown
			}
		}
		return a.queues[waiting].first, Shutdown
	})
}

// Again makes the request that an earlier process offered, of the spans that came out of the journal, which are not held here: the same
// spans as then, so that its transactions have the same ids and the same content. They are all copied in the sense of Request.
func (a *Assembly) Again(segments int, spans []Arrival) *Request {
	req := a.newRequest()
	for _, in := range spans {
		req.add(in.Origin, in.Span, in.Place)
		req.copied(in.Bytes)
	}
	req.Segments[Replay], req.SpansBy[Replay] = segments, req.Spans
	req.close()
	return req
}

// Sent notes that a span has left which is not held here.
func (a *Assembly) Sent(in Arrival) {
	a.sent.add(spanKey{in.Span.TraceID(), in.Span.SpanID()}, in.Origin.resource.service)
}

// collect moves out what choose names, as long as it names something and there is room.
func (a *Assembly) collect(most int64, choose func(taken int64) (int32, Reason)) *Request {
	var req *Request
	var taken int64
	for {
		g, reason := choose(taken)
		if g == none || req != nil && taken+a.groups[g].bytes > most {
			break
		}
		if req == nil {
			req = a.newRequest()
		}
		taken += a.groups[g].bytes
		a.move(req, g, reason)
	}
	if req != nil {
		req.close()
	}
	return req
}

// move moves a group out.
func (a *Assembly) move(req *Request, g int32, reason Reason) {
	at := &a.groups[g]
	switch {
	case at.replayed:
		reason = Replay
	case at.late:
		reason = Late
	}
	req.Segments[reason]++
	req.SpansBy[reason] += int(at.spans)
	req.Bytes += at.bytes
	a.bytes -= at.bytes
	for n := at.first; n != none; {
		next := a.nodes[n].next
		a.leave(n)
		if !a.nodes[n].missing {
			a.moveSpan(req, n)
		}
		a.freeNode(n)
		n = next
	}
	a.queues[at.queue].remove(a.groups, g)
	a.freeGroup(g)
}

func (a *Assembly) moveSpan(req *Request, n int32) {
	at := &a.nodes[n]
	at.origin.refs--
	a.spans--
	a.sent.add(at.key, at.service)
	req.add(at.origin, at.span, Place{Entry: at.entry, Index: at.place, Late: at.late})
}

// add moves a span into the request.
func (r *Request) add(o *Origin, span ptrace.Span, place Place) {
	if o != r.last {
		r.last, r.lastSpans = o, r.spansOf(o)
	}
	to := r.lastSpans.AppendEmpty()
	span.MoveTo(to)
	if place.Late {
		to.Attributes().PutBool(segment.LateMark, true)
	}
	r.Spans++
	if r.places {
		r.Places = append(r.Places, place)
	}
}

// spansOf is where the spans of an origin go.
func (r *Request) spansOf(o *Origin) ptrace.SpanSlice {
	spans, ok := r.spans[o]
	if !ok {
		ss := r.resourceSpansOf(o.resource).ScopeSpans().AppendEmpty()
		o.scope.CopyTo(ss.Scope())
		ss.SetSchemaUrl(o.key.schemaURL)
		spans = ss.Spans()
		r.spans[o] = spans
		r.copied(o.bytes)
	}
	return spans
}

func (r *Request) resourceSpansOf(res *Resource) ptrace.ResourceSpans {
	rs, ok := r.resources[res]
	if !ok {
		rs = r.Traces.ResourceSpans().AppendEmpty()
		res.value.CopyTo(rs.Resource())
		rs.SetSchemaUrl(res.key.schemaURL)
		r.resources[res] = rs
		r.copied(res.bytes)
	}
	return rs
}

func (r *Request) copied(bytes int64) {
	r.Bytes += bytes
	r.Copied += bytes
}

// close forgets what was needed to fill it.
func (r *Request) close() {
	r.last, r.lastSpans, r.spans, r.resources = nil, ptrace.SpanSlice{}, nil, nil
}
