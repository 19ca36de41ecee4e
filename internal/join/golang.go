package join

import "strings"

// Go: the runtime's dumps, debug.Stack, and the errors that print their callers (pkg/errors, cockroachdb, eris, oops, xerrors, zap).
const (
	golangPanic  phase = iota // what was thrown: goroutines follow
	golangDump                // goroutines
	golangErrors              // messages, each with its callers
	golangMargin              // callers behind a margin
	golangRace                // the race detector's report, between two rules
	golangValue               // klog: the lines of a value
)

func golangStart(ln *line) (trace, bool) {
	if ln.indent > 0 {
		return trace{}, false
	}
	b := ln.body
	t := trace{family: goFamily}
	switch b[0] {
	case 'p':
		t.intro = introSame
		return t, strings.HasPrefix(b, "panic: ")
	case 'f':
		return t, strings.HasPrefix(b, "fatal error: ")
	case 'u':
		return t, strings.HasPrefix(b, "unexpected fault address ")
	case 'g':
		t.phase, t.intro = golangDump, introError
		return t, isGoroutine(b)
	case 'S':
		return t, isSignal(b)
	case 'W':
		t.phase = golangRace
		return t, b == "WARNING: DATA RACE"
	}
	return t, false
}

// golangPlace begins a trace of callers at the first of their places: the caller stands above it, the error's message above that.
func (s *Stream[L]) golangPlace(ln *line) (t trace, own int, ok bool) {
	place, margin := cutMargin(ln.body)
	if !isGoPlace(place) {
		return t, 0, false
	}
	t = trace{family: goFamily, phase: golangErrors, intro: introMessage}
	if margin {
		t.phase = golangMargin
	}
	last := s.nth(1)
	if last == nil {
		return t, 0, false
	}
	caller, callerMargin := cutMargin(s.plainText(last.last))
	switch {
	case last.shape.begins || margin != callerMargin || !isGoFunction(caller):
		// One line a caller: eris, oops. The line above is the message.
		return t, 0, strings.HasPrefix(place, "--- at ") || strings.Contains(place, ":/")
	case margin:
		return t, s.marginAbove(), true
	}
	return t, 1, true
}

// marginAbove is how many lines above belong to an error that is printed behind a margin: all up to the message that is not.
func (s *Stream[L]) marginAbove() int {
	n := 1
	for rec := s.nth(n + 1); rec != nil && !rec.shape.begins && n < maxGroup; rec = s.nth(n + 1) {
		if text := s.plainText(rec.last); rec.shape.indent == 0 && !isWrap(text) && rec.shape.blank {
			break
		}
		n++
	}
	return n
}

func golangStep(t *trace, ln *line) verdict {
	b := ln.body
	switch {
	case t.phase == golangValue:
		return golangValueStep(t, ln)
	case ln.blank():
		return maybe
	case t.phase == golangRace:
		return golangRaceStep(t, ln)
	case ln.begins:
		return no
	case ln.indent == 0 && isGoroutine(b):
		t.phase = golangDump
		return strong
	}
	if t.phase <= golangDump {
		return golangDumpStep(t, ln)
	}
	return golangErrorsStep(t, ln)
}

// golangDumpStep judges a line of what the runtime prints when a program dies, or of debug.Stack.
func golangDumpStep(t *trace, ln *line) verdict {
	b := ln.body
	if ln.indent > 0 {
		if isGoPlace(b) || t.phase == golangPanic { // a value of several lines is indented
			return strong
		}
		return maybe
	}
	switch b[0] {
	case '[', 'P', 'S', '.', 'e', 'c', 'r', 'f', 'm':
		if isDumpNote(b) {
			return strong
		}
	}
	switch {
	case t.phase == golangDump && strings.HasPrefix(b, "exit status "):
		t.over = true
		return strong
	case t.phase == golangDump && isGoCall(b), isRegister(b):
		return strong
	}
	return maybe
}

// golangErrorsStep judges a line below the callers of an error.
func golangErrorsStep(t *trace, ln *line) verdict {
	b, margin := cutMargin(ln.body)
	switch {
	case margin && t.phase == golangMargin && (!t.apart || isGoPlace(b) || isGoFunction(b)):
		return strong
	case ln.indent > 0 && isGoPlace(b):
		return strong
	case t.phase == golangMargin && (isWrap(b) || strings.HasPrefix(b, "-- stack trace:")):
		return strong
	case ln.indent > 0 && strings.HasPrefix(b, "- "): // xerrors: the error inside
		return strong
	}
	return maybe
}

func golangValueStep(t *trace, ln *line) verdict {
	switch {
	case ln.body == ">":
		t.over = true
		return strong
	case ln.indent > 0 || ln.blank():
		return strong
	}
	return no
}

