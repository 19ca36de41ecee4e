package stacktrace

import "strings"

// Boxes of rich's tracebacks (rich/traceback.py): calls stand in a box, locals in a box inside of it, the members of a group each in a box
// that holds all of their text. Type, message, notes and separators stand between boxes, wrapped at the width of the console.
type pyBox byte

const (
	pyCallBox   pyBox = 'T'
	pyMemberBox pyBox = 'S'
	pyOtherBox  pyBox = 'X' // locals, the line of a SyntaxError
)

type pyRich struct {
	*pyWalk
	boxes   [3 * pyMaxLevel]pyBox // the open ones
	open    int
	members int    // how many of them are members of groups
	width   int    // columns of the outermost box
	last    string // the text line above
	within  bool   // in a separator that was wrapped
	place   string // a call's place that was wrapped
	limit   int    // where the locals beside the source begin
}

// pyBorder gives the length of the border that a line of a box begins with.
func pyBorder(s string) int { return pyPrefixLen(s, "│", "|", "┃", "║") }

func pyPrefixLen(s string, choices ...string) int {
	for _, c := range choices {
		if strings.HasPrefix(s, c) {
			return len(c)
		}
	}
	return 0
}

func pyBoxTop(s string) bool    { return pyPrefixLen(s, "╭", "┌", "┏", "╔", "+-") > 0 }
func pyBoxBottom(s string) bool { return pyPrefixLen(s, "╰", "└", "┗", "╚", "+-") > 0 }

// pyRichStart gives where the box begins that has its title at text[at], or -1.
func pyRichStart(text string, at int) int {
	line := pyLineStart(text, at)
	if line < 0 {
		return -1
	}
	edge := text[line:at]
	for i := 0; i < len(edge); i++ {
		if edge[i] != pyEscape && pyBoxTop(edge[i:]) {
			if pyRichTop(text, line+i) {
				return line + i
			}
			return -1
		}
	}
	return -1
}

// pyRichTop tells whether a box of calls begins at start.
func pyRichTop(text string, start int) bool { return pyRichTitle(pyPlain(pyPeek(text, start))) }

// pyRichTitle tells whether a line is the top of a box of calls. A narrow box cuts its title.
func pyRichTitle(line string) bool {
	const edges = "╭┌┏╔+─━═-╮┐┓╗ "
	if !pyBoxTop(line) {
		return false
	}
	edge, title, ok := strings.Cut(line, "Traceback ")
	return ok && strings.Trim(edge, edges) == "" && strings.HasPrefix(pyRecent, strings.TrimRight(title, edges+"…"))
}

// pyInside gives the content of a line of a box, and how many bytes were cut on its left.
func pyInside(s string) (inner string, cut int, ok bool) {
	cut = pyBorder(s)
	if cut == 0 {
		return s, 0, false
	}
	if inner = s[cut:]; strings.HasPrefix(inner, " ") {
		inner, cut = inner[1:], cut+1
	}
	inner = strings.TrimRight(inner, " ")
	for _, border := range [...]string{"│", "|", "┃", "║"} {
		if rest, found := strings.CutSuffix(inner, border); found {
			inner = strings.TrimRight(rest, " ")
			break
		}
	}
	return inner, cut, true
}

// readRich reads on from the top of the first box.
func (w *pyWalk) readRich(line pyLine) {
	r := pyRich{pyWalk: w, width: pyColumns(strings.TrimRight(line.text, " "))}
	for ok := true; ok; line, ok = w.lines.physical() {
		line.text = strings.TrimRight(line.text, " ")
		if !r.line(line) {
			return
		}
		if line.text != "" && (r.open > 0 || r.phase != pyValue) {
			w.end = line.end
		}
	}
}

// line reads one line. False: it is below the trace.
func (r *pyRich) line(line pyLine) bool {
	for i := range r.open {
		if i == r.open-1 && pyBoxBottom(line.text) {
			r.close()
			return true
		}
		inner, cut, ok := pyInside(line.text)
		if !ok {
			return false
		}
		if line.text = inner; line.at >= 0 {
			line.at += cut
		}
	}
	if pyBoxTop(line.text) {
		return r.openBox(line)
	}
	if r.open > 0 {
		switch r.boxes[r.open-1] {
		case pyCallBox:
			r.inCalls(line.text)
			return true
		case pyOtherBox:
			r.inOther(line.text)
			return true
		}
	}
	return r.text(line)
}

func (r *pyRich) openBox(line pyLine) bool {
	box := pyOtherBox
	switch {
	case r.open == len(r.boxes):
		return false
	case r.open > 0 && r.boxes[r.open-1] != pyMemberBox:
	case pyRichTitle(line.text):
		if r.phase == pyValue || r.phase == pyBetween {
			return false // another trace
		}
		r.begin(line)
		box, r.framed, r.phase = pyCallBox, true, pyFrames
	case strings.Contains(line.text, " Sub-exception #"):
		if r.cur.begun {
			r.cur.group = true
			r.finish()
		}
		box, r.phase = pyMemberBox, pyStart
		r.members++
		r.depth = r.members + 1
	default:
		r.begin(line) // the line of a SyntaxError
		r.phase = pyFrames
	}
	r.boxes[r.open] = box
	r.open++
	r.last = ""
	return true
}

