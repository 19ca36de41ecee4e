package stacktrace

import (
	"strings"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// pyPhase is where in an exception's text the walk is.
type pyPhase int

const (
	pyStart   pyPhase = iota // before an exception
	pyFrames                 // below its header
	pyValue                  // below its type: the rest of the message, notes
	pyQuoted                 // in another process's traceback, quoted in the message
	pyBetween                // below the last member of a group
)

// pyWalk reads a trace line by line, once. With a tree it keeps all exceptions, without one only what a Key needs; nothing else differs, so
// that a Key always agrees with the Trace.
type pyWalk struct {
	in    Input
	start int
	end   int // end of the last line that belongs to the trace
	block int // where the current exception's text begins
	lines pyLines
	tree  *pyTree
	phase pyPhase
	depth int // of the margin of the current group; 0: in none
	blank int // blank lines since the last line of a message
	// outside is where a group goes on whose member's message has lines outside of its margin.
	outside int
	framed  bool
	thread  string
	cur     pyRaised
	thrown  pyRaised // the newest exception that is no member of a group
	ok      bool     // thrown is set
}

func newPyWalk(in Input, start int) pyWalk {
	return pyWalk{in: in, start: start, end: start, block: start, lines: pyLayout(in.Text, start)}
}

// read walks to the end of the trace. False: there is no exception in it.
func (w *pyWalk) read() bool {
	for {
		line, ok := w.lines.next()
		if ok && w.phase == pyStart && pyRichTitle(line.text) {
			w.readRich(line)
			break
		}
		if !ok || !w.take(line) {
			break
		}
	}
	w.finish()
	if w.tree != nil {
		w.tree.closeTo(0)
	}
	// A type and a message alone look alike in many languages.
	return w.ok && (w.framed || w.in.Language == Python)
}

// level is how many groups the current exception is a member of: the outermost group has a margin but is no member.
func (w *pyWalk) level() int { return max(0, w.depth-1) }

func (w *pyWalk) take(line pyLine) bool {
	if w.depth > 0 || w.phase == pyStart && strings.HasPrefix(line.text, "  ") {
		if depth, mark, text := pyGroupLine(line.text); mark != pyNoMark {
			if line.at >= 0 {
				line.at += len(line.text) - len(text)
			}
			line.text = text
			return w.takeGroup(line, depth, mark)
		}
	}
	if w.depth > 0 {
		return w.takeBelowGroup(line)
	}
	return w.takeText(line)
}

// takeGroup reads a line in the margin of a group; line is what stands right of it.
func (w *pyWalk) takeGroup(line pyLine, depth int, mark pyMark) bool {
	switch mark {
	case pyTop:
		if w.phase != pyStart || w.depth > 0 {
			return false
		}
		w.depth = depth
		return w.takeText(line)
	case pyBar:
		if depth != w.depth {
			if w.phase != pyStart && w.phase != pyBetween {
				return false
			}
			w.leave(depth)
		}
		return w.takeText(line)
	case pyFirstRule:
		if depth != w.depth || !w.cur.begun {
			return false
		}
		w.cur.group, w.framed = true, true
		w.finish()
		w.depth, w.phase = depth+1, pyStart
	default:
		if depth > w.depth || depth < 2 {
			return false
		}
		w.finish()
		w.leave(depth)
		if w.tree != nil {
			w.tree.endMember(w.level())
		}
		if w.phase = pyBetween; mark == pyRule {
			w.phase = pyStart
		}
	}
	w.end = line.end
	return true
}

// leave ends the groups deeper than depth.
func (w *pyWalk) leave(depth int) {
	if w.depth = depth; w.tree != nil {
		w.tree.closeTo(w.level())
	}
}

// takeBelowGroup reads a line without margin in or after a group: the group ends the trace, or is what the next exception came from, or a message has
// more than one line; of these only the first has the margin (traceback.py, emit).
func (w *pyWalk) takeBelowGroup(line pyLine) bool {
	if pyBlank(line.text) {
		w.blank++
		return true
	}
	if link := pySeparator(line.text); link != "" && w.blank > 0 {
		w.finish()
		w.leave(0)
		w.separate(line, link)
		return true
	}
	if w.phase != pyValue || line.end > w.outside && !w.groupGoesOn() {
		return false
	}
	w.append(line)
	return true
}

// maxOutside is how many lines of a message may stand outside of its group's margin.
const maxOutside = 200

// groupGoesOn tells whether the group of the message that is being read goes on below, and until where lines belong to that message.
func (w *pyWalk) groupGoesOn() bool {
	ahead := w.lines
	for range maxOutside {
		line, ok := ahead.next()
		if !ok || strings.HasPrefix(line.text, pyHeader) {
			return false
		}
		depth, mark, _ := pyGroupLine(line.text)
		if mark == pyNoMark {
			continue
		}
		goesOn := mark != pyTop && depth == w.depth || depth < w.depth && (mark == pyRule || mark == pyMoreRule || mark == pyLastRule)
		if goesOn {
			w.outside = line.end
		}
		return goesOn
	}
	return false
}

func (w *pyWalk) separate(line pyLine, link string) {
	w.finish()
	if w.tree != nil {
		w.tree.separate(w.level(), link)
	}
	w.phase, w.end, w.blank = pyStart, line.end, 0
}

// takeText reads a line without a group's margin.
func (w *pyWalk) takeText(line pyLine) bool {
	switch w.phase {
	case pyStart:
		return pyBlank(line.text) || w.takeStart(line)
	case pyFrames:
		return w.takeFrame(line)
	case pyQuoted:
		w.append(line)
		if line.text == pyQuote {
			w.phase = pyValue
		}
		return true
	case pyBetween:
		if pyBlank(line.text) {
			return true
		}
		if link := pySeparator(line.text); link != "" {
			w.separate(line, link)
		}
		return true
	}
	return w.takeValue(line)
}

func (w *pyWalk) takeStart(line pyLine) bool {
	s := line.text
	group := strings.HasPrefix(s, pyGroupHeader)
	switch {
	case group || strings.HasPrefix(s, pyHeader):
		w.begin(line)
		w.cur.group, w.framed, w.phase = group, true, pyFrames
		return true
	case strings.HasPrefix(s, `  File "`):
		w.begin(line)
		w.phase = pyFrames
		return w.takeFrame(line)
	case w.depth > 1 && strings.HasPrefix(s, "... (max_group_depth"):
		w.phase, w.end = pyBetween, line.end
		return true
	}
	if name, ok := pyThreadName(s); ok && !w.ok {
		w.thread, w.end = name, line.end
		return true
	}
	if name, message, ok := pyExceptionLine(s); ok {
		w.begin(line)
		w.raise(line, name, len(s)-len(message))
		return true
	}
	return false
}

// pyThreadName reads `Exception in thread Thread-1 (work):`.
func pyThreadName(s string) (string, bool) {
	name, ok := strings.CutPrefix(s, pyThreadMark)
	if !ok {
		return "", false
	}
	return strings.CutSuffix(strings.TrimRight(name, " "), ":")
}

func (w *pyWalk) takeFrame(line pyLine) bool {
	s := line.text
	if pyBlank(s) {
		w.cur.spaced = true
		return true
	}
	if path, function, number, ok := pyFrameLine(s); ok {
		w.framed = true
		w.frame(path, function, number, s[0] == '>')
	} else if times, ok := pyRepeated(s); ok {
		w.repeat(times)
	} else if s[0] == ' ' || s[0] == '\t' {
		w.source(s)
	} else if name, message, ok := pyExceptionLine(s); ok && (w.in.Whole || !pyRecordHead(s)) {
		w.raise(line, name, len(s)-len(message))
	} else {
		return false
	}
	w.end = line.end
	return true
}

func (w *pyWalk) takeValue(line pyLine) bool {
	s := line.text
	if pyBlank(s) {
		w.blank++
		return true
	}
	if w.blank > 0 {
		if link := pySeparator(s); link != "" {
			w.separate(line, link)
			return true
		}
		if _, function, _, ok := pyFrameLine(s); ok && function != "" {
			return false // traceback.print_stack
		}
	}
	if w.cur.syntaxPath != "" && strings.HasPrefix(s, `  File "`) {
		return false // the next one; a SyntaxError's message is one line
	}
	if w.depth == 0 && (pyAfter(s) || !w.in.Whole && (pyRecordHead(s) || w.another(s))) {
		return false
	}
	if s == pyQuote && w.blank == 0 && w.cur.value.empty() {
		w.phase = pyQuoted
	}
	w.append(line)
	return true
}

func (w *pyWalk) begin(line pyLine) {
	w.cur.begun, w.block, w.end = true, w.end, line.end
}

// raise takes the line that names the exception; its message begins at cut.
func (w *pyWalk) raise(line pyLine, name string, cut int) {
	w.cur.printed, w.phase, w.blank, w.end = name, pyValue, 0, line.end
	w.cur.value.begin(w.in.Text, line, cut)
}

// another tells whether a header below an exception begins a trace of its own. A message may quote one; below a blank line it is rather the
// next one, and the lines between belong to that.
func (w *pyWalk) another(s string) bool {
	group := strings.HasPrefix(s, "  + "+pyGroupHeader)
	if !group && !strings.HasPrefix(s, pyHeader) {
		return false
	}
	if group || w.blank > 0 {
		return true
	}
	c := &w.cur
	if c.paragraph > 0 {
		c.value, w.end = c.first, c.paragraph
	}
	return c.paragraph > 0
}

func (w *pyWalk) append(line pyLine) {
	if w.blank > 0 {
		w.cur.first, w.cur.paragraph = w.cur.value, w.end
	}
	w.cur.value.add(line, w.blank)
	w.blank, w.end = 0, line.end
}

// finish ends the current exception.
func (w *pyWalk) finish() {
	c := &w.cur
	if !c.begun {
		return
	}
	w.flush()
	if c.printed == "" && c.call.path == "" && c.call.function == "" { // a header with nothing below it
		w.cur = pyRaised{}
		return
	}
	level := w.level()
	c.resolve(w.in, level == 0, w.in.Text[w.block:w.end])
	if w.tree != nil {
		w.tree.add(level, c.exception())
	}
	if level == 0 {
		w.thrown, w.ok = *c, true
	}
	w.cur, w.blank = pyRaised{}, 0
}

// frame takes a call. caught: loguru found the exception being caught there; what it prints above was never left by the exception, and the SDK
// does not have it.
func (w *pyWalk) frame(path, function string, line int, caught bool) {
	c := &w.cur
	if c.syntaxPath != "" { // a call without a function after all
		w.flush()
		c.call = pyCall{path: c.syntaxPath, line: c.syntaxLine, open: true}
		c.syntaxPath, c.syntaxLine = "", 0
	}
	w.flush()
	c.sourced = false
	if function == "" {
		c.syntaxPath, c.syntaxLine = path, line
		return
	}
	if caught {
		c.frames, c.outermost = c.frames[:0], ""
	}
	if c.outermost == "" {
		c.outermost = function
	}
	c.call = pyCall{path: path, function: function, line: line, open: true}
}

// source takes the first line of source below a call; what follows are markers, loguru's values or the rest of a statement.
func (w *pyWalk) source(s string) {
	if w.cur.sourced {
		return
	}
	if w.cur.sourced = true; w.cur.syntaxPath == "" {
		w.cur.call.source = strings.TrimSpace(s)
	}
}

// repeat unfolds a recursion, as far as frames are kept at all.
func (w *pyWalk) repeat(times int) {
	w.flush()
	if c := &w.cur; w.tree != nil && c.call.path != "" {
		frame := c.call.frame()
		for range min(times, MaxFrames) {
			c.keep(frame)
		}
	}
}

// flush keeps the call that was read last.
func (w *pyWalk) flush() {
	if c := &w.cur; c.call.open {
		c.call.open = false
		if w.tree != nil {
			c.keep(c.call.frame())
		}
	}
}

// pyCall is one call as printed.
type pyCall struct {
	path, function, source string
	line                   int
	open                   bool // not kept yet: its source may follow
	pre, post              []string
}

func (c *pyCall) frame() sentry.Frame {
	f := PythonFrame(c.path, c.function, c.line, c.source)
	f.PreContext, f.PostContext = c.pre, c.post
	return f
}
