package fields

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// head is what the header of a plain line says: all that a logger prints before the app's own words.
type head struct {
	severity       plog.SeverityNumber
	time           sentry.Time
	logger, thread string
	code           sentry.Frame
	// message is where the app's words begin.
	message int
	// end is where they end, 0: where the text does.
	end int
	// pairs: the logger prints fields as key=value after the message.
	pairs bool
	// hclog: the level in brackets and a name with a colon; where pairs follow the message, it ends in a colon too.
	hclog bool
	// block: fields follow on lines of their own, indented (pino-pretty, charmbracelet/log).
	block bool
	// php: PHP's own error, its place at the end of the message.
	php bool
	// known: something of a header was found.
	known bool
}

// Limits of a header. Layouts that print more before the message are unknown to us; what is bounded here is the work on lines without any header.
const (
	maxHead   = 400 // bytes in which the level must stand
	maxGroup  = 200 // bytes inside one pair of brackets
	maxTokens = 14
)

// headReader walks a header token by token. It knows no layout by name: a header is a time, a level, names in brackets or before a separator, in any
// order; the level is certain only at a place where loggers print it.
type headReader struct {
	s     string // the text; only its first line up to maxHead is read
	end   int    // end of that line
	p     int
	head  head
	timed bool   // a time has been read
	first bool   // the time was the first thing of the line
	slash bool   // the time has Go's slashes
	comma bool   // the time has a comma before its milliseconds: Python's and log4j's default
	words int    // plain words before the level
	group string // the last group before the level, or the first after it
	// grouped: that group stands behind the time.
	grouped bool
	name    string // the last name before the level
	bar     bool   // a bar stands directly before p
	inner   int    // brackets that were opened around the header and not closed yet
	some    int    // tokens read
	boxed   bool   // the level stands in brackets or between bars
	short   bool   // the level is abbreviated
	start   int    // where the line begins
	tail    int    // where the time ends
	spring  bool   // Spring Boot's ---
	semi    bool   // semicolons stand between the parts
	wide    bool   // the thread is as wide as Spring Boot prints it
	ids     int    // numbers before the level
	after   string // the last group after the level
}

// readHead reads the header of a plain text. full: not only the level.
func readHead(s string, full bool) head {
	start := 0
	for start < len(s) && isSpace(s[start]) {
		start++
	}
	if start == len(s) {
		return head{message: len(s)}
	}
	severity, past := syslogPriority(s, start)
	h := headFrom(s, past, full)
	if past > start {
		h.severity, h.known = severity, true
	}
	return h
}

// headFrom reads the header that begins at start.
func headFrom(s string, start int, full bool) head {
	if start >= len(s) {
		return head{message: len(s)}
	}
	if h, ok := ownLayout(s, start, full); ok {
		return h
	}
	r := headReader{s: s, p: start, end: len(s), start: start, tail: start}
	if i := strings.IndexByte(s[start:], '\n'); i >= 0 {
		r.end = start + i
	}
	if r.findLevel() {
		if full {
			r.afterLevel()
		}
		return r.head
	}
	r.head.severity = plog.SeverityNumberUnspecified
	if r.first && r.secondLine(full) {
		return r.head
	}
	if full {
		r.noLevel()
	}
	return r.head
}

// findLevel walks to the level. False: the line has none that is certain.
func (r *headReader) findLevel() bool {
	limit := min(r.end, r.p+maxHead)
	for ; r.some < maxTokens; r.some++ {
		r.separators(limit)
		if r.p >= limit {
			return false
		}
		if r.readTime() {
			continue
		}
		switch c := r.s[r.p]; {
		case c == '[' || c == '(' || c == '<' || c == '{' && r.timed:
			if found, more := r.bracket(limit); found || !more {
				return found
			}
		case isAlpha(c) || c >= 0x80:
			if r.levelHere(limit) {
				return true
			}
			if !r.nameToken(limit) {
				return false
			}
			if r.head.severity != plog.SeverityNumberUnspecified {
				return true
			}
		case isDigit(c):
			if !r.numberToken(limit) {
				return false
			}
		case c == '_' || c == '$':
			if !r.nameToken(limit) {
				return false
			}
		default:
			return false
		}
	}
	return false
}

// separators skips what loggers print between the parts of a header.
func (r *headReader) separators(limit int) {
	r.bar = false
	for r.p < limit {
		switch c := r.s[r.p]; {
		case isBlank(c) || c == '\r':
		case c == '|':
			r.bar = true
		case c == 0xc2 && r.p+1 < limit && r.s[r.p+1] == 0xa6: // the broken bar
			r.bar = true
			r.p++
		case c == ']' || c == ')' || c == '>':
			if r.inner > 0 {
				r.inner--
			}
		case c == '-' || c == ':' || c == ',' || c == ';':
			if r.some == 0 {
				return
			}
		default:
			return
		}
		r.p++
	}
}

func (r *headReader) readTime() bool {
	if r.timed {
		return false
	}
	c := r.s[r.p]
	if !isDigit(c) && !isUpper(c) {
		return false
	}
	t, n := readTime(r.s[r.p:r.end])
	if n == 0 {
		return false
	}
	at := r.s[r.p : r.p+n]
	r.timed, r.head.time, r.head.known = true, t, true
	r.slash = len(at) > 4 && at[4] == '/'
	r.comma = len(at) > 19 && at[19] == ','
	r.first = r.some == 0 || r.some == 1 && r.inner == 1
	r.p += n
	r.tail = r.p
	return true
}

