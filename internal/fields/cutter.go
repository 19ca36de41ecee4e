package fields

import "strings"

// traceStart finds where a stack trace begins in a text of several lines: where the app's message ends. -1: no line looks like one. It does not read
// the trace, that is what internal/stacktrace does; it only has to know what is no message. A header line (`Type: text`) belongs to the
// trace unless it is the first line, which is what the app said.
func traceStart(s string) int {
	header, before, sure := -1, 0, -1
	p := 0
	for p < len(s) {
		end := p + strings.IndexByte(s[p:], '\n')
		if end < p {
			end = len(s)
		}
		switch lineKind(s[p:end]) {
		case startsTrace:
			return p
		case insideTrace:
			if header >= 0 {
				return header
			}
			return p
		case pathBelow: // Go prints the function above its place
			if header >= 0 {
				return header
			}
			return before
		case looksLikeHeader:
			if header < 0 && p > 0 {
				header = p
				if qualifiedError(s[p:end]) {
					sure = p
				}
			}
		}
		before = p
		p = end + 1
	}
	return sure // an exception without a stack
}

// qualifiedError: a class with its package, and a name that says what it is.
func qualifiedError(line string) bool {
	name, _, _ := strings.Cut(trimRight(line), ":")
	return strings.IndexByte(name, '.') > 0 && errorName(name)
}

// inlineTrace finds a trace that begins inside of a line of the message: `text: Type: message` with frames below, `text: Traceback (most ...`,
// `text [Type: message] {`. below: frames follow directly, so that the name of the class alone is enough.
func inlineTrace(text string, below bool) int {
	if i := strings.Index(text, "Traceback (most recent call last)"); i > 0 {
		return i
	}
	line := firstLine(text)
	if i := inlineHeader(line, qualifiedHeader); i > 0 && below {
		return i
	}
	if !below && strings.HasSuffix(text, "[") || strings.HasSuffix(text, "{") { // util.inspect
		return inlineHeader(line, errorHeader)
	}
	if !below {
		return -1
	}
	last := strings.LastIndexByte(text, '\n') + 1
	if i := inlineHeader(text[last:], errorHeader); i > 0 || last > 0 && i == 0 {
		return last + i
	}
	return -1
}

func inlineHeader(line string, is func(string) bool) int {
	for p := 0; p < min(len(line), maxLine); p++ {
		if (p == 0 || isBlank(line[p-1])) && (isAlpha(line[p]) || line[p] == '[') && is(line[p:]) {
			return p
		}
	}
	return -1
}

func qualifiedHeader(s string) bool { return errorHeader(s) && qualifiedError(s) }

type lineIs uint8

const (
	plainLine lineIs = iota
	startsTrace
	insideTrace
	pathBelow
	looksLikeHeader
)

// traceStarts are the words with which runtimes begin a trace.
var traceStarts = []string{
	"Traceback (most recent call last)", "Exception Group Traceback", "Stack trace:", "Stack Trace:", "stack backtrace:", "Stack backtrace:", "[stacktrace]", "[previous exception]",
	"The above exception was", "During handling of the above", "Exception in thread ", "runtime stack:", "panic: ", "fatal error: ", "Fatal Python error: ", "Call stack:",
	"Stack (most recent call last):", "NoneType: None", "(Use `node --trace-uncaught ...`",
}

// traceInsides are the words inside of one.
var traceInsides = []string{"Caused by: ", "Suppressed: ", "Wrapped by: ", "[CIRCULAR REFERENCE", "---> ", "--- End of ", "caused by: "}

