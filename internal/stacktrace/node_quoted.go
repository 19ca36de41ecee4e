package stacktrace

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// A stack inside quotes: util.inspect's "stack: 'Error: x\n' +", a JSON object behind a line's text, logfmt. Line ends stand there as "\n".

// nodeFindQuoted finds a field whose name starts with "stack" and whose quoted value is a stack trace; end is behind the closing quote.
func nodeFindQuoted(text string, limit int) (start, end int) {
	const key = "stack"
	lineEnd := -1 // the next escaped one
	for i := 0; ; {
		j := strings.Index(text[i:limit], key)
		if j < 0 {
			return -1, -1
		}
		i += j
		if lineEnd < i {
			if j = strings.Index(text[i:], `\n`); j < 0 {
				return -1, -1
			}
			lineEnd = i + j
		}
		quote := nodeFieldQuote(text, i+len(key))
		if quote < 0 || !nodeQuotedHeader(text, quote+1, lineEnd) {
			i += len(key)
			continue
		}
		decoded, end := nodeUnescape(text, quote)
		if nodeNextFrame(decoded, 0) >= 0 {
			return i, end
		}
		i = end
	}
}

// nodeFieldQuote returns the quote that opens a field's value; the rest of the field's name starts at i.
func nodeFieldQuote(text string, i int) int {
	for i < len(text) && (nodeWordByte(text[i]) || text[i] == '.') {
		i++
	}
	if i < len(text) && (text[i] == '"' || text[i] == '\'' || text[i] == ']') {
		i++
	}
	i, _ = nodeSkipBlanks(text, i)
	if i >= len(text) || text[i] != ':' && text[i] != '=' {
		return -1
	}
	i, _ = nodeSkipBlanks(text, i+1)
	if i >= len(text) || text[i] != '"' && text[i] != '\'' && text[i] != '`' {
		return -1
	}
	return i
}

// nodeQuotedHeader tells whether an error's name stands at i, behind a quote; end: the next escaped line end.
func nodeQuotedHeader(text string, i, end int) bool {
	if end < i {
		return false
	}
	n, ok := nodeNameAt(text, i, end)
	return ok && (n.certain || nodeClassName(text[n.start:n.end]))
}

// nodeUnescape reads the quoted text that starts at quote, with JavaScript's and JSON's escapes; parts may be joined by " +" and a line end.
// end is behind the last quote. A text that was cut short ends where it ends.
func nodeUnescape(text string, quote int) (decoded string, end int) {
	var b strings.Builder
	q := text[quote]
	for i := quote + 1; i < len(text); {
		switch c := text[i]; {
		case c == q:
			next := nodeJoined(text, i+1, q)
			if next < 0 {
				return b.String(), i + 1
			}
			i = next
		case c == '\\' && i+1 < len(text):
			i = nodeEscaped(&b, text, i+1)
		default:
			b.WriteByte(c)
			i++
		}
	}
	return b.String(), len(text)
}

// nodeJoined returns where the next part's text starts if " +" joins one with the same quote, or -1.
func nodeJoined(text string, i int, q byte) int {
	i, _ = nodeSkipBlanks(text, i)
	if i >= len(text) || text[i] != '+' {
		return -1
	}
	i = nodeFirstContent(text, i+1)
	if i >= len(text) || text[i] != q {
		return -1
	}
	return i + 1
}

// nodeEscaped writes the character whose escape code stands at i and returns where the text goes on.
func nodeEscaped(b *strings.Builder, text string, i int) int {
	switch c := text[i]; c {
	case 'n':
		b.WriteByte('\n')
	case 't':
		b.WriteByte('\t')
	case 'r':
		b.WriteByte('\r')
	case 'u', 'x':
		n := 4
		if c == 'x' {
			n = 2
		}
		if i+n < len(text) {
			if r, err := strconv.ParseUint(text[i+1:i+1+n], 16, 32); err == nil {
				nodeWriteRune(b, rune(r))
				return i + 1 + n
			}
		}
		b.WriteByte(c)
	default:
		b.WriteByte(c)
	}
	return i + 1
}

// nodeWriteRune writes a character; half of a surrogate pair becomes the replacement character.
func nodeWriteRune(b *strings.Builder, r rune) {
	if !utf8.ValidRune(r) {
		r = utf8.RuneError
	}
	b.WriteRune(r)
}

// nodeQuotedInput is the text inside the quotes of a field that nodeFindQuoted found at start.
func nodeQuotedInput(in *Input, start int) (Input, bool) {
	if in.Whole || !strings.HasPrefix(in.Text[start:], "stack") {
		return Input{}, false
	}
	quote := nodeFieldQuote(in.Text, start+len("stack"))
	if quote < 0 || !nodeQuotedHeader(in.Text, quote+1, quote+1+strings.Index(in.Text[quote+1:], `\n`)) {
		return Input{}, false
	}
	decoded, _ := nodeUnescape(in.Text, quote)
	return Input{Language: in.Language, Text: decoded, Whole: true, Type: in.Type, Message: in.Message}, true
}
