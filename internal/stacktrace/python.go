package stacktrace

import (
	"strings"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// pythonReader reads what CPython's traceback module prints, and what loguru, rich, structlog and faulthandler make of it.
// The measure is sentry-sdk (utils.py: exceptions_from_error, serialize_frame): names, order and ids come out as it sends them.
//
// find tells where a trace begins; where it ends shows only when it is read, so that its end is the end of the text and Trace.End the
// exact one. find and key allocate only where the text does not hold a name or a message as it is: colours, margins, wrapped lines,
// CRLF inside of a message, a SyntaxError's place.
var pythonReader = reader{
	language: Python,
	find:     pyFind,
	parse:    pyParse,
	key:      pyKey,
}

func pyParse(in Input, start, _ int) (Trace, bool) {
	if strings.HasPrefix(in.Text[start:], pyFatalMark) {
		return pyParseFatal(in.Text, start)
	}
	w := newPyWalk(in, start)
	w.tree = new(pyTree)
	if !w.read() {
		return Trace{}, false
	}
	t := Trace{Language: Python, Start: start, End: w.end, ThreadName: w.thread}
	t.Exceptions = w.tree.exceptions()
	if len(t.Exceptions) == 0 {
		return Trace{}, false
	}
	if w.uncaught() {
		t.Level = sentry.LevelError
		t.Exceptions = pyUnhandled(t.Exceptions)
	}
	return t, true
}

func pyKey(in Input, start, _ int) (Key, bool) {
	if strings.HasPrefix(in.Text[start:], pyFatalMark) {
		return pyKeyFatal(in.Text, start)
	}
	w := newPyWalk(in, start)
	if !w.read() {
		return Key{}, false
	}
	thrown := &w.thrown
	k := Key{Type: thrown.name, Message: strings.TrimSpace(thrown.message), Line: thrown.call.line}
	if k.File = pyBase(thrown.call.path); k.File == "" {
		k.Function = pyFunction("", thrown.call.function)
	}
	return k, true
}

// uncaught tells whether nothing in the program caught the exception. A thread's header says so; else the trace must be all that the
// process wrote and reach down to the outermost call, as it does when the interpreter itself prints it.
func (w *pyWalk) uncaught() bool {
	if w.thread != "" {
		return true
	}
	if w.in.Whole || strings.TrimSpace(w.in.Text[:w.start]) != "" {
		return false
	}
	switch w.thrown.outermost {
	case "<module>", "_run_module_as_main":
		return true
	}
	return w.thrown.outermost == "" && w.thrown.syntaxPath != ""
}

// pyUnhandled marks all exceptions of an uncaught one, as the SDK does.
func pyUnhandled(exceptions []sentry.Exception) []sentry.Exception {
	for i := range exceptions {
		e := &exceptions[i]
		if e.Mechanism == nil {
			e.Mechanism = &sentry.Mechanism{Type: "generic"}
		}
		e.Mechanism.Handled = sentry.False
	}
	return exceptions
}
