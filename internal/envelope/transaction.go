package envelope

import (
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// AppendTransaction writes t as the JSON payload of a "transaction" item. p holds the resource that t belongs to, already encoded; if it is nil,
// t.Resource is encoded here. Every field is made valid and cut to its limit; the payload as a whole is not (see FitTransaction).
// Spans without an id are left out (FitTransaction counts them): one of them would cost the whole transaction.
func AppendTransaction(dst []byte, t *sentry.Transaction, p *Prepared) []byte {
	how, mark := untrimmed, len(dst)
	return appendMeta(appendTransaction(dst, t, prepared(p, t.Resource), &how), mark, noLimit)
}

// unlabeled is the name that Relay gives a transaction without one.
const unlabeled = "<unlabeled transaction>"

func appendTransaction(dst []byte, tx *sentry.Transaction, p *Prepared, t *trim) []byte {
	start, end := inOrder(tx.Start, tx.End)
	dst = appendHex(append(dst, `{"type":"transaction","event_id":`...), tx.ID[:])
	dst = AppendTime(append(dst, `,"start_timestamp":`...), start)
	dst = AppendTime(append(dst, `,"timestamp":`...), end)
	name := oneLine(tx.Name)
	if name == "" {
		name = unlabeled
	}
	dst = appendCut(append(dst, `,"transaction":`...), name, MaxTransactionName)
	dst = append(dst, `,"transaction_info":{"source":"`...)
	dst = append(dst, sourceOf(tx.Source)...)
	dst = append(dst, `"}`...)
	dst = appendPlatform(dst, tx.Platform, p)
	dst = p.appendMembers(dst, "", "")
	dst = appendMeasurements(dst, tx.Measurements)
	dst = appendUser(dst, tx.User)
	dst = appendRequest(dst, tx.Request, t)
	dst = appendShared(dst, &tx.Trace, nil, tx.Contexts, tx.Tags, p, t)
	dst = appendSpans(dst, tx, t)
	return append(dst, '}')
}

// inOrder gives a start and an end that is not before it: an end before its start costs the whole transaction. A missing one is the other.
func inOrder(start, end sentry.Time) (sentry.Time, sentry.Time) {
	switch {
	case start == 0:
		return end, end
	case end == 0:
		return start, start
	case end < start:
		return end, start
	}
	return start, end
}

// appendSpans writes "spans". It ends early, and counts what it left out, where t has no more room.
func appendSpans(dst []byte, tx *sentry.Transaction, t *trim) []byte {
	dst = appendMember(dst, `"spans":[`)
	t.lostSpans, t.badSpans = 0, 0
	start, end := len(dst)-1, noLimit
	if t.spans != noLimit {
		end = start + t.spans - 1
	}
	for i := range tx.Spans {
		s := &tx.Spans[i]
		if s.SpanID.IsZero() || s.TraceID.IsZero() && tx.Trace.TraceID.IsZero() {
			t.badSpans++
			continue
		}
		mark := len(dst)
		dst = appendSpan(comma(dst), s, tx, t)
		if len(dst) > end {
			dst = dst[:mark]
			t.lostSpans++
		}
	}
	dst = append(dst, ']')
	t.spanBytes = len(dst) - start
	return dst
}

// appendSpan writes one child span (v1).
func appendSpan(dst []byte, s *sentry.Span, tx *sentry.Transaction, t *trim) []byte {
	trace := &s.TraceID
	if trace.IsZero() {
		trace = &tx.Trace.TraceID
	}
	start, end := inOrder(s.Start, s.End)
	if end == 0 {
		start, end = inOrder(tx.Start, tx.End)
	}
	dst = appendHex(append(dst, `{"trace_id":`...), trace[:])
	dst = appendHex(append(dst, `,"span_id":`...), s.SpanID[:])
	if !s.ParentSpanID.IsZero() {
		dst = appendHex(append(dst, `,"parent_span_id":`...), s.ParentSpanID[:])
	}
	dst = AppendTime(append(dst, `,"start_timestamp":`...), start)
	dst = AppendTime(append(dst, `,"timestamp":`...), end)
	dst = appendTextCut(dst, `"description":`, s.Description, t.description)
	dst = appendSpanFacts(dst, s.Op, s.Status, s.Origin)
	var largest int
	dst, largest = appendSpanData(dst, `"data":{`, s.Data, t.value)
	t.largest = max(t.largest, largest, len(s.Description))
	dst = appendLinks(dst, s.Links, t.value)
	return append(dst, '}')
}

// appendSpanFacts writes the short words that a span and a trace context share.
func appendSpanFacts(dst []byte, op, status, origin string) []byte {
	dst = appendTextCut(dst, `"op":`, op, MaxOp)
	dst = appendText(dst, `"status":`, statusOf(status))
	return appendText(dst, `"origin":`, cleanOrigin(origin))
}

// appendSpanData writes the flat data of a span or a link, each value in at most room bytes; nothing if there is none.
// It tells the size of the largest value.
func appendSpanData(dst []byte, literal string, data []sentry.Attr, room int) (out []byte, largest int) {
	if len(data) == 0 || room == 0 {
		return dst, 0
	}
	mark := len(dst)
	dst = appendMember(dst, literal)
	start := len(dst)
	dst, largest = appendData(dst, data, room)
	if len(dst) == start {
		return dst[:mark], 0
	}
	return append(dst, '}'), largest
}

// appendLinks writes "links"; those without both ids lead nowhere.
func appendLinks(dst []byte, links []sentry.Link, room int) []byte {
	if len(links) == 0 || room == 0 {
		return dst
	}
	mark := len(dst)
	dst = appendMember(dst, `"links":[`)
	start := len(dst)
	for i := range links {
		l := &links[i]
		if l.TraceID.IsZero() || l.SpanID.IsZero() {
			continue
		}
		dst = appendHex(append(comma(dst), `{"trace_id":`...), l.TraceID[:])
		dst = appendHex(append(dst, `,"span_id":`...), l.SpanID[:])
		dst = appendTri(dst, `"sampled":`, l.Sampled)
		dst, _ = appendSpanData(dst, `"attributes":{`, l.Attrs, room)
		dst = append(dst, '}')
	}
	if len(dst) == start {
		return dst[:mark]
	}
	return append(dst, ']')
}

// appendMeasurements writes "measurements"; the last of equal names wins.
func appendMeasurements(dst []byte, list []sentry.Measurement) []byte {
	mark := len(dst)
	dst = appendMember(dst, `"measurements":{`)
	start := len(dst)
	for i := range lastOnes(len(list), func(i int) string { return list[i].Name }) {
		before := len(dst)
		dst = AppendString(comma(dst), list[i].Name)
		out, ok := AppendFloat(append(dst, `:{"value":`...), list[i].Value)
		if !ok {
			dst = dst[:before]
			continue
		}
		dst = append(appendText(out, `"unit":`, list[i].Unit), '}')
	}
	if len(dst) == start {
		return dst[:mark]
	}
	return append(dst, '}')
}