func lineKind(line string) lineIs {
	t := line
	indent := 0
	for len(t) > 0 && (isBlank(t[0]) || t[0] == '|' || t[0] == '+' || t[0] == '-') && indent < 64 {
		t = t[1:]
		indent++
	}
	if t == "" {
		return plainLine
	}
	switch t[0] {
	case 'a':
		if indent > 0 && atFrame(t) {
			return insideTrace
		}
	case '.':
		if strings.HasPrefix(t, "... ") && (strings.Contains(t, " more") || strings.Contains(t, " common frames omitted") || strings.Contains(t, " lines matching")) {
			return insideTrace
		}
	case 'F', '>':
		if i := strings.Index(t, `File "`); i >= 0 && i <= 2 && strings.Contains(t, `", line `) {
			return insideTrace
		}
	case '#':
		if n := digits(t[1:]); n > 0 && n < 4 && strings.HasPrefix(t[1+n:], " ") && (strings.HasPrefix(t[2+n:], "{main}") || strings.Contains(t, "): ") || strings.Contains(t, "]: ")) {
			return insideTrace
		}
	case 'g':
		if strings.HasPrefix(t, "goroutine ") && digits(t[10:]) > 0 && strings.HasSuffix(trimRight(t), "]:") {
			return startsTrace
		}
	case 0xe2: // Rich's box
		if strings.Contains(t, "Traceback") && strings.Contains(t, "(most recent call last)") {
			return startsTrace
		}
	}
	if t[0] == 'C' && indent == 0 && trimRight(t) == "Caused by:" { // anyhow, eyre: the causes as a list
		return startsTrace
	}
	for _, w := range traceStarts {
		if strings.HasPrefix(t, w) {
			return startsTrace
		}
	}
	for _, w := range traceInsides {
		if strings.HasPrefix(t, w) {
			return insideTrace
		}
	}
	return otherLine(line, t)
}

func otherLine(line, t string) lineIs {
	switch {
	case line[0] == '\t' && goPath(t):
		return pathBelow
	case strings.Contains(t, ".go:") && strings.Contains(t, " (0x") && strings.HasSuffix(trimRight(t), ")"): // go-errors' ErrorStack
		return pathBelow
	case strings.Contains(t, ".rb:") && (strings.Contains(t, ":in `") || strings.Contains(t, ":in '")):
		return insideTrace
	case line[0] == ' ' && (strings.Contains(t, ".ex:") || strings.Contains(t, ".exs:") || strings.Contains(t, ".erl:")):
		return insideTrace
	case line[0] == '\t' && strings.Contains(t, " called at "):
		return insideTrace
	case errorHeader(t):
		return looksLikeHeader
	}
	return plainLine
}

// atFrame: `at name(place)`, `at name (place)`, `at place:1:2`.
func atFrame(t string) bool {
	if !strings.HasPrefix(t, "at ") || len(t) < 6 {
		return false
	}
	t = trimRight(t)
	if i := strings.IndexByte(t, '('); i > 3 && strings.IndexByte(t[i:], ')') > 0 {
		return true
	}
	t = strings.TrimRight(t, "{ ")
	n := len(t)
	for n > 0 && isDigit(t[n-1]) {
		n--
	}
	return n < len(t) && t[n-1] == ':' || strings.HasSuffix(t, "native") || strings.Contains(t, "<anonymous>")
}

// goPath: a source file and a line, with an offset or not.
func goPath(t string) bool {
	i := strings.Index(t, ".go:")
	return i > 0 && digits(t[i+4:]) > 0 && strings.IndexByte(t[:i], ' ') < 0
}

// errorHeader: a line that begins with the name of an error class, its message behind a colon or nothing behind it.
func errorHeader(t string) bool {
	if strings.HasPrefix(t, "** (") { // Elixir
		return true
	}
	t = strings.TrimPrefix(strings.TrimPrefix(t, "Uncaught "), "[")
	n := 0
	for n < len(t) && (isWord(t[n]) || t[n] == '.' || t[n] == '$' || t[n] == '\\') {
		n++
	}
	if n < 3 || n < len(t) && t[n] != ':' && t[n] != '\n' && t[n] != '{' && t[n] != '\r' && !strings.HasPrefix(t[n:], " [") && !strings.HasPrefix(t[n:], " {") && !strings.HasPrefix(t[n:], " (") {
		return false
	}
	name := t[:n]
	if strings.HasSuffix(name, "Error") || strings.HasSuffix(name, "Exception") || strings.HasSuffix(name, "Throwable") {
		return true
	}
	last := name[strings.LastIndexAny(name, `.\`)+1:]
	return len(last) < len(name) && last != "" && isUpper(last[0])
}
