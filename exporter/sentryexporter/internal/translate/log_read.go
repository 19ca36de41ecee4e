package translate

import (
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
	"github.com/otelcol-sentry/otelcol-sentry/internal/fields"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// Limits of a line of JSON that is taken apart: within them fields.Read keeps every member. A larger one is shown as it is.
const (
	maxLiftBytes = 8 << 10
	maxLiftDepth = 6
	maxLiftCount = 300 // commas: values, and those in texts
)

// headWindow is how much of a text may be its header: where fields looks for a time, or the ids of a trace.
const headWindow = 1 << 10

// read fills body, ids and time from the record's body, and gives the record's severity. Reading a body costs more than all else, so it is read only for
// what the record itself does not say, and where the cheap look at it gives hope.
//
// A body of text that is one JSON object with a message is a logger's way to write fields: the message becomes the log's body, the members
// its attributes. All other texts, plain lines too, are shown as they are, and so are maps and lists, as JSON text.
func (t *Logs) read(rec plog.LogRecord) plog.SeverityNumber {
	lift := isLiftable(rec.Body())
	if !lift && (t.log.Timestamp != 0 || !mayHoldTime(rec.Body())) && (!t.log.TraceID.IsZero() || !mayHoldTrace(rec)) {
		t.body(rec)
		return orInfo(fields.Severity(rec))
	}
	r := fields.Read(rec, "")
	t.log.Timestamp = r.Time
	t.log.TraceID, t.log.SpanID = r.TraceID, r.SpanID
	if lift && r.Message != "" && len(r.Failure.Exceptions) == 0 {
		t.log.Body = r.Message
		t.lift(&r)
	} else {
		t.body(rec)
	}
	return orInfo(r.Severity)
}

// body shows the record's body as it is. A record without one is named after its event, or the exception that it carries.
func (t *Logs) body(rec plog.LogRecord) {
	switch v := rec.Body(); v.Type() {
	case pcommon.ValueTypeStr:
		t.log.Body = v.Str()
	case pcommon.ValueTypeBytes:
		t.log.Body = t.text.bytes(v.Bytes())
	case pcommon.ValueTypeMap:
		if v.Map().Len() > 0 {
			t.log.Body = t.text.json(v)
		}
	case pcommon.ValueTypeSlice:
		if v.Slice().Len() > 0 {
			t.log.Body = t.text.json(v)
		}
	case pcommon.ValueTypeEmpty:
	default:
		t.log.Body = v.AsString()
	}
	if t.log.Body == "" {
		t.log.Body = rec.EventName()
	}
	if t.log.Body == "" {
		t.log.Body = t.exceptionName(rec.Attributes())
	}
}

func (t *Logs) exceptionName(attrs pcommon.Map) string {
	kind, message := attrText(attrs, "exception.type"), attrText(attrs, "exception.message")
	switch {
	case kind == "":
		return message
	case message == "":
		return kind
	}
	return t.text.join(t.text.join(kind, ": "), message)
}

// lift puts what was read out of a line of JSON into attributes, under OpenTelemetry's names where it has one.
func (t *Logs) lift(r *fields.Record) {
	t.fallback("service.name", r.Service)
	t.fallback("sentry.release", envelope.SanitizeRelease(r.Version))
	t.fallback("sentry.environment", envelope.SanitizeEnvironment(r.Environment))
	t.put("logger.name", r.Logger)
	t.put("thread.name", r.ThreadName)
	t.putNumber("thread.id", r.ThreadID)
	t.put("exception.type", r.Failure.Type)
	t.put("exception.message", r.Failure.Message)
	t.put("exception.stacktrace", r.Failure.Stacktrace)
	t.place(&r.Code)
	if q := impersonal(r.Request); q != nil {
		t.request(q)
	}
	if len(r.Params) > 0 { // the logs spec forbids a template without parameters
		t.put("sentry.message.template", r.Template)
	}
	for i, param := range r.Params {
		t.put(t.text.join("sentry.message.parameter.", strconv.Itoa(i)), param)
	}
	if len(r.Fingerprint) > 0 {
		t.attrs = append(t.attrs, sentry.Attr{Key: "fingerprint", Value: textList(r.Fingerprint)})
	}
	for _, a := range r.Rest {
		if !isUnsaid(a.Key) {
			t.attrs = append(t.attrs, a)
		}
	}
}

func textList(texts []string) sentry.Value {
	list := make([]sentry.Value, len(texts))
	for i, text := range texts {
		list[i] = sentry.String(text)
	}
	return sentry.List(list)
}

// fallback is for what the resource says better.
func (t *Logs) fallback(key, text string) {
	for i := range t.shared {
		if t.shared[i].Key == key {
			return
		}
	}
	t.put(key, text)
}

func (t *Logs) putNumber(key, text string) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		t.attrs = append(t.attrs, sentry.Attr{Key: key, Value: sentry.Int(n)})
	} else {
		t.put(key, text)
	}
}

