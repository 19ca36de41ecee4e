package stacktrace

import "strings"

// javaBreaks says how a layout that keeps a record on one line writes the line breaks of a trace: Log4j's %ex{separator(|)}, Logback's
// %replace(%ex){'\n','\u2028'}. Where they are written as mere blanks, only those are breaks behind which a line of a trace follows.
type javaBreaks struct {
	sep   string
	blank bool
}

// javaPlain gives the text without colour codes and with its line breaks as "\n".
func javaPlain(text string, breaks javaBreaks) string {
	var b strings.Builder
	b.Grow(len(text))
	for i := 0; i < len(text); {
		size, out := breaks.step(text, i)
		if out != 0 || text[i] == 0 {
			b.WriteByte(out)
		}
		i += size
	}
	return b.String()
}

// step is one byte of plain text: how long what it was made from is, and the byte; 0 where nothing remains.
func (s javaBreaks) step(text string, i int) (size int, out byte) {
	if text[i] == '\x1b' {
		return javaEscape(text[i:]), 0
	}
	if s.sep != "" && strings.HasPrefix(text[i:], s.sep) && (!s.blank || javaLineFollows(text[i+len(s.sep):])) {
		return len(s.sep), '\n'
	}
	return 1, text[i]
}

// origin is where in the text an offset of its plain form lies. after: behind the colour codes that stand there.
func (s javaBreaks) origin(text string, offset int, after bool) int {
	i := 0
	for count := 0; i < len(text) && count < offset; {
		size, out := s.step(text, i)
		if out != 0 || text[i] == 0 {
			count++
		}
		i += size
	}
	for after && i < len(text) && text[i] == '\x1b' {
		i += javaEscape(text[i:])
	}
	return i
}

// javaEscape is the length of the ANSI control sequence that s begins with.
func javaEscape(s string) int {
	if len(s) < 2 || s[1] != '[' {
		return 1
	}
	for i := 2; i < len(s); i++ {
		if s[i] >= 0x40 && s[i] <= 0x7e {
			return i + 1
		}
		if s[i] < 0x20 {
			return 1
		}
	}
	return 1
}

// javaMaxIndent bounds the search for the line behind a blank: suppressed exceptions are not nested deeper.
const javaMaxIndent = 64

// javaLineFollows reports whether a line of a trace begins here.
func javaLineFollows(s string) bool {
	indent := 0
	for indent < len(s) && (s[indent] == '\t' || s[indent] == ' ') {
		if indent++; indent > javaMaxIndent {
			return false
		}
	}
	if s = s[indent:]; s == "" {
		return false
	}
	if rest, ok := strings.CutPrefix(s, "at "); ok {
		_, ok := javaParseCall(rest, true)
		return ok
	}
	if strings.HasPrefix(s, "... ") {
		n := javaElisionEnd(s)
		return n > 0
	}
	var l javaLine
	l.classify(s)
	return l.mark != javaText && javaOpens(s[l.body:])
}

// javaElisionEnd is the length of "... 3 more" where other text may follow; 0: it is none.
func javaElisionEnd(s string) int {
	_, digits := javaNumber(strings.TrimPrefix(s, "... "))
	if digits == 0 {
		return 0
	}
	n := len("... ") + digits
	for _, word := range [...]string{" more", " common frames omitted"} {
		if strings.HasPrefix(s[n:], word) {
			return n + len(word)
		}
	}
	return 0
}

// javaFindBreaks finds the first line that holds a frame behind other text, and how the breaks in it are written.
func javaFindBreaks(text string) (start, end int, breaks javaBreaks, ok bool) {
	for start < len(text) {
		end = len(text)
		if n := strings.IndexByte(text[start:], '\n'); n >= 0 {
			end = start + n
		}
		line := text[start:end]
		first, behind := javaInlineCall(line, 0)
		for at := first; at >= 0; at, behind = javaInlineCall(line, behind) {
			if sep, ok := javaBreakBehind(line[behind:]); ok {
				return start, end, javaBreaks{sep: sep, blank: strings.Trim(sep, " \t") == ""}, true
			}
		}
		if first > 0 {
			sep := javaLastBreak(line[:first])
			return start, end, javaBreaks{sep: sep, blank: strings.Trim(sep, " \t") == ""}, sep != ""
		}
		start = end + 1
	}
	return 0, 0, javaBreaks{}, false
}

// javaInlineCall finds the first "at " with a frame behind it.
func javaInlineCall(line string, from int) (at, end int) {
	for from < len(line) {
		n := strings.Index(line[from:], "at ")
		if n < 0 {
			break
		}
		at = from + n
		from = at + len("at ")
		if at > 0 && (line[at-1] >= 'a' && line[at-1] <= 'z' || line[at-1] >= 'A' && line[at-1] <= 'Z') {
			continue
		}
		if c, ok := javaParseCall(line[from:], true); ok {
			return at, from + c.size
		}
	}
	return -1, -1
}

// javaBreakBehind reads the break behind a frame: what stands before the next line of the trace and its indent.
func javaBreakBehind(s string) (sep string, ok bool) {
	for {
		packaging := strings.TrimPrefix(strings.TrimLeft(s, " "), "~")
		closing := strings.IndexByte(packaging[:min(len(packaging), 512)], ']')
		if closing < 0 || packaging[0] != '[' || strings.HasPrefix(packaging, javaCircularText) {
			break
		}
		s = packaging[closing+1:]
	}
	for n := 0; n <= 16 && n < len(s); n++ {
		if javaLineFollows(s[n:]) {
			return s[:max(n, 1)], true
		}
	}
	return "", false
}

// javaLastBreak guesses the break before the only frame: one sign that no sentence ends in, with the blanks around it.
func javaLastBreak(before string) string {
	s := strings.TrimRight(before, " \t")
	for size := 1; size <= 3 && size <= len(s); size++ {
		sign := s[len(s)-size:]
		if sign == "|" || sign == "\r" || sign == "¦" || sign == "\u2028" {
			return before[len(strings.TrimRight(s[:len(s)-size], " ")):]
		}
	}
	return before[len(s):]
}
