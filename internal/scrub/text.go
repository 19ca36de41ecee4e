package scrub

import "strings"

// scanner finds the secrets in one text, from left to right. It reads each byte a bounded number of times.
type scanner struct {
	*Scrubber
	text   string
	at     int // where to go on
	done   int // the end of what was found last
	region region
	// json: the text begins like JSON, whose strings must stay whole.
	json    bool
	strings struct { // how far they were followed
		at     int
		inside bool
	}
	// view: the text is the view of JSON, in which quotes and brackets of different strings are not told apart.
	view bool
	// fuel bounds what is read ahead in vain: a search for an end that never comes must not be repeated for each of many beginnings.
	fuel int
	// escapes: there are some of URLs or JSON; plus: there is one of forms.
	escapes, plus bool
	// noJWT is the end of a run of characters that holds no JWT.
	noJWT int
}

// find is a part of a text to be taken out.
type find struct {
	from, to int
	rule     Rule
	// quote is how many back-slashes precede the quotes that the replacement needs, plus one: a number in JSON becomes a string. 0: none.
	quote int
}

func (s *Scrubber) scan(text string) scanner {
	return scanner{Scrubber: s, text: text, fuel: 4*len(text) + 4096, json: looksJSON(text)}
}

// looksJSON reports whether a text begins like an object or a list of JSON.
func looksJSON(text string) bool {
	for i, brackets := 0, 0; i < len(text); i++ {
		switch c := text[i]; {
		case isSpace(c):
		case c == '{' || c == '[':
			brackets++
		default:
			return brackets > 0 && (c == '"' || c == '}' || c == ']' || isNumberStart(c, c) || c == 't' || c == 'f' || c == 'n')
		}
	}
	return false
}

// endsString reports whether the quote of a string of JSON stands at i, beyond which no value of that string goes.
func (s *scanner) endsString(i int) bool {
	return s.json && s.text[i] == '"' && s.slashesBefore(i)%2 == 0
}

// trigger is what a byte may begin.
type trigger uint8

const (
	nothing trigger = iota
	aWord
	aColon
	anEquals
	aDash
	anAngle
	anAt
	aQuote
	aPercent
	aSlash
	aPlus
	aBracket
)

var triggers = func() (t [256]trigger) {
	for c := range t {
		if isWord[c] {
			t[c] = aWord
		}
	}
	t[':'], t['='], t['-'], t['>'], t['@'], t['\''], t['%'], t['\\'], t['+'] = aColon, anEquals, aDash, anAngle, anAt, aQuote, aPercent, aSlash, aPlus
	t['['], t['('] = aBracket, aBracket
	return t
}()

// next is the next secret. It begins behind the one before.
func (s *scanner) next() (find, bool) {
	text := s.text
	for s.at < len(text) {
		if s.at >= s.region.passed && s.at < s.region.end {
			if f, ok := s.leaf(); ok && s.take(f) {
				return f, true
			}
			continue
		}
		i := s.at
		kind := triggers[text[i]]
		if kind == nothing {
			s.at++
			continue
		}
		if kind == aWord {
			end := i + 1
			for end < len(text) && isWord[text[end]] {
				end++
			}
			s.at = end
			if end-i < 2 || !s.tokens.mayBegin(text[i], text[i+1]) {
				continue
			}
			if f, ok := s.word(i, end); ok && s.take(f) {
				return f, true
			}
			continue
		}
		s.at++
		if f, ok := s.sign(kind, i); ok && s.take(f) {
			return f, true
		}
	}
	return find{}, false
}

// take accepts a find if its rule is on and it does not reach back into the one before.
func (s *scanner) take(f find) bool {
	if s.off[f.rule] || s.view && f.quote > 0 || f.from < s.done || f.from >= f.to || s.text[f.from:f.to] == Filtered {
		return false
	}
	s.at = max(s.at, f.to)
	s.done = f.to
	return true
}

// sign looks at what a character that is part of no word begins or joins.
func (s *scanner) sign(kind trigger, i int) (find, bool) {
	switch kind {
	case aColon:
		return s.colon(i)
	case anEquals:
		return s.equals(i)
	case aDash:
		return s.dash(i)
	case anAngle:
		return s.element(i)
	case anAt:
		return s.address(i)
	case aQuote:
		return s.sqlPassword(i)
	case aBracket:
		return s.couple(i)
	case aPercent:
		if isEscape(s.text, i+1) {
			s.escapes = true
			s.at = i + len("%00") // a word may begin behind it
		}
	case aPlus:
		s.plus = true
	case aSlash:
		switch s.peek(i + 1) {
		case 'n', 'r', 't':
			s.at = i + len(`\n`)
		case 'u':
			if isASCII(s.text, i+1) {
				s.escapes = true
				s.at = i + len(`\u0000`)
			}
		}
	}
	return find{}, false
}

