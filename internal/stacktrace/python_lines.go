package stacktrace

import "strings"

// pyLine is one line of a trace without what stands around it: margin, colours, line end.
type pyLine struct {
	text string
	at   int // where text begins in the input; -1: it does not stand there as it is
	end  int // where the line ends in the input, without its line end
}

// pyLines gives the lines of a trace one after the other. It is small and copied to look ahead.
type pyLines struct {
	text   string
	pos    int
	inside bool   // pos is inside of a line: its margin is before pos
	margin string // what stands before every line
	loose  bool   // its digits differ from line to line: a time
	colour bool   // the text has escape sequences
	padded bool   // every line is filled up with blanks to the width of the console
	width  int    // where lines were wrapped, in columns; 0: they were not
}

// next gives the next line, wrapped ones put together again. False: the text or its margin ends.
func (l *pyLines) next() (pyLine, bool) {
	line, ok := l.physical()
	if !ok || l.width == 0 || line.text == "" || pyBoxTop(line.text) {
		return line, ok
	}
	return l.unwrap(line), true
}

// physical gives the next line as it stands in the text.
func (l *pyLines) physical() (pyLine, bool) {
	if l.pos >= len(l.text) {
		return pyLine{}, false
	}
	line := pyLine{at: l.pos, end: len(l.text)}
	next := line.end
	if n := strings.IndexByte(l.text[l.pos:], '\n'); n >= 0 {
		line.end, next = l.pos+n, l.pos+n+1
	}
	if line.end > line.at && l.text[line.end-1] == '\r' {
		line.end--
	}
	line.text = l.text[line.at:line.end]
	if l.colour && strings.IndexByte(line.text, pyEscape) >= 0 {
		line.text, line.at = pyPlain(line.text), -1
	}
	if !l.inside {
		cut, ok := pyCut(line.text, l.margin, l.loose)
		if !ok {
			return pyLine{}, false
		}
		line.text = line.text[cut:]
		if line.at >= 0 {
			line.at += cut
		}
	}
	if l.padded {
		line.text = strings.TrimRight(line.text, " ")
	}
	l.inside, l.pos = false, next
	return line, true
}

// unwrap appends the lines that are the rest of a line too long for the console (rich/_wrap.py, divide_line).
func (l *pyLines) unwrap(line pyLine) pyLine {
	var joined []byte
	for first, last := line.text, line.text; ; {
		ahead := *l
		more, ok := ahead.physical()
		if !ok {
			break
		}
		glue, wrapped := pyWrapped(last, more.text, l.width)
		last = more.text
		if pyMarkers(more.text) { // below the source's second line
			glue, wrapped, more.text = "", true, ""
		}
		if !wrapped || pyOwnLine(first, more.text) || first[0] != ' ' && ahead.field(more.text) {
			break
		}
		if joined == nil {
			joined = append(joined, line.text...)
		}
		joined = append(append(joined, glue...), more.text...)
		line.end, *l = more.end, ahead
	}
	if joined != nil {
		line.text, line.at = string(joined), -1
	}
	return line
}

// pyWrapped tells whether next can be the rest of the line above it, and what the break took away: its first word had no room there.
func pyWrapped(last, next string, width int) (glue string, ok bool) {
	if last == "" || next == "" || next[0] == ' ' {
		return "", false
	}
	word := next
	if i := strings.IndexByte(next, ' '); i >= 0 {
		word = next[:i]
	}
	room := width - pyColumns(last)
	if room <= 0 && strings.IndexByte(strings.TrimLeft(last, " "), ' ') < 0 {
		return "", true // one word that is longer than the console is wide
	}
	return " ", room < 1+pyColumns(word)
}

// pyOwnLine tells whether a line that may be wrapped text is rather a line of its own.
func pyOwnLine(first, next string) bool {
	if pySeparator(first) != "" {
		return false
	}
	if pySeparator(next) != "" || strings.HasPrefix(next, pyHeader) {
		return true
	}
	if first[0] != ' ' {
		return false
	}
	// Below a frame, its source, a group: the next thing without indentation is the exception.
	name, message, ok := pyExceptionLine(next)
	return ok && (pyErrorName(next) || message != "" && strings.Count(name, ".") > 1)
}

// field tells whether a line of a message that could be wrapped text is rather a note or a field, `depot: north`: it looks like one, and the line
// below cannot be its rest, so that the message has lines of its own.
func (l pyLines) field(s string) bool {
	if word, _, _ := strings.Cut(s, " "); !strings.HasSuffix(word, ":") || pySeparator(s) != "" {
		return false
	}
	below, ok := l.physical()
	if !ok || pyBlank(below.text) || below.text[0] == ' ' {
		return false
	}
	_, wrapped := pyWrapped(s, below.text, l.width)
	return !wrapped
}

// pyMarkers tells whether a line is nothing but the `~~^~~` below a line of source.
func pyMarkers(s string) bool { return s != "" && strings.Trim(s, "^~") == "" }

