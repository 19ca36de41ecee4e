package sentryexporter

import (
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/translate"
	"github.com/otelcol-sentry/otelcol-sentry/internal/segment"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// Sizes are in the unit of the queue's sizer: bytes of the protocol buffer, or records and spans.

var (
	logsSizer   plog.ProtoMarshaler
	tracesSizer ptrace.ProtoMarshaler
)

func (l *lane) sizeOfLogs(ld plog.Logs) int64 {
	if l.inBytes() {
		return int64(logsSizer.LogsSize(ld))
	}
	return int64(ld.LogRecordCount())
}

func (l *lane) sizeOfTraces(td ptrace.Traces) int64 {
	if l.inBytes() {
		return int64(tracesSizer.TracesSize(td))
	}
	return int64(td.SpanCount())
}

// cutLogs gives the pieces of a request, in order: the request itself, or copies of parts that are small enough. A record is never cut.
func (l *lane) cutLogs(ld plog.Logs) []plog.Logs {
	most := l.pieceSize()
	if most == 0 || l.sizeOfLogs(ld) <= most {
		return []plog.Logs{ld}
	}
	c := logsCutter{lane: l, most: most}
	for _, rl := range ld.ResourceLogs().All() {
		c.enterResource(rl)
		for _, sl := range rl.ScopeLogs().All() {
			c.enterScope(sl)
			for _, rec := range sl.LogRecords().All() {
				c.add(rec)
			}
		}
	}
	return c.pieces
}

// logsCutter fills one piece after the other. A piece repeats the resource and the scope of its records.
type logsCutter struct {
	lane   *lane
	most   int64
	pieces []plog.Logs
	size   int64 // of the last piece

	fromResource plog.ResourceLogs
	fromScope    plog.ScopeLogs
	header       int64 // the size of resource and scope alone
	resource     plog.ResourceLogs
	records      plog.LogRecordSlice
	resourceOpen bool
	scopeOpen    bool
}

func (c *logsCutter) enterResource(rl plog.ResourceLogs) {
	c.fromResource, c.resourceOpen, c.scopeOpen = rl, false, false
}

func (c *logsCutter) enterScope(sl plog.ScopeLogs) {
	c.fromScope, c.scopeOpen, c.header = sl, false, 0
	if c.lane.inBytes() {
		c.header = int64(logsSizer.LogsSize(emptied(c.fromResource, sl)))
	}
}

// emptied is a request of nothing but this resource and this scope.
func emptied(rl plog.ResourceLogs, sl plog.ScopeLogs) plog.Logs {
	ld := plog.NewLogs()
	resource := ld.ResourceLogs().AppendEmpty()
	rl.Resource().CopyTo(resource.Resource())
	resource.SetSchemaUrl(rl.SchemaUrl())
	scope := resource.ScopeLogs().AppendEmpty()
	sl.Scope().CopyTo(scope.Scope())
	scope.SetSchemaUrl(sl.SchemaUrl())
	return ld
}

// fieldHeader is the most that a record's tag and length take in its list, in bytes.
const fieldHeader = 6

func (c *logsCutter) add(rec plog.LogRecord) {
	size := int64(1)
	if c.lane.inBytes() {
		size = int64(logsSizer.LogRecordSize(rec)) + fieldHeader
	}
	opening := int64(0)
	if !c.scopeOpen {
		opening = c.header
	}
	if len(c.pieces) == 0 || c.size > 0 && c.size+opening+size > c.most {
		c.pieces = append(c.pieces, plog.NewLogs())
		c.size, c.resourceOpen, c.scopeOpen = 0, false, false
		opening = c.header
	}
	c.open()
	rec.CopyTo(c.records.AppendEmpty())
	c.size += opening + size
}

// open makes resource and scope in the last piece, if they are not there.
func (c *logsCutter) open() {
	if !c.resourceOpen {
		c.resource = c.pieces[len(c.pieces)-1].ResourceLogs().AppendEmpty()
		c.fromResource.Resource().CopyTo(c.resource.Resource())
		c.resource.SetSchemaUrl(c.fromResource.SchemaUrl())
		c.resourceOpen = true
	}
	if !c.scopeOpen {
		scope := c.resource.ScopeLogs().AppendEmpty()
		c.fromScope.Scope().CopyTo(scope.Scope())
		scope.SetSchemaUrl(c.fromScope.SchemaUrl())
		c.records, c.scopeOpen = scope.LogRecords(), true
	}
}

// cutTraces gives the pieces of a request: the request itself, or copies of parts, cut between segments only. A segment that is larger
// than a piece is a piece.
func (l *lane) cutTraces(td ptrace.Traces) []ptrace.Traces {
	most := l.pieceSize()
	if most == 0 || l.sizeOfTraces(td) <= most {
		return []ptrace.Traces{td}
	}
	var pieces []ptrace.Traces
	var piece []segment.Segment
	size := int64(0)
	for _, twins := range twinsOf(segmentsOf(td)) {
		more := int64(0)
		for _, seg := range twins {
			more += l.sizeOfSegment(seg)
		}
		if len(piece) > 0 && size+more > most {
			pieces = append(pieces, copySegments(td, piece))
			piece, size = piece[:0], 0
		}
		piece = append(piece, twins...)
		size += more
	}
	return append(pieces, copySegments(td, piece))
}

// twinsOf puts the segments together that have the same ids: only their order within one request tells them apart.
func twinsOf(segments []segment.Segment) [][]segment.Segment {
	type ids struct {
		trace sentry.TraceID
		span  sentry.SpanID
	}
	groups := make([][]segment.Segment, 0, len(segments))
	known := make(map[ids]int, len(segments))
	for _, seg := range segments {
		var key ids
		key.trace, key.span = translate.SegmentIDs(seg)
		if i, ok := known[key]; ok {
			groups[i] = append(groups[i], seg)
			continue
		}
		known[key] = len(groups)
		groups = append(groups, []segment.Segment{seg})
	}
	return groups
}

func segmentsOf(td ptrace.Traces) []segment.Segment {
	var splitter segment.Splitter
	return splitter.Split(td)
}

func (l *lane) sizeOfSegment(seg segment.Segment) int64 {
	if !l.inBytes() {
		return int64(1 + len(seg.Spans))
	}
	size := int64(tracesSizer.SpanSize(seg.Root.Span))
	for _, span := range seg.Spans {
		size += int64(tracesSizer.SpanSize(span.Span))
	}
	return size
}

// copySegments copies segments of a request, each span under its resource and scope.
func copySegments(td ptrace.Traces, segments []segment.Segment) ptrace.Traces {
	c := spansCopier{from: td, to: ptrace.NewTraces(), resources: make(map[int]ptrace.ResourceSpans), scopes: make(map[scopeKey]ptrace.SpanSlice)}
	for _, seg := range segments {
		c.add(seg.Root)
		for _, span := range seg.Spans {
			c.add(span)
		}
	}
	return c.to
}

type spansCopier struct {
	from, to  ptrace.Traces
	resources map[int]ptrace.ResourceSpans
	scopes    map[scopeKey]ptrace.SpanSlice
}

type scopeKey struct{ resource, scope int }

func (c *spansCopier) add(span segment.Span) { span.CopyTo(c.spans(span).AppendEmpty()) }

func (c *spansCopier) spans(span segment.Span) ptrace.SpanSlice {
	key := scopeKey{span.Resource, span.Scope}
	if spans, ok := c.scopes[key]; ok {
		return spans
	}
	from := c.from.ResourceSpans().At(span.Resource)
	rs, ok := c.resources[span.Resource]
	if !ok {
		rs = c.to.ResourceSpans().AppendEmpty()
		from.Resource().CopyTo(rs.Resource())
		rs.SetSchemaUrl(from.SchemaUrl())
		c.resources[span.Resource] = rs
	}
	ss := rs.ScopeSpans().AppendEmpty()
	from.ScopeSpans().At(span.Scope).Scope().CopyTo(ss.Scope())
	ss.SetSchemaUrl(from.ScopeSpans().At(span.Scope).SchemaUrl())
	c.scopes[key] = ss.Spans()
	return ss.Spans()
}
