package fields

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// Limits of what is read of one body. What lies beyond is still checked to be JSON, but not kept.
const (
	maxDepth  = 24   // objects and arrays inside one another; deeper ones are kept as their text
	maxValues = 4096 // values of all kinds in one body
)

// scanner walks JSON text. It is forgiving where loggers are not strict: raw control characters inside strings, NaN and Infinity (Python),
// escapes that JSON does not know. It does not forgive missing quotes, brackets or commas: that text is not JSON.
type scanner struct {
	s      string
	p      int
	depth  int
	values int
}

// parseObject reads a text that is one JSON object and nothing else.
func parseObject(s string) ([]sentry.Attr, bool) {
	j := scanner{s: s}
	j.space()
	if j.p >= len(s) || s[j.p] != '{' {
		return nil, false
	}
	attrs, ok := j.object()
	j.space()
	return attrs, ok && j.p == len(s)
}

func (j *scanner) space() {
	for j.p < len(j.s) && isSpace(j.s[j.p]) {
		j.p++
	}
}

// next skips white space and takes c.
func (j *scanner) next(c byte) bool {
	j.space()
	if j.p < len(j.s) && j.s[j.p] == c {
		j.p++
		return true
	}
	return false
}

// object reads members; j.p is at its brace.
func (j *scanner) object() (attrs []sentry.Attr, ok bool) {
	j.p++
	j.depth++
	defer func() { j.depth-- }()
	if j.next('}') {
		return nil, true
	}
	attrs = make([]sentry.Attr, 0, 8)
	for {
		key, ok := j.key()
		if !ok {
			return nil, false
		}
		if j.values >= maxValues {
			ok = j.skip()
		} else {
			var v sentry.Value
			v, ok = j.value()
			attrs = append(attrs, sentry.Attr{Key: key, Value: v})
		}
		if !ok {
			return nil, false
		}
		if j.next('}') {
			return attrs, true
		}
		if !j.next(',') {
			return nil, false
		}
	}
}

func (j *scanner) key() (string, bool) {
	j.space()
	raw, escaped, ok := j.text()
	if !ok || !j.next(':') {
		return "", false
	}
	if escaped {
		raw = unescape(raw)
	}
	return raw, true
}

func (j *scanner) array() (list []sentry.Value, ok bool) {
	j.p++
	j.depth++
	defer func() { j.depth-- }()
	if j.next(']') {
		return nil, true
	}
	for {
		if j.values >= maxValues {
			ok = j.skip()
		} else {
			var v sentry.Value
			v, ok = j.value()
			list = append(list, v)
		}
		if !ok {
			return nil, false
		}
		if j.next(']') {
			return list, true
		}
		if !j.next(',') {
			return nil, false
		}
	}
}

// value reads any value.
func (j *scanner) value() (v sentry.Value, ok bool) {
	j.space()
	if j.p >= len(j.s) {
		return v, false
	}
	j.values++
	switch c := j.s[j.p]; c {
	case '"':
		raw, escaped, ok := j.text()
		if escaped {
			raw = unescape(raw)
		}
		return sentry.String(raw), ok
	case '{', '[':
		start := j.p
		if j.depth >= maxDepth {
			ok = j.skipNested()
			return sentry.String(j.s[start:j.p]), ok
		}
		if c == '{' {
			attrs, ok := j.object()
			return sentry.Map(attrs), ok
		}
		list, ok := j.array()
		return sentry.List(list), ok
	}
	return literalValue(j.literal())
}

// text reads a string without its quotes; escaped: it holds a backslash.
func (j *scanner) text() (raw string, escaped, ok bool) {
	if j.p >= len(j.s) || j.s[j.p] != '"' {
		return "", false, false
	}
	start := j.p + 1
	quote := indexFrom(j.s, '"', start)
	for p := start; quote >= 0; {
		b := strings.IndexByte(j.s[p:quote], '\\')
		if b < 0 {
			j.p = quote + 1
			return j.s[start:quote], escaped, true
		}
		escaped = true
		p += b + 2
		if p > quote { // it was that quote which was escaped
			quote = indexFrom(j.s, '"', p)
		}
	}
	return "", false, false
}

