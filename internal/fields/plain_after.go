package fields

import (
	"strings"
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
	if column := trimSpace(line[r.p+last+len("¦"):]); column != "" && !errorHeader(column) && !qualifiedError(column) {
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
	} else if !r.takeGroup(open, text, len(inner) == springThread) {
		return false
	}
	r.p = end
	if r.p < len(s) && s[r.p] == ':' {
		r.p = blanks(s, r.p+1)
		return r.done()
	}
	return true
}

// springThread is how wide Spring Boot prints a thread's name ([%15.15t]).
const springThread = 15

// takeGroup decides what a group is. False: it is part of the message.
func (r *headReader) takeGroup(open byte, text string, wide bool) bool {
	h := &r.head
	switch {
	case text == "":
	case !r.timed && r.takeTime(text):
	case digits(text) == len(text):
		h.block = open == '(' // pino-pretty: (pid)
	case idGroup(text):
	case r.spring: // application, thread, correlation; by default only the thread has that width
		if wide || !r.wide {
			h.thread, r.wide = text, r.wide || wide
		}
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
