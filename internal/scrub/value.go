package scrub

// found is the value that may be taken out.
type found struct {
	from, to int
	quote    int // find.quote
	name     string
	how      how
	quoted   bool // it stands in quotes or brackets
	scheme   bool // it is the credentials of a scheme
}

// valueAt reads the value behind a sign.
func (s *scanner) valueAt(n *name, is class, sign, value int) (found, bool) {
	v := found{name: s.text[n.from:n.to], how: s.howJoined(n, sign, value)}
	at := s.blanks(value)
	if at == len(s.text) {
		return v, false
	}
	slashes := s.run(at, func(c byte) bool { return c == '\\' }) - at
	if q := s.peek(at + slashes); isQuote(q) && slashes <= maxSlashes {
		if s.closesAround(n, at+slashes) {
			return v, false
		}
		return s.quotedValue(v, at+slashes+1, q, slashes)
	}
	if at+1 < len(s.text) && (s.text[at] == 'b' || s.text[at] == 'u') && isQuote(s.text[at+1]) { // Python: b'...'
		return s.quotedValue(v, at+2, s.text[at+1], 0)
	}
	v.from = at
	switch s.text[at] {
	case '[', '{':
		if s.has(at, Filtered) || s.view || is == classSoft || is == classPerson {
			return v, false
		}
		return s.bracketValue(v, n)
	}
	if n.quoted && isNumberStart(s.text[at], s.peek(at+1)) {
		v.to = s.run(at, inNumber)
		if s.text[n.to+n.slashes] == '"' {
			v.quote = s.quoteFor(n.slashes, v.from)
		}
		return v, true
	}
	if n.quoted { // no JSON: an expression in a line of source, or prose
		v.how = loose
	}
	switch {
	case is == classPersonal || is == classPeer:
		v.to = s.headerEnd(n, at)
	case isDigit(s.text[at]):
		v.to = s.groupsEnd(at)
	default:
		v.to = s.itemEnd(n, sign, at)
	}
	if is == classSoft && s.isScheme(at, v.to) {
		s.afterScheme(n, &v)
	}
	return v, v.to > v.from
}

// afterScheme takes the word behind a scheme to the value if it can be credentials: "auth=Bearer x", but not "auth=basic user=x".
func (s *scanner) afterScheme(n *name, v *found) {
	const least = 6
	from := s.blanks(v.to)
	next := found{from: from, to: s.valueEnd(from)}
	if next.to-from >= least && !s.isProse(&next) && (firstByte(s.text, from, next.to, '=') < 0 || s.text[next.to-1] == '=') {
		v.scheme, v.to = true, s.credentialsEnd(n, from)
	}
}

// groupsEnd is the end of a value that begins with a digit: groups of digits belong together, as on a card.
func (s *scanner) groupsEnd(from int) int {
	const longest = 32
	end := s.valueEnd(from)
	for end-from < longest && s.run(from, isDigitOrBlank) > end && s.peek(end) == ' ' && isDigit(s.peek(end+1)) {
		end = s.valueEnd(end + 1)
	}
	return end
}

func isDigitOrBlank(c byte) bool { return isDigit(c) || c == ' ' }

// itemEnd is the end of a value, which may have blanks in it where semicolons divide the items of a list: a connection string.
func (s *scanner) itemEnd(n *name, sign, from int) int {
	const longest = 64
	end := s.valueEnd(from)
	if s.text[sign] != '=' || s.peek(n.from-1) != ';' || s.peek(end) != ' ' {
		return end
	}
	for i := end; i < len(s.text) && i-from < longest && s.text[i] != '\n' && s.text[i] != '=' && !isQuote(s.text[i]); i++ {
		if s.text[i] == ';' {
			return i
		}
	}
	return end
}

// closesAround reports whether the quote at i does not open a value but closes the string that the name stands in.
func (s *scanner) closesAround(n *name, i int) bool {
	if n.quoted {
		return s.endsString(i) && s.text[n.to] != '"'
	}
	switch s.peek(i + 1) {
	case ',', ':', '}', ']':
		return true
	}
	return s.endsString(i)
}

func isNumberStart(c, next byte) bool { return isDigit(c) || c == '-' && isDigit(next) }

// howJoined says how a name and a value are joined.
func (s *scanner) howJoined(n *name, sign, value int) how {
	switch {
	case n.quoted:
		return tight
	case s.text[sign] == '=' && (s.peek(n.from-1) == '?' || s.peek(n.from-1) == '&'):
		return query
	case !isBlank(s.peek(value)) && !isBlank(s.peek(sign-1)):
		return tight
	case isCompound(s.text[n.from:n.to]):
		return field
	}
	return loose
}

// isCompound holds for names that nobody writes in prose: "auth_token", "x-api-key".
func isCompound(name string) bool {
	for i := range len(name) {
		if c := name[i]; c == '_' || c == '-' || c == '.' {
			return true
		}
	}
	return false
}

// quotedValue reads a value in quotes that so many back-slashes precede. One that never closes ends with its line.
func (s *scanner) quotedValue(v found, from int, quote byte, slashes int) (found, bool) {
	v.from, v.to, v.quoted = from, from, true
	run := 0 // back-slashes right before v.to
	for end := s.reach(from); v.to < end; v.to++ {
		switch c := s.text[v.to]; {
		case c == '\\':
			run++
			continue
		case c == quote && run <= slashes && (slashes > 0 || run%2 == 0):
			v.to -= run
			return v, v.to > v.from
		case c == '\n', c == '"' && quote != c && s.endsString(v.to):
			return v, v.to > v.from
		}
		run = 0
	}
	return v, v.to > v.from
}

