package envelope

import (
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
	for i := range contexts {
		if !hidesContext(contexts, i) {
			dst = appendContext(dst, &contexts[i])
		}
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

// hidesContext reports whether contexts[i] is not to be written: it comes again further on, or is the trace context. Contexts are a handful.
func hidesContext(contexts []sentry.Context, i int) bool {
	return contexts[i].Key == "" || contexts[i].Key == contextTrace || hasContext(contexts[i+1:], contexts[i].Key)
}

func hasContext(contexts []sentry.Context, key string) bool {
	for i := range contexts {
		if contexts[i].Key == key {
			return true
		}
	}
	return false
}

// appendContext writes one context of at most MaxContextBytes; nothing if it says nothing.
func appendContext(dst []byte, c *sentry.Context) []byte {
	mark := len(dst)
	dst = append(appendKey(dst, c.Key), '{')
	start := len(dst)
	dst = appendFields(dst, c.Fields, 1, start-1+MaxContextBytes-1)
	if len(dst) == start {
		return dst[:mark]
	}
	return append(dst, '}')
}

// appendTrace writes "trace"; nothing without both ids: Relay refuses it, and a transaction with it.
func appendTrace(dst []byte, c *sentry.TraceContext, t *trim) []byte {
	if c == nil || c.TraceID.IsZero() || c.SpanID.IsZero() {
		return dst
	}
	dst = appendHex(appendMember(dst, `"trace":{"trace_id":`), c.TraceID[:])
	dst = appendHex(append(dst, `,"span_id":`...), c.SpanID[:])
	if !c.ParentSpanID.IsZero() {
		dst = appendHex(append(dst, `,"parent_span_id":`...), c.ParentSpanID[:])
	}
	dst = appendSpanFacts(dst, c.Op, c.Status, c.Origin)
	dst = appendSpanData(dst, c.Data, t)
	dst = appendLinks(dst, c.Links, t)
	return append(dst, '}')
}