func (r *pyRich) close() {
	r.open--
	if r.boxes[r.open] != pyMemberBox {
		r.flush()
		return
	}
	r.finish()
	if r.tree != nil {
		r.tree.endMember(r.level())
	}
	r.members--
	if r.depth = 0; r.members > 0 {
		r.depth = r.members + 1
	}
	r.phase = pyBetween
}

// inCalls reads `path:12 in function`, which may be wrapped, and the source around it with line numbers.
func (r *pyRich) inCalls(s string) {
	if s == "" {
		r.place = ""
		return
	}
	if s[0] == ' ' || strings.HasPrefix(s, "❱") || strings.HasPrefix(s, "> ") {
		r.inSource(s)
		return
	}
	if r.place != "" {
		glue := " "
		if pyColumns(r.place) >= r.width-4*(r.members+1) && !strings.HasSuffix(r.place, " in") {
			glue = ""
		}
		s = r.place + glue + s
	}
	path, function, line, ok := pyRichCall(s)
	if !ok {
		if r.place = s; len(s) > 1024 { // no path is as long
			r.place = ""
		}
		return
	}
	r.place, r.limit = "", 0
	r.frame(path, function, line, false)
}

// pyRichCall reads `path:12 in function`; a file that is not there is left out: `in function:12`.
func pyRichCall(s string) (path, function string, line int, ok bool) {
	for from := 0; ; {
		i := strings.Index(s[from:], " in ")
		if i < 0 {
			break
		}
		i += from
		from = i + len(" in ")
		if path, line, ok = pyPlaceEnd(s[:i]); ok && path != "" {
			return path, s[from:], line, true
		}
	}
	if rest, found := strings.CutPrefix(s, "in "); found {
		function, line, ok = pyPlaceEnd(rest)
		return "", function, line, ok && function != ""
	}
	return "", "", 0, false
}

// pyPlaceEnd cuts `:12` off.
func pyPlaceEnd(s string) (name string, line int, ok bool) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return "", 0, false
	}
	line, rest, ok := pyNumber(s[i+1:])
	return s[:i], line, ok && rest == ""
}

// inSource reads a row of source: the line of the call has a pointer. Locals may stand right of it.
func (r *pyRich) inSource(s string) {
	if r.tree == nil {
		return
	}
	if i := strings.Index(s, "╭"); i > 0 {
		r.limit = pyColumns(s[:i])
	}
	if r.limit > 0 {
		s = pyCutColumns(s, r.limit)
	}
	rest := strings.TrimLeft(s, " ❱>")
	number, rest, ok := pyNumber(rest)
	if !ok || rest != "" && rest[0] != ' ' {
		return
	}
	code := pyGuides(strings.TrimRight(strings.TrimPrefix(rest, " "), " "))
	switch c := &r.cur.call; {
	case number == c.line:
		c.source = strings.TrimSpace(code)
	case number < c.line:
		c.pre = append(c.pre, code)
	default:
		c.post = append(c.post, code)
	}
}

// pyGuides gives source without rich's indentation guides.
func pyGuides(code string) string {
	n := 0
	for strings.HasPrefix(code[n:], "│") {
		n += len("│")
		for n < len(code) && code[n] == ' ' {
			n++
		}
	}
	if n == 0 {
		return code
	}
	return strings.ReplaceAll(code[:n], "│", " ") + code[n:]
}

func pyCutColumns(s string, columns int) string {
	n := 0
	for i := range s {
		if n >= columns {
			return s[:i]
		}
		n++
	}
	return s
}

// inOther reads the place of a SyntaxError: ` path:12`.
func (r *pyRich) inOther(s string) {
	if r.open > 1 && r.boxes[r.open-2] != pyMemberBox {
		return // locals
	}
	if path, line, ok := pyPlaceEnd(strings.TrimSpace(s)); ok && r.cur.syntaxPath == "" {
		r.cur.syntaxPath, r.cur.syntaxLine = path, line
	}
}

// text reads a line between boxes.
func (r *pyRich) text(line pyLine) bool {
	s, last := line.text, r.last
	r.last = s
	if s == "" {
		r.within = false
		r.blank++
		return true
	}
	if r.within {
		return true
	}
	if link := pySeparator(s); link != "" && r.blank > 0 && r.phase >= pyValue {
		r.separate(line, link)
		r.within = true
		return true
	}
	switch r.phase {
	case pyStart, pyFrames:
		name, message, ok := pyExceptionLine(s)
		if !ok {
			return false
		}
		if !r.cur.begun {
			r.begin(line)
		}
		r.raise(line, name, len(s)-len(message))
		return true
	case pyValue:
		return r.message(line, last)
	}
	return false
}

func (r *pyRich) message(line pyLine, last string) bool {
	s := line.text
	if r.open == 0 && (pyAfter(s) || !r.in.Whole && pyRecordHead(s)) {
		return false
	}
	if note, ok := strings.CutPrefix(s, "[NOTE]"); ok {
		note = strings.TrimPrefix(note, " ")
		if line.at >= 0 {
			line.at += len(s) - len(note)
		}
		line.text = note
	} else if glue, wrapped := pyWrapped(last, s, r.width-4*r.members); wrapped && r.blank == 0 && !pyOwnLine(last, s) {
		r.cur.value.join(glue, line)
		r.end = line.end
		return true
	}
	r.append(line)
	return true
}
