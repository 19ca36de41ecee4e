package scrub

// region is an object or a list of JSON under the key of a secret: its leaves are taken out one by one, but for facts about the secret.
type region struct {
	end     int // behind its closing bracket; 0: there is none
	is      class
	slashes int   // before its quotes
	next    class // of the next value
	passed  int   // up to here it is text like any other: a value that is no secret as a whole
}

// enter begins a region if an object or a list stands at i, under a name in double quotes, and closes.
func (s *scanner) enter(n *name, is class, i int) bool {
	opening := s.peek(i)
	if s.view || s.at < s.region.end || !n.quoted || s.text[n.to+n.slashes] != '"' || opening != '{' && opening != '[' {
		return false
	}
	switch is {
	case classPerson:
		if is = classPersonal; opening == '[' {
			return false
		}
	case classSoft:
		if opening == '{' {
			return false
		}
	}
	end := s.closing(i, n.slashes)
	if end == 0 {
		return false
	}
	s.region = region{end: end, is: is, slashes: n.slashes, next: is}
	s.at = i + 1
	return true
}

// closing is the place behind the bracket that closes the one at i, where so many back-slashes precede quotes; 0: it never closes.
func (s *scanner) closing(i, slashes int) int {
	depth, quoted := 0, false
	for ; i < len(s.text) && s.fuel > 0; i++ {
		s.fuel--
		switch c := s.text[i]; {
		case c == '"':
			switch s.quoteAt(i, slashes) {
			case quoteOfThis:
				quoted = !quoted
			case quoteAround:
				return 0
			}
		case quoted:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}

// quoteKind tells whose quote one is, in JSON that may stand in a string of JSON.
type quoteKind uint8

const (
	quoteInside quoteKind = iota // of the content of a string
	quoteOfThis
	quoteAround // of what is around
)

func (s *scanner) quoteAt(i, slashes int) quoteKind {
	switch n := s.slashesBefore(i); {
	case slashes == 0 && n%2 == 0, slashes > 0 && n == slashes:
		return quoteOfThis
	case n < slashes:
		return quoteAround
	}
	return quoteInside
}

// leaf is the next secret of the region.
func (s *scanner) leaf() (find, bool) {
	r := &s.region
	for s.at >= r.passed && s.at < r.end {
		switch c := s.text[s.at]; {
		case c == '"' && s.quoteAt(s.at, r.slashes) == quoteOfThis:
			if f, ok := s.stringLeaf(); ok {
				return f, true
			}
		case isNumberStart(c, s.peek(s.at+1)):
			f := find{from: s.at, to: s.run(s.at, inNumber), rule: pairRule(r.next), quote: r.slashes + 1}
			s.at = f.to
			is := r.next
			r.next = r.is
			if is == classSecret || is == classPersonal {
				return f, true
			}
			return s.asText(f.from, f.to)
		case isAlpha(c):
			r.next = r.is
			s.at = s.run(s.at, isAlnum)
		default:
			s.at++
		}
	}
	return find{}, false
}

func inNumber(c byte) bool { return isAlnum(c) || c == '.' || c == '-' || c == '+' }

// asText has the text of a leaf read like any other.
func (s *scanner) asText(from, to int) (find, bool) {
	s.at, s.region.passed = from, to
	return find{}, false
}

// stringLeaf reads a string of the region: a key, or a value.
func (s *scanner) stringLeaf() (find, bool) {
	r := &s.region
	from := s.at + 1
	end := from
	for end < r.end && (s.text[end] != '"' || s.quoteAt(end, r.slashes) != quoteOfThis) {
		end++
	}
	s.at = min(end+1, r.end)
	to := max(from, end-r.slashes)
	text := s.text[from:to]
	if next := s.peek(s.run(s.at, isSpace)); next == ':' || next == '=' { // "=>" in Ruby
		r.next = s.inherited(text)
		return s.asText(from, s.at)
	}
	is := r.next
	r.next = r.is
	switch {
	case is == classKept:
		return find{}, false
	case is == classOpen || !isWholeSecret(is, text) || is == classSoft && !looksRandom(text):
		return s.asText(from, s.at)
	}
	return find{from: from, to: to, rule: pairRule(is)}, true
}

// inherited is the class of a member of the region.
func (s *scanner) inherited(key string) class {
	switch is := s.member(key); {
	case is == classPerson || is == classPeer:
		return classPersonal
	case is != classOpen:
		return is
	}
	return inherited(s.region.is, key)
}
