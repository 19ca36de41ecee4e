package fields

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// maxPairs bounds the pairs of one line.
const (
	maxPairs = 256
	maxLine  = 16 << 10 // bytes of a line in which fields are looked for behind the message
)

// pair is one key=value of a line.
type pair struct {
	key, value string
	escaped    bool // the value holds backslashes that stand for something
	end        int
}

// readPair reads a pair at p: the value is quoted, or in balanced brackets, or goes up to the next blank.
func readPair(s string, p int) (kv pair, ok bool) {
	n := p
	for n < len(s) && (isWord(s[n]) || n > p && strings.IndexByte(".-@/:#$", s[n]) >= 0) {
		n++
	}
	if n == p || n >= len(s) || s[n] != '=' || n-p > maxGroup {
		return kv, false
	}
	kv.key = s[p:n]
	n++
	if n >= len(s) {
		kv.end = n
		return kv, true
	}
	switch s[n] {
	case '"':
		j := scanner{s: s, p: n}
		if kv.value, kv.escaped, ok = j.text(); !ok {
			return kv, false
		}
		kv.end = j.p
	case '\'': // structlog's console prints Python's repr
		kv.end = reprEnd(s, n)
		if kv.end < 0 {
			kv.end = wordEnd(s, n)
			kv.value = s[n:kv.end]
			break
		}
		kv.value, kv.escaped = s[n+1:kv.end-1], true
	case '[', '{':
		kv.end = balanced(s, n)
		if kv.end < 0 {
			kv.end = wordEnd(s, n)
		}
		kv.value = s[n:kv.end]
	case '<': // klog: err=<, the lines indented, > on a line of its own
		if !strings.HasPrefix(s[n+1:], "\n") {
			kv.end = wordEnd(s, n)
			kv.value = s[n:kv.end]
			break
		}
		if end := strings.Index(s[n:], "\n >"); end > 0 {
			kv.value = strings.ReplaceAll(strings.TrimPrefix(s[n+2:n+end], "\t"), "\n\t", "\n")
			kv.end = n + end + 3
			break
		}
		fallthrough
	default:
		kv.end = wordEnd(s, n)
		kv.value = s[n:kv.end]
	}
	return kv, kv.end >= len(s) || isSpace(s[kv.end])
}

// reprEnd is the end of a text in single quotes that ends at a blank; -1: it is none.
func reprEnd(s string, p int) int {
	for i := p + 1; i < len(s) && s[i] != '\n' && i-p < maxLine; i++ {
		switch s[i] {
		case '\\':
			i++
		case '\'':
			if i+1 == len(s) || isSpace(s[i+1]) {
				return i + 1
			}
			return -1
		}
	}
	return -1
}

func wordEnd(s string, p int) int {
	for p < len(s) && !isSpace(s[p]) {
		p++
	}
	return p
}

// balanced is the end of a group in brackets that may hold JSON strings and blanks; -1: it does not close on its line.
func balanced(s string, p int) int {
	j := scanner{s: firstLine(s[p:min(len(s), p+maxLine)])}
	if !j.skipNested() {
		return -1
	}
	return p + j.p
}

func (kv *pair) text() string {
	if kv.escaped {
		return unescape(kv.value)
	}
	return kv.value
}

// looksLogfmt: the text begins with key=.
func looksLogfmt(s string) bool {
	n := 0
	for n < len(s) && n < 64 && (isWord(s[n]) || n > 0 && (s[n] == '.' || s[n] == '-' || s[n] == '@')) {
		n++
	}
	return n > 0 && n+1 < len(s) && s[n] == '=' && s[n+1] != '='
}

// logfmtSeverity reads pairs up to the level.
func logfmtSeverity(s string) plog.SeverityNumber {
	var f levelFinder
	for p, i := 0, 0; i < maxPairs; i++ {
		kv, ok := readPair(s, p)
		if !ok {
			return plog.SeverityNumberUnspecified
		}
		if key := levelKeyOf(kv.key); key != noKey && key != logMark {
			if n := f.word(key, kv.value); n != plog.SeverityNumberUnspecified {
				return n
			}
		}
		p = blanks(s, kv.end)
	}
	return plog.SeverityNumberUnspecified
}