// place is where the log call stands.
func (t *Logs) place(f *sentry.Frame) {
	file := f.AbsPath
	if file == "" {
		file = f.Filename
	}
	t.put("code.file.path", file)
	t.put("code.function.name", f.Function)
	if f.Lineno > 0 {
		t.attrs = append(t.attrs, sentry.Attr{Key: "code.line.number", Value: sentry.Int(int64(f.Lineno))})
	}
}

func (t *Logs) request(q *sentry.Request) {
	t.put("http.request.method", q.Method)
	if path, query, _ := strings.Cut(q.URL, "?"); strings.Contains(path, "://") {
		t.put("url.full", q.URL)
	} else {
		t.put("url.path", path)
		t.put("url.query", query)
	}
	t.put("url.query", q.QueryString)
	for _, h := range q.Headers {
		if strings.EqualFold(h.Key, "user-agent") {
			t.put("user_agent.original", h.Value)
		} else {
			t.put("http.request.header."+strings.ToLower(h.Key), h.Value)
		}
	}
}

// isLiftable reports whether a body looks like a line of JSON that can be taken apart whole.
func isLiftable(v pcommon.Value) bool {
	if v.Type() != pcommon.ValueTypeStr {
		return false
	}
	s := v.Str()
	if len(s) > maxLiftBytes {
		return false
	}
	s = strings.TrimSpace(s)
	return len(s) > 2 && s[0] == '{' && s[len(s)-1] == '}' && strings.Count(s, ",") <= maxLiftCount && jsonDepth(s) <= maxLiftDepth
}

// jsonDepth is how many objects and arrays lie in one another.
func jsonDepth(s string) int {
	depth, deepest, quoted := 0, 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
			deepest = max(deepest, depth)
		case c == '}' || c == ']':
			depth--
		}
	}
	return deepest
}

// mayHoldTime: there is no time without a colon between digits, a number as long as that of the seconds since 1970, or an object that may have one.
func mayHoldTime(v pcommon.Value) bool {
	if v.Type() != pcommon.ValueTypeStr {
		return v.Type() == pcommon.ValueTypeMap || v.Type() == pcommon.ValueTypeSlice || v.Type() == pcommon.ValueTypeBytes
	}
	s, run := v.Str(), 0
	if strings.HasPrefix(strings.TrimSpace(s), "{") {
		return true
	}
	s = s[:min(len(s), headWindow)]
	for i := range len(s) {
		switch c := s[i]; {
		case '0' <= c && c <= '9':
			if run++; run == len("1700000000") {
				return true
			}
		case c == ':' && run > 0 && i+1 < len(s) && '0' <= s[i+1] && s[i+1] <= '9':
			return true
		default:
			run = 0
		}
	}
	return false
}

// mayHoldTrace: fields finds a trace id under names that say so, and between brackets.
func mayHoldTrace(rec plog.LogRecord) bool {
	return namesTrace(rec.Attributes(), 0) || bodyMayHoldTrace(rec.Body(), 0)
}

func namesTrace(m pcommon.Map, depth int) bool {
	for key, v := range m.All() {
		if key != "exception.stacktrace" && saysTrace(key) {
			return true
		}
		if v.Type() == pcommon.ValueTypeMap && depth < maxLogDepth && namesTrace(v.Map(), depth+1) {
			return true
		}
	}
	return false
}

// saysTrace: trace_id, traceId, TraceId, traceparent; @tr is Serilog's.
func saysTrace(s string) bool { return strings.Contains(s, "race") || strings.Contains(s, "@tr") }

func bodyMayHoldTrace(v pcommon.Value, depth int) bool {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		s := v.Str()
		return saysTrace(s) || holdsBareID(s[:min(len(s), headWindow)])
	case pcommon.ValueTypeBytes:
		return true
	case pcommon.ValueTypeMap:
		return namesTrace(v.Map(), depth)
	case pcommon.ValueTypeSlice:
		for _, element := range v.Slice().All() {
			if depth < maxLogDepth && bodyMayHoldTrace(element, depth+1) {
				return true
			}
		}
	}
	return false
}

// holdsBareID: 32 hex digits in a row, behind a bracket.
func holdsBareID(s string) bool {
	open := strings.IndexByte(s, '[')
	if open < 0 {
		return false
	}
	run := 0
	for i := open; i < len(s); i++ {
		c := s[i] | 0x20
		if '0' <= c && c <= '9' || 'a' <= c && c <= 'f' {
			if run++; run == 32 {
				return true
			}
		} else {
			run = 0
		}
	}
	return false
}
