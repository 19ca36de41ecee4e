package stacktrace

import (
	"strings"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// golangCall is one call as it is printed.
type golangCall struct {
	function string // with its package path
	args     string // between the parentheses; the runtime prints them, libraries do not
	file     string
	line     int
	short    bool // the function has no package
}

// golangShape is how a stack is written.
type golangShape uint8

const (
	// golangRuntime: `main.f(0x1)`, below it, deeper, `/app/main.go:7 +0x1d`. The runtime (traceback2).
	golangRuntime golangShape = iota
	// golangBare: the same without arguments. pkg/errors, zap, cockroachdb/errors, xerrors.
	golangBare
	// golangSources: `/app/main.go:7 (0x4a1b2c)`, below it `f: the line of source`. go-errors, gin.
	golangSources
)

// golangStack reads the calls of one stack, newest first.
type golangStack struct {
	t       golangText // at the next line
	shape   golangShape
	noPairs bool // what is left are calls of a creating goroutine
	over    bool
	blank   bool // chi puts an empty line below the newest call
	end     int  // offset after the last line that belongs to the stack
}

// next reads on to the next call; false at the end of the stack.
func (st *golangStack) next() (golangCall, bool) {
	known := st.t // behind the last line that was understood
	for strangers := 0; ; {
		at := st.t
		line, ok := st.t.next()
		if !ok || st.over || line.text == "" && !st.blank {
			st.t = known
			return golangCall{}, false
		}
		if line.text == "" {
			st.blank = false
			continue
		}
		if st.noPairs {
			known, st.end = st.t, line.end
			continue
		}
		if call, after, ok := golangReadCall(at, st.shape); ok {
			st.t, st.end = after.t, after.end
			st.over = st.shape == golangBare && call.function == "runtime.goexit" // another error's stack may follow at once
			return call, true
		}
		if st.shape == golangRuntime && st.note(line) {
			known = st.t
			continue
		}
		// A line of another process on the same stream.
		if strangers++; strangers > golangMaxStrangers || st.shape != golangRuntime || !golangStamped(line.text) {
			st.t = known
			return golangCall{}, false
		}
	}
}

// golangMaxStrangers is how many foreign lines in a row a stack may have inside.
const golangMaxStrangers = 3

// note reads over the lines of a goroutine that are no calls.
func (st *golangStack) note(line golangLine) bool {
	if !golangNote(line) {
		return false
	}
	st.end = line.end
	if strings.HasPrefix(line.text, "[originating from goroutine ") { // GODEBUG=tracebackancestors
		st.noPairs = true
	}
	if strings.HasPrefix(line.text, "created by ") { // no frame for sentry-go
		after := st.t
		if loc, ok := after.next(); ok && loc.indent > line.indent {
			if _, _, ok := golangLocation(loc.text); ok {
				st.t, st.end = after, loc.end
			}
		}
	}
	return true
}

func golangNote(line golangLine) bool {
	s := line.text
	return strings.HasPrefix(s, "created by ") || strings.HasPrefix(s, "[originating from goroutine ") ||
		strings.HasPrefix(s, "...") && strings.HasSuffix(s, "elided...") ||
		strings.HasPrefix(s, "goroutine running on other thread") ||
		strings.HasPrefix(s, "non-Go function") || strings.HasPrefix(s, "pc=0x") ||
		strings.HasPrefix(s, "runtime: ") || strings.HasPrefix(s, "stack: frame=") || strings.HasPrefix(s, "0x") ||
		golangSourceLine(s) && line.indent > 0 // the place of a "created by" that a foreign line tore off
}

// golangReadCall reads the call whose first line is the text's next one. after is where the stack goes on.
func golangReadCall(t golangText, shape golangShape) (call golangCall, after golangStack, ok bool) {
	fn, ok := t.next()
	if !ok || fn.text == "" {
		return golangCall{}, golangStack{}, false
	}
	if shape == golangSources {
		return golangReadSource(t, fn)
	}
	if call.function, call.args, ok = golangFunction(fn.text, shape); !ok {
		return golangCall{}, golangStack{}, false
	}
	for strangers := 0; strangers <= golangMaxStrangers; strangers++ {
		loc, ok := t.next()
		if !ok {
			break
		}
		if loc.indent > fn.indent {
			if call.file, call.line, ok = golangLocation(loc.text); ok && golangFits(call, loc.text, shape) {
				return call, golangStack{t: t, end: loc.end}, true
			}
		}
		if shape == golangBare || !golangStamped(loc.text) {
			break
		}
	}
	return golangCall{}, golangStack{}, false
}

// golangFits holds apart what only looks like a call. Without the runtime's arguments a Go file must be named, and a name
// without them in the runtime's own shape is C's, which a cgo symbolizer prints with its pc.
func golangFits(call golangCall, location string, shape golangShape) bool {
	if shape == golangBare {
		return call.args == "" && golangSourceFile(call.file)
	}
	return call.args != "" || strings.Contains(location, " pc=0x")
}

// golangFunction takes the arguments off: they hold braces and no parentheses, so that the last ( opens them. With no
// arguments at all args is " ".
func golangFunction(s string, shape golangShape) (name, args string, ok bool) {
	name = s
	if strings.HasSuffix(s, ")") {
		i := strings.LastIndexByte(s, '(')
		if i <= 0 || shape == golangBare {
			return "", "", false
		}
		if name, args = s[:i], s[i+1:len(s)-1]; args == "" {
			args = " "
		}
	}
	return name, args, golangName(name, shape == golangRuntime)
}

// golangName reports whether s may be a function's name: no blanks, no quotes, a dot after the last slash. The builtin panic
// and C functions have no dot.
func golangName(s string, plain bool) bool {
	depth, dot := 0, false
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '[':
			depth++
		case ']':
			depth--
		case '.':
			dot = dot || i > 0
		case '/':
			dot = dot && depth > 0
		case ' ', ',', '"', '\'', '`', '=', '<', '>', '|', '\\', '#', '\t':
			if depth <= 0 {
				return false
			}
		}
	}
	if depth != 0 || s == "" {
		return false
	}
	c := s[0] | 0x20 // in lower case
	return (dot || plain) && (c >= 'a' && c <= 'z' || s[0] == '_' || s[0] >= 0x80)
}