func golangRaceStep(t *trace, ln *line) verdict {
	b := ln.body
	switch {
	case b[0] == '=' && strings.Trim(b, "=") == "":
		t.over = true
		return strong
	case ln.begins:
		return no
	case ln.indent > 0:
		return strong
	}
	for _, head := range [...]string{"Read at ", "Write at ", "Previous ", "Goroutine ", "Atomic ", "  [failed"} {
		if strings.HasPrefix(b, head) {
			return strong
		}
	}
	return maybe
}

func golangTail(_ *trace, sh *shape) bool { return sh.blank }

// isGoroutine reports `goroutine 1 [running]:`, `goroutine 1 gp=0x... m=0 mp=0x... [running]:`.
func isGoroutine(b string) bool {
	rest, ok := strings.CutPrefix(b, "goroutine ")
	if !ok || rest == "" || !isDigit(rest[0]) {
		return false
	}
	return strings.HasSuffix(rest, "]:") && strings.IndexByte(rest, '[') > 0
}

// isSignal reports `SIGABRT: abort`, as the runtime prints a signal that ends the program.
func isSignal(b string) bool {
	name, _, ok := strings.Cut(b, ": ")
	if !ok || len(name) < 6 || len(name) > 9 || !strings.HasPrefix(name, "SIG") {
		return false
	}
	for i := 3; i < len(name); i++ {
		if !isUpper(name[i]) && !isDigit(name[i]) {
			return false
		}
	}
	return true
}

var dumpNotes = [...]string{
	"[signal ", "[originating from goroutine ", "PC=", "...additional frames elided...", "created by ", "runtime stack:", "runtime: ",
	"fatal error: ", "m=", "[recovered", "runtime.",
}

// isDumpNote reports a line of a dump that is neither a call nor its place.
func isDumpNote(b string) bool {
	for _, note := range dumpNotes {
		if b[0] == note[0] && strings.HasPrefix(b, note) {
			return true
		}
	}
	return isSignal(b) || strings.HasPrefix(b, "...") && strings.HasSuffix(b, " frames elided...")
}

// isRegister reports `rax    0x0`.
func isRegister(b string) bool {
	name, value, ok := strings.Cut(b, " ")
	if !ok || len(name) < 2 || len(name) > 6 || !isLower(name[0]) {
		return false
	}
	value = strings.TrimLeft(value, " ")
	return strings.HasPrefix(value, "0x") && strings.IndexByte(value, ' ') < 0
}

// isGoPlace reports a file of Go or of its assembler with a line, at the end or before what else is said of the call.
func isGoPlace(b string) bool {
	for _, ext := range [...]string{".go:", ".s:"} {
		if at := strings.Index(b, ext); at > 0 {
			rest := b[at+len(ext):]
			n := 0
			for n < len(rest) && isDigit(rest[n]) {
				n++
			}
			if n > 0 && (n == len(rest) || rest[n] == ' ') {
				return true
			}
		}
	}
	return strings.HasPrefix(b, "_cgo_gotypes.go") || strings.HasPrefix(b, "<autogenerated>:")
}

// isGoCall reports package.Function(arguments), as a dump prints a call.
func isGoCall(b string) bool {
	if b[len(b)-1] != ')' {
		return false
	}
	open := strings.IndexByte(b, '(')
	return open > 0 && strings.IndexByte(b[:open], ' ') < 0 && (strings.IndexByte(b[:open], '.') > 0 || b[:open] == "panic")
}

// isGoFunction reports package.Function, with or without arguments.
func isGoFunction(b string) bool {
	if b == "" {
		return false
	}
	if isGoCall(b) {
		return true
	}
	return strings.IndexByte(b, '.') > 0 && strings.IndexByte(b, ' ') < 0 && (isLower(b[0]) || isUpper(b[0]) || b[0] == '_') && !isDigit(b[len(b)-1]) ||
		strings.IndexByte(b, '.') > 0 && strings.IndexByte(b, ' ') < 0 && strings.Contains(b, "func")
}

// isWrap reports the lines between the stacks of an error of cockroachdb.
func isWrap(b string) bool {
	return strings.HasPrefix(b, "Wraps: (") || strings.HasPrefix(b, "Error types: (") || strings.HasPrefix(b, "(1) ") || strings.HasPrefix(b, "└─")
}

// cutMargin removes the margin that some print before callers.
func cutMargin(b string) (string, bool) {
	for _, margin := range [...]string{"│", "|"} {
		if rest, ok := strings.CutPrefix(b, margin); ok {
			rest = strings.TrimLeft(rest, " \t")
			return strings.TrimPrefix(rest, `\t`), true
		}
	}
	return b, false
}