// word looks at a word and at what follows it.
func (s *scanner) word(from, to int) (find, bool) {
	c := s.text[from]
	switch {
	case isDigit(c):
		return s.number(from, to)
	case c|0x20 == 'b' && (to-from == len("Bearer") || to-from == len("Basic")):
		if f, ok := s.scheme(from, to); ok {
			return f, true
		}
	case c == 'e' && to-from > len("eyJ") && s.text[from:from+3] == "eyJ":
		return s.jwt(from)
	}
	if f, ok := s.token(from); ok {
		return f, true
	}
	if isUpper(c) && to-from >= 4 && isDigit(s.text[from+2]) {
		return s.iban(from, to)
	}
	return find{}, false
}

// peek is a byte of the text, 0 outside of it.
func (s *scanner) peek(i int) byte {
	if i < 0 || i >= len(s.text) {
		return 0
	}
	return s.text[i]
}

// has reports whether the text goes on with a string at i.
func (s *scanner) has(i int, what string) bool {
	return i >= 0 && len(s.text)-i >= len(what) && s.text[i:i+len(what)] == what
}

// hasFold is has whatever the case of letters; what is lower-case.
func (s *scanner) hasFold(i int, what string) bool {
	if i < 0 || len(s.text)-i < len(what) {
		return false
	}
	for k := range len(what) {
		if lowerByte(s.text[i+k]) != what[k] {
			return false
		}
	}
	return true
}

// run is the end of the run of characters from i on that hold.
func (s *scanner) run(i int, holds func(byte) bool) int {
	for i < len(s.text) && holds(s.text[i]) {
		i++
	}
	return i
}

// reach is how far a value that begins at i may be read: to the end, or not far once much was read in vain.
func (s *scanner) reach(i int) int {
	const near = 64
	if s.fuel > 0 {
		return len(s.text)
	}
	return min(len(s.text), i+near)
}

// within is run up to an end.
func (s *scanner) within(i, end int, holds func(byte) bool) int {
	for i < end && holds(s.text[i]) {
		i++
	}
	return i
}

// blanks is the first place from i on that is no space or tab.
func (s *scanner) blanks(i int) int { return s.run(i, isBlank) }

// needsText reports whether there is a secret in a text.
func (s *Scrubber) needsText(text string) bool {
	if len(text) < shortestSecret {
		return false
	}
	sc := s.scan(text)
	if _, found := sc.next(); found || !sc.hasEscapes() {
		return found
	}
	v := s.openView(text)
	defer v.close()
	_, found := v.next()
	return found
}

// hasEscapes reports whether the text, which was read to its end, has escapes.
func (s *scanner) hasEscapes() bool {
	return s.escapes || s.plus && strings.IndexByte(s.text, ' ') < 0
}

// shortestSecret is the length of the shortest text that can hold one: "pw=x".
const shortestSecret = 4

// maxPasses bounds how often a text is read again: what is left when a secret is gone may read differently.
const maxPasses = 8

// cleanText is the text without its secrets.
func (s *Scrubber) cleanText(text string, counts *Counts) string {
	for range maxPasses {
		out, found := s.pass(text, counts)
		if !found {
			return text
		}
		text = out
	}
	return text
}

func (s *Scrubber) pass(text string, counts *Counts) (string, bool) {
	if len(text) < shortestSecret {
		return text, false
	}
	sc := s.scan(text)
	if f, found := sc.next(); found {
		return cleaned(text, f, sc.next, counts), true
	}
	if !sc.hasEscapes() {
		return text, false
	}
	v := s.openView(text)
	defer v.close()
	f, found := v.next()
	if !found {
		return text, false
	}
	return cleaned(text, f, v.next, counts), true
}

// cleaned is a text without the secrets f and those that come next.
func cleaned(text string, f find, next func() (find, bool), counts *Counts) string {
	out := make([]byte, 0, len(text)+len(Filtered))
	done := 0
	for found := true; found; f, found = next() {
		counts[f.rule]++
		out = append(out, text[done:f.from]...)
		out = appendFiltered(out, f.quote)
		done = f.to
	}
	return string(append(out, text[done:]...))
}

// appendFiltered writes what stands for a secret.
func appendFiltered(dst []byte, quote int) []byte {
	if quote == 0 {
		return append(dst, Filtered...)
	}
	dst = appendQuote(dst, quote-1)
	dst = append(dst, Filtered...)
	return appendQuote(dst, quote-1)
}

func appendQuote(dst []byte, slashes int) []byte {
	for range slashes {
		dst = append(dst, '\\')
	}
	return append(dst, '"')
}
