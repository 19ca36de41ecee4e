package stacktrace

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The lines of CPython's Lib/traceback.py (TracebackException.format), as far as the text of one line tells what it is.
const (
	pyHeader      = "Traceback (most recent call last):"
	pyGroupHeader = "Exception Group Traceback (most recent call last):"
	pyThreadMark  = "Exception in thread " // threading.excepthook
	pyQuote       = `"""`                  // multiprocessing and concurrent.futures quote the other process's traceback
)

// pyFrameLine reads `  File "path", line 12, in function`; loguru marks the frame that caught the exception with `>`, SyntaxErrors have no
// function (better_exceptions prints theirs without indentation), faulthandler's frames no comma.
func pyFrameLine(s string) (path, function string, line int, ok bool) {
	const mark = `File "`
	if len(s) > 2 && (s[0] == ' ' || s[0] == '>') && s[1] == ' ' {
		s = s[2:]
	}
	if s, ok = strings.CutPrefix(s, mark); !ok {
		return "", "", 0, false
	}
	path, rest, ok := strings.Cut(s, `", line `)
	if !ok {
		return "", "", 0, false
	}
	line, rest, ok = pyNumber(rest)
	if !ok {
		return "", "", 0, false
	}
	if rest = strings.TrimPrefix(rest, ","); rest == "" {
		return path, "", line, true
	}
	function, ok = strings.CutPrefix(rest, " in ")
	return path, function, line, ok
}

// pyNumber reads digits. Numbers that no source file has lines for are 0, unknown.
func pyNumber(s string) (n int, rest string, ok bool) {
	i := 0
	for i < len(s) && pyDigit(s[i]) {
		if n < 1e8 {
			n = n*10 + int(s[i]-'0')
		}
		i++
	}
	if n >= 1e8 {
		n = 0
	}
	return n, s[i:], i > 0
}

// pyRepeated reads `  [Previous line repeated 12 more times]`.
func pyRepeated(s string) (times int, ok bool) {
	rest, ok := strings.CutPrefix(s, "  [Previous line repeated ")
	if !ok {
		return 0, false
	}
	times, rest, ok = pyNumber(rest)
	return times, ok && strings.HasPrefix(rest, " more time")
}

// pySeparator gives the link that a line between two exceptions stands for, as the SDK names it, or "".
func pySeparator(s string) string {
	switch {
	case strings.HasPrefix(s, "The above exception was the direct cause"):
		return "__cause__"
	case strings.HasPrefix(s, "During handling of the above exception"):
		return "__context__"
	}
	return ""
}

// pyExceptionLine reads `module.Type: message`. The type is a dotted path of names, `<locals>` among them.
func pyExceptionLine(s string) (name, message string, ok bool) {
	i, begun := 0, false // begun: inside of a name
	for i < len(s) {
		c := s[i]
		switch {
		case c == '_' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= utf8.RuneSelf:
			begun = true
		case begun && (pyDigit(c) || c == '-'): // scripts that are imported may have a hyphen
		case begun && c == '.':
			begun = false
		case !begun && strings.HasPrefix(s[i:], "<locals>."):
			i += len("<locals>") // at the dot
		default:
			return pyCutMessage(s, i, begun)
		}
		i++
	}
	return s, "", begun
}

func pyCutMessage(s string, i int, begun bool) (name, message string, ok bool) {
	if !begun {
		return "", "", false
	}
	if s[i] == ':' && (i+1 == len(s) || s[i+1] == ' ') {
		return s[:i], s[min(i+2, len(s)):], true
	}
	return s[:i], "", strings.TrimSpace(s[i:]) == ""
}

