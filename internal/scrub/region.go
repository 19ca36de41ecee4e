package scrub

// region is an object or a list of JSON under the key of a secret: its leaves are taken out one by one, but for facts about the secret.
type region struct {
	end     int // behind its closing bracket; 0: there is none
	is      class
	slashes int  // before its quotes
	fact    bool // the next value is one
}

// enter begins a region if an object or a list stands at i, under a name in double quotes, and closes.
func (s *scanner) enter(n *name, is class, i int) bool {
	opening := s.peek(i)
	if !n.quoted || s.text[n.to+n.slashes] != '"' || opening != '{' && opening != '[' {
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
	s.region = region{end: end, is: is, slashes: n.slashes}
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
	for s.at < r.end {
		switch c := s.text[s.at]; {
		case c == '"' && s.quoteAt(s.at, r.slashes) == quoteOfThis:
			if f, ok := s.stringLeaf(); ok {
				return f, true
			}
		case isNumberStart(c, s.peek(s.at+1)):
			f := find{from: s.at, to: s.run(s.at, inNumber), rule: pairRule(r.is), quote: r.slashes + 1}
			s.at = f.to
			if !r.fact && r.is != classSoft && r.is != classToken {
				return f, true
			}
			r.fact = false
		case c == '{' || c == '[':
			r.fact = false
			s.at++
		case isAlpha(c):
			r.fact = false
			s.at = s.run(s.at, isAlnum)
		default:
			s.at++
		}
	}
	return find{}, false
}

func inNumber(c byte) bool { return isAlnum(c) || c == '.' || c == '-' || c == '+' }

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
	if s.peek(s.run(s.at, isSpace)) == ':' {
		r.fact = s.isKept(s.text[from:to])
		return find{}, false
	}
	kept := r.fact || to == from || isPlaceholder(s.text[from:to]) || r.is == classSoft && !looksRandom(s.text[from:to])
	r.fact = false
	return find{from: from, to: to, rule: pairRule(r.is)}, !kept
}

// isKept reports whether what stands under a key of the region is no secret.
func (s *scanner) isKept(key string) bool {
	return s.member(key) == classKept || s.region.is != classPersonal && isFact(key)
}
