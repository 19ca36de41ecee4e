package template

import "unicode/utf8"

// classes of bytes. Every byte of a character beyond ASCII is a letter.
const (
	digit uint8 = 1 << iota
	lower
	upper
	hexLetter
	podLetter // Kubernetes makes random names of these only (apimachinery, util/rand)
	mailSign  // may stand in the local part of an e-mail address
	wide
	joiner // may hold parts of one id together

	letter = lower | upper | wide
	alnum  = letter | digit
)

var classOf = func() (t [256]uint8) {
	for c := range t {
		switch {
		case c >= '0' && c <= '9':
			t[c] = digit
		case c >= 'a' && c <= 'z':
			t[c] = lower
		case c >= 'A' && c <= 'Z':
			t[c] = upper
		case c >= 0x80:
			t[c] = wide
		}
	}
	for _, c := range "abcdefABCDEF" {
		t[c] |= hexLetter
	}
	for _, c := range "bcdfghjklmnpqrstvwxz2456789" {
		t[c] |= podLetter
	}
	for _, c := range "._%+-" {
		t[c] |= mailSign
	}
	for _, c := range ".:-_,+" {
		t[c] |= joiner
	}
	return t
}()

// scanner reads a line and writes its template.
type scanner struct {
	line
	out  [MaxBytes]byte
	n    int // how much of out is written
	full bool

	wantParams bool
	params     []string
	// keepQuotes: quoted values are words.
	keepQuotes bool
}

// line is what is known about the line that is being read.
type line struct {
	s string
	i int // the next byte of s
	// sql: a statement has begun; what it quotes are values, sentences too.
	sql bool
	// urlEnd is the end of the URL that is being read; before noQuery no query begins.
	urlEnd, noQuery int
	quotes          quotes
	// The last parameter: where it began and ended in s, and where its mark ended in out. markEnd is 0 where there is none yet.
	lastStart, lastEnd, markEnd int
	// measureEnd is where the last number ended that has a unit.
	measureEnd int
}

// reset begins anew.
func (sc *scanner) reset(text string, keepQuotes bool) {
	sc.line = line{s: text}
	sc.n, sc.full, sc.params, sc.keepQuotes = 0, false, sc.params[:0], keepQuotes
}

func (sc *scanner) written() []byte { return sc.out[:sc.n] }

func (sc *scanner) scan() {
	for sc.i < len(sc.s) && !sc.full {
		c := sc.s[sc.i]
		switch {
		case classOf[c]&alnum != 0:
			sc.word()
		case sc.quote():
		case (c == '-' || c == '+') && sc.signed():
			sc.number(sc.i, sc.i+1)
		case c == '[' && sc.take(bracketedIPv6(sc.s, sc.i)):
		case c == ':' && sc.atWordStart() && sc.take(ipv6End(sc.s, sc.i)):
		case c == '?' && sc.query():
		default:
			sc.literal(1)
		}
	}
}

// literal copies n bytes of the text.
func (sc *scanner) literal(n int) {
	sc.write(sc.s[sc.i : sc.i+n])
	sc.i += n
}

// write appends to the template as much as fits, in whole characters.
func (sc *scanner) write(text string) {
	room := MaxBytes - sc.n
	if len(text) > room {
		for n := 1; n < utf8.UTFMax && room > 0 && !utf8.RuneStart(text[room]); n++ {
			room--
		}
		text, sc.full = text[:room], true
	}
	sc.n += copy(sc.out[sc.n:], text)
}

// take makes what lies between here and end a parameter; false where there is nothing.
func (sc *scanner) take(end int) bool {
	if end <= sc.i {
		return false
	}
	sc.param(sc.i, end)
	return true
}

// param makes s[start:end] a parameter and goes on behind it. One that follows another with nothing between them but what separates the items of
// a list, or holds the parts of an id together, belongs to it.
func (sc *scanner) param(start, end int) {
	sc.i = end
	if sc.markEnd > 0 && sc.continues(sc.s[sc.lastEnd:start]) {
		sc.extend(end)
		return
	}
	if sc.n+len(Placeholder) > MaxBytes {
		sc.full = true
		return
	}
	sc.write(Placeholder)
	sc.lastStart, sc.lastEnd, sc.markEnd = start, end, sc.n
	if sc.wantParams {
		sc.params = append(sc.params, sc.s[start:end])
	}
}

// extend makes what follows the last parameter up to end part of it.
func (sc *scanner) extend(end int) {
	sc.i, sc.n, sc.lastEnd = end, sc.markEnd, end
	if sc.wantParams {
		sc.params[len(sc.params)-1] = sc.s[sc.lastStart:end]
	}
}

// continues: between are the bytes between two parameters.
func (sc *scanner) continues(between string) bool {
	if len(between) > 5 {
		return false
	}
	if len(between) == 1 && classOf[between[0]]&joiner != 0 {
		return true
	}
	quoted := len(between) > 1 && isQuote(between[0]) && between[len(between)-1] == between[0]
	if quoted {
		between = between[1 : len(between)-1]
	}
	if between == "" {
		return !quoted
	}
	if between[0] != ',' {
		return false
	}
	for i := 1; i < len(between); i++ {
		if between[i] != ' ' {
			return false
		}
	}
	return true
}

// signed: the sign here belongs to a number.
func (sc *scanner) signed() bool {
	i := sc.i
	if i+1 >= len(sc.s) || classOf[sc.s[i+1]]&digit == 0 {
		return false
	}
	return sc.atWordStart() && (i == 0 || sc.s[i-1] != '}' && sc.s[i-1] != ')')
}

// atWordStart: no letter or digit stands before.
func (sc *scanner) atWordStart() bool {
	return sc.i == 0 || classOf[sc.s[sc.i-1]]&alnum == 0
}

// run is the end of the bytes from i on that are of a class.
func run(s string, i int, class uint8) int {
	for i < len(s) && classOf[s[i]]&class != 0 {
		i++
	}
	return i
}
