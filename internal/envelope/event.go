package envelope

import (
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// AppendEvent writes e as the JSON payload of an "event" item. p holds the resource that e belongs to, already encoded; if it is nil, e.Resource is
// encoded here. Every field is made valid and cut to its limit; the payload as a whole is not (see FitEvent).
func AppendEvent(dst []byte, e *sentry.Event, p *Prepared) []byte {
	t, mark := untrimmed, len(dst)
	return appendMeta(appendEvent(dst, e, prepared(p, e.Resource), &t), mark, noLimit)
}

// prepared is p, or r encoded.
func prepared(p *Prepared, r *sentry.Resource) *Prepared {
	if p == nil {
		return Prepare(r, SDK{})
	}
	return p
}

func appendEvent(dst []byte, e *sentry.Event, p *Prepared, t *trim) []byte {
	dst = appendHex(append(dst, `{"event_id":`...), e.ID[:])
	if e.Timestamp != 0 {
		dst = AppendTime(append(dst, `,"timestamp":`...), e.Timestamp)
	}
	dst = appendPlatform(dst, e.Platform, p)
	dst = AppendString(append(dst, `,"level":`...), levelOf(e.Level))
	dst = appendTextCut(dst, `"logger":`, oneLine(e.Logger), MaxLogger)
	dst = appendTextCut(dst, `"transaction":`, oneLine(e.Transaction), MaxTransactionName)
	dst = p.appendMembers(dst, e.Release, e.Environment)
	dst = appendMessage(dst, e.Message, t)
	dst = appendExceptions(dst, e.Exceptions, t)
	dst = appendThreads(dst, e.Threads, t)
	dst = appendBreadcrumbs(dst, e.Breadcrumbs, t)
	dst = appendFingerprint(dst, e.Fingerprint)
	dst = appendUser(dst, e.User)
	dst = appendRequest(dst, e.Request, t)
	dst = appendShared(dst, e.Trace, e.Flags, e.Contexts, e.Tags, p, t)
	dst = appendExtra(dst, e.Extra, t)
	return append(dst, '}')
}

// appendPlatform writes the item's platform, else its resource's.
func appendPlatform(dst []byte, own string, p *Prepared) []byte {
	if own == "" {
		own = p.platform
	}
	return AppendString(appendMember(dst, `"platform":`), platformOf(own))
}

// appendShared writes the contexts and tags of an item and of its resource.
func appendShared(
	dst []byte, trace *sentry.TraceContext, flags []sentry.Flag, contexts []sentry.Context, tags []sentry.Tag, p *Prepared, t *trim,
) []byte {
	if t.bare {
		return appendContexts(dst, trace, nil, nil, &nothingPrepared, t)
	}
	dst = appendContexts(dst, trace, flags, contexts, p, t)
	return appendTags(dst, tags, p)
}

var nothingPrepared Prepared

// appendMessage writes "logentry". If only one text is known it is the formatted one: that is what a person reads.
func appendMessage(dst []byte, m *sentry.Message, t *trim) []byte {
	if m == nil || m.Formatted == "" && m.Template == "" {
		return dst
	}
	formatted, template := m.Formatted, m.Template
	if formatted == "" {
		formatted, template = template, ""
	}
	if template == formatted { // Relay moves the one into the other
		template = ""
	}
	dst = appendTextCut(appendMember(dst, `"logentry":{`), `"formatted":`, formatted, t.text)
	dst = appendTextCut(dst, `"message":`, template, t.text)
	if template != "" && len(m.Params) > 0 {
		dst = appendParams(dst, m.Params)
	}
	return append(dst, '}')
}

// appendParams writes what fills the gaps of a template, in at most MaxParamsBytes.
func appendParams(dst []byte, params []string) []byte {
	dst = appendMember(dst, `"params":[`)
	end := len(dst) + MaxParamsBytes - len("[]")
	for _, param := range params {
		out, ok := appendWithin(comma(dst), param, end-len(dst)-1)
		if !ok {
			break
		}
		dst = out
	}
	return append(dst, ']')
}

// appendFingerprint writes the strings that say what to group by; empty ones say nothing.
func appendFingerprint(dst []byte, parts []string) []byte {
	mark := len(dst)
	dst = appendMember(dst, `"fingerprint":[`)
	start := len(dst)
	for _, part := range parts {
		if part != "" {
			dst = AppendString(comma(dst), part)
		}
	}
	if len(dst) == start {
		return dst[:mark]
	}
	return append(dst, ']')
}

// appendExtra writes "extra": at most MaxExtraItemBytes each, MaxExtraBytes in all.
func appendExtra(dst []byte, extra []sentry.Attr, t *trim) []byte {
	if len(extra) == 0 || t.extra == 0 {
		return dst
	}
	mark := len(dst)
	dst = appendMember(dst, `"extra":{`)
	start := len(dst)
	end := start - 1 + t.extra - 1
	for a := range wanted(extra) {
		dst = appendFieldWithin(dst, a, 1, end, min(t.extra, MaxExtraItemBytes))
	}
	if len(dst) == start {
		return dst[:mark]
	}
	return append(dst, '}')
}
