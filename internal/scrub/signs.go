package scrub

import "strings"

// dash looks at what dashes begin: a PEM block, or an option whose value is the next word.
func (s *scanner) dash(i int) (find, bool) {
	if s.has(i, pemBegin) {
		return s.pem(i)
	}
	if before := s.peek(i - 1); before != 0 && !isSpace(before) && !isQuote(before) && before != '[' {
		return find{}, false
	}
	if c := s.peek(i + 1); c == 'p' || c == 'u' {
		if f, ok := s.shortOption(i); ok {
			return f, true
		}
	}
	return s.option(i)
}

// shortOptions are options whose names say nothing by themselves, and words of the commands to which they are a password, or a user with one.
var shortOptions = []struct {
	option   string
	attached bool // the value follows without a blank
	user     bool // it is user:password
	commands []string
}{
	{"-p", true, false, []string{"mysql ", "mysqldump ", "mysqladmin "}},
	{"-p", false, false, []string{" login ", "sshpass "}},
	{"-u", false, true, []string{"curl "}},
}

// shortOption looks at an option of one letter: mysql -pX, docker login -p X, curl -u user:X.
func (s *scanner) shortOption(i int) (find, bool) {
	for k := range shortOptions {
		o := &shortOptions[k]
		at := i + len(o.option)
		if !s.has(i, o.option) || o.attached == isBlank(s.peek(at)) || !s.isCommand(i, o.commands) {
			continue
		}
		v := found{from: s.blanks(at), how: tight}
		if q := s.peek(v.from); isQuote(q) {
			v, _ = s.quotedValue(v, v.from+1, q, 0)
		} else {
			v.to = s.valueEnd(v.from)
		}
		if o.user {
			colon := firstByte(s.text, v.from, v.to, ':')
			if colon < 0 {
				continue
			}
			v.from = colon + 1
		}
		if v.to > v.from && !isPlaceholder(s.text[v.from:v.to]) {
			return find{from: v.from, to: v.to, rule: RulePair}, true
		}
	}
	return find{}, false
}

// isCommand reports whether one of the words stands not far before i.
func (s *scanner) isCommand(i int, words []string) bool {
	const near = 128
	before := s.text[max(0, i-near):i]
	for _, word := range words {
		if strings.Contains(before, word) {
			return true
		}
	}
	return false
}

const (
	pemBegin = "-----BEGIN"
	dashes   = "-----"
	maxTitle = 64 // bytes of a PEM block's title
)

// pem looks at a PEM block. Only private keys are secret. A block that was cut off ends with its last line of base64.
func (s *scanner) pem(i int) (find, bool) {
	title := i + len(pemBegin)
	s.at = title
	end := s.run(title, func(c byte) bool { return isUpper(c) || isDigit(c) || c == ' ' })
	if end-title > maxTitle || !s.has(end, dashes) || !strings.Contains(s.text[title:end], "PRIVATE KEY") {
		return find{}, false
	}
	from := s.skipBreak(end + len(dashes))
	to := s.pemBodyEnd(from)
	return find{from: from, to: s.trimBreak(from, to), rule: RulePrivateKey}, true
}

// pemBodyEnd is the end of a block's body. Of a block that was cut off it is the end of the last word that can be a line of it.
func (s *scanner) pemBodyEnd(from int) int {
	const line = 16 // bytes that no word of prose has
	last, begin, to := from, from, from
	for ; to < len(s.text) && inPEM(s.text[to]); to++ {
		if isBase64(s.text[to]) {
			continue
		}
		if to-begin >= line {
			last = to
		}
		begin = to + 1
	}
	if s.has(to, dashes) || to == len(s.text) && to-begin >= line {
		return to
	}
	return last
}

// inPEM holds for base64, white space, what is written as escapes, and the headers of encrypted keys.
func inPEM(c byte) bool {
	return isBase64(c) && c != '-' || isSpace(c) || c == '\\' || c == ':' || c == ','
}

// skipBreak is the place behind a line break, which may be written as an escape.
func (s *scanner) skipBreak(i int) int {
	i = s.run(i, isSpace)
	for s.has(i, `\n`) || s.has(i, `\r`) || s.has(i, `\\n`) {
		i = s.run(i, func(c byte) bool { return c == '\\' }) + 1
	}
	return i
}

