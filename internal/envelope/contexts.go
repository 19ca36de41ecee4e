package envelope

import (
	"iter"
	"slices"
	"strings"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// Contexts with a shape of their own. Only a TraceContext writes the one, and Flags the other.
const (
	contextTrace = "trace"
	contextFlags = "flags"
)

// appendContexts writes the member "contexts": the trace context, the item's own, and those of its resource that the item does not set.
func appendContexts(
	dst []byte, trace *sentry.TraceContext, flags []sentry.Flag, contexts []sentry.Context, p *Prepared, t *trim,
) []byte {
	mark := len(dst)
	dst = appendMember(dst, `"contexts":{`)
	start := len(dst)
	dst = appendTrace(dst, trace, t)
	dst = appendFlags(dst, flags)
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

// wantedContexts goes over the contexts that are written: the last of equal keys, and not those that have a shape of their own.
func wantedContexts(contexts []sentry.Context) iter.Seq[*sentry.Context] {
	return func(yield func(*sentry.Context) bool) {
		for i := range lastOnes(len(contexts), func(i int) string { return contexts[i].Key }) {
			if c := &contexts[i]; c.Key != contextTrace && c.Key != contextFlags && !yield(c) {
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
	return closeBag(append(appendKey(dst, c.Key), '{'), mark, withoutForeignType(c.Fields), contextBag)
}

// withoutForeignType is fields without a type that would make Relay read a context as one with a shape of its own: the type overrules the key.
func withoutForeignType(fields []sentry.Attr) []sentry.Attr {
	isOne := func(a sentry.Attr) bool {
		return a.Key == "type" && (a.Value.Str() == contextTrace || a.Value.Str() == contextFlags)
	}
	if !slices.ContainsFunc(fields, isOne) {
		return fields
	}
	return slices.DeleteFunc(slices.Clone(fields), isOne)
}

// appendTrace writes "trace"; nothing without both ids: Relay refuses it, and a transaction with it. Where it is larger than a context may be, the
// largest values of its data are shortened first; if that is not enough, links and the last of its data are left out.
func appendTrace(dst []byte, c *sentry.TraceContext, t *trim) []byte {
	if c == nil || c.TraceID.IsZero() || c.SpanID.IsZero() {
		return dst
	}
	mark := len(dst)
	for room := t.value; ; room /= 2 {
		dst = appendTraceContext(dst[:mark], c, room)
		switch {
		case len(dst)-mark <= MaxContextBytes:
			t.traceCut = room < t.value
			return dst
		case room <= leastRoom:
			t.traceCut = true
			return appendLeastTrace(dst[:mark], c)
		}
		room = min(room, MaxContextBytes)
	}
}

// leastRoom is the least room in bytes that a value is cut to before others are left out.
const leastRoom = 32

// appendLeastTrace writes as much of a trace context as there is room for.
func appendLeastTrace(dst []byte, c *sentry.TraceContext) []byte {
	end := len(dst) + MaxContextBytes - len("}}")
	dst = appendTraceContext(dst, c, 0)
	dst = appendMember(dst[:len(dst)-1], `"data":{`)
	start := len(dst)
	for a := range wanted(c.Data) {
		before := len(dst)
		if dst, _ = appendData(dst, []sentry.Attr{*a}, leastRoom); len(dst) > end {
			dst = dst[:before]
			break
		}
	}
	if len(dst) == start {
		return append(dst[:start-len(`,"data":{`)], '}')
	}
	return append(dst, "}}"...)
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

// appendFlags writes "flags": the last MaxFlags of them. One without a name or a result says nothing.
func appendFlags(dst []byte, flags []sentry.Flag) []byte {
	mark := len(dst)
	dst = appendMember(dst, `"flags":{"values":[`)
	start := len(dst)
	for i := max(0, len(flags)-MaxFlags); i < len(flags); i++ {
		name := cleanFlagName(flags[i].Name)
		if name == "" {
			continue
		}
		before := len(dst)
		dst = AppendString(append(comma(dst), `{"flag":`...), name)
		dst = append(dst, `,"result":`...)
		var ok bool
		if dst, ok = appendFlagResult(dst, flags[i].Result); !ok {
			dst = dst[:before]
			continue
		}
		dst = append(dst, '}')
	}
	if len(dst) == start {
		return dst[:mark]
	}
	return append(dst, "]}"...)
}

// appendFlagResult writes a scalar; false for anything else.
func appendFlagResult(dst []byte, v sentry.Value) ([]byte, bool) {
	switch v.Kind() {
	case sentry.KindString:
		text := oneLine(v.Str())
		return appendCut(dst, text, MaxFlagResult), text != ""
	case sentry.KindBool, sentry.KindInt, sentry.KindDouble:
		return appendScalar(dst, v), !isNothing(v)
	}
	return dst, false
}

// cleanFlagName makes a valid name: Relay removes one with other characters than these.
func cleanFlagName(s string) string {
	s = strings.TrimSpace(s)
	for i := range len(s) {
		if c := tagKeyBytes[s[i]]; c != s[i] {
			s = mapTagKey(s)
			break
		}
	}
	return s[:min(len(s), MaxFlagName)]
}
