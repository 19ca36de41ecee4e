package translate

import (
	"bytes"
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/conventions"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// urlParts are the pieces of a URL reference, as they stand there.
type urlParts struct{ scheme, host, path, query string }

// splitURL cuts a URL apart without judging it. User and password are left out: they are secrets.
func splitURL(s string) (u urlParts) {
	s, _, _ = strings.Cut(s, "#")
	s, u.query, _ = strings.Cut(s, "?")
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		u.path = s
		return u
	}
	u.scheme = scheme
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		rest, u.path = rest[:i], rest[i:]
	}
	u.host = rest[strings.LastIndexByte(rest, '@')+1:]
	return u
}

// appendURL appends a URL without user, query and fragment: those hold secrets, and the attributes have them anyway.
func appendURL(dst []byte, s string) []byte {
	u := splitURL(s)
	if u.host != "" {
		dst = append(append(append(dst, u.scheme...), "://"...), u.host...)
	}
	return append(dst, u.path...)
}

// path of the request, without its query.
func (f *facts) path() string {
	for _, s := range [...]slot{slot(conventions.FieldURLPath), slotHTTPTarget, slot(conventions.FieldURLFull)} {
		if text := f.text(s); text != "" {
			return splitURL(text).path
		}
	}
	return ""
}

// query of the request, without the question mark.
func (f *facts) query() string {
	if q := f.text(slotURLQuery); q != "" {
		return strings.TrimPrefix(q, "?")
	}
	for _, s := range [...]slot{slotHTTPTarget, slot(conventions.FieldURLFull)} {
		if q := splitURL(f.text(s)).query; q != "" {
			return q
		}
	}
	return ""
}

// defaultPorts of schemes are not written.
var defaultPorts = map[string]int64{"http": 80, "https": 443, "ws": 80, "wss": 443}

// appendOrigin appends scheme and host of the request; nothing without a host.
func (f *facts) appendOrigin(dst []byte) []byte {
	if u := splitURL(f.field(conventions.FieldURLFull)); u.host != "" {
		return append(append(append(dst, u.scheme...), "://"...), u.host...)
	}
	scheme := f.text(slotURLScheme)
	if scheme == "" {
		scheme = "http"
	}
	if host := f.text(slotHTTPHost); host != "" { // with the port, as the client wrote it
		return append(append(append(dst, scheme...), "://"...), host...)
	}
	host := f.field(conventions.FieldServerAddress)
	if host == "" {
		return dst
	}
	dst = append(append(append(dst, scheme...), "://"...), host...)
	if port, ok := f.number(slot(conventions.FieldServerPort)); ok && port != defaultPorts[scheme] {
		dst = strconv.AppendInt(append(dst, ':'), port, 10)
	}
	return dst
}

// appendHost appends scheme and host as far as they belong in a name: without the port, and not the address of some pod.
func (f *facts) appendHost(dst []byte) []byte {
	mark := len(dst)
	dst = f.appendOrigin(dst)
	at := mark + bytes.Index(dst[mark:], []byte("://")) + len("://")
	host := dst[min(at, len(dst)):]
	if i := bytes.LastIndexByte(host, ':'); i >= 0 && host[0] != '[' {
		host = host[:i]
	}
	if isAddress(string(host)) {
		return dst[:mark]
	}
	return dst[:at+len(host)]
}

// isAddress reports whether a host is an IP address, or nothing.
func isAddress(host string) bool {
	return strings.Contains(host, ":") || strings.Trim(host, "0123456789.") == ""
}

// maxPathSegments of a path stand in a name; what is deeper is "**".
const maxPathSegments = 8

// appendPathPattern appends a path with "*" for each segment that looks like an id.
func appendPathPattern(dst []byte, path string) []byte {
	rest := strings.TrimPrefix(path, "/")
	for range maxPathSegments {
		segment, after, more := strings.Cut(rest, "/")
		dst = append(dst, '/')
		if isWord(segment) {
			dst = append(dst, segment...)
		} else {
			dst = append(dst, '*')
		}
		if !more {
			return dst
		}
		rest = after
	}
	return append(dst, "/**"...)
}

// maxWord is the length of the longest segment that is taken for a word.
const maxWord = 32

// isWord reports whether a path segment is part of what the path means: letters, with one digit behind letters at most ("oauth2"), or a version
// ("v12"). All else may be different in every request.
func isWord(s string) bool {
	if len(s) > maxWord {
		return false
	}
	if len(s) <= 4 && len(s) > 1 && (s[0] == 'v' || s[0] == 'V') && strings.Trim(s[1:], "0123456789") == "" {
		return true
	}
	digits := 0
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c|0x20 && c|0x20 <= 'z':
		case c == '-' || c == '_' || c == '.' || c == '~' || c == '$':
		case '0' <= c && c <= '9' && i > 0 && 'a' <= s[i-1]|0x20 && s[i-1]|0x20 <= 'z':
			digits++
		default:
			return false
		}
	}
	return digits <= 1
}

// request is what a segment serves: of SERVER spans with HTTP attributes. Headers stay in the data too.
func (t *Spans) request(span ptrace.Span) *sentry.Request {
	f := &t.facts
	if span.Kind() != ptrace.SpanKindServer || !f.has(slot(conventions.FieldHTTPRequestMethod)) {
		return nil
	}
	mark := len(t.text)
	t.text = f.appendOrigin(t.text)
	t.text = append(t.text, f.path()...)
	url := t.take(mark, "")
	t.headersMem = t.headers(t.headersMem[:0], span.Attributes(), requestHeader)
	if agent := attrText(span.Attributes(), "user_agent.original", "http.user_agent"); agent != "" && !hasHeader(t.headersMem, "user-agent") {
		t.headersMem = append(t.headersMem, sentry.Tag{Key: "user-agent", Value: agent}) // Sentry reads the browser from it
	}
	t.requestMem = sentry.Request{
		Method: f.field(conventions.FieldHTTPRequestMethod), URL: url, QueryString: f.query(), Headers: t.headersMem,
	}
	return &t.requestMem
}

func hasHeader(headers []sentry.Tag, name string) bool {
	for i := range headers {
		if headers[i].Key == name {
			return true
		}
	}
	return false
}

// response is what a segment answered: status, size and headers (Sentry's context of that name).
func (t *Spans) response(span ptrace.Span) []sentry.Context {
	fields := t.responseMem[:0]
	if t.facts.has(slotHTTPStatus) {
		fields = append(fields, sentry.Attr{Key: "status_code", Value: t.facts.values[slotHTTPStatus]})
	}
	if v, ok := span.Attributes().Get("http.response.body.size"); ok {
		fields = append(fields, sentry.Attr{Key: "body_size", Value: t.value(v)})
	}
	if headers := t.headers(nil, span.Attributes(), responseHeader); len(headers) > 0 {
		list := make([]sentry.Attr, len(headers))
		for i, h := range headers {
			list[i] = sentry.Attr{Key: h.Key, Value: sentry.String(h.Value)}
		}
		fields = append(fields, sentry.Attr{Key: "headers", Value: sentry.Map(list)})
	}
	t.responseMem = fields
	if len(fields) == 0 {
		return nil
	}
	t.contextsMem[0] = sentry.Context{Key: "response", Fields: fields}
	return t.contextsMem[:]
}
