package translate

import (
	"strings"
	"unsafe"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/conventions"
)

// nameSources is the vocabulary of transaction_info.source that may be asked for.
var nameSources = map[string]bool{sourceCustom: true, sourceURL: true, sourceRoute: true, sourceTask: true, "view": true, "component": true}

// name is the low-cardinality name of a segment, and its source: what the SDK says, else the first template of the op that can be filled, else
// the span's own name, which OpenTelemetry asks to be of low cardinality.
func (t *reader) name(fam *family, op string, span ptrace.Span) (name, source string) {
	name, source = t.inferName(fam, op, span)
	for _, s := range [...]slot{slotSegmentName, slotSentryName} {
		if said := t.facts.text(s); said != "" {
			name, source = said, sourceCustom
			break
		}
	}
	if said := t.facts.text(slotSentrySource); nameSources[said] {
		source = said
	}
	return name, source
}

func (t *reader) inferName(fam *family, op string, span ptrace.Span) (name, source string) {
	f := &t.facts
	if job := f.text(slotJob); job != "" && fam.source == sourceTask {
		return job, sourceTask
	}
	if op == "http.server" || op == "http.client" || op == "http" {
		return t.httpName(op, span)
	}
	templates, own := conventions.Names(op), span.Name()
	if name := t.fill(templates, own, tellsWhat); name != "" {
		return name, fam.source
	}
	if own != "" && !f.isRaw(own) {
		return own, fam.own
	}
	if name := t.fill(templates, own, tellsWhere); name != "" {
		return name, fam.source
	}
	if own != "" {
		return own, fam.own
	}
	return t.fill(templates, "", isFixed), sourceCustom
}

// placeFields say where something was done, but not what.
var placeFields = map[conventions.Field]bool{
	conventions.FieldDBSystemName: true, conventions.FieldDBNamespace: true, conventions.FieldServerAddress: true, conventions.FieldServerPort: true,
}

// The three sorts of templates. Those that only tell the place would put all calls to one database under one name: a span's own name goes before
// them, if it is none that holds the statement.
func isFixed(tpl conventions.Template) bool    { return tpl.Fixed() }
func tellsWhere(tpl conventions.Template) bool { return !tpl.Fixed() && !tellsWhat(tpl) }
func tellsWhat(tpl conventions.Template) bool {
	for _, p := range tpl {
		if p.Literal == "" && !placeFields[p.Field] {
			return true
		}
	}
	return false
}

// maxOwnName is the length in bytes of the longest span name that is taken for a name and not for a statement.
const maxOwnName = 64

func (f *facts) isRaw(name string) bool {
	return f.has(slot(conventions.FieldDBSystemName)) && (len(name) > maxOwnName || strings.ContainsAny(name, "'\"=\n"))
}

// description of a child span: what the SDK says, else the first template of the op that can be filled, else the span's name.
func (t *reader) description(op string, span ptrace.Span) string {
	for _, s := range [...]slot{slotSentryDescription, slotSentryName, slotJob} {
		if said := t.facts.text(s); said != "" {
			return said
		}
	}
	if text := t.fill(conventions.Descriptions(op), span.Name(), anyTemplate); text != "" {
		return text
	}
	return span.Name()
}

func anyTemplate(conventions.Template) bool { return true }

// fill is the first of the wanted templates that can be filled; "" if there is none. Where the result is what the caller has already, own, that
// is returned.
func (t *reader) fill(templates []conventions.Template, own string, wanted func(conventions.Template) bool) string {
	for _, tpl := range templates {
		if !wanted(tpl) {
			continue
		}
		mark := len(t.text)
		var ok bool
		if t.text, ok = tpl.Append(t.text, &t.facts); ok {
			return t.take(mark, own)
		}
	}
	return ""
}

// take is the text written since mark, borrowed from t.text: valid until the next transaction is made. t.text only grows until then, and what
// is written stays as it is; where it has to move, the string keeps the old memory.
func (t *reader) take(mark int, own string) string {
	b := t.text[mark:]
	if len(b) == 0 || string(b) == own {
		t.text = t.text[:mark]
		return own
	}
	return unsafe.String(&b[0], len(b))
}

// httpMethods are the methods that may be part of a name (RFC 9110, RFC 5789, WebDAV, the QUERY draft). Another one is the client's invention:
// "HTTP" stands for it, as OpenTelemetry has it for _OTHER.
var httpMethods = map[string]string{
	"get": "GET", "head": "HEAD", "post": "POST", "put": "PUT", "delete": "DELETE", "connect": "CONNECT", "options": "OPTIONS", "trace": "TRACE",
	"patch": "PATCH", "query": "QUERY", "propfind": "PROPFIND", "proppatch": "PROPPATCH", "mkcol": "MKCOL", "copy": "COPY", "move": "MOVE",
	"lock": "LOCK", "unlock": "UNLOCK", "report": "REPORT", "search": "SEARCH",
}

const anyMethod = "HTTP"

func httpMethod(method string) string {
	var low [10]byte
	if m, ok := httpMethods[string(appendLower(low[:0], method))]; ok && len(m) == len(method) {
		return m
	}
	return anyMethod
}

// httpName is the name of a segment that serves, or makes, an HTTP request. By route or template where there is one. Without: a span name that
// somebody chose; else the path (of a client: the URL), with all that looks like an id taken out, as source "url", which tells Sentry to look for
// more of that; but the bare method for a path that the server does not have: those are anything that a scanner tries.
func (t *reader) httpName(op string, span ptrace.Span) (name, source string) {
	f := &t.facts
	if f.field(conventions.FieldHTTPRoute) != "" || f.field(conventions.FieldURLTemplate) != "" {
		if name := t.fill(conventions.Names(op), span.Name(), tellsWhat); name != "" {
			return name, sourceRoute
		}
	}
	method := httpMethod(f.field(conventions.FieldHTTPRequestMethod))
	path := f.path()
	if source := chosenName(span.Name(), path); source != "" {
		return span.Name(), source
	}
	code, _ := f.number(slotHTTPStatus)
	mark := len(t.text)
	t.text = append(t.text, method...)
	switch {
	case path == "/" && op != "http.client":
		t.text = append(t.text, " /"...)
		return t.take(mark, span.Name()), sourceRoute
	case path == "" || (code == 404 && op != "http.client"):
		return t.take(mark, span.Name()), sourceRoute
	}
	t.text = append(t.text, ' ')
	if op == "http.client" {
		t.text = f.appendHost(t.text)
	}
	t.text = appendPathPattern(t.text, path)
	return t.take(mark, span.Name()), sourceURL
}

// chosenName tells what kind of name an HTTP span bears: custom if it was chosen and tells more than the method; route if it holds a route, which
// shows by its parameters; "" if it is generic, or may be the raw path.
func chosenName(name, path string) (source string) {
	rest := strings.TrimPrefix(name, "HTTP ")
	if method, after, ok := strings.Cut(rest, " "); ok && httpMethod(method) != anyMethod {
		rest = after
	}
	switch {
	case rest == "" || rest == anyMethod || httpMethod(rest) != anyMethod || rest == path:
		return ""
	case strings.ContainsAny(rest, "{<*") || strings.Contains(rest, "/:"):
		if strings.ContainsAny(rest, "/") {
			return sourceRoute
		}
		return ""
	case strings.ContainsAny(rest, "/?0123456789"):
		return ""
	default:
		return sourceCustom
	}
}
