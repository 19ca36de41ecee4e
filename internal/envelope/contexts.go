package envelope

import (
	"iter"
	"slices"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// contextTrace is the one context that ties an item to its trace; only a TraceContext writes it.
const contextTrace = "trace"

// appendContexts writes the member "contexts": the trace context, the item's own, and those of its resource that the item does not set.
func appendContexts(dst []byte, trace *sentry.TraceContext, contexts []sentry.Context, p *Prepared, t *trim) []byte {
	mark := len(dst)
	dst = appendMember(dst, `"contexts":{`)
	start := len(dst)
	dst = appendTrace(dst, trace, t)
	for c := range wantedContexts(contexts) {
		dst = appendContext(dst, c)
	}
	for _, f := range p.contexts {
		if !hasContext(contexts, f.key) {
			dst = append(comma(dst), p.bytes(f)...)
		}
	}
	if len(dst) == start {
		return dst[:mark]
	}
	return append(dst, '}')
}

// wantedContexts goes over the contexts that are written: the last of equal keys, and not the trace context.
func wantedContexts(contexts []sentry.Context) iter.Seq[*sentry.Context] {
	return func(yield func(*sentry.Context) bool) {
		for i := range lastOnes(len(contexts), func(i int) string { return contexts[i].Key }) {
			if c := &contexts[i]; c.Key != contextTrace && !yield(c) {
				return
			}
		}
	}
}

func hasContext(contexts []sentry.Context, key string) bool {
	for i := range contexts {
		if asWritten(contexts[i].Key) == asWritten(key) {
			return true
		}
	}
	return false
}

// appendContext writes one context of at most MaxContextBytes; nothing if it says nothing.
func appendContext(dst []byte, c *sentry.Context) []byte {
	mark := len(dst)
	return closeBag(append(appendKey(dst, c.Key), '{'), mark, withoutTraceType(c.Fields), contextBag)
}

// withoutTraceType is fields without a type that would make Relay read a context as the trace context: the type overrules the key.
func withoutTraceType(fields []sentry.Attr) []sentry.Attr {
	isOne := func(a sentry.Attr) bool { return a.Key == "type" && a.Value.Str() == contextTrace }
	if !slices.ContainsFunc(fields, isOne) {
		return fields
	}
	return slices.DeleteFunc(slices.Clone(fields), isOne)
}

// appendTrace writes "trace"; nothing without both ids: Relay refuses it, and a transaction with it. Where it is larger than a context may be, the
// largest values of its data are shortened first.
func appendTrace(dst []byte, c *sentry.TraceContext, t *trim) []byte {
	if c == nil || c.TraceID.IsZero() || c.SpanID.IsZero() {
		return dst
	}
	mark := len(dst)
	for room := t.value; ; room = lessRoom(room) {
		dst = appendTraceContext(dst[:mark], c, room)
		if len(dst)-mark <= MaxContextBytes || room == 0 {
			return dst
		}
	}
}

// lessRoom is the next smaller room for a value.
func lessRoom(room int) int {
	switch room = min(room, MaxContextBytes) / 2; {
	case room < 32:
		return 0
	default:
		return room
	}
}

func appendTraceContext(dst []byte, c *sentry.TraceContext, room int) []byte {
	dst = appendHex(appendMember(dst, `"trace":{"trace_id":`), c.TraceID[:])
	dst = appendHex(append(dst, `,"span_id":`...), c.SpanID[:])
	if !c.ParentSpanID.IsZero() {
		dst = appendHex(append(dst, `,"parent_span_id":`...), c.ParentSpanID[:])
	}
	dst = appendSpanFacts(dst, c.Op, c.Status, c.Origin)
	dst, _ = appendSpanData(dst, `"data":{`, c.Data, room)
	dst = appendLinks(dst, c.Links, room)
	return append(dst, '}')
}
