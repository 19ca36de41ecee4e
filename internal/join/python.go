package join

import "strings"

// Python: tracebacks with their chains, groups and notes, stacks that were logged, faulthandler's dumps, the boxes of rich and structlog.
const (
	pythonFrames phase = iota
	pythonStack        // frames of a stack that was logged: no exception follows
	pythonEnded        // the exception's line came: its message may go on, another may follow
	pythonChain        // `The above exception was ...` came: another traceback must follow
	pythonGroup        // an exception group, behind its margin
	pythonFault        // faulthandler's list of threads
	pythonBox          // a box drawn by rich
	pythonBoxEnd       // the box ended: the exception's line follows
)

const pythonHead = "(most recent call last):"

var pythonIntros = [...]string{
	"The above exception was the direct cause of the following exception:",
	"During handling of the above exception, another exception occurred:",
}

// pythonBegin is a traceback at its first line.
func pythonBegin(ln *line) trace {
	t := trace{family: pythonFamily, base: ln.indent, intro: introError}
	switch {
	case ln.body[0] == '+':
		t.base, t.phase = max(0, ln.indent-2), pythonGroup
	case isBox(ln.body):
		t.phase = pythonBox
	case strings.HasPrefix(ln.body, "Stack "):
		t.phase = pythonStack
	case !strings.HasPrefix(ln.body, "Traceback "): // behind a message
		t.base, t.intro, t.logged = 0, introNone, ln.begins
	}
	return t
}

// isPythonHead reports the first line of a traceback, of a group's, of a stack, of a box around one.
func isPythonHead(b string) bool {
	return strings.HasSuffix(b, pythonHead) || strings.HasPrefix(b, "╭─") && strings.Contains(b, "Traceback ")
}

func pythonStart(ln *line) (trace, bool) {
	b := ln.body
	switch b[0] {
	case 'T', 'S', '+', 0xE2:
		return pythonBegin(ln), isPythonHead(b)
	case 'F':
		if ln.indent == 0 {
			return trace{family: pythonFamily, phase: pythonFault}, strings.HasPrefix(b, "Fatal Python error: ")
		}
		return trace{family: pythonFamily, base: max(0, ln.indent-2), intro: introError}, isPythonSyntax(b)
	}
	return trace{}, false
}

func pythonStep(t *trace, ln *line) verdict {
	b := ln.body
	switch {
	case ln.blank():
		return maybe
	case t.phase == pythonGroup && (b[0] == '|' || strings.HasPrefix(b, "+-")):
		return strong
	case isIntro(b):
		t.phase = pythonChain
		return strong
	case isPythonHead(b):
		return pythonHeadStep(t, ln)
	}
	switch t.phase {
	case pythonFault:
		return pythonFaultStep(ln)
	case pythonBox, pythonBoxEnd:
		return pythonBoxStep(t, ln)
	}
	if ln.indent >= t.base+2 && pythonInside(t, b) {
		if t.phase != pythonStack {
			t.phase = pythonFrames
		}
		t.source = strings.HasPrefix(b, `File "`)
		return strong
	}
	switch {
	case ln.begins:
		return no
	case t.base >= consoleColumn && ln.indent >= t.base && !t.apart:
		return likely
	case ln.indent != t.base:
		return unless(t.phase == pythonFrames)
	}
	return pythonBaseStep(t, b)
}

// consoleColumn is the least indent that no program gives its traces, but a console that has columns before them: it wraps long lines.
const consoleColumn = 8

// pythonInside reports whether an indented line is part of the list of frames. After another writer's line it has to look like it.
func pythonInside(t *trace, b string) bool {
	frames := t.phase == pythonFrames || t.phase == pythonStack
	if isPythonFrame(b) {
		return frames || t.strange == 0
	}
	return frames && (!t.apart || t.source || strings.Trim(b, "^~ ") == "" || strings.HasPrefix(b, "[Previous line repeated "))
}

