package fields

import "strings"

// levelHere tells whether the word at p is the level: its spelling and what stands around it must be a logger's.
func (r *headReader) levelHere(limit int) bool {
	e := r.p
	for e < limit && (isAlpha(r.s[e]) || r.s[e] >= 0x80 && r.s[e] != 0xc2) {
		e++
	}
	word := r.s[r.p:e]
	if len(word) == 1 && r.timed && strings.HasPrefix(r.s[e:limit], " | ") && letters[word[0]] != 0 { // capnslog: `10:11:12 E | package: text`
		r.took(letters[word[0]], word, bare)
		r.p = e
		return true
	}
	w, ok := lookUp(word)
	if !ok || w.form == 0 {
		return false
	}
	severity := w.severity
	if n := levelSuffix(r.s[e:limit]); n > 0 {
		if severity = wordSeverity(r.s[r.p : e+n]); severity == 0 {
			return false
		}
		e += n
	}
	next := byte(0)
	if e < r.end {
		next = r.s[e]
	}
	if !levelEnds(next) {
		return false
	}
	spelling := spellingOf(word)
	at := place{w.form, spelling, next, e}
	boxed := r.bar && w.form&boxed != 0 && r.barAfter(e)
	switch {
	case boxed:
	case r.timed && r.inner > 0 && spelling != mixed && w.form&bare != 0 && next != ':':
	case r.timed || r.group != "" && spelling == capitals && r.words == 0:
		if !r.afterTime(at) {
			return false
		}
	case r.some == 1 && r.ids == 1 && spelling == capitals && w.form&bare != 0 && r.bracketAfter(e): // logback's %relative
	case r.some == 0, r.some == 1 && r.inner == 1:
		if !r.atStart(at) {
			return false
		}
	default:
		return false
	}
	r.took(severity, word, w.form)
	r.boxed = boxed
	if r.slash && r.first && r.words == 0 || !r.timed && next == '[' { // log/slog's default handler, charmbracelet/log; logrus, apex/log
		r.head.pairs = true
		r.head.block = r.slash
	}
	r.p = e
	return true
}

type spelled uint8

const (
	mixed spelled = iota
	capitals
	smalls
)

func spellingOf(word string) spelled {
	upper, lower := 0, 0
	for i := 0; i < len(word); i++ {
		switch {
		case isUpper(word[i]):
			upper++
		case isLower(word[i]):
			lower++
		default: // a script without cases
			return capitals
		}
	}
	switch {
	case lower == 0:
		return capitals
	case upper == 0:
		return smalls
	}
	return mixed
}

// levelSuffix is the length of slog's offset (ERROR+4) or of a digit (PostgreSQL's DEBUG5).
func levelSuffix(s string) int {
	switch {
	case len(s) > 1 && (s[0] == '+' || s[0] == '-') && isDigit(s[1]):
		return 1 + digits(s[1:])
	case len(s) > 0 && '1' <= s[0] && s[0] <= '5' && digits(s) == 1:
		return 1
	}
	return 0
}

func levelEnds(next byte) bool {
	switch next {
	case 0, ' ', '\t', '\r', '\n', ':', ';', '|', '/', ']', '[', '>', ')', '(', '-', ',', 0xc2:
		return true
	}
	return false
}

func (r *headReader) bracketAfter(p int) bool {
	p = blanks(r.s[:r.end], p)
	return p < r.end && r.s[p] == '['
}

func (r *headReader) barAfter(p int) bool {
	p = blanks(r.s[:r.end], p)
	return p < r.end && (r.s[p] == '|' || r.s[p] == 0xc2)
}

// place is a level word and what follows it.
type place struct {
	form     form
	spelling spelled
	next     byte
	end      int
}

// afterTime: the level follows a time, or a group in brackets, with no more than a name between.
func (r *headReader) afterTime(at place) bool {
	switch at.spelling {
	case capitals:
		if at.next == ':' {
			return at.form&colon != 0
		}
		if at.form&bare != 0 {
			return true
		}
		return at.form&boxed != 0 && at.next == ' ' && r.bracketAfter(at.end) // Nest: `LOG [Context] text`
	case smalls:
		return at.next == ':' && at.form&loud == 0 && at.form&colon != 0 && r.words == 0 && r.name == ""
	}
	return false
}

// atStart: the level is the first word of the line. That alone is not enough: sentences begin with such words too.
func (r *headReader) atStart(at place) bool {
	line := r.s[:r.end]
	p := blanks(line, at.end)
	rest := line[p:]
	if at.spelling == smalls { // winston's simple format, .NET's console
		return at.next == ':' && at.form&colon != 0 && at.form&loud == 0 && (at.end+1 >= len(line) || isBlank(line[at.end+1])) && (at.form&short == 0 || category(rest[1:]) > 0)
	}
	if at.spelling != capitals || at.form&(bare|colon) == 0 {
		return false
	}
	switch at.next {
	case ':':
		return at.form&colon != 0
	case '[', '\t', '|':
		return at.form&bare != 0
	case ';':
		rest = rest[1:]
	}
	if at.form&bare == 0 || rest == "" {
		return false
	}
	if p-at.end >= 2 || at.form&short != 0 && at.end-r.p == 4 { // padded to a column, or a spelling that only loggers use
		return true
	}
	if strings.HasPrefix(rest, "ERROR: ") { // V8: `FATAL ERROR: Reached heap limit`
		return true
	}
	if c := rest[0]; c == '[' || c == '(' || c == '|' || strings.HasPrefix(rest, "- ") || strings.HasPrefix(rest, "-- ") {
		return true
	}
	if _, n := readTime(rest); n > 0 {
		return true
	}
	return namedMessage(rest)
}

// namedMessage: a dotted name and a separator, as in log4j's `%p %c - %m` (and not pytest's `ERROR test_a.py::test - text`).
func namedMessage(s string) bool {
	n := strings.IndexAny(s, " \t")
	if n > 0 && (codePlace(s[:n]).Filename != "" || javaClass(s[:n])) {
		return true
	}
	if n <= 0 || strings.IndexByte(s[:n], '.') <= 0 || strings.Contains(s[:n], "::") || strings.IndexByte(s[:n], '/') >= 0 {
		return false
	}
	if s[n-1] == ':' {
		return !strings.HasSuffix(s[:n-1], "Error") && !strings.HasSuffix(s[:n-1], "Exception")
	}
	s = s[blanks(s, n):]
	return strings.HasPrefix(s, "- ") || strings.HasPrefix(s, "-- ") || strings.HasPrefix(s, ": ") || strings.HasPrefix(s, "[") || strings.HasPrefix(s, "| ")
}

// javaClass: a class with two packages or more in front, which no sentence has.
func javaClass(name string) bool {
	last := strings.LastIndexByte(name, '.')
	return last > 0 && last+1 < len(name) && isUpper(name[last+1]) && isLower(name[0]) && strings.Count(name, ".") >= 2 && plainName(name) && !errorName(name)
}

// category is the length of what .NET's console formatter prints after the level: ` Name.Space.Class[17]`, 0 where it is none.
func category(s string) int {
	p := blanks(s, 0)
	n := p
	for n < len(s) && (isWord(s[n]) || s[n] == '.' || s[n] == '`' || s[n] == '+') {
		n++
	}
	if n == p || n >= len(s) || s[n] != '[' {
		return 0
	}
	d := digits(s[n+1:])
	if d == 0 || n+1+d >= len(s) || s[n+1+d] != ']' {
		return 0
	}
	return n + d + 2
}