// readPairs reads as many pairs as stand at p, at least one; end is behind the last.
func readPairs(s string, p int) (attrs []sentry.Attr, end int) {
	end = p
	for len(attrs) < maxPairs {
		kv, ok := readPair(s, p)
		if !ok {
			return attrs, end
		}
		attrs = append(attrs, sentry.Attr{Key: kv.key, Value: pairValue(&kv)})
		end = kv.end
		p = blanks(s, end)
	}
	return attrs, end
}

// pairValue: JSON inside a value is used as such.
func pairValue(kv *pair) sentry.Value {
	v := kv.text()
	if len(v) > 1 && (v[0] == '[' || v[0] == '{') && !kv.escaped {
		j := scanner{s: v}
		if got, ok := j.value(); ok && j.p == len(v) {
			return got
		}
	}
	if v == "<nil>" || v == "null" {
		return sentry.Value{}
	}
	return sentry.String(v)
}

// readLogfmt reads a line that is nothing but pairs; what follows its line end is the caller's.
func readLogfmt(s string) (attrs []sentry.Attr, rest string, ok bool) {
	if !looksLogfmt(s) {
		return nil, "", false
	}
	attrs, end := readPairs(s, 0)
	rest = strings.TrimLeft(s[end:], " \t\r")
	return attrs, rest, rest == "" || rest[0] == '\n'
}

// cutPairs takes the pairs off the end of a message's first line. Only what is pairs up to the line's end is taken.
func cutPairs(message string) (text string, attrs []sentry.Attr) {
	start, p := -1, 0
	if len(firstLine(message)) > maxLine {
		return message, nil
	}
	for p < len(message) && message[p] != '\n' {
		if kv, ok := readPair(message, p); ok {
			if start < 0 {
				start = p
			}
			p = kv.end
		} else {
			start = -1
			p = pastWord(message, p)
		}
		p = blanks(message, p)
	}
	if column := padded(message[:p]); column >= 0 && (start < 0 || column < start) {
		return trimRight(message[:column]) + message[p:], loosePairs(message[column:p])
	}
	if start < 0 {
		return message, nil
	}
	attrs, _ = readPairs(message, start)
	return trimRight(message[:start]) + message[p:], attrs
}

// pastWord skips a word; a quoted text is one.
func pastWord(s string, p int) int {
	if s[p] == '"' {
		j := scanner{s: firstLine(s[p:])}
		if _, _, ok := j.text(); ok {
			return p + j.p
		}
	}
	for p < len(s) && !isSpace(s[p]) {
		p++
	}
	return p
}

// padded finds where pairs begin behind a message that is padded to a column. apex/log does that, and does not quote its values: they end
// where the next key begins. -1: there is no such column.
func padded(line string) int {
	for from := 0; ; {
		i := strings.Index(line[from:], "  ")
		if i < 0 {
			return -1
		}
		from = blanks(line, from+i)
		if keyAt(line, from) > 0 {
			return from
		}
	}
}

// keyAt is the length of `key=` at p, 0 where there is none.
func keyAt(s string, p int) int {
	n := p
	for n < len(s) && (isWord(s[n]) || n > p && (s[n] == '.' || s[n] == '-')) {
		n++
	}
	if n > p && n < len(s) && s[n] == '=' {
		return n + 1 - p
	}
	return 0
}

func loosePairs(line string) (attrs []sentry.Attr) {
	for line != "" && len(attrs) < maxPairs {
		n := keyAt(line, 0)
		if n == 0 {
			return attrs
		}
		end := len(line)
		for p := n; p < len(line); p++ {
			if isBlank(line[p]) && keyAt(line, p+1) > 0 {
				end = p
				break
			}
		}
		attrs = append(attrs, sentry.Attr{Key: line[:n-1], Value: sentry.String(trimSpace(line[n:end]))})
		line = line[min(end+1, len(line)):]
	}
	return attrs
}