func indexFrom(s string, c byte, p int) int {
	if p > len(s) {
		return -1
	}
	if i := strings.IndexByte(s[p:], c); i >= 0 {
		return p + i
	}
	return -1
}

// literal reads up to the end of a number or word.
func (j *scanner) literal() string {
	start := j.p
	for j.p < len(j.s) {
		c := j.s[j.p]
		if !isAlpha(c) && !isDigit(c) && c != '-' && c != '+' && c != '.' {
			break
		}
		j.p++
	}
	return j.s[start:j.p]
}

func literalValue(s string) (v sentry.Value, ok bool) {
	switch s {
	case "":
		return v, false
	case "true", "false":
		return sentry.Bool(s == "true"), true
	case "null", "NaN", "Infinity", "-Infinity":
		return v, true
	}
	if c := s[0]; !isDigit(c) && c != '-' {
		return v, false
	}
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return sentry.Int(i), true
	}
	if whole := strings.TrimPrefix(s, "-"); digits(whole) == len(whole) {
		return sentry.String(s), whole != "" // an integer that int64 cannot hold keeps its digits
	}
	f, err := strconv.ParseFloat(s, 64)
	return sentry.Double(f), err == nil || strings.ContainsAny(s, "eE")
}

// skip passes over one value without reading it.
func (j *scanner) skip() bool {
	j.space()
	if j.p >= len(j.s) {
		return false
	}
	switch j.s[j.p] {
	case '"':
		_, _, ok := j.text()
		return ok
	case '{', '[':
		return j.skipNested()
	}
	return j.literal() != ""
}

// skipNested passes over an object or array by counting brackets outside of strings.
func (j *scanner) skipNested() bool {
	depth := 0
	for j.p < len(j.s) {
		switch j.s[j.p] {
		case '"':
			if _, _, ok := j.text(); !ok {
				return false
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		j.p++
		if depth == 0 {
			return true
		}
	}
	return false
}

// unescape resolves JSON's escapes. An escape that JSON does not know stays as it is written, half of a surrogate pair becomes U+FFFD.
func unescape(s string) string {
	out := make([]byte, 0, len(s))
	for {
		i := strings.IndexByte(s, '\\')
		if i < 0 || i+1 >= len(s) {
			return string(append(out, s...))
		}
		out = append(out, s[:i]...)
		c := s[i+1]
		s = s[i+2:]
		switch c {
		case 'n':
			out = append(out, '\n')
		case 't':
			out = append(out, '\t')
		case 'r':
			out = append(out, '\r')
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case '"', '\\', '/':
			out = append(out, c)
		case 'u':
			r, n := hexRune(s)
			if n == 0 {
				out = append(out, '\\', c)
				continue
			}
			s = s[n:]
			out = utf8.AppendRune(out, r)
		default:
			out = append(out, '\\', c)
		}
	}
}

// hexRune reads the four digits after \u, and the second half of a surrogate pair; n is what it took.
func hexRune(s string) (r rune, n int) {
	r, ok := hex4(s)
	if !ok {
		return 0, 0
	}
	if utf16.IsSurrogate(r) {
		if strings.HasPrefix(s[4:], `\u`) {
			if low, ok := hex4(s[6:]); ok {
				if both := utf16.DecodeRune(r, low); both != utf8.RuneError {
					return both, 10
				}
			}
		}
		return utf8.RuneError, 4
	}
	return r, 4
}

func hex4(s string) (rune, bool) {
	if len(s) < 4 {
		return 0, false
	}
	n, err := strconv.ParseUint(s[:4], 16, 32)
	return rune(n), err == nil
}
