package fields

import (
	"strings"
	"unicode"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// afterLevel reads what stands between the level and the message: names, places, threads and what separates them.
func (r *headReader) afterLevel() {
	h := &r.head
	switch {
	case r.p < r.end && r.s[r.p] == '\t':
		r.tabs()
	case r.basicPython(), r.dotnet(), r.bunyan():
	default:
		r.names()
	}
	if h.logger == "" {
		h.logger = r.nameBefore()
	}
	if h.logger == "" && plainName(r.after) && !strings.ContainsAny(r.after, "0123456789") {
		h.logger = r.after
	}
	if h.thread == "" && r.group != h.logger && (h.logger != "" && !r.boxed && (r.grouped || !r.timed) && threadName(r.group) || threadWords(r.group)) {
		h.thread = r.group
	}
	if h.logger == "" && h.thread == "" && r.boxed && r.grouped && plainName(r.group) && !idGroup(r.group) { // spdlog, fern: [time] [name] [level]
		h.logger = r.group
	}
	h.message = r.p
	r.broken()
}

// broken: a layout with broken bars, which nobody's words have, is columns: the message is the last, or the one before the throwable's.
func (r *headReader) broken() {
	line := r.s[:r.end]
	if !strings.Contains(line[:r.p], "¦") {
		return
	}
	last := strings.LastIndex(line[r.p:], "¦")
	if last < 0 {
		return
	}
	h := &r.head
	if column := line[r.p+last+len("¦"):]; column != "" && !errorHeader(column) && !qualifiedError(column) {
		h.message = r.p + last + len("¦")
		return
	}
	h.end = r.p + last
	if before := strings.LastIndex(line[r.p:h.end], "¦"); before >= 0 {
		h.message = r.p + before + len("¦")
	}
}

// dotnet reads what .NET's console formatter prints: the category and the event's id up to the line's end, the message below it.
func (r *headReader) dotnet() bool {
	line := r.s[:r.end]
	if r.timed || r.boxed || r.p >= len(line) || line[r.p] != ':' || r.end == len(r.s) {
		return false
	}
	p := blanks(line, r.p+1)
	if n := category(line[p:]); n == 0 || trimRight(line[p+n:]) != "" {
		return false
	}
	r.head.logger = line[p : p+strings.IndexByte(line[p:], '[')]
	r.p = r.end
	return true
}

// bunyan reads what bunyan's command line prints: `LEVEL: name/pid on host: text`.
func (r *headReader) bunyan() bool {
	line := r.s[:r.end]
	if r.p+2 >= len(line) || !strings.HasPrefix(line[r.p:], ": ") || !r.timed {
		return false
	}
	p := r.p + 2
	on := strings.Index(line[p:min(len(line), p+maxGroup)], " on ")
	slash := strings.LastIndexByte(line[p:p+max(on, 0)], '/') // name, component, pid
	if slash <= 0 || strings.IndexByte(line[p:p+slash], ' ') >= 0 {
		return false
	}
	n := digits(line[p+slash+1:])
	host := p + slash + 1 + n
	if n == 0 || !strings.HasPrefix(line[host:], " on ") {
		return false
	}
	colon := strings.Index(line[host+4:], ": ")
	if colon <= 0 || strings.IndexByte(line[host+4:host+4+colon], ' ') >= 0 {
		return false
	}
	r.head.logger, r.p = line[p:p+slash], host+4+colon+2
	return true
}

// nameBefore is the logger of layouts that print it before the level.
func (r *headReader) nameBefore() string {
	if r.name == "" || strings.ContainsAny(r.name, "@") {
		return ""
	}
	return loggerName(r.name)
}

// tabs reads zap's console layout and its kin (Caddy): time, level, name, caller, message and fields, a tab between each.
func (r *headReader) tabs() {
	for p := r.p + 1; ; {
		r.p = p
		i := strings.IndexByte(r.s[p:r.end], '\t')
		if i < 0 {
			return
		}
		field := r.s[p : p+i]
		place := codePlace(field)
		switch {
		case !r.timed && r.takeTime(field):
		case uuid(field): // AWS Lambda: the request's id
		case place.Filename != "":
			r.head.code = place
			r.p = p + i + 1
			return
		case r.head.logger == "" && plainName(field):
			r.head.logger = field
		default:
			return
		}
		p += i + 1
	}
}

// basicPython reads logging.BASIC_FORMAT: LEVEL:name:message.
func (r *headReader) basicPython() bool {
	s := r.s[:r.end]
	if r.boxed || r.p+1 >= len(s) || s[r.p] != ':' || isBlank(s[r.p+1]) {
		return false
	}
	r.p++
	if i := strings.IndexByte(s[r.p:], ':'); i > 0 && plainName(s[r.p:r.p+i]) {
		r.head.logger = s[r.p : r.p+i]
		r.p += i + 1
	}
	return true
}

// names reads up to the message, token by token.
func (r *headReader) names() {
	r.closing()
	if r.boxed && r.head.pairs || r.head.logger != "" { // structlog's event follows at once, as does Monolog's message
		return
	}
	for i := 0; i < maxTokens; i++ {
		s := r.s[:r.end]
		r.p = blanks(s, r.p)
		if r.p >= len(s) {
			return
		}
		if !r.timed {
			if t, n := readTime(s[r.p:]); n > 0 && (isDigit(s[r.p]) || n > 14) {
				r.timed, r.head.time = true, t
				r.comma = n > 19 && s[r.p+19] == ','
				r.p += n
				r.closing()
				continue
			}
		}
		if !r.separator(s) && !r.groupAfter(s) && !r.numberAfter(s) && !r.nameAfter(s) {
			return
		}
		if r.tail < 0 {
			return
		}
	}
}

// closing skips the brackets, bars and colons that end the level itself.
func (r *headReader) closing() {
	for r.p < r.end {
		switch c := r.s[r.p]; {
		case c == ']' || c == ')' || c == '>':
			if r.inner > 0 {
				r.inner--
			}
		case c == ':' || isBlank(c):
		case c == ';': // columns
			r.semi = true
		case c == '/' && r.inner > 0: // Celery: ERROR/MainProcess]
			for r.p < r.end && r.s[r.p] != ']' {
				r.p++
			}
			continue
		default:
			return
		}
		r.p++
	}
}

// done ends the header: the message begins at p.
func (r *headReader) done() bool {
	r.tail = -1
	return true
}

// separator takes a separator; all but a bar and Spring's --- end the header.
func (r *headReader) separator(s string) bool {
	rest := s[r.p:]
	switch {
	case strings.HasPrefix(rest, "--- "):
		r.p += 4
		r.spring = true
		return true
	case rest[0] == '|' || rest[0] == ';' && r.semi:
		r.p++
		r.bar = true
		return true
	case strings.HasPrefix(rest, "¦"):
		r.p += len("¦")
		r.bar = true
		return true
	case strings.HasPrefix(rest, "-- "):
		r.p += 3
	case strings.HasPrefix(rest, "- "):
		r.p += 2
		if r.head.logger == "" && r.name == "" && r.nameThenDash(s) {
			return true
		}
	case strings.HasPrefix(rest, ": "):
		r.p += 2
	case strings.HasPrefix(rest, "]"), strings.HasPrefix(rest, ")"):
		if r.inner == 0 {
			return false
		}
		r.inner--
		r.p++
		return true
	default:
		return false
	}
	r.p = blanks(s, r.p)
	return r.done()
}

// nameThenDash: `LEVEL - name - text`: the name still belongs to the header.
func (r *headReader) nameThenDash(s string) bool {
	p := blanks(s, r.p)
	n := strings.IndexByte(s[p:], ' ')
	if n <= 0 || !strings.HasPrefix(s[p+n:], " - ") || !plainName(s[p:p+n]) {
		return false
	}
	r.head.logger = loggerName(s[p : p+n])
	r.p = p + n + 3
	return r.done()
}

// groupAfter reads a group in brackets after the level: thread, logger, place, ids.
func (r *headReader) groupAfter(s string) bool {
	open := s[r.p]
	if open != '[' && open != '(' && open != '<' && open != '{' {
		return false
	}
	inner, end := group(s, r.p)
	if end < 0 || end < len(s) && !isBlank(s[end]) && s[end] != ':' && s[end] != '[' && s[end] != '|' && s[end] != '(' {
		return false
	}
	text := trimSpace(inner)
	if place := codePlace(text); place.Filename != "" {
		r.head.code = place
	} else if !r.takeGroup(open, text) {
		return false
	}
	r.p = end
	if r.p < len(s) && s[r.p] == ':' {
		r.p = blanks(s, r.p+1)
		return r.done()
	}
	return true
}

// takeGroup decides what a group is. False: it is part of the message.
func (r *headReader) takeGroup(open byte, text string) bool {
	h := &r.head
	switch {
	case text == "":
	case !r.timed && r.takeTime(text):
	case digits(text) == len(text):
		h.block = open == '(' // pino-pretty: (pid)
	case idGroup(text):
	case r.spring:
		h.thread = text
	case open == '{':
		return false
	case open == '(' && h.logger != "" || threadWords(text):
		h.thread = text
	case strings.ContainsAny(text, " \t"):
		return strings.HasPrefix(text, "pid ") || strings.HasPrefix(text, "client ") // Apache
	case open == '(':
		h.logger, _, h.block = strings.Cut(text, "/") // pino-pretty, bunyan: name/pid
	case open == '<':
	case h.logger == "" && dotted(text):
		h.logger = text
	case r.group == "":
		r.group, r.after = text, text
	default: // the nearest to the message is the name
		r.after = text
	}
	return true
}

func (r *headReader) takeTime(text string) bool {
	t, n := readTime(text)
	if n == 0 || n < len(text) {
		return n > 0
	}
	r.timed, r.head.time = true, t
	return true
}

// numberAfter takes a process id where the layout shows that it is one.
func (r *headReader) numberAfter(s string) bool {
	n := digits(s[r.p:])
	if n == 0 {
		return false
	}
	p := r.p + n
	switch {
	case strings.HasPrefix(s[p:], " --- "): // Spring Boot
	case strings.HasPrefix(s[p:], "#"): // nginx: pid#tid: *connection
		for p < len(s) && !isBlank(s[p]) {
			p++
		}
		q := blanks(s, p)
		if q < len(s) && s[q] == '*' && digits(s[q+1:]) > 0 {
			p = q + 1 + digits(s[q+1:])
		}
		r.p = blanks(s, p)
		return r.done()
	default:
		return false
	}
	r.p = p
	return true
}

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
		r.p = blanks(s, r.p)
		return r.done()
	}
	return true
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
	if isUpper(name[0]) && strings.IndexFunc(name[1:], unicode.IsUpper) < 0 && !(r.boxed && r.short) {
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
	if dot <= 0 || len(file)-dot > 6 || strings.ContainsAny(file, " \t()<>=") || !isAlpha(file[dot+1]) && len(file)-dot > 1 {
		return f
	}
	if len(file)-dot == 1 {
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
