package join

import "strings"

// intro is which line above a trace may be the one that introduced it.
type intro uint8

const (
	// introNone: a runtime's own last words. They follow whatever the program wrote before.
	introNone intro = iota
	// introError: a logger's record of at least a warning, or a line that speaks of a failure. Below an INFO record the same text may
	// be a crash, which would be lost as part of a record that is no error.
	introError
	// introLogged: as introError, and a logger's record of any level: Java's crashes have a head of their own (introNone).
	introLogged
	// introMessage: the line above is the error's own message, whatever it says.
	introMessage
	// introSame: only a line that says the same (log.Panic prints its message, then panics with it).
	introSame
	// introTime: a line that holds nothing but a time.
	introTime
)

// header looks above record num, the first of the trace's own, for what introduced the trace, and gives the first record of all.
func (s *Stream[L]) header(t *trace, num int) int {
	if num < s.records.end() && s.records.at(num).shape.begins {
		t.logged = true
		return num
	}
	up, blanks := s.up(num), 0
	for up >= 0 && s.records.at(up).shape.blank && blanks < 2 {
		up, blanks = s.up(up), blanks+1
	}
	if up < 0 || t.intro == introNone {
		return num
	}
	if first := s.back(up, maxGroup); s.records.at(first).shape.begins && s.logged(t, first, up) {
		t.logged = true
		return first
	}
	if blanks > 0 || s.records.at(up).shape.begins || !s.says(t, up) {
		return num
	}
	if above := s.up(up); above >= 0 && continuesHeader(s.plainText(s.records.at(up).last)) && !s.records.at(above).shape.begins {
		return above
	}
	return up
}

// logged reports whether the record that begins at first, and whose last line is last, introduces the trace.
func (s *Stream[L]) logged(t *trace, first, last int) bool {
	rec := s.records.at(first)
	if rec.shape.access {
		return false
	}
	text := s.plainText(rec.last)
	switch t.intro {
	case introLogged, introMessage:
		return true
	case introSame:
		return first == last && endsLike(text, s.ln.body)
	case introTime:
		return isTime(text) && len(text) < 32
	}
	switch levelOf(text) {
	case highLevel:
		return true
	case lowLevel:
		return false
	}
	return t.family == goFamily || speaksOfFailure(text) || first != last && speaksOfFailure(s.plainText(s.records.at(last).last))
}

// says reports whether the line, which no logger's record begins, introduces the trace.
func (s *Stream[L]) says(t *trace, num int) bool {
	text := s.plainText(s.records.at(num).last)
	switch t.intro {
	case introError, introLogged:
		return !s.records.at(num).shape.head && speaksOfFailure(text) || continuesHeader(text)
	case introMessage:
		return true
	case introSame:
		return endsLike(text, s.ln.body)
	}
	return false
}

// endsLike reports whether a record's text ends with what a `panic: ` line says.
func endsLike(text, panicLine string) bool {
	_, value, _ := strings.Cut(panicLine, "panic: ")
	return value != "" && strings.HasSuffix(text, value)
}

// continued are the beginnings of lines that asyncio prints between its message and the traceback.
var continued = [...]string{"future: <", "handle: <", "task: <", "protocol: <", "transport: <", "source_traceback: ", "asyncgen: <"}

// continuesHeader reports a line that goes on with the one above, both of which introduce a trace.
func continuesHeader(body string) bool {
	for _, c := range continued {
		if body != "" && body[0] == c[0] && strings.HasPrefix(body, c) {
			return true
		}
	}
	return false
}

// failures are words with which a line says that something went wrong.
var failures = [...]string{
	"error", "errors", "exception", "exceptions", "fail", "failed", "failing", "fails", "failure", "fatal", "panic", "panicked", "crash", "crashed",
	"aborted", "abort", "unhandled", "uncaught", "cannot", "can't", "couldn't", "unable", "denied", "forbidden", "invalid", "bad", "rejected",
	"refused", "unexpected", "traceback", "recovered", "warning", "warn", "critical", "broken", "lost", "corrupt", "corrupted", "unknown",
	"missing", "illegal", "unavailable", "interrupted", "died", "killed", "deadlock", "violation", "wrong", "not",
}

// speaksOfFailure reports whether a line may introduce a trace by what it says: a word of failure, or a colon at its end.
func speaksOfFailure(s string) bool {
	if strings.HasSuffix(s, ":") {
		return true
	}
	for i := 0; i < len(s); {
		if !isUpper(s[i]) && !isLower(s[i]) {
			i++
			continue
		}
		begin := i
		for i < len(s) && (isUpper(s[i]) || isLower(s[i]) || s[i] == '\'') {
			i++
		}
		if isFailure(s[begin:i]) {
			return true
		}
	}
	return false
}

