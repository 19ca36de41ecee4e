package sentrystacktraceprocessor

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
)

// messageAttribute is where the syslog receiver puts the text; the body is then the whole line of the protocol.
const messageAttribute = "message"

// lineOf gives the line that a record is. false: it is no line, or a record that its program made whole: a body of several lines or of
// another type, a record with an exception of its own or with a span.
func lineOf(rec plog.LogRecord) (string, bool) {
	if rec.Body().Type() != pcommon.ValueTypeStr || !rec.SpanID().IsEmpty() {
		return "", false
	}
	text := rec.Body().Str()
	if m, ok := syslogMessage(rec); ok {
		text = m.Str()
	}
	text = strings.TrimSuffix(text, "\n") // Fluent Bit leaves docker's
	if strings.IndexByte(text, '\n') >= 0 {
		return "", false
	}
	if _, ok := rec.Attributes().Get("exception.type"); ok {
		return "", false
	}
	if _, ok := rec.Attributes().Get("exception.stacktrace"); ok {
		return "", false
	}
	return text, true
}

// syslogMessage is the text of a record of the syslog receiver.
func syslogMessage(rec plog.LogRecord) (pcommon.Value, bool) {
	m, ok := rec.Attributes().Get(messageAttribute)
	if !ok || m.Type() != pcommon.ValueTypeStr {
		return m, false
	}
	_, ok = rec.Attributes().Get("priority")
	return m, ok
}

// setText continues the text of a record.
func setText(rec plog.LogRecord, rest string) {
	if m, ok := syslogMessage(rec); ok {
		m.SetStr(strings.TrimSuffix(m.Str(), "\n") + rest)
	}
	rec.Body().SetStr(strings.TrimSuffix(rec.Body().Str(), "\n") + rest)
}

// Docker's driver "fluentd" and the shippers' parsers of CRI cut lines at 16 KiB and mark the parts. The receivers of a collector write
// log.iostream in place of stream, and leave the tag of the first part on a line that they put together.
const (
	partialMessage = "partial_message"
	partialLast    = "partial_last"
	criTag         = "logtag"
	criStream      = "stream"
)

// partOf tells whether a record is marked as part of a line, and if so, whether more of that line follows.
func partOf(rec plog.LogRecord) (marked, more bool) {
	if rec.Body().Type() != pcommon.ValueTypeStr {
		return false, false
	}
	if is(rec, partialMessage, "true") {
		return true, !is(rec, partialLast, "true")
	}
	tag, ok := rec.Attributes().Get(criTag)
	if !ok || tag.Type() != pcommon.ValueTypeStr {
		return false, false
	}
	if _, ok := rec.Attributes().Get(criStream); !ok {
		return false, false
	}
	return true, tag.Str() == "P" || strings.HasPrefix(tag.Str(), "P:")
}

// unmark makes a line of the record of its first part.
func unmark(rec plog.LogRecord) {
	if is(rec, partialMessage, "true") {
		rec.Attributes().RemoveIf(func(key string, _ pcommon.Value) bool { return strings.HasPrefix(key, "partial_") })
		return
	}
	rec.Attributes().PutStr(criTag, "F")
}

func is(rec plog.LogRecord, key, value string) bool {
	v, ok := rec.Attributes().Get(key)
	return ok && v.AsString() == value
}