// pythonHeadStep judges a further traceback: one of the same chain, one in a message of several lines, or another writer's.
func pythonHeadStep(t *trace, ln *line) verdict {
	// In a message another traceback follows its colon, or a stack follows that was logged with the exception.
	inside := !t.apart && t.logged || t.strange == 0 && t.colon
	if t.phase != pythonChain && !inside {
		return no
	}
	next := pythonBegin(ln)
	t.phase, t.base = next.phase, next.base
	return strong
}

// unless is the verdict on text that may belong to a message.
func unless(strange bool) verdict {
	if strange {
		return no
	}
	return maybe
}

// pythonBaseStep judges a line that stands where the traceback's head stood.
func pythonBaseStep(t *trace, b string) verdict {
	if t.phase == pythonFrames {
		switch {
		case strings.HasPrefix(b, `> File "`): // loguru's mark
			return strong
		case isPythonException(b) && (!t.apart || strings.IndexByte(b, ':') > 0 || errorName(b)):
			t.phase, t.colon = pythonEnded, b[len(b)-1] == ':'
			return likely
		}
		return no
	}
	switch {
	case b == "Call stack:": // logging could not format a record
		t.phase = pythonStack
		return likely
	case strings.HasPrefix(b, "Arguments: (") && !t.apart:
		t.over = true
		return likely
	case strings.HasPrefix(b, "Message: ") && !t.apart:
		return likely
	}
	return maybe
}

// pythonFaultStep judges a line below `Fatal Python error: `.
func pythonFaultStep(ln *line) verdict {
	b := ln.body
	if strings.HasPrefix(b, `File "`) || strings.HasSuffix(b, "(most recent call first):") || strings.HasPrefix(b, "Extension modules: ") ||
		strings.HasPrefix(b, "Python runtime state: ") || strings.HasPrefix(b, "<no Python frame>") || ln.indent > 0 && strings.HasPrefix(b, "...") {
		return strong
	}
	return unless(ln.begins)
}

// pythonBoxStep judges a line of a box, or below it the exception's line, which a console may wrap.
func pythonBoxStep(t *trace, ln *line) verdict {
	switch {
	case isBox(ln.body) && t.phase == pythonBox:
		if strings.HasPrefix(ln.body, "╰") {
			t.phase = pythonBoxEnd
		}
		return strong
	case ln.begins:
		return no
	case t.base >= consoleColumn && ln.indent >= t.base && !t.apart:
		return likely
	case ln.indent == t.base && isPythonException(ln.body):
		return likely
	}
	return maybe
}

func pythonTail(t *trace, sh *shape) bool {
	switch {
	case t.phase == pythonFrames || t.phase == pythonStack || t.phase == pythonFault:
		return sh.blank
	case t.logged:
		return true
	}
	return sh.blank || t.colon && sh.indent > t.base
}

func isIntro(b string) bool {
	if b[0] != 'T' && b[0] != 'D' {
		return false
	}
	return b == pythonIntros[0] || b == pythonIntros[1]
}

// isBox reports a line that a box's border begins.
func isBox(b string) bool {
	return strings.HasPrefix(b, "│") || strings.HasPrefix(b, "╭") || strings.HasPrefix(b, "╰") || strings.HasPrefix(b, "┌") || strings.HasPrefix(b, "└")
}

// isPythonException reports `module.Type`, alone or before a colon.
func isPythonException(b string) bool {
	n := 0
	for n < len(b) && (isName(b[n]) || b[n] == '.' || b[n] == '<' || b[n] == '>') {
		n++
	}
	if n == 0 || isDigit(b[0]) || b[n-1] == '.' {
		return false
	}
	return n == len(b) || b[n] == ':' && (n+1 == len(b) || b[n+1] == ' ')
}

// isPythonFrame reports `File "x.py", line 7, in f`.
func isPythonFrame(b string) bool {
	return strings.HasPrefix(b, `File "`) && strings.Contains(b, `", line `) && strings.Contains(b, ", in ")
}

// isPythonSyntax reports the place of a syntax error, `File "x.py", line 7`: a program that cannot be compiled has no traceback.
func isPythonSyntax(b string) bool {
	if !strings.HasPrefix(b, `File "`) {
		return false
	}
	_, place, ok := strings.Cut(b, `", line `)
	return ok && isNumber(place)
}

func isNumber(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}