func isFailure(word string) bool {
	if strings.HasSuffix(word, "Error") || strings.HasSuffix(word, "Exception") {
		return true
	}
	for _, f := range failures {
		if len(f) == len(word) && strings.EqualFold(f, word) {
			return true
		}
	}
	return false
}

// isAccess reports a line of an access log: a request is no reason for a trace.
func isAccess(s string) bool {
	i := strings.Index(s, " HTTP/")
	return i > 0 && strings.LastIndexByte(s[:i], '"') >= 0
}

// isLevelHead reports `LEVEL: message`, the second line of a head of java.util.logging or tinylog.
func isLevelHead(body string) bool {
	_, n := levelWord(body)
	return n > 0 && n < len(body) && body[n] == ':' && isUpper(body[0])
}

// isPlaceHead reports the first line of such a head: a time, a class and a method, and no level.
func isPlaceHead(text string) bool {
	if text == "" || !isTime(text) && !isMonth(text) || levelOf(text) != unknownLevel {
		return false
	}
	last := text[strings.LastIndexByte(text, ' ')+1:]
	for i := range len(last) {
		if !isName(last[i]) && strings.IndexByte(".<>()-", last[i]) < 0 {
			return false
		}
	}
	return last != "" && !isDigit(last[0])
}

// namesError reports whether a line names an error in its course: `order 1 failed: ReferenceError: x is not defined`.
func namesError(s string) bool {
	for i := 0; i < len(s); {
		j := strings.Index(s[i:], "rror")
		if k := strings.Index(s[i:], "xception"); k >= 0 && (j < 0 || k < j) {
			j = k + len("xception")
		} else if j >= 0 {
			j += len("rror")
		} else {
			return false
		}
		if i += j; i == len(s) || s[i] == ':' || s[i] == ' ' || s[i] == ']' {
			return true
		}
	}
	return false
}

// isHead reports a line that names an exception, as the first line of a trace does, or that stands above the source in which one was
// thrown. What is below is its message until the trace comes.
func isHead(ln *line) bool {
	b := ln.body
	switch b[0] {
	case '/', '<', '[', 'f', 'n', 'e':
		if isScriptPlace(b) {
			return true
		}
	case '=':
		return strings.HasPrefix(b, "==================") && strings.Trim(b, "=") == ""
	case 'r':
		if strings.HasPrefix(b, "runtime: ") {
			return true
		}
	}
	if rest, ok := causeOf(b); ok {
		b = rest
	}
	return isTypeHead(b) || strings.HasPrefix(b, "Assertion failed")
}

// isTypeHead reports `[module/]package.Type: message`, `Type: message` where Type ends as the names of exceptions do, or either alone.
func isTypeHead(b string) bool {
	n, dot := 0, -1
	for n < len(b) && (isName(b[n]) || b[n] == '.' || b[n] == '/' || b[n] == '@' || b[n] == '-') {
		if b[n] == '.' || b[n] == '/' {
			dot = n
		}
		n++
	}
	name := b[dot+1 : n]
	if name == "" || n < len(b) && b[n] != ':' && !strings.HasPrefix(b[n:], " [") && b[n:] != " {" {
		return false
	}
	if dot > 0 && isUpper(name[0]) {
		return b[n-1] != '-' && (n < len(b) || errorName(name))
	}
	return errorName(name)
}

// errorEnds are the ends of names of exception classes.
var errorEnds = [...]string{"Error", "Exception", "Throwable", "Failure", "Rejection", "Warning", "Interrupt", "Exit", "Iteration"}

func errorName(name string) bool {
	if !isUpper(name[0]) {
		return false
	}
	for _, end := range errorEnds {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}

// isScriptPlace reports the line that Node prints above the source of an uncaught error: /app/main.js:10, node:internal/x:391.
func isScriptPlace(b string) bool {
	n := len(b)
	for n > 0 && isDigit(b[n-1]) {
		n--
	}
	if n == len(b) || n < 3 || b[n-1] != ':' || len(b)-n > 7 {
		return false
	}
	file := b[:n-1]
	return file[0] == '/' || strings.HasPrefix(file, "file://") || strings.HasPrefix(file, "node:") || strings.HasPrefix(file, "evalmachine.") ||
		file[0] == '<' && file[len(file)-1] == '>' || file == "[worker eval]" || file == "[eval]" || file == "[stdin]"
}