// pyErrorName tells whether a line that looks like `word: text` is rather an exception than prose: its type is qualified or a class.
func pyErrorName(s string) bool {
	name, _, ok := pyExceptionLine(s)
	if !ok {
		return false
	}
	dot := strings.LastIndexByte(name, '.')
	if !pyUpper(name[dot+1:]) {
		return false
	}
	if dot > 0 || len(name) < len(s) && s[len(name)] == ':' {
		return !pyShouted(name)
	}
	for _, suffix := range [...]string{"Error", "Exception", "Exit", "Interrupt", "Iteration", "Group", "Warning"} {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return false
}

// pyShouted tells whether a word is all capitals: ERROR, INFO, NOTE.
func pyShouted(s string) bool {
	return strings.IndexFunc(s, unicode.IsLower) < 0
}

// pyUpper tells whether a name begins like a class: a capital after underscores.
func pyUpper(name string) bool {
	r, _ := utf8.DecodeRuneInString(strings.TrimLeft(name, "_"))
	return unicode.IsUpper(r)
}

// pyBlank tells whether a line has nothing to see.
func pyBlank(s string) bool { return strings.TrimSpace(s) == "" }

// pyMark is what a line in the margin of an exception group is.
type pyMark int

const (
	pyNoMark    pyMark = iota
	pyTop              // `  + Exception Group Traceback ...`
	pyBar              // `  | text`
	pyFirstRule        // `  +-+---------------- 1 ----------------`
	pyRule             // `    +---------------- 2 ----------------`
	pyMoreRule         // `    +---------------- ... ----------------`: members left out
	pyLastRule         // `    +------------------------------------`
)

// pyGroupLine reads the margin of a group. depth is how deep the group nests; 1 is the outermost.
func pyGroupLine(s string) (depth int, mark pyMark, text string) {
	n := 0
	for n < len(s) && s[n] == ' ' {
		n++
	}
	if n == 0 || n%2 != 0 || n == len(s) {
		return 0, pyNoMark, ""
	}
	depth, text = n/2, s[n+1:]
	switch s[n] {
	case '|':
		return depth, pyBar, strings.TrimPrefix(text, " ")
	case '+':
	default:
		return 0, pyNoMark, ""
	}
	if header, ok := strings.CutPrefix(text, " "); ok {
		return depth, pyTop, header
	}
	if strings.HasPrefix(text, "-+---") {
		return depth, pyFirstRule, ""
	}
	rest := strings.TrimLeft(text, "-")
	switch {
	case len(text)-len(rest) < 4:
		return 0, pyNoMark, ""
	case rest == "":
		return depth, pyLastRule, ""
	case strings.HasPrefix(rest, " ..."):
		return depth, pyMoreRule, ""
	}
	return depth, pyRule, ""
}

// pyAfter tells whether a line below an exception is no part of its message: logging's stack of the log call, logging's report of its own
// failure, the next uncaught exception.
func pyAfter(s string) bool {
	if s == "" {
		return false
	}
	switch s[0] {
	case 'S':
		return strings.HasPrefix(s, "Stack (most recent call last):")
	case 'C':
		return s == "Call stack:"
	case '-':
		return s == "--- Logging error ---"
	case 'T', 'F': // asyncio
		return s == "Task exception was never retrieved" || s == "Future exception was never retrieved"
	case 'E':
		return strings.HasPrefix(s, "Exception ignored ") || strings.HasPrefix(s, "Exception in callback ") ||
			strings.HasPrefix(s, pyThreadMark) && strings.HasSuffix(s, ":")
	}
	return false
}

// pyGroupSize gives where ` (3 sub-exceptions)` stands in a group's text: at the end of a line of it.
func pyGroupSize(s string) (start, end int) {
	for from := 0; ; {
		i := strings.Index(s[from:], " sub-exception")
		if i < 0 {
			return -1, -1
		}
		i += from
		from = i + len(" sub-exception")
		end = from
		if end < len(s) && s[end] == 's' {
			end++
		}
		start = i
		for start > 0 && pyDigit(s[start-1]) {
			start--
		}
		if start == i || !strings.HasSuffix(s[:start], " (") || !strings.HasPrefix(s[end:], ")") {
			continue
		}
		if end++; end == len(s) || s[end] == '\n' {
			return start - 2, end
		}
	}
}

// pySuggestion gives where `. Did you mean: 'x'?` stands in a message: traceback prints it behind str(), of which it is no part.
func pySuggestion(name, message string) (start, end int) {
	switch name {
	case "AttributeError", "NameError", "UnboundLocalError", "ImportError":
	default:
		return -1, -1
	}
	end = len(message)
	if i := strings.IndexByte(message, '\n'); i >= 0 {
		end = i
	}
	if !strings.HasSuffix(message[:end], "'?") {
		return -1, -1
	}
	for _, mark := range [...]string{". Did you mean: '", ". Did you forget to import '"} {
		if start = strings.Index(message[:end], mark); start >= 0 {
			return start, end
		}
	}
	return -1, -1
}