// pyColumns is how many columns a console needs for a text: two for East Asian wide characters and emoji.
func pyColumns(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r >= 0x1100 && (r <= 0x115f || r >= 0x2e80 && r <= 0xa4cf || r >= 0xac00 && r <= 0xd7a3 || r >= 0xf900 && r <= 0xfaff ||
			r >= 0xfe30 && r <= 0xfe6f || r >= 0xff00 && r <= 0xff60 || r >= 0x1f300 && r <= 0x1faff || r >= 0x20000 && r <= 0x3fffd) {
			n++
		}
	}
	return n
}

// pyCut gives how many bytes of a line are margin. False: the line does not have it, the trace has ended.
func pyCut(line, margin string, loose bool) (int, bool) {
	if margin == "" || strings.HasPrefix(line, margin) {
		return len(margin), true
	}
	if strings.TrimSpace(line) == "" {
		return len(line), true
	}
	if len(line) < len(margin) { // the blank at the end of an empty line's margin may have been cut
		margin = strings.TrimRight(margin, " ")
		if len(line) != len(margin) {
			return 0, false
		}
	}
	return len(margin), line == margin || loose && pySameShape(line[:len(margin)], margin)
}

// pySameShape tells whether two margins of one length differ in digits only.
func pySameShape(a, b string) bool {
	for i := range len(a) {
		if a[i] != b[i] && (!pyDigit(a[i]) || !pyDigit(b[i])) {
			return false
		}
	}
	return true
}

func pyDigit(c byte) bool { return c >= '0' && c <= '9' }

const pyEscape = 0x1b

// pyEscapeEnd gives where the terminal sequence at s[i] ends: CSI (colours) or OSC (links).
func pyEscapeEnd(s string, i int) int {
	if i+1 >= len(s) {
		return len(s)
	}
	switch s[i+1] {
	case '[':
		for i += 2; i < len(s); i++ {
			if s[i] >= 0x40 && s[i] <= 0x7e {
				return i + 1
			}
		}
		return len(s)
	case ']':
		for i += 2; i < len(s); i++ {
			if s[i] == 0x07 {
				return i + 1
			}
			if s[i] == pyEscape && i+1 < len(s) && s[i+1] == '\\' {
				return i + 2
			}
		}
		return len(s)
	}
	if s[i+1] >= 0x80 { // a character, which must not be cut apart
		return i + 1
	}
	return i + 2
}

// pyPlain is the text without terminal sequences.
func pyPlain(s string) string {
	i := strings.IndexByte(s, pyEscape)
	if i < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for i >= 0 {
		out = append(out, s[:i]...)
		s = s[pyEscapeEnd(s, i):]
		i = strings.IndexByte(s, pyEscape)
	}
	return string(append(out, s...))
}

// pyText is a message that grows line by line. As long as it stands in the input as it is it is cut out of it.
type pyText struct {
	input      string
	start, end int
	buf        []byte
	built      bool
}

func (t *pyText) begin(input string, line pyLine, cut int) {
	*t = pyText{input: input}
	if line.at >= 0 {
		t.start, t.end = line.at+cut, line.at+len(line.text)
		return
	}
	t.built, t.buf = true, append(t.buf, line.text[cut:]...)
}

// add appends a line, and the blank lines before it.
func (t *pyText) add(line pyLine, blank int) {
	if !t.built {
		if line.at >= 0 && pyOnlyBlank(t.input[t.end:line.at]) {
			t.end = line.at + len(line.text)
			return
		}
		t.built, t.buf = true, append(t.buf, t.input[t.start:t.end]...)
	}
	for range blank + 1 {
		t.buf = append(t.buf, '\n')
	}
	t.buf = append(t.buf, line.text...)
}

func (t *pyText) empty() bool { return t.start == t.end && len(t.buf) == 0 }

// join appends a line that was wrapped.
func (t *pyText) join(glue string, line pyLine) {
	if !t.built {
		t.built, t.buf = true, append(t.buf, t.input[t.start:t.end]...)
	}
	t.buf = append(append(t.buf, glue...), line.text...)
}

func (t *pyText) String() string {
	if t.built {
		return string(t.buf)
	}
	return t.input[t.start:t.end]
}

// pyOnlyBlank tells whether there is nothing but line ends and blanks between two lines, so that they can be cut out together.
func pyOnlyBlank(s string) bool {
	last := 0
	if s == "" || s[0] != '\n' { // blanks to the right that were cut
		return false
	}
	for i := range len(s) {
		switch s[i] {
		case '\n':
			last = i + 1
		case ' ', '\t':
		default:
			return false
		}
	}
	return last == len(s) // else it is a margin
}

// pyLineStart gives where the line that holds i begins, or -1 where that is more than a header's length away.
func pyLineStart(text string, i int) int {
	const far = 1024
	from := max(0, i-far)
	if n := strings.LastIndexByte(text[from:i], '\n'); n >= 0 {
		return from + n + 1
	}
	if from > 0 {
		return -1
	}
	return 0
}
