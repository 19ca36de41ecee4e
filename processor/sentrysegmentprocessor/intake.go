package sentrysegmentprocessor

import (
	"encoding/binary"
	"sync"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/segment"
	"github.com/otelcol-sentry/otelcol-sentry/processor/sentrysegmentprocessor/internal/assembly"
	"github.com/otelcol-sentry/otelcol-sentry/processor/sentrysegmentprocessor/internal/journal"
)

// batch is the part of a request that one shard gets. It borrows from the request until the shard has taken it.
type batch struct {
	entry     uint64 // in the journal
	replayed  bool
	resources []resource
	scopes    []scope
	spans     []arrival
}

// resource is a ResourceSpans of the request.
type resource struct {
	rs      ptrace.ResourceSpans
	service uint64 // its identity
	bytes   int64
}

// scope is a ScopeSpans of the last resource before it.
type scope struct {
	ss       ptrace.ScopeSpans
	resource int32 // in batch.resources
}

type arrival struct {
	span  ptrace.Span
	scope int32  // in batch.scopes
	index uint32 // of the span among those of the request
	bytes int64
}

// maxPooled is the number of spans up to which the memory of a batch is kept.
const maxPooled = 1 << 14

var batches = sync.Pool{New: func() any { return new(batch) }}

func (b *batch) free() {
	if cap(b.spans) > maxPooled {
		return
	}
	clear(b.resources)
	clear(b.scopes)
	clear(b.spans)
	*b = batch{resources: b.resources[:0], scopes: b.scopes[:0], spans: b.spans[:0]}
	batches.Put(b)
}

// intake is a request as the shards will get it.
type intake struct {
	shards   []*batch // nil where a shard gets nothing
	spans    int
	bytes    int64
	nameless int // spans without a trace id or span id: they belong to no segment
}

var intakes = sync.Pool{New: func() any { return new(intake) }}

func (in *intake) free() {
	for i, b := range in.shards {
		if b != nil {
			b.free()
			in.shards[i] = nil
		}
	}
	*in = intake{shards: in.shards[:0]}
	intakes.Put(in)
}

// read measures a request and splits it over the shards. It changes nothing. Spans in skip are left out.
func read(td ptrace.Traces, shards int, skip journal.Bits) *intake {
	in := intakes.Get().(*intake)
	for len(in.shards) < shards {
		in.shards = append(in.shards, nil)
	}
	r := reader{intake: in, skip: skip}
	for _, rs := range td.ResourceSpans().All() {
		r.resource = resource{rs: rs, service: segment.ResourceKey(rs.Resource()), bytes: assembly.ResourceBytes(rs)}
		r.resources++
		for _, ss := range rs.ScopeSpans().All() {
			r.scopes++
			r.readScope(ss)
		}
	}
	return in
}

// reader is where reading stands.
type reader struct {
	*intake
	skip      journal.Bits
	index     uint32 // of the next span
	resource  resource
	resources int // that were begun, and which of them each shard has
	scopes    int
	in        [maxShards]struct{ resource, scope int }
}

func (r *reader) readScope(ss ptrace.ScopeSpans) {
	size := assembly.ScopeBytes(ss)
	for _, span := range ss.Spans().All() {
		i := r.index
		r.index++
		switch {
		case r.skip.Has(i):
			continue
		case isNameless(span):
			r.nameless++
			continue
		}
		b := r.batch(shardOf(span.TraceID(), len(r.shards)), ss, size)
		bytes := assembly.SpanBytes(span)
		b.spans = append(b.spans, arrival{span: span, scope: int32(len(b.scopes) - 1), index: i, bytes: bytes})
		r.bytes += bytes
		r.spans++
	}
}

// batch is the batch of a shard, where the resource and the scope are the last.
func (r *reader) batch(shard int, ss ptrace.ScopeSpans, size int64) *batch {
	b := r.shards[shard]
	if b == nil {
		b = batches.Get().(*batch)
		r.shards[shard] = b
	}
	if at := &r.in[shard]; at.scope != r.scopes {
		if at.resource != r.resources {
			at.resource = r.resources
			b.resources = append(b.resources, r.resource)
			r.bytes += r.resource.bytes
		}
		at.scope = r.scopes
		b.scopes = append(b.scopes, scope{ss: ss, resource: int32(len(b.resources) - 1)})
		r.bytes += size
	}
	return b
}

// shardOf spreads traces, also those whose ids are less random than they should be.
func shardOf(trace pcommon.TraceID, shards int) int {
	mixed := (binary.BigEndian.Uint64(trace[:8]) ^ binary.BigEndian.Uint64(trace[8:])) * 0x9e3779b97f4a7c15
	return int((mixed >> 32) % uint64(shards))
}

// nameless copies the spans that have no trace id or no span id.
func nameless(td ptrace.Traces) ptrace.Traces {
	out := ptrace.NewTraces()
	td.CopyTo(out)
	keepSpans(out, isNameless)
	return out
}

func hasName(span ptrace.Span) bool { return !isNameless(span) }

func isNameless(span ptrace.Span) bool { return span.TraceID().IsEmpty() || span.SpanID().IsEmpty() }

// keepSpans removes the other spans, and what is empty then.
func keepSpans(td ptrace.Traces, keep func(ptrace.Span) bool) {
	td.ResourceSpans().RemoveIf(func(rs ptrace.ResourceSpans) bool {
		rs.ScopeSpans().RemoveIf(func(ss ptrace.ScopeSpans) bool {
			ss.Spans().RemoveIf(func(span ptrace.Span) bool { return !keep(span) })
			return ss.Spans().Len() == 0
		})
		return rs.ScopeSpans().Len() == 0
	})
}