// isKey reports whether a name is the key of a member of the text's own JSON.
func (s *scanner) isKey(n *name) bool { return n.quoted && n.slashes == 0 && s.text[n.to] == '"' }

// bracketValue reads what stands in brackets, with them. What never closes ends with its line.
func (s *scanner) bracketValue(v found, n *name) (found, bool) {
	depth, line := 0, 0
	quote := byte(0)
	v.quoted = true
	if n.quoted {
		v.quote = s.quoteFor(n.slashes, v.from)
	}
	for i := v.from; i < len(s.text) && s.fuel > 0; i++ {
		s.fuel--
		switch c := s.text[i]; {
		case !s.isKey(n) && s.endsString(i):
			v.to = i
			return v, v.to > v.from
		case c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"':
			quote = c
		case c == '[' || c == '{' || c == '(':
			depth++
		case c == ']' || c == '}' || c == ')':
			if depth--; depth == 0 {
				v.to = i + 1
				return v, true
			}
		case c == '\n' && line == 0:
			line = i
		}
	}
	v.quote = 0
	switch {
	case line > 0:
		v.to = line
	case s.isKey(n): // JSON that was cut off
		v.to = s.reach(v.from)
	default:
		v.to = s.lineEnd(v.from)
	}
	return v, true
}

func (s *scanner) lineEnd(i int) int {
	end := s.reach(i)
	for i < end && s.text[i] != '\n' && s.text[i] != '\r' && !s.endsString(i) {
		i++
	}
	return i
}

// valueEnd is the end of a value without quotes.
func (s *scanner) valueEnd(from int) int {
	depth := 0
	i := from
	for end := s.reach(from); i < end; i++ {
		switch c := s.text[i]; {
		case c <= ' ', c == ';', isQuote(c), c == '<' && i > from, c == '>' && s.text[from] != '<':
			return i
		case c == '>':
			return i + 1
		case (c == ',' || c == '&') && s.endsItem(i):
			return i
		case c == '\\' && s.endsText(i):
			return i
		case c == '(' || c == '[' || c == '{':
			depth++
		case c == ')' || c == ']' || c == '}':
			if depth--; depth < 0 {
				return i
			}
		}
	}
	return i
}

// endsItem reports whether the comma or ampersand at i ends a value: a name follows, or nothing.
func (s *scanner) endsItem(i int) bool {
	next := s.peek(i + 1)
	if next == 0 || isSpace(next) || isQuote(next) || next == '{' || next == '}' || next == '\\' {
		return true
	}
	end := i + 1
	for end < len(s.text) && end-i < maxKeyText && inName(s.text[end]) {
		end++
	}
	return s.peek(end) == '=' || s.peek(end) == ':' || s.hasFold(i, "&amp;")
}

// endsText reports whether the back-slash at i begins a line end, a quote or an ampersand that is written as an escape.
func (s *scanner) endsText(i int) bool {
	switch s.peek(i + 1) {
	case 'n', 'r', 't', '"', '\'':
		return true
	}
	return s.hasFold(i, `\u0026`) || s.hasFold(i, `\u0022`)
}

// headerEnd is the end of the value of a header that stands in a text: credentials with their scheme, cookies one after the other, addresses.
func (s *scanner) headerEnd(n *name, from int) int {
	word := wordOf(lastWord(s.text[n.from:n.to]))
	end := s.valueEnd(from)
	switch {
	case word&wAddress != 0:
		for s.peek(end) == ',' && isAlnum(s.peek(s.blanks(end+1))) {
			end = s.valueEnd(s.blanks(end + 1))
		}
	case isCookie(word) && s.text[n.to] != '=' && !s.hasCookie(from, end): // "cookie: ac" may be anything
		return from
	case isCookie(word):
		for s.peek(end) == ';' {
			next := s.blanks(end + 1)
			stop := s.valueEnd(next)
			if stop == next {
				break
			}
			end = stop
		}
	case s.isScheme(from, end):
		end = s.credentialsEnd(n, s.blanks(end))
	}
	return end
}

func isCookie(w word) bool { return w&wCookie != 0 }

func (s *scanner) hasCookie(from, to int) bool { return firstByte(s.text, from, to, '=') >= 0 }

// schemes of the header Authorization.
var schemes = []string{"bearer", "basic", "token", "digest", "negotiate", "ntlm", "apikey", "api-key", "oauth", "hawk", "aws4-hmac-sha256", "sharedkey", "sharedkeylite"}

func (s *scanner) isScheme(from, to int) bool {
	for _, scheme := range schemes {
		if to-from == len(scheme) && s.hasFold(from, scheme) {
			return s.peek(to) == ' '
		}
	}
	return false
}

// credentialsEnd is the end of what follows a scheme: one word, or parameters up to the end of the line or of the text that is quoted.
func (s *scanner) credentialsEnd(n *name, from int) int {
	end := s.valueEnd(from)
	parameters := false
	for i := from; i < end; i++ {
		if s.text[i] == '=' {
			next := s.peek(s.run(i+1, func(c byte) bool { return c == '\\' }))
			parameters = parameters || isQuote(next) || isAlnum(s.peek(i+1))
		}
	}
	if !parameters {
		return end
	}
	around, slashes := s.peek(n.from-1), s.slashesBefore(n.from-1)
	for line := s.lineEnd(from); from < line; from++ {
		if c := s.text[from]; c == around && isQuote(c) && s.slashesBefore(from) <= slashes {
			return from - slashes
		}
	}
	return from
}
