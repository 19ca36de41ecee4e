package grouping

import "strings"

// Parametrize replaces what differs from one occurrence to the next by placeholders: "user 17 not found" and "user 99 not found" become
// "user <n> not found". Linear in the text.
//
// A word is a run of letters, digits and the signs that hold ids, times, addresses and paths together. A word becomes a placeholder
// when it is a number (with a unit or not), a date or time, an IP address, a UUID or another long hex id, or an e-mail address; in any other
// word with digits, each run of digits becomes one. Quoted text becomes a placeholder as a whole.
func Parametrize(s string) string { return parametrize(s, true) }

func parametrize(s string, quotes bool) string {
	if !strings.ContainsAny(s, "0123456789@\"'`abcdefABCDEF") {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		if end := quotedEnd(s, i); quotes && end > 0 {
			b.WriteString("<str>")
			i = end
			continue
		}
		if !isWord(s[i]) {
			b.WriteByte(s[i])
			i++
			continue
		}
		end := i + 1
		for end < len(s) && isWord(s[end]) {
			end++
		}
		writeWord(&b, s[i:end])
		i = end
	}
	return b.String()
}

// quotedEnd is the index after a quoted text that begins at i, 0 where none does. An apostrophe inside a word opens nothing.
func quotedEnd(s string, i int) int {
	quote := s[i]
	if (quote != '"' && quote != '\'' && quote != '`') || (i > 0 && isAlnum(s[i-1])) {
		return 0
	}
	length := strings.IndexByte(s[i+1:min(len(s), i+1+maxQuoted)], quote)
	if length < 0 {
		return 0
	}
	end := i + length + 2
	if end < len(s) && isAlnum(s[end]) {
		return 0
	}
	return end
}

// maxQuoted keeps the search for a closing quote short: text with many lone quotes stays linear.
const maxQuoted = 256

func writeWord(b *strings.Builder, word string) {
	core := strings.TrimRight(word, ".:-+_@%") // the end of a sentence is not part of the word
	switch {
	case core == "":
	case isEmail(core):
		b.WriteString("<email>")
	case isHexID(core):
		b.WriteString("<id>")
	case core[0] == '+' || core[0] == '-' || isDigit(core[0]):
		writeNumber(b, core)
	default:
		writeDigitRuns(b, core)
	}
	b.WriteString(word[len(core):])
}

// writeNumber writes a word that begins as a number does: dates, addresses and versions are digits with signs between, and one placeholder.
func writeNumber(b *strings.Builder, word string) {
	i := 0
	for i < len(word) && !isLetter(word[i]) {
		i++
	}
	rest := word[i:]
	switch {
	case i == 1 && !isDigit(word[0]): // "-x": no number at all
		writeDigitRuns(b, word)
	case len(rest) == 0 || len(rest) <= maxUnit && !hasDigit(rest):
		b.WriteString("<n>")
		b.WriteString(rest)
	case rest[0] == 'T' || rest[0] == 'x' || rest[0] == 'e' || rest[0] == 'E': // 2026-01-02T03:04:05Z, 0x7f, 1e9
		b.WriteString("<n>")
	default:
		writeDigitRuns(b, word)
	}
}

// maxUnit is the length of the longest unit that may hang on a number: "ms", "KiB", "secs".
const maxUnit = 4

func writeDigitRuns(b *strings.Builder, word string) {
	for i := 0; i < len(word); {
		if !isDigit(word[i]) {
			b.WriteByte(word[i])
			i++
			continue
		}
		for i < len(word) && isDigit(word[i]) {
			i++
		}
		b.WriteString("<n>")
	}
}

// isEmail wants one @ with something before and a dot somewhere after it.
func isEmail(word string) bool {
	at := strings.IndexByte(word, '@')
	return at > 0 && strings.IndexByte(word[at+1:], '.') > 0
}

// isHexID wants at least 8 hex digits and nothing else but dashes, and a digit among them: "deadbeef" may be a word, "facade" is one.
func isHexID(word string) bool {
	digits, hex := 0, 0
	for i := 0; i < len(word); i++ {
		switch c := word[i]; {
		case isDigit(c):
			digits++
			hex++
		case c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F':
			hex++
		case c != '-':
			return false
		}
	}
	return hex >= 8 && digits > 0 && digits < hex
}

// trimGenerated removes the numbers that compilers and proxies put into names behind a "$", and addresses: "lambda$run$0", "$Proxy12",
// "Foo$$Lambda/0x00007f1c", "Svc$$EnhancerBySpringCGLIB$$1a2b3c4d". Other digits belong to the name.
func trimGenerated(name string) string {
	dollar := strings.IndexByte(name, '$')
	if dollar < 0 {
		return name
	}
	var b strings.Builder
	b.WriteString(name[:dollar])
	for i := dollar; i < len(name); {
		end := i
		for end < len(name) && isAlnum(name[end]) {
			end++
		}
		if end == i {
			b.WriteByte(name[i])
			i++
			continue
		}
		if segment := name[i:end]; isHexID(segment) || strings.HasPrefix(segment, "0x") {
			b.WriteByte('#')
		} else {
			b.WriteString(strings.TrimRight(segment, "0123456789"))
		}
		i = end
	}
	return b.String()
}

func isWord(c byte) bool {
	return isAlnum(c) || c >= 0x80 || c == '-' || c == '_' || c == '.' || c == ':' || c == '@' || c == '+' || c == '%'
}

func isAlnum(c byte) bool  { return isDigit(c) || isLetter(c) }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func hasDigit(s string) bool { return strings.ContainsAny(s, "0123456789") }
