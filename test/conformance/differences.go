package conformance

import "path"

// Sources of our event.
const (
	Text = "text"
	OTLP = "OTLP"
)

// Difference is a way in which our event differs from the SDK's, and why: the text or the request does not hold the fact, or ours is the
// better. What no row here names is a failure.
type Difference struct {
	// Pairs, Source and Field are patterns as of path.Match, matched against language/scenario, the source, and Place.Field.
	Pairs, Source, Field string
	// Missing narrows the row to causes and members of a group that ours has not, and to the count of exceptions.
	Missing bool
	Reason  string
}

// Names reports whether the row names what differs at a place.
func (d Difference) Names(pair, source string, p Place) bool {
	if d.Missing && !p.Missing && !fewer(p) {
		return false
	}
	return matches(d.Pairs, pair) && matches(d.Source, source) && matches(d.Field, p.Field)
}

// fewer: ours has exceptions, but not as many.
func fewer(p Place) bool {
	sdk, _ := p.SDK.(int)
	ours, _ := p.Ours.(int)
	return p.Field == "exception.count" && 0 < ours && ours < sdk
}

func matches(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}

// Differences are the known ones. The first row that matches names a place.
var Differences = []Difference{
	// All languages.
	{"*/*message", Text, "platform", false, "a line without a stack trace does not tell the language that wrote it"},
	{"python/logging_no_exception", Text, "platform", false, "a line without a stack trace does not tell the language that wrote it"},

	// Python.
	{"python/logging_critical", Text, "logger", false, "the format does not print the logger"},
	{"python/logging_uvicorn", Text, "logger", false, "the format does not print the logger"},
	{"python/asyncio_never_retrieved", Text, "logger", false, "nothing in the format stands between the logger and the message: where it ends is a guess"},
	{"python/asyncio_never_retrieved", Text, "message", false, "nothing in the format stands between the logger and the message: where it ends is a guess"},
	{"python/loguru_serialize", "*", "message", false, "the SDK sends the record as it is formatted for serialising, message and trace in one word"},
	{"python/structlog_dict_tracebacks", Text, "exception.module", false, "the JSON has the class without its module"},
	{"python/structlog_dict_tracebacks", Text, "frame.context_line", false, "the JSON has no source lines"},
	{"python/uncaught_code_from_text", "*", "frame.abs_path", false, "the SDK puts the working folder before the name of code that was compiled from a string"},
	{"python/uncaught_code_from_text", "*", "frame.in_app", false, "code that was compiled from a string is no file of the app's; the SDK takes it for one in the working folder"},
	{"python/uncaught_thread", "*", "frames.count", false, "the SDK looks on from inside of the thread's start: its stack lacks the frame that starts it"},
	{"python/chain3", OTLP, "level", false, "the request says FATAL; the SDK calls an uncaught exception an error"},
	{"python/group_nested", OTLP, "level", false, "the request says FATAL; the SDK calls an uncaught exception an error"},
	{"python/notes", OTLP, "level", false, "the request says FATAL; the SDK calls an uncaught exception an error"},

	// Node.
	{"node/*", OTLP, "*", true, "OpenTelemetry's SDK writes err.stack, which holds neither causes nor the members of an AggregateError"},
	{"node/bunyan_cause", Text, "*", true, "bunyan prints the causes only of errors with a cause() method"},
	{"node/uncaught_multiline", "*", "frame*", false, "the SDK takes a line of the message that ends in 19:05 for a frame"},
	{"node/rejected_*", Text, "level", false, "Node prints an unhandled rejection as it prints an uncaught exception; the SDK calls the first an error"},
	{"node/rejected_*", Text, "frame*", false, "the SDK's hooks change the stack: with them there is one frame of Node's more, and the text is that of a run without"},
	{"node/async_stack", Text, "frame*", false, "the SDK's hooks change the stack: with them there is one frame of Node's more, and the text is that of a run without"},
	{"node/console_error_file", "*", "exception.value", false, "the SDK cuts the path from the message; ours keeps it"},

	// Java.
	{"java/boot_servlet", Text, "logger", false, "Spring Boot's pattern shortens the logger to 40 characters"},
	{"java/boot_servlet", OTLP, "logger", false, "Sentry keeps 64 characters of a logger's name"},
	{"java/logback_cause4", Text, "logger", false, "the pattern shortens the logger"},
	{"java/logback_nullmsg", Text, "logger", false, "the pattern shortens the logger"},
	{"java/jul_severe", Text, "logger", false, "java.util.logging prints the class that logs, not the logger"},
	{"java/uncaught_suppressed", Text, "exception.*", false, "the JVM prints toString(), which the class overrides: neither its name nor getMessage() is in the text"},
	{"java/uncaught_reflection", "*", "exception.*", false, "the JVM prints toString(), which the class overrides: neither its name nor getMessage() is in the text"},

	// Go.
	{"go/*", "*", "*", true, "an error's text is one line: where the wrapped errors in it begin and end is not printed"},
	{"go/panic_string", Text, "*", false, "the runtime prints panic(\"text\") as it prints panic(err): ours is an exception, the SDK's a message"},
	{"go/panic_generic", Text, "*", false, "the runtime prints panic(\"text\") as it prints panic(err): ours is an exception, the SDK's a message"},
	{"go/pkgerrors_zerolog", Text, "frame.abs_path", false, "zerolog writes file names without folders"},
	{"go/pkgerrors_zerolog", Text, "frame.module", false, "zerolog writes functions without packages"},
	{"go/goerrors_stack", Text, "frame.*", false, "go-errors prints the function that an inlined call was inlined into, without its package"},
	{"go/slog*", Text, "platform", false, "a line of JSON or logfmt does not tell the language that wrote it"},
	{"go/zerolog*", Text, "platform", false, "a line of JSON or logfmt does not tell the language that wrote it"},
	{"go/logrus*", Text, "platform", false, "a line of JSON or logfmt does not tell the language that wrote it"},
	{"go/pkgerrors_*", OTLP, "frame*", false, "otelslog writes the error's text and type, not its stack"},
	{"go/goerrors_*", OTLP, "frame*", false, "otelslog writes the error's text and type, not its stack"},
	{"go/recovered_*", Text, "level", false, "the SDK calls every recovered panic fatal; a program that logs it and goes on has not died of it"},
}

// Open are the differences that are ours to close. They count against the share; what no row of either table names is a failure.
var Open []Difference
