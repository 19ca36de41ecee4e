package stacktrace

import "strings"

// What may stand before an error's header and belongs to it: the place and the source line that Node prints of an uncaught error (the "arrow"),
// the words of the runtime about rejections, the object that pino-pretty prints around a stack.

// nodeOpening is what was read before a header.
type nodeOpening struct {
	start  int // of all that belongs to the trace
	header int // where the error's name is expected
	arrow  bool
	file   string // of the arrow
	line   int
	source string // its source line
	// uncaught and rejection: the text says so.
	uncaught, rejection bool
	pretty              int // the line that holds `"stack":`, or -1
	object              int // the line that opens pino-pretty's object, or -1
}

// nodeCaretLine tells the line of an arrow that points at a place: "^", perhaps several.
func nodeCaretLine(c string) bool {
	if c == "" || c[0] != '^' {
		return false
	}
	for i := 1; i < len(c); i++ {
		if c[i] != '^' && c[i] != '~' && c[i] != ' ' {
			return false
		}
	}
	return true
}

// nodePlaceLine tells the first line of an arrow, "file:line". It may hold blanks.
func nodePlaceLine(c string) (file string, line int, ok bool) {
	file, line, column := nodeSplitLocation(c)
	if line == 0 || column != 0 || file == "" || strings.HasPrefix(file, "at ") {
		return "", 0, false
	}
	return file, line, true
}

// nodeArrowAbove returns where the arrow whose caret line starts at caret begins.
func nodeArrowAbove(text string, floor, caret int) (int, bool) {
	source := nodePreviousLine(text, caret, floor)
	if source < 0 {
		return 0, false
	}
	place := nodePreviousLine(text, source, floor)
	if place < 0 {
		return 0, false
	}
	l := nodeLineAt(text, place)
	_, _, ok := nodePlaceLine(text[l.start:l.end])
	return l.start, ok
}

// nodeArrowAt reads an arrow whose place stands in the line l.
func (o *nodeOpening) nodeArrowAt(text string, l nodeLine) (next int, ok bool) {
	file, line, ok := nodePlaceLine(text[l.start:l.end])
	if !ok || l.next > len(text) {
		return 0, false
	}
	source := nodeLineAt(text, l.next)
	if source.next > len(text) {
		return 0, false
	}
	caret := nodeLineAt(text, source.next)
	if !nodeCaretLine(text[caret.start:caret.end]) {
		return 0, false
	}
	o.arrow, o.file, o.line = true, file, line
	o.source = strings.TrimSuffix(strings.TrimSuffix(text[l.next:source.next], "\n"), "\r")
	o.rejection = strings.HasPrefix(file, "node:internal/process/promises") || strings.HasPrefix(file, "internal/process/promises")
	return caret.next, true
}

// nodeRejectionText is how Sentry's SDK and Node's own warnings begin to tell of a rejection.
const nodeRejectionText = "This error originated either by throwing inside of an async function without a catch block"

// nodeOpen reads what stands before the header, from start on.
func nodeOpen(text string, start int) nodeOpening {
	o := nodeOpening{start: start, header: start, pretty: -1, object: -1}
	for pos := start; pos <= len(text); {
		l := nodeLineAt(text, pos)
		if l.blank() {
			pos = l.next
			continue
		}
		o.header = l.start
		c := text[l.start:l.end]
		if next, ok := o.nodeArrowAt(text, l); ok {
			pos = next
			continue
		}
		switch marked := nodeSkipMarks(text, l.start, l.end); {
		case marked > l.start:
			o.uncaught = o.uncaught || strings.HasPrefix(c, nodeUncaughtMark)
			pos = marked
			continue
		case strings.HasPrefix(c, nodeRejectionText):
			o.rejection = true
			pos = l.next
			continue
		case strings.HasPrefix(c, "(node:"):
			if i := nodeRejectionWarning(text, l); i > 0 {
				o.rejection = true
				pos = i
				continue
			}
		case strings.HasSuffix(c, "{") || c == nodeStackKey:
			o.nodePrettyAt(text, l)
		}
		return o
	}
	return o
}

// nodeStackKey is the line that pino-pretty prints before a stack.
const nodeStackKey = `"stack":`

// nodePrettyAt looks for the stack in the object that pino-pretty opens in the line l.
func (o *nodeOpening) nodePrettyAt(text string, l nodeLine) {
	stack := l
	if text[l.start:l.end] != nodeStackKey {
		if l.next > len(text) || text[l.start] == '[' || text[l.start] == '{' {
			return
		}
		at := nodePrettyStack(text, l.next, nodeLineAt(text, l.next).indent)
		if at < 0 {
			return
		}
		o.object = l.start
		stack = nodeLineAt(text, at)
	}
	if stack.next <= len(text) {
		o.pretty = nodeLineStart(text, stack.start)
		o.header = nodeLineAt(text, stack.next).start
	}
}

// nodePrettyStack returns the line that holds `"stack":` among those of an object whose lines have this indent, or -1.
func nodePrettyStack(text string, pos, indent int) int {
	for n := 0; pos <= len(text) && n < nodeMessageLines; n++ {
		l := nodeLineAt(text, pos)
		if l.indent < indent {
			break
		}
		if l.indent == indent && text[l.start:l.end] == nodeStackKey {
			return pos
		}
		pos = l.next
	}
	return -1
}

// nodeExtend moves a header's start up to what belongs to it.
func nodeExtend(text string, floor, header int) int {
	start := header
	line := nodeLineStart(text, header)
	for _, mark := range [...]string{nodeUncaughtPromise, nodeUncaughtMark} {
		if strings.HasSuffix(text[line:start], mark) {
			start -= len(mark)
			break
		}
	}
	if i := strings.LastIndex(text[line:start], "<ref *"); i >= 0 && nodeSkipMarks(text, line+i, start) == start {
		start = line + i
	}
	if l := nodeLineAt(text, line); strings.HasPrefix(text[l.start:], "(node:") && nodeRejectionWarning(text, l) == header {
		return l.start
	}
	if nodeLineAt(text, line).start != start {
		return start // a logger's header stands before it
	}
	for at := nodePreviousLine(text, line, floor); at >= 0; at = nodePreviousLine(text, at, floor) {
		l := nodeLineAt(text, at)
		c := text[l.start:l.end]
		switch {
		case l.blank():
			continue
		case nodeCaretLine(c):
			up, ok := nodeArrowAbove(text, floor, at)
			if !ok {
				return start
			}
			start, at = up, nodeLineStart(text, up)
			continue
		case c == nodeStackKey:
			return nodePrettyAbove(text, floor, l)
		case strings.HasPrefix(c, nodeRejectionText):
			return l.start
		}
		return start
	}
	return start
}

// nodePrettyAbove returns where the object that holds this `"stack":` line is opened.
func nodePrettyAbove(text string, floor int, stack nodeLine) int {
	for at, n := nodePreviousLine(text, nodeLineStart(text, stack.start), floor), 0; at >= 0 && n < nodeMessageLines; at, n = nodePreviousLine(text, at, floor), n+1 {
		l := nodeLineAt(text, at)
		if l.indent >= stack.indent {
			continue
		}
		if l.end-l.start > 1 && text[l.end-1] == '{' {
			return l.start
		}
		break
	}
	return stack.start
}
