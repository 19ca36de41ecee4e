package stacktrace

import "strings"

// Lines and colour codes. Everything here works on the text as it stands: a terminal's colour codes are stepped over, not removed,
// so that finding a trace and its key needs no copy of the text.

const nodeEscape = 0x1b

// nodeLine is one line of a text: [start, end) is its content without the blanks and colour codes at both ends.
type nodeLine struct {
	start, end int
	indent     int // blanks before the content; a tab counts as one
	next       int // where the next line starts; len(text)+1 behind the last one
}

// nodeLineAt reads the line that starts at pos, or the rest of a line where pos stands inside one.
func nodeLineAt(text string, pos int) nodeLine {
	l := nodeLine{start: pos, end: len(text), next: len(text) + 1}
	if pos >= len(text) {
		l.start = len(text)
		return l
	}
	if i := strings.IndexByte(text[pos:], '\n'); i >= 0 {
		l.end, l.next = pos+i, pos+i+1
	}
	l.start, l.indent = nodeSkipBlanks(text[:l.end], pos)
	l.end = nodeTrimEnd(text[:l.end], l.start)
	return l
}

// blank tells that nothing stands in the line.
func (l nodeLine) blank() bool { return l.start >= l.end }

// nodeSkipBlanks steps over blanks and colour codes from i on and counts the blanks.
func nodeSkipBlanks(s string, i int) (pos, columns int) {
	for i < len(s) {
		switch s[i] {
		case ' ', '\t', '\r':
			i++
			columns++
		case nodeEscape:
			j := nodeSkipColour(s, i)
			if j == i {
				return i, columns
			}
			i = j
		default:
			return i, columns
		}
	}
	return i, columns
}

// nodeSkipColour steps over one control sequence (ECMA-48: ESC [ parameters final) at i.
func nodeSkipColour(s string, i int) int {
	if i+1 >= len(s) || s[i] != nodeEscape || s[i+1] != '[' {
		return i
	}
	for j := i + 2; j < len(s); j++ {
		if s[j] >= '@' {
			return j + 1
		}
		if s[j] < ' ' {
			break
		}
	}
	return i
}

// nodeTrimEnd returns the end of s without the blanks and colour codes that stand there; never less than from.
func nodeTrimEnd(s string, from int) int {
	end := len(s)
	for end > from {
		switch s[end-1] {
		case ' ', '\t', '\r':
			end--
		case 'm':
			i := end - 2
			for i > from && (s[i] == ';' || nodeDigit(s[i])) {
				i--
			}
			if i <= from || s[i] != '[' || s[i-1] != nodeEscape {
				return end
			}
			end = i - 1
		default:
			return end
		}
	}
	return end
}

// nodeTrim cuts blanks and colour codes at both ends.
func nodeTrim(s string) string {
	i, _ := nodeSkipBlanks(s, 0)
	return s[i:nodeTrimEnd(s, i)]
}

// nodePlain removes colour codes. It copies only where there are some.
func nodePlain(s string) string {
	if strings.IndexByte(s, nodeEscape) < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		if j := nodeSkipColour(s, i); j > i {
			i = j
			continue
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String()
}

// nodeMessage is a message as the error had it: without the indent that util.inspect or a logger put before every line but the first,
// without colour codes and Windows line ends. It copies only where one of them is there.
func nodeMessage(s string, indent int) string {
	s = nodePlain(s)
	rewrite := strings.Contains(s, "\r\n") || indent > 0 && strings.IndexByte(s, '\n') >= 0
	if !rewrite {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for first := true; ; first = false {
		line, rest, more := strings.Cut(s, "\n")
		line = strings.TrimSuffix(line, "\r")
		for n := indent; !first && n > 0 && line != "" && (line[0] == ' ' || line[0] == '\t'); n-- {
			line = line[1:]
		}
		b.WriteString(line)
		if !more {
			return b.String()
		}
		b.WriteByte('\n')
		s = rest
	}
}

// nodePreviousLine returns where the line before the one that starts at start begins, or -1 at the floor.
func nodePreviousLine(text string, start, floor int) int {
	if start <= floor {
		return -1
	}
	return floor + strings.LastIndexByte(text[floor:start-1], '\n') + 1
}

// nodeLineStart returns where the line that holds pos begins.
func nodeLineStart(text string, pos int) int {
	return strings.LastIndexByte(text[:pos], '\n') + 1
}

func nodeDigit(c byte) bool { return c >= '0' && c <= '9' }

// nodeNumber reads the digits at the end of s. More than nine are no line number.
func nodeNumber(s string) (n, start int) {
	i := len(s)
	for i > 0 && nodeDigit(s[i-1]) {
		i--
	}
	if i == len(s) || len(s)-i > 9 {
		return 0, len(s)
	}
	for _, c := range []byte(s[i:]) {
		n = n*10 + int(c-'0')
	}
	return n, i
}
