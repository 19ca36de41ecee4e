package fields

import "strings"

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }
func isLower(c byte) bool { return 'a' <= c && c <= 'z' }
func isAlpha(c byte) bool { return isUpper(c) || isLower(c) }
func isBlank(c byte) bool { return c == ' ' || c == '\t' }
func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// isWord: a byte of a name; bytes above 127 are parts of letters of other scripts.
func isWord(c byte) bool { return isAlpha(c) || isDigit(c) || c == '_' || c >= 0x80 }

// trimSpace is strings.TrimSpace for the white space that logs hold.
func trimSpace(s string) string {
	for len(s) > 0 && isSpace(s[0]) {
		s = s[1:]
	}
	return trimRight(s)
}

func trimRight(s string) string {
	for len(s) > 0 && isSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

// blanks is the first place from p on that is no blank; a carriage return is one.
func blanks(s string, p int) int {
	for p < len(s) && (isBlank(s[p]) || s[p] == '\r') {
		p++
	}
	return p
}

// firstLine cuts at the first line end.
func firstLine(s string) string {
	if i := strings.IndexByte(s, '\n'); i >= 0 {
		s = s[:i]
	}
	if n := len(s); n > 0 && s[n-1] == '\r' {
		s = s[:n-1]
	}
	return s
}

// digits is how many digits stand at the start.
func digits(s string) int {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}

// atoi reads digits only; the caller bounds their number.
func atoi(s string) int {
	n := 0
	for i := 0; i < len(s); i++ {
		n = n*10 + int(s[i]-'0')
	}
	return n
}

const escape = 0x1b

// stripANSI removes the colour and cursor codes that loggers print for terminals (ECMA-48: ESC [ ... letter, ESC ] ... BEL, ESC letter).
// A text without any is returned as it is.
func stripANSI(s string) string {
	i := strings.IndexByte(s, escape)
	if i < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for i >= 0 {
		out = append(out, s[:i]...)
		s = s[i+codeLen(s[i:]):]
		i = strings.IndexByte(s, escape)
	}
	return string(append(out, s...))
}

// longestCode bounds one control sequence, so that a stray ESC cannot swallow the text.
const longestCode = 64

// codeLen is the length of the control sequence at the start of s, which begins with ESC.
func codeLen(s string) int {
	if len(s) < 2 {
		return len(s)
	}
	end := min(len(s), longestCode)
	switch s[1] {
	case '[':
		for i := 2; i < end; i++ {
			if c := s[i]; c >= 0x40 && c <= 0x7e {
				return i + 1
			}
			if c := s[i]; c < 0x20 || c > 0x3f {
				break
			}
		}
		return 2
	case ']':
		for i := 2; i < end; i++ {
			if s[i] == 7 {
				return i + 1
			}
			if s[i] == escape && i+1 < len(s) && s[i+1] == '\\' {
				return i + 2
			}
		}
		return 2
	case '(', ')':
		if len(s) > 2 && s[2] < 0x80 {
			return 3
		}
		return 2
	}
	if s[1] >= 0x20 && s[1] < 0x7f {
		return 2
	}
	return 1
}
