package stacktrace

import (
	"strconv"
	"strings"
)

// golangText walks the lines of a text. Loggers that put a trace into a quoted field write its line ends as the two
// characters \n and its tabs as \t; with escaped set those count as what they stand for.
type golangText struct {
	s       string // nothing after its end is read
	pos     int    // of the next line
	escaped bool
}

// golangLine is one line without its indentation, colours and carriage return.
type golangLine struct {
	text   string
	indent int // width of what stood before it: blanks, tabs and the bars of loggers that draw a margin, one each
	begin  int // offset of the line
	start  int // offset of text
	end    int // offset after text
}

// next reads a line; false at the end of the text.
func (t *golangText) next() (golangLine, bool) {
	if t.pos >= len(t.s) {
		return golangLine{}, false
	}
	begin, end := t.pos, len(t.s)
	if t.escaped {
		end, t.pos = golangEscapedEnd(t.s, begin)
	} else if i := strings.IndexByte(t.s[begin:], '\n'); i >= 0 {
		end, t.pos = begin+i, begin+i+1
	} else {
		t.pos = end
	}
	return golangTrim(t.s, begin, end, t.escaped), true
}

// peek is the line that next will read.
func (t golangText) peek() (golangLine, bool) { return t.next() }

// golangEscapedEnd finds the next \n of two characters: where the line ends and where the next one begins.
func golangEscapedEnd(s string, from int) (end, next int) {
	for i := from; ; {
		j := strings.IndexByte(s[i:], '\\')
		if j < 0 || i+j+1 >= len(s) {
			return len(s), len(s)
		}
		i += j
		if s[i+1] == 'n' {
			return i, i + 2
		}
		i += 2 // an escaped backslash hides what follows it
	}
}

func golangTrim(s string, begin, end int, escaped bool) golangLine {
	line := golangLine{begin: begin, start: begin, end: end}
	for line.end > begin {
		switch c := s[line.end-1]; {
		case c == '\r' || c == ' ' || c == '\t':
			line.end--
			continue
		case escaped && c == 'r' && line.end-begin >= 2 && s[line.end-2] == '\\':
			line.end -= 2
			continue
		case c == 'm':
			if n := golangColourBefore(s[begin:line.end]); n > 0 {
				line.end -= n
				continue
			}
		}
		break
	}
	for line.start < line.end {
		size, width := golangMargin(s[line.start:line.end])
		if size == 0 {
			break
		}
		line.start += size
		line.indent += width
	}
	line.text = s[line.start:line.end]
	return line
}

// golangMargin measures the piece of indentation at the beginning of a line: its bytes and how much deeper it puts the line.
// charmbracelet/log draws │ and writes tabs as \t, cockroachdb/errors draws |, chi marks the newest frame with an arrow.
func golangMargin(s string) (size, width int) {
	switch s[0] {
	case ' ', '\t':
		return 1, 1
	case '\\':
		if strings.HasPrefix(s, `\t`) {
			return 2, 1
		}
	case '|':
		if len(s) == 1 || s[1] == ' ' || s[1] == '\t' {
			return 1, 1
		}
	case '-':
		if strings.HasPrefix(s, "-> ") {
			return 3, 3
		}
	case 0x1b:
		return golangColour(s), 0
	case "│"[0]:
		if strings.HasPrefix(s, "│") {
			return len("│"), 1
		}
	}
	return 0, 0
}

// golangColour is the length of the ANSI colour sequence at the beginning of s, else 0.
func golangColour(s string) int {
	if len(s) < 3 || s[0] != 0x1b || s[1] != '[' {
		return 0
	}
	for i := 2; i < len(s); i++ {
		switch c := s[i]; {
		case c == 'm':
			return i + 1
		case c != ';' && (c < '0' || c > '9'):
			return 0
		}
	}
	return 0
}

// golangColourBefore is the length of the ANSI colour sequence at the end of s, else 0. The longest in use has some 20 bytes.
func golangColourBefore(s string) int {
	from := max(0, len(s)-24)
	if i := strings.LastIndexByte(s[from:], 0x1b); i >= 0 && golangColour(s[from+i:]) == len(s)-from-i {
		return len(s) - from - i
	}
	return 0
}

// string gives a piece of the text as the program wrote it: unescaped, without colours and carriage returns. It allocates
// only where there is something to take out.
func (t golangText) string(s string) string {
	if t.escaped && strings.IndexByte(s, '\\') >= 0 {
		s = golangUnescape(s)
	}
	if strings.IndexByte(s, '\r') >= 0 {
		s = strings.ReplaceAll(s, "\r\n", "\n")
	}
	if strings.IndexByte(s, 0x1b) >= 0 {
		s = golangPlain(s)
	}
	return strings.Trim(s, " \t\r\n")
}

func golangUnescape(s string) string {
	if u, err := strconv.Unquote(`"` + s + `"`); err == nil {
		return u
	}
	return strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\"`, `"`, `\\`, `\`, `\r`, "\r").Replace(s)
}

func golangPlain(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		if n := golangColour(s[i:]); n > 0 {
			i += n
			continue
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String()
}

// golangBefore is the line that ends right before offset pos, no line beginning before floor. False: there is none.
func golangBefore(t golangText, pos, floor int) (golangLine, bool) {
	nl := 1
	if t.escaped {
		nl = 2
	}
	end := pos - nl
	if end < floor {
		return golangLine{}, false
	}
	begin := floor
	if t.escaped {
		if i := strings.LastIndex(t.s[floor:end], `\n`); i >= 0 {
			begin = floor + i + nl
		}
	} else if i := strings.LastIndexByte(t.s[floor:end], '\n'); i >= 0 {
		begin = floor + i + nl
	}
	return golangTrim(t.s, begin, end, t.escaped), true
}