// golangLocation reads `file:line`, after it nothing or the runtime's offsets (` +0x1d fp=0x... sp=0x... pc=0x...`).
func golangLocation(s string) (file string, line int, ok bool) {
	i := strings.LastIndexByte(s, ':')
	if i <= 0 {
		return "", 0, false
	}
	j := i + 1
	for ; j < len(s) && s[j] >= '0' && s[j] <= '9' && line < 1<<27; j++ {
		line = line*10 + int(s[j]-'0')
	}
	rest := s[j:]
	if j == i+1 || rest != "" && !strings.HasPrefix(rest, " +0x") && !strings.HasPrefix(rest, " fp=0x") && !strings.HasPrefix(rest, " pc=0x") {
		return "", 0, false
	}
	file = s[:i]
	base := file[strings.LastIndexAny(file, `/\`)+1:]
	if strings.IndexByte(base, '.') < 0 && file[0] != '<' && file[0] != '?' || strings.IndexByte(base, ' ') >= 0 {
		return "", 0, false
	}
	return file, line, true
}

// golangSourceFile reports whether a file is Go's or its assembler's.
func golangSourceFile(file string) bool {
	return strings.HasSuffix(file, ".go") || strings.HasSuffix(file, ".s") || file == "<autogenerated>" || strings.HasSuffix(file, "autogenerated>") ||
		strings.HasSuffix(file, `autogenerated\u003e`)
}

func golangSourceLine(s string) bool {
	file, _, ok := golangLocation(s)
	return ok && golangSourceFile(file)
}

// frame makes the model's frame of a call.
func (st golangStack) frame(c golangCall) sentry.Frame {
	if st.t.escaped {
		c.function, c.file = st.t.string(c.function), st.t.string(c.file)
	}
	return golangFrame(c)
}

// drain reads to the end of the stack: how many calls there were, and the outermost.
func (st *golangStack) drain() (n int, last golangCall) {
	for {
		call, ok := st.next()
		if !ok {
			return n, last
		}
		n, last = n+1, call
	}
}

// afterPanic cuts what ran because of a panic: everything newer than runtime.gopanic (sentry-go, trimPanicFrames). args are
// the two words of the panic's value. again: the value was panicked with anew, so the calls below the oldest panic with the
// same value are wanted.
func (st golangStack) afterPanic(again bool) (rest golangStack, args string, ok bool) {
	for {
		call, more := st.next()
		if !more {
			return rest, args, ok
		}
		if call.function != "panic" && call.function != "runtime.gopanic" {
			continue
		}
		if ok && call.args != args {
			return rest, args, ok
		}
		rest, args, ok = st, call.args, true
		if !again {
			return rest, args, ok
		}
	}
}

// afterPrinters cuts the calls that only made the text: of a stack that was printed, not thrown, they are no part.
func (st golangStack) afterPrinters() golangStack {
	for {
		at := st
		call, ok := st.next()
		if !ok || !golangPrinter(call.function) {
			return at
		}
	}
}

// golangPrinter knows the functions that write a stack, and the loggers that call them.
func golangPrinter(function string) bool {
	switch function {
	case "runtime/debug.Stack", "runtime/debug.PrintStack", "runtime.Stack":
		return true
	}
	for _, prefix := range [...]string{
		"github.com/hashicorp/go-hclog.", "github.com/golang/glog.", "k8s.io/klog.", "k8s.io/klog/", "go.uber.org/zap.", "go.uber.org/zap/",
		"github.com/sirupsen/logrus.", "github.com/rs/zerolog.", "log/slog.", "log.", "go.opentelemetry.io/otel/sdk/",
	} {
		if strings.HasPrefix(function, prefix) {
			return true
		}
	}
	return false
}
