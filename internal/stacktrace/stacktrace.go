// Package stacktrace reads the stack traces that language runtimes and loggers print.
//
// In: text, and what separate fields already said about the same failure (Input).
// Out: exceptions, frames and threads of the Sentry model, ordered and named as that language's own Sentry SDK does (Trace),
// or, at a fraction of the cost, only what tells one failure from another (Key).
// It must not know: pdata, JSON payloads, the network, the clock, the Collector. It is pure and runs in linear time.
//
// One language = one reader (one file, its test, its testdata). A reader never panics and never gives up half way: what it cannot
// parse it leaves out of [Start, End), so that the caller still has it as text.
package stacktrace

import "github.com/otelcol-sentry/otelcol-sentry/internal/sentry"

// Language names a reader.
type Language string

// The languages with a reader. Java stands for every JVM language, Node for JavaScript on V8.
const (
	Unknown Language = ""
	Java    Language = "java"
	Python  Language = "python"
	Go      Language = "go"
	Node    Language = "node"
)

// Limits of what is kept of one trace.
const (
	// MaxFrames is how many frames one exception keeps: Relay keeps the newest 250 (relay-event-schema, Frame limits).
	MaxFrames = 250
	// MaxExceptions bounds a chain or group.
	MaxExceptions = 50
	// MaxThreads bounds the goroutines or threads kept beside the crashed one.
	MaxThreads = 100
)

// Input is what an app wrote about one failure.
type Input struct {
	// Language as telemetry.sdk.language says it (use FromSDK); Unknown: it is recognised from the text.
	Language Language
	// Text holds the stack trace. Where Whole is false other text may stand around it: a log line's header, the app's own message.
	Text string
	// Whole is true where the text is nothing but a stack trace (exception.stacktrace, a stack_trace field).
	Whole bool
	// Type and Message are what separate fields say (exception.type, exception.message); "" where they say nothing.
	Type, Message string
}

// Trace is what a text says.
type Trace struct {
	Language Language
	// Start and End delimit the part of Input.Text that was read, in bytes; what stands outside is the caller's.
	Start, End int
	// Exceptions in Sentry's order: innermost cause first, the thrown one last; ids and parents set where there are several.
	Exceptions []sentry.Exception
	// Threads beside the crashed one (goroutine dumps).
	Threads []sentry.Thread
	// Level is set where the text itself says how bad it is: an uncaught exception or a panic.
	Level sentry.Level
	// Message is set where the failure is no exception for the SDK (Go's panic("text")): the event is then a message event.
	Message string
	// ThreadName is the thread that a header names (`Exception in thread "main"`).
	ThreadName string
}

// Key tells one failure from another without a full parse: equal failures give equal keys, whatever printed them.
type Key struct {
	Type    string
	Message string // white space at both ends cut
	// File is the base name of the innermost frame of the thrown exception, Line its line. Where the text has no file: Function.
	File     string
	Line     int
	Function string
}

// reader is one language. find and key do not allocate.
type reader struct {
	language Language
	// find gives the bounds of the first trace in the text, or -1. whole: the text is nothing else.
	find func(text string, whole bool) (start, end int)
	// parse reads in.Text[start:end]; ok is false where it turns out to hold no trace of this language.
	parse func(in Input, start, end int) (Trace, bool)
	// key reads only as far as the thrown exception's innermost frame.
	key func(in Input, start, end int) (Key, bool)
}

// readers in the order in which they are asked when the language is not known: the surest marks first.
var readers = [...]*reader{&pythonReader, &goReader, &javaReader, &nodeReader}

// FromSDK maps telemetry.sdk.language to a reader.
func FromSDK(language string) Language {
	switch language {
	case "java", "kotlin", "scala", "groovy", "android":
		return Java
	case "python":
		return Python
	case "go":
		return Go
	case "nodejs", "webjs", "javascript":
		return Node
	}
	return Unknown
}

// Parse reads the first stack trace in the text. False: there is none that a reader knows; the text is then the caller's to keep.
func Parse(in Input) (Trace, bool) {
	var found Trace
	ok := each(in, func(r *reader, start, end int) bool {
		var ok bool
		found, ok = r.parse(in, start, end)
		return ok
	})
	return found, ok
}

// IssueKey finds what tells this failure from others. False: there is no stack trace in the text.
func IssueKey(in Input) (Key, bool) {
	var found Key
	ok := each(in, func(r *reader, start, end int) bool {
		var ok bool
		found, ok = r.key(in, start, end)
		return ok
	})
	return found, ok
}

// each offers the text to the reader of the named language first, then to the others, until one takes it.
func each(in Input, take func(r *reader, start, end int) bool) bool {
	if in.Text == "" {
		return false
	}
	for _, named := range [...]bool{true, false} {
		for _, r := range readers {
			if (r.language == in.Language) != named {
				continue
			}
			if attempt(r, in, take) {
				return true
			}
		}
	}
	return false
}

// attempt asks one reader. Readers do not panic: fuzzing calls them without this. Should one do so all the same, on a text that somebody
// chose to send, the text is no stack trace, and the process and the other records live on.
func attempt(r *reader, in Input, take func(r *reader, start, end int) bool) (taken bool) {
	defer func() {
		if recover() != nil {
			taken = false
		}
	}()
	start, end := r.find(in.Text, in.Whole)
	return start >= 0 && take(r, start, end)
}
