package fields

import (
	"strings"
	"unicode"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// nameAfter reads a name after the level, if what follows it shows that it is no word of the message.
func (r *headReader) nameAfter(s string) bool {
	if strings.HasPrefix(s[r.p:], "in ") && r.inName(s) {
		return r.done()
	}
	if r.target(s) {
		return r.done()
	}
	n := 0
	for r.p+n < len(s) && !isBlank(s[r.p+n]) && s[r.p+n] != '|' && !strings.HasPrefix(s[r.p+n:], "¦") && (s[r.p+n] != ']' || r.inner == 0) && (s[r.p+n] != ';' || !r.semi) {
		n++
	}
	h := &r.head
	token, next := s[r.p:r.p+n], s[r.p+n:]
	colon := strings.HasSuffix(token, ":") && !strings.HasSuffix(token, "::")
	name := token
	if colon {
		name = token[:n-1]
	}
	if !plainName(name) {
		return false
	}
	after := next[blanks(next, 0):]
	place := codePlace(name)
	switch {
	case place.Filename != "":
		if i := strings.IndexByte(name, ':'); i > 0 && strings.IndexByte(name[i+1:], ':') > 0 { // name:file.py:12
			place = codePlace(name[i+1:])
			r.setName(name[:i])
		}
		r.head.code = place
	case r.inner > 0:
		r.setName(name)
	case h.logger != "" && (!r.bar || dotted(h.logger)) && !r.threadThenName(name, after):
		return false
	case colon && r.trusted(name, next), strings.HasPrefix(after, "- "), strings.HasPrefix(after, "-- "), strings.HasPrefix(after, ": "), strings.HasPrefix(after, "--- "):
		r.setName(name)
	case strings.HasPrefix(after, "|"), strings.HasPrefix(after, "¦"), r.semi && strings.HasPrefix(after, ";"):
		r.setName(name)
	case strings.HasPrefix(after, "[") && dotted(name):
		r.setName(name)
	case r.threadThenName(name, after):
		r.head.thread = name
	case dotted(name) && javaClass(name) && (r.comma || !r.timed) && r.name == "" && h.logger == "":
		r.setName(name)
		r.p = blanks(s, r.p+n)
		return r.done()
	case !colon && pairsThenDash(after) > 0: // logback's %logger %mdc - and %logger -%kvp-
		r.setName(name)
		r.p = r.end - len(after) + pairsThenDash(after)
		return r.done()
	case r.ids >= 2 && !colon && r.name == "" && strings.ContainsAny(name, "._"): // %(process)d %(thread)d %(levelname)s %(module)s
		r.setName(name)
		r.p = blanks(s, r.p+n)
		return r.done()
	case r.longIDs(after):
		r.setName(name)
		return r.done()
	case dotted(name) && (r.comma || r.boxed) && r.name == "" && r.head.logger == "" && !hostLike(name):
		r.setName(name)
		r.p = blanks(s, r.p+n)
		return r.done()
	default:
		return false
	}
	r.p += n
	if colon {
		h.hclog = r.boxed && r.first
		r.p = blanks(s, r.p)
		return r.done()
	}
	return true
}

// pairsThenDash is the length of key=value pairs with a dash behind them, 0 where none stand there.
func pairsThenDash(s string) int {
	if strings.HasPrefix(s, "-") && keyAt(s, 1) > 0 {
		if i := strings.Index(s, "- "); i > 0 {
			return i + 2
		}
		return 0
	}
	p := 0
	for keyAt(s, p) > 0 {
		p = blanks(s, wordEnd(s, p))
	}
	if p > 0 && strings.HasPrefix(s[p:], "- ") {
		return p + 2
	}
	return 0
}

// setName takes a name for the logger; one that stood there before it was the thread.
func (r *headReader) setName(name string) {
	if strings.IndexByte(name, '@') >= 0 { // a host
		return
	}
	if r.head.logger != "" && r.head.thread == "" {
		r.head.thread = r.head.logger
	}
	r.head.logger = loggerName(name)
}

// inName: Flask's `LEVEL in module: text`, logback's own `LEVEL in class - text`.
func (r *headReader) inName(s string) bool {
	rest := s[r.p+3:]
	n := strings.IndexByte(rest, ' ')
	if n <= 0 {
		return false
	}
	name := strings.TrimSuffix(rest[:n], ":")
	if !plainName(name) || len(name) == n && !strings.HasPrefix(rest[n:], " - ") {
		return false
	}
	r.head.logger = name
	r.p += 3 + n
	if len(name) == n {
		r.p += 2
	}
	r.p = blanks(s, r.p)
	return true
}

// target: Rust's tracing prints spans and then `crate::module: text`.
func (r *headReader) target(s string) bool {
	window := s[r.p:min(len(s), r.p+maxHead)]
	for p := 0; p < len(window); {
		n := p
		for n < len(window) && !isBlank(window[n]) {
			if window[n] == '{' {
				_, end := group(window, n)
				if end < 0 {
					return false
				}
				n = end
				continue
			}
			n++
		}
		token := window[p:n]
		if !strings.HasSuffix(token, ":") && p > 0 || token == "" {
			return false
		}
		name := strings.TrimSuffix(token, ":")
		if len(name) < len(token) && strings.Contains(name, "::") && plainName(name) && n < len(window) {
			r.head.logger = name
			r.p = blanks(s, r.p+n)
			return true
		}
		p = blanks(window, n)
	}
	return false
}

// threadThenName: `thread name: text`; only a dotted second name is certain.
func (r *headReader) threadThenName(name, after string) bool {
	n := strings.IndexByte(after, ' ')
	if n <= 1 || after[n-1] != ':' || dotted(name) {
		return false
	}
	second := after[:n-1]
	return dotted(second) && plainName(second) && !errorName(second)
}

// longIDs skips process and thread id after a name, as in Django's "verbose" format.
func (r *headReader) longIDs(after string) bool {
	n := digits(after)
	if n == 0 || n >= len(after) || after[n] != ' ' {
		return false
	}
	m := digits(after[n+1:])
	if m < 8 || n+1+m >= len(after) || after[n+1+m] != ' ' {
		return false
	}
	r.p = r.end - len(after) + n + 1 + m + 1
	return true
}

// trusted: a name before a colon is a logger's where it looks like no sentence and no exception.
func (r *headReader) trusted(name, next string) bool {
	if next != "" && !isBlank(next[0]) || errorName(name) || errorCode(name) {
		return false
	}
	if dotted(name) {
		return true
	}
	if isUpper(name[0]) && strings.IndexFunc(name[1:], unicode.IsUpper) < 0 && (!r.boxed || !r.short) {
		return false // a word that begins a sentence: class names have humps; after Serilog's [ERR] stands no sentence but its source
	}
	return r.boxed || r.group != "" || r.head.thread != "" || r.bar || r.slash && r.head.code.Filename != ""
}

func errorName(name string) bool {
	return strings.HasSuffix(name, "Error") || strings.HasSuffix(name, "Exception") || strings.HasSuffix(name, "Warning") || name == "Caused" || name == "panic"
}

// errorCode: capitals and digits, as in AH00957 and WFLYTX0013.
func errorCode(name string) bool {
	return strings.ContainsAny(name, "0123456789") && strings.IndexFunc(name, unicode.IsLower) < 0
}

// idGroup: brackets with ids or key=value in them, not with a name: MDC, correlation ids, [app,trace,span].
func idGroup(text string) bool {
	if digits(text) == len(text) || strings.IndexFunc(text, unicode.IsLetter) < 0 {
		return true
	}
	word, _, _ := strings.Cut(text, " ")
	if strings.ContainsAny(word, "=,") {
		return true
	}
	for i := 0; i < len(text); i++ {
		if n := hexRun(text[i:]); n >= 16 {
			return true
		} else if n > 0 {
			i += n - 1
		}
	}
	return uuid(text)
}

func uuid(s string) bool {
	return len(s) == 36 && s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-'
}

// dotted: a name with parts.
func dotted(name string) bool {
	for i := 1; i < len(name)-1; i++ {
		if name[i] == '.' || name[i] == ':' && name[i+1] == ':' || name[i] == '/' {
			return isAlpha(name[0]) || name[0] == '_' || name[0] == '$'
		}
	}
	return false
}

// hostLike: a name whose last part is a common top-level domain or a file's ending.
func hostLike(name string) bool {
	switch name[strings.LastIndexByte(name, '.')+1:] {
	case "com", "net", "org", "io", "dev", "local", "internal", "py", "js", "go", "java", "json", "yaml", "yml", "txt", "log":
		return true
	}
	return strings.IndexByte(name, '/') >= 0
}

// plainName: the letters of logger names, threads, modules and places.
func plainName(s string) bool {
	if s == "" || len(s) > maxGroup || !isAlpha(s[0]) && s[0] != '_' && s[0] != '$' && s[0] != '/' && s[0] != '<' {
		return false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; !isWord(c) && strings.IndexByte(".$-/:#@<>[]()+*~\\", c) < 0 {
			return false
		}
	}
	return true
}

// loggerName cuts what loggers print behind the name: loguru's function and line, coloredlogs' process id, Celery's task id.
func loggerName(name string) string {
	if i := strings.IndexByte(name, '['); i > 0 && strings.HasSuffix(name, "]") {
		name = name[:i]
	}
	for i := 1; i < len(name); i++ {
		if name[i] == ':' {
			if i+1 < len(name) && name[i+1] == ':' {
				i++
				continue
			}
			if i+1 < len(name) {
				return name[:i]
			}
		}
	}
	return name
}

// threadWords: brackets with the words that thread pools put in their threads' names.
func threadWords(s string) bool {
	for _, w := range [...]string{"thread", "Thread", "-exec-", "worker", "Worker", "pool-", "executor", "dispatcher", "scheduling-", "eventLoop", "EventLoop", "EventExecutor"} {
		if strings.Contains(s, w) {
			return true
		}
	}
	return s == "main"
}

// threadName: a group that may name a thread: no id, no number, no key=value.
func threadName(s string) bool {
	return s != "" && digits(s) != len(s) && strings.IndexByte(s, '=') < 0 && (strings.IndexByte(s, ' ') < 0 || threadWords(s) || strings.IndexByte(s, '#') >= 0)
}

// codePlace reads file.ext:12, with a function before it or not; no file: it is none.
func codePlace(s string) (f sentry.Frame) {
	i := strings.LastIndexByte(s, ':')
	if i <= 0 || len(s)-i > 8 {
		return f
	}
	n := digits(s[i+1:])
	if n == 0 || n != len(s)-i-1 {
		return f
	}
	file := s[:i]
	dot := strings.LastIndexByte(file, '.')
	if ext := len(file) - dot - 1; dot <= 0 || ext == 0 || ext > 5 || !isAlpha(file[dot+1]) || strings.ContainsAny(file, " \t()<>=") {
		return f
	}
	setFile(&f, file)
	f.Lineno = atoi(s[i+1:])
	return f
}

// setFile puts a path where Sentry wants it: absolute ones are abs_path.
func setFile(f *sentry.Frame, path string) {
	if strings.HasPrefix(path, "/") {
		f.AbsPath = path
	}
	f.Filename = path
}
