package fields

import (
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// attributes reads what the record's attributes say; what they do not name stays with the caller, who has them.
func (r *Record) attributes(attrs pcommon.Map) {
	var m members
	c := converter{}
	own := attrLists.Get().(*[]sentry.Attr)
	*own = c.appendAttrs((*own)[:0], attrs, 0)
	m.read(*own, attributeNames)
	r.take(&m)
	r.Failure = m.failure(r.Severity)
	if clear(*own); cap(*own) <= maxRest {
		attrLists.Put(own)
	}
}

// attrLists are lists of a record's attributes, which are needed no longer than it takes to read them.
var attrLists = sync.Pool{New: func() any { return new([]sentry.Attr) }}

// body reads the body, whatever its type.
func (r *Record) body(v pcommon.Value) {
	switch v.Type() {
	case pcommon.ValueTypeEmpty:
	case pcommon.ValueTypeStr:
		r.text(v.Str(), 0)
	case pcommon.ValueTypeBytes:
		if b := v.Bytes().AsRaw(); utf8.Valid(b) {
			r.text(string(b), 0)
		}
	case pcommon.ValueTypeMap:
		c := converter{}
		r.object(c.attrs(v.Map(), 0), 0)
	case pcommon.ValueTypeSlice:
		r.list(v.Slice())
	default:
		r.Message = v.AsString()
	}
}

// list reads a body that is an array: lines of text, or an object and more.
func (r *Record) list(s pcommon.Slice) {
	c := converter{}
	v := c.slice(s, 0)
	switch {
	case textList(v):
		m := members{}
		m.claims[isMessage].attr = &sentry.Attr{Value: v}
		r.text(m.text(isMessage), 0)
		return
	case len(v.ListVal()) > 0 && v.ListVal()[0].Kind() == sentry.KindMap:
		r.object(v.ListVal()[0].MapVal(), 0)
		v = sentry.List(v.ListVal()[1:])
	}
	if len(v.ListVal()) > 0 {
		k := keeper{}
		if kept, ok := k.value(v, nil, 0); ok {
			r.Rest = append(r.Rest, sentry.Attr{Key: "body", Value: kept})
		}
	}
}

// text reads a body that is text. inside counts how often a text was found inside another.
func (r *Record) text(s string, inside int) {
	s = stripANSI(s)
	t := trimSpace(s)
	if t == "" {
		return
	}
	if t[0] == '{' {
		if attrs, ok := parseObject(t); ok {
			r.object(attrs, inside)
			return
		}
	}
	if record, ok := julRecord(t); ok {
		r.jul(record)
		return
	}
	if attrs, rest, ok := readLogfmt(t); ok && len(attrs) > 1 {
		r.object(attrs, inside)
		if rest != "" && r.Failure.Stacktrace == "" && len(r.Failure.Exceptions) == 0 {
			r.merge(plainFailure(rest))
		}
		return
	}
	r.plain(strings.TrimRight(s, " \t\r\n"))
}

// object reads the members of a structured body.
func (r *Record) object(attrs []sentry.Attr, inside int) {
	var m members
	m.read(attrs, bodyNames)
	r.Platform = m.platform()
	r.take(&m)
	if r.Time == 0 {
		r.Time = m.time()
	}
	r.merge(m.failure(r.Severity))
	r.Rest = m.rest()
	text := m.text(isMessage)
	if inside == 0 && m.keyOf(isMessage) == "log" { // Docker and Fluent Bit: the line that the app wrote
		rest := r.Rest
		r.text(text, 1)
		r.Rest = append(r.Rest, rest...)
		return
	}
	r.message(&m, text)
	if f := &r.Failure; f.Whole && f.Type == "" && f.Message == "" && m.claims[isLogStack].attr != nil && f.Stacktrace == m.text(isLogStack) {
		f.Message = r.Message // the stack of the log call alone: what was said is what failed
	}
}

// take fills what is not known yet.
func (r *Record) take(m *members) {
	first := func(to *string, is meaning) {
		if *to == "" {
			*to = m.text(is)
		}
	}
	first(&r.Logger, isLogger)
	first(&r.ThreadName, isThreadName)
	first(&r.ThreadID, isThreadID)
	first(&r.Service, isService)
	first(&r.Version, isVersion)
	first(&r.Environment, isEnvironment)
	first(&r.Template, isTemplate)
	if r.Params == nil {
		for _, p := range m.value(isParams).ListVal() {
			r.Params = append(r.Params, scalar(p))
		}
	}
	if r.Fingerprint == nil {
		r.Fingerprint = m.fingerprint()
	}
	if r.TraceID.IsZero() {
		r.TraceID = traceIDOf(m.value(isTraceID))
		if r.SpanID.IsZero() {
			r.SpanID = spanIDOf(m.value(isSpanID))
		}
	}
	if r.TraceID.IsZero() {
		r.TraceID, r.SpanID = traceParent(m.text(isTraceparent))
	}
	r.code(m)
	r.who(m)
}

func (m *members) fingerprint() (out []string) {
	v := m.value(isFingerprint)
	if v.Kind() == sentry.KindString {
		return []string{v.Str()}
	}
	for _, e := range v.ListVal() {
		if s := scalar(e); s != "" && len(out) < 16 {
			out = append(out, s)
		}
	}
	return out
}

// time is a time of one member, or of a second and its nanoseconds.
func (m *members) time() sentry.Time {
	t := timeValue(m.value(isTime))
	if s := epoch(m.value(isSeconds).IntVal()); s != 0 {
		t = s
	}
	if n := m.value(isNanos); n.Kind() == sentry.KindInt && t != 0 && n.IntVal() >= 0 && n.IntVal() < 1e9 {
		t = t - t%1e9 + sentry.Time(n.IntVal())
	}
	return t
}

// code is the place of the log call.
func (r *Record) code(m *members) {
	if r.Code.Filename != "" || r.Code.Function != "" {
		return
	}
	if place := m.text(isPlace); place != "" {
		r.Code = codePlace(place)
	}
	if file := m.text(isFile); file != "" {
		r.Code = sentry.Frame{Lineno: integer(m.value(isLine))}
		setFile(&r.Code, file)
	}
	if r.Code.Filename != "" || m.claims[isLine].attr != nil || m.claims[isFunction].attr != nil {
		r.Code.Function = m.text(isFunction)
	}
}

// who fills user and request.
func (r *Record) who(m *members) {
	if r.User == nil {
		u := sentry.User{ID: m.text(isUserID), Username: m.text(isUserName), Email: m.text(isUserEmail), IPAddress: m.text(isUserAddress)}
		if u.ID != "" || u.Username != "" || u.Email != "" || u.IPAddress != "" {
			found := u // few records name a user: only these cost memory
			r.User = &found
		}
	}
	if r.Request != nil {
		return
	}
	q := sentry.Request{Method: m.text(isMethod), URL: m.text(isURL), QueryString: strings.TrimPrefix(m.text(isQuery), "?")}
	for _, h := range m.value(isHeaders).MapVal() {
		if s := scalar(h.Value); s != "" && len(q.Headers) < maxRest {
			q.Headers = append(q.Headers, sentry.Tag{Key: h.Key, Value: s})
		}
	}
	if s := m.text(isUserAgent); s != "" {
		q.Headers = append(q.Headers, sentry.Tag{Key: "User-Agent", Value: s})
	}
	if s := m.text(isReferrer); s != "" {
		q.Headers = append(q.Headers, sentry.Tag{Key: "Referer", Value: s})
	}
	if q.Method != "" || q.URL != "" || q.QueryString != "" || len(q.Headers) > 0 {
		found := q
		r.Request = &found
	}
}

// merge adds what a second source says about the failure.
func (r *Record) merge(f Failure) {
	if !r.Failure.Found() {
		r.Failure = f
		return
	}
	to := &r.Failure
	if to.Stacktrace == "" && len(to.Exceptions) == 0 {
		to.Stacktrace, to.Whole, to.Exceptions, to.Platform = f.Stacktrace, f.Whole, f.Exceptions, f.Platform
	}
	if to.Type == "" && to.Message == "" {
		to.Type, to.Message = f.Type, f.Message
	}
}

// scalar is a value as text; "" for structure.
func scalar(v sentry.Value) string {
	switch v.Kind() {
	case sentry.KindString:
		return v.Str()
	case sentry.KindInt:
		return strconv.FormatInt(v.IntVal(), 10)
	case sentry.KindDouble:
		return strconv.FormatFloat(v.DoubleVal(), 'g', -1, 64)
	case sentry.KindBool:
		return strconv.FormatBool(v.BoolVal())
	}
	return ""
}

// converter turns pdata into the model, within the limits that hold for JSON text.
type converter struct{ values int }

func (c *converter) attrs(m pcommon.Map, depth int) []sentry.Attr {
	return c.appendAttrs(make([]sentry.Attr, 0, min(m.Len(), maxValues)), m, depth)
}

func (c *converter) appendAttrs(out []sentry.Attr, m pcommon.Map, depth int) []sentry.Attr {
	for k, v := range m.All() {
		if c.values++; c.values > maxValues {
			break
		}
		out = append(out, sentry.Attr{Key: k, Value: c.value(v, depth)})
	}
	return out
}

func (c *converter) slice(s pcommon.Slice, depth int) sentry.Value {
	out := make([]sentry.Value, 0, min(s.Len(), maxValues))
	for _, v := range s.All() {
		if c.values++; c.values > maxValues {
			break
		}
		out = append(out, c.value(v, depth))
	}
	return sentry.List(out)
}

func (c *converter) value(v pcommon.Value, depth int) sentry.Value {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return sentry.String(v.Str())
	case pcommon.ValueTypeBool:
		return sentry.Bool(v.Bool())
	case pcommon.ValueTypeInt:
		return sentry.Int(v.Int())
	case pcommon.ValueTypeDouble:
		if d := v.Double(); d == float64(int64(d)) && d > -1<<53 && d < 1<<53 { // receivers that parse JSON make doubles of all numbers
			return sentry.Int(int64(d))
		}
		return sentry.Double(v.Double())
	case pcommon.ValueTypeMap:
		if depth < maxDepth {
			return sentry.Map(c.attrs(v.Map(), depth+1))
		}
	case pcommon.ValueTypeSlice:
		if depth < maxDepth {
			return c.slice(v.Slice(), depth+1)
		}
	case pcommon.ValueTypeBytes:
		return sentry.String(v.AsString())
	}
	return sentry.Value{}
}
