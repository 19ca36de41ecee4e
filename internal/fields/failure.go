package fields

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// failure puts together what the members say about an error. Structure that the logger wrote goes before its text.
func (m *members) failure(severity plog.SeverityNumber) Failure {
	f := Failure{Type: m.text(isErrorType), Message: m.text(isErrorMessage)}
	tree := m.value(isErrorTree)
	m.stack(&f, severity)
	switch {
	case tree.Kind() == sentry.KindString:
		if f.Message == "" || m.claims[isErrorMessage].rank > m.claims[isErrorTree].rank {
			m.errorText(&f, tree.Str())
		}
	case tree.Kind() != sentry.KindNull:
		f.readStructured(tree)
	}
	if len(f.Exceptions) == 1 && f.Exceptions[0].Type == "" && f.Exceptions[0].Value == "" { // a stack beside its error
		f.Exceptions[0].Type, f.Exceptions[0].Value = f.Type, f.Message
	}
	if n := len(f.Exceptions); n > 0 && f.Type == "" && f.Message == "" {
		f.Type, f.Message = f.Exceptions[n-1].Type, f.Exceptions[n-1].Value
	}
	return f
}

// stack finds the text of the stack trace: the error's own before that of the log call, text that is nothing else before text that holds one.
func (m *members) stack(f *Failure, severity plog.SeverityNumber) {
	if v := m.value(isStack); v.Kind() == sentry.KindList && structured(v) {
		f.readStructured(v)
		return
	}
	verbose := m.text(isErrorText)
	if traceStart(verbose) >= 0 {
		f.Stacktrace, f.Whole = verbose, true
		return
	}
	if f.Stacktrace = m.text(isStack); f.Stacktrace != "" {
		f.Whole = true
		f.Stacktrace = m.causes(f.Stacktrace)
		return
	}
	// zap writes the stack of the log call, in its development configuration even of warnings: below an error that is no failure.
	if call := m.text(isLogStack); call != "" && (severity == plog.SeverityNumberUnspecified || severity >= plog.SeverityNumberError || !strings.Contains(call, ".go:")) {
		f.Stacktrace, f.Whole = call, true
		return
	}
	f.Stacktrace = m.text(isMixedText)
}

// causes adds the stacks of the causes that pino's errWithCause and ECS' loggers write as objects inside one another, in the words in which pino's
// own serializer joins them.
func (m *members) causes(stack string) string {
	v := m.value(isCause)
	for range maxChain {
		if l := v.ListVal(); len(l) > 0 { // the errors of an AggregateError: only the first has a place in a chain
			v = l[0]
		}
		attrs := v.MapVal()
		if attrs == nil {
			break
		}
		next := get(attrs, "stack", "stack_trace", "stacktrace", "stackTrace").Str()
		if next == "" || strings.Contains(stack, next) {
			break
		}
		stack += "\ncaused by: " + next
		v = get(attrs, "cause")
	}
	return stack
}

// errorText reads an error that is a text: its message, or with a stack trace in it (Go's %+v, Python's formatted exception, .NET's ToString).
func (m *members) errorText(f *Failure, text string) {
	start := traceStart(text)
	if start < 0 {
		f.Message = text
		return
	}
	if f.Stacktrace == "" || !f.Whole {
		f.Stacktrace, f.Whole = text, true
	}
	if start > 0 && f.Type == "" && !errorHeader(text) {
		f.Message = trimSpace(text[:start])
	}
}

// uncaughtMarks are words of the headers that runtimes print above, or instead of, a stack trace.
var uncaughtMarks = []string{
	"panic: ", "fatal error: ", "Exception in thread ", "Uncaught ", "Unhandled exception", "(most recent call ", "Fatal Python error: ", "Error: ", "Exception: ",
}

// plainFailure is what a plain text may hold: the readers of internal/stacktrace decide. A text without such a mark, and without lines of a trace,
// holds nothing.
func plainFailure(text string) (f Failure) {
	for _, mark := range uncaughtMarks {
		if strings.Contains(text, mark) {
			f.Stacktrace = text
			return f
		}
	}
	if traceStart(text) >= 0 {
		f.Stacktrace = text
	}
	return f
}