// bracket reads a group in brackets: a level, a time with other things, or a name. more is false where the message begins.
func (r *headReader) bracket(_ int) (found, more bool) {
	inner, end := group(r.s[:r.end], r.p)
	if end < 0 {
		return false, false
	}
	text := trimSpace(inner)
	if inner == "Error" && !r.timed && r.some == 1 && r.name != "" && isUpper(r.name[0]) && strings.HasPrefix(r.s[end:r.end], ":") {
		return false, false // V8: `Name [Error]: text`, an error of a class that does not set its name
	}
	if r.s[r.p] == '[' || r.timed {
		if r.boxedLevel(text) {
			r.boxed = true
			r.head.pairs = r.timed && len(inner) == 9 && isLower(text[0]) // structlog pads to nine, and prints fields after the event
			r.p = end
			return true, true
		}
	}
	if !r.timed && len(text) > 0 {
		if _, n := readTime(r.s[r.p+1 : r.end]); n > 0 || wordBeforeTime(text) {
			r.inner++
			r.p++
			return false, true
		}
	}
	if place := codePlace(text); place.Filename != "" {
		r.head.code = place
	} else if !idGroup(text) {
		r.group, r.grouped = text, r.timed
	}
	r.p = end
	return false, true
}

// boxedLevel reads the level out of brackets: ERROR, error, "INFO ", Apache's module:level.
func (r *headReader) boxedLevel(text string) bool {
	if r.timed {
		if i := strings.IndexByte(text, ':'); i >= 0 {
			text = text[i+1:]
		}
	}
	w, ok := lookUp(text)
	if !ok || w.form&boxed == 0 {
		return false
	}
	r.took(w.severity, text, w.form)
	return true
}

func (r *headReader) took(n plog.SeverityNumber, word string, f form) {
	r.head.severity, r.head.known = n, true
	r.short = f&short != 0 && len(word) <= 4
	r.head.pairs = r.short
}

// wordBeforeTime: a level and a time share the brackets, the level first (`[INFO 10:11:12]`).
func wordBeforeTime(text string) bool {
	n := 0
	for n < len(text) && isAlpha(text[n]) {
		n++
	}
	if w, ok := lookUp(text[:n]); !ok || w.form&bare == 0 {
		return false
	}
	_, e := readTime(text[blanks(text, n):])
	return e > 0
}

// group gives what stands inside the brackets at p and the place after them, -1 where they do not close in good time.
func group(s string, p int) (inner string, end int) {
	closing := byte(']')
	switch s[p] {
	case '(':
		closing = ')'
	case '<':
		closing = '>'
	case '{':
		closing = '}'
	}
	depth := 0
	for i := p; i < len(s) && i < p+maxGroup; i++ {
		switch s[i] {
		case s[p]:
			depth++
		case closing:
			if depth--; depth == 0 {
				return s[p+1 : i], i + 1
			}
		}
	}
	return "", -1
}

// nameToken reads a name before the level. False: it is a word of a sentence, so the line has no header that we know.
func (r *headReader) nameToken(limit int) bool {
	start := r.p
	p := start
	for p < limit && !isBlank(r.s[p]) && r.s[p] != '|' && r.s[p] != 0xc2 {
		switch r.s[p] {
		case '"':
			if q := strings.IndexByte(r.s[p+1:limit], '"'); q >= 0 {
				p += q + 1
			}
		case ']', ')':
			if r.inner > 0 && strings.IndexByte("[(", r.s[start]) < 0 && !strings.ContainsAny(r.s[start:p], "[(") {
				goto done
			}
		}
		p++
	}
done:
	token := strings.TrimRight(r.s[start:p], ":,")
	r.p = p
	if r.channel(token) {
		return true
	}
	if token == "" {
		return false
	}
	if !structural(token) {
		r.words++
		if r.words > 1 || r.slash && r.first || token[0] >= 0x80 || !r.comma && r.timed && (stopWords[token] || isUpper(token[0])) {
			return false
		}
	}
	if strings.IndexByte(token, '=') < 0 {
		r.name = token
	}
	return true
}

// channel reads Monolog's channel.LEVEL.
func (r *headReader) channel(token string) bool {
	dot := strings.LastIndexByte(token, '.')
	if dot <= 0 || !r.timed || r.s[r.p-1] != ':' || spellingOf(token[dot+1:]) != capitals {
		return false
	}
	w, ok := lookUp(token[dot+1:])
	if !ok || w.form&boxed == 0 {
		return false
	}
	r.took(w.severity, token[dot+1:], w.form)
	r.head.logger = token[:dot]
	return true
}

// stopWords begin sentences in which a level is only a word.
var stopWords = map[string]bool{
	"a": true, "all": true, "an": true, "and": true, "any": true, "got": true, "had": true, "has": true, "in": true, "is": true, "last": true, "next": true, "no": true,
	"of": true, "on": true, "or": true, "some": true, "that": true, "the": true, "this": true, "to": true, "was": true, "with": true, "without": true,
}

// structural: a token that is a name and no word of a sentence.
func structural(token string) bool {
	for i := 1; i < len(token)-1; i++ {
		switch token[i] {
		case '.', '=', '@', '[', '/', '#':
			return true
		case ':':
			if token[i+1] == ':' {
				return true
			}
		}
	}
	return strings.HasPrefix(token, "__") || token == "root"
}

// numberToken reads a process id, a thread id, a relative time. False: the message begins with a number.
func (r *headReader) numberToken(limit int) bool {
	p := r.p
	for p < limit && !isBlank(r.s[p]) && r.s[p] != '|' && r.s[p] != ']' && r.s[p] != 0xc2 {
		if c := r.s[p]; !isDigit(c) && c != '.' && c != '#' && c != ':' && c != 'x' && (c|0x20 < 'a' || c|0x20 > 'f') && c != '-' {
			return false
		}
		p++
	}
	r.ids++
	r.p = p
	return true
}