func (s *scanner) trimBreak(from, to int) int {
	for to > from {
		switch c := s.text[to-1]; {
		case isSpace(c), c == '\\':
			to--
		case (c == 'n' || c == 'r') && to-2 >= from && s.text[to-2] == '\\':
			to -= 2
		default:
			return to
		}
	}
	return to
}

const maxOption = 64 // bytes of an option's name

// option looks at an option of a command line: "--password x", and as elements of a list: "--password", "x".
func (s *scanner) option(i int) (find, bool) {
	from := s.run(i, func(c byte) bool { return c == '-' })
	end := from
	for end < len(s.text) && end-from < maxOption && (isWord[s.text[end]] || s.text[end] == '-') {
		end++
	}
	if from-i > 2 || end-from < 3 {
		return find{}, false
	}
	is := s.inText(s.text[from:end])
	if is != classSecret && is != classToken {
		return find{}, false
	}
	v, ok := s.optionValue(i, end)
	if !ok || !s.isSecret(is, &v) {
		return find{}, false
	}
	return find{from: v.from, to: v.to, rule: RulePair}, true
}

// optionValue is the value of an option that begins at i and whose name ends at end: the next word, or the next element of a list.
func (s *scanner) optionValue(i, end int) (found, bool) {
	v := found{how: loose}
	c := s.peek(end)
	at := s.run(end+1, func(c byte) bool { return c == ',' || c == ' ' })
	switch {
	case at >= len(s.text) || s.text[at] == '-':
		return v, false
	case c == ' ' && at == s.blanks(end) && !s.endsString(at):
		if isQuote(s.text[at]) {
			return s.quotedValue(v, at+1, s.text[at], 0)
		}
		v.from, v.to = at, s.valueEnd(at)
		return v, v.to > v.from
	case isQuote(c) && c == s.peek(i-1) && s.peek(end+1) == ',' && s.text[at] == c:
		v, ok := s.quotedValue(v, at+1, c, 0)
		if s.peek(s.run(v.to+1, isSpace)) == ':' { // it is the next key
			return v, false
		}
		s.at = v.to + 1
		return v, ok
	}
	return v, false
}

const maxTag = 128 // bytes of an XML tag

// element looks at the end of an XML tag: what follows is the value of an element that is named like a secret.
func (s *scanner) element(i int) (find, bool) {
	from, least := i, max(s.done, i-maxTag)
	for from > least && s.text[from-1] != '<' && s.text[from-1] != '>' && s.text[from-1] != '\n' {
		from--
	}
	if from == least || s.text[from-1] != '<' || !isAlpha(s.peek(from)) || s.text[i-1] == '/' {
		return find{}, false
	}
	end := s.run(from, func(c byte) bool { return isWord[c] || c == ':' || c == '-' || c == '.' })
	end = min(end, i)
	to := i + 1
	for to < len(s.text) && s.text[to] != '<' && s.text[to] != '\n' && !s.endsString(to) {
		to++
	}
	if s.peek(to) != '<' || s.peek(to+1) != '/' || to == i+1 {
		return find{}, false
	}
	is := s.inText(s.text[from:end])
	v := found{from: i + 1, to: to, how: tight, quoted: true}
	if is == classOpen || is == classKept || !s.isSecret(is, &v) {
		return find{}, false
	}
	return find{from: v.from, to: v.to, rule: pairRule(is)}, true
}

// sqlPassword looks at a quote in a statement: PASSWORD 'x', IDENTIFIED BY 'x'.
func (s *scanner) sqlPassword(i int) (find, bool) {
	end := i
	for end > s.done && isBlank(s.text[end-1]) {
		end--
	}
	if end == i || !s.hasFold(end-len("password"), "password") && !s.hasFold(end-len("identified by"), "identified by") {
		return find{}, false
	}
	v, ok := s.quotedValue(found{how: tight}, i+1, '\'', 0)
	if !ok || s.peek(v.to) != '\'' || isPlaceholder(s.text[v.from:v.to]) {
		return find{}, false
	}
	return find{from: v.from, to: v.to, rule: RulePair}, true
}
