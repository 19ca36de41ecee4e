package translate

import (
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-sentry/otelcol-sentry/internal/fields"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
	"github.com/otelcol-sentry/otelcol-sentry/internal/stacktrace"
)

// setPlace shows where the record was written, as a frame, where there is no stack trace: of the exception if there is one (Sentry's SDKs give it the
// place of the capture), else of the thread that logged. True where it did.
//
// With a frame Sentry groups by it, and no more by what was said; fingerprint makes up for that.
func setPlace(e *sentry.Event, rec plog.LogRecord, read *fields.Record, language stacktrace.Language) bool {
	if hasFrames(e) {
		return false
	}
	frame, ok := codeFrame(rec, &read.Code, language)
	if !ok {
		return false
	}
	if n := len(e.Exceptions); n > 0 {
		e.Exceptions[n-1].Frames = []sentry.Frame{frame}
		return true
	}
	if len(e.Threads) == 0 {
		e.Threads = []sentry.Thread{{ID: "0", Current: sentry.True, Crashed: sentry.False}}
	}
	e.Threads[0].Frames = []sentry.Frame{frame}
	return true
}

func hasFrames(e *sentry.Event) bool {
	for i := range e.Exceptions {
		if len(e.Exceptions[i].Frames) > 0 {
			return true
		}
	}
	for i := range e.Threads {
		if len(e.Threads[i].Frames) > 0 {
			return true
		}
	}
	return false
}

// codeLanguages are the languages of source files, where the resource does not name one.
var codeLanguages = map[string]stacktrace.Language{
	".go": stacktrace.Go, ".py": stacktrace.Python, ".java": stacktrace.Java, ".kt": stacktrace.Java, ".scala": stacktrace.Java, ".groovy": stacktrace.Java,
	".js": stacktrace.Node, ".mjs": stacktrace.Node, ".cjs": stacktrace.Node, ".ts": stacktrace.Node,
}

func codeLanguage(file string) stacktrace.Language {
	return codeLanguages[file[max(strings.LastIndexByte(file, '.'), 0):]]
}

// codeFrame makes the frame of a place as the language's SDK does. Conventions before 1.30 have the function without what it belongs to, and that as
// code.namespace; since then code.function.name has both.
func codeFrame(rec plog.LogRecord, code *sentry.Frame, language stacktrace.Language) (sentry.Frame, bool) {
	file, function, line := code.Filename, code.Function, code.Lineno
	if file == "" && function == "" {
		return sentry.Frame{}, false
	}
	if language == stacktrace.Unknown {
		language = codeLanguage(file)
	}
	namespace := attrText(rec.Attributes(), "code.namespace")
	switch language {
	case stacktrace.Go:
		if namespace != "" {
			function = namespace + "." + function
		}
		return stacktrace.GoFrame(function, file, line), true
	case stacktrace.Java:
		class, method := splitFunction(namespace, function)
		return stacktrace.JavaFrame(class, method, file[strings.LastIndexByte(file, '/')+1:], line, false), true
	case stacktrace.Python:
		module, name := splitFunction(namespace, function)
		frame := stacktrace.PythonFrame(file, name, line, "")
		if frame.Module == "" {
			frame.Module = module
		}
		return frame, true
	case stacktrace.Node:
		location := file
		if file != "" && line > 0 {
			location += ":" + strconv.Itoa(line)
		}
		return stacktrace.NodeFrame(function, location), true
	}
	return sentry.Frame{Function: function, Module: namespace, Filename: file, AbsPath: code.AbsPath, Lineno: line}, true
}

// splitFunction gives what a function belongs to, and its name.
func splitFunction(namespace, function string) (string, string) {
	if namespace != "" {
		return namespace, function
	}
	dot := strings.LastIndexByte(function, '.')
	return function[:max(dot, 0)], function[dot+1:]
}
