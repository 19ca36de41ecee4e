package scrub

// name is a name in a text, before a colon or an equals sign.
type name struct {
	from, to int
	quoted   bool
	slashes  int // before its quotes: JSON inside of a JSON string
}

// how a name and its value are joined says how sure it is that they are a name and a value.
type how uint8

const (
	loose how = iota // "token: x" may be prose
	field            // "auth_token: x" hardly
	tight            // "token=x", or the name stands in quotes
	query            // "?token=x", "&token=x"
)

const (
	maxKeyText   = 96 // bytes of a name in a text
	maxKeyBlanks = 8  // blanks between a name and its sign
	maxSlashes   = 7
)

// colon looks at a colon: the end of a scheme, or a sign between a name and a value.
func (s *scanner) colon(i int) (find, bool) {
	switch s.peek(i + 1) {
	case ':':
		s.at = i + 2
		return find{}, false
	case '=':
		return find{}, false
	case '/':
		if s.peek(i+2) == '/' {
			return s.url(i + len("://"))
		}
	case '\\':
		if s.has(i+1, `\/\/`) {
			return s.url(i + len(`:\/\/`))
		}
	}
	if s.hasFold(i-len("oracle:thin"), "oracle:thin") || s.hasFold(i-len("oracle:oci"), "oracle:oci") {
		return s.oracle(i + 1)
	}
	return s.pair(i, i+1)
}

// equals looks at an equals sign; those that compare join nothing.
func (s *scanner) equals(i int) (find, bool) {
	sign, value := i, i+1
	switch s.peek(i + 1) {
	case '=':
		s.at = s.run(i, func(c byte) bool { return c == '=' })
		return find{}, false
	case '>':
		value++
	case '~':
		return find{}, false
	case '\\': // "=>" as some writers of JSON escape it
		if arrow := s.run(i+1, func(c byte) bool { return c == '\\' }); s.has(arrow, "u003e") {
			value = arrow + len("u003e")
		}
	}
	switch s.peek(i - 1) {
	case '!', '<', '>', '~', '+', '*', '/':
		return find{}, false
	case ':':
		sign--
	}
	return s.pair(sign, value)
}

// pair looks at a sign between what may be a name and a value.
func (s *scanner) pair(sign, value int) (find, bool) {
	n, ok := s.nameBefore(sign)
	if !ok {
		return find{}, false
	}
	is := s.classOf(&n, sign, value)
	if is == classOpen || is == classKept || s.enter(&n, is, s.blanks(value)) {
		return find{}, false
	}
	v, ok := s.valueAt(&n, is, sign, value)
	if !ok || !s.isSecret(is, &v) {
		s.fuel -= max(0, v.to-v.from)
		return find{}, false
	}
	return find{from: v.from, to: v.to, rule: pairRule(is), quote: v.quote}, true
}

func pairRule(is class) Rule {
	if rule, _ := is.rule(); rule == RulePersonal {
		return RulePersonal
	}
	return RulePair
}

// nameBefore is the name that ends before a sign.
func (s *scanner) nameBefore(sign int) (name, bool) {
	end := sign
	for end > s.done && sign-end < maxKeyBlanks && isBlank(s.text[end-1]) {
		end--
	}
	if end == s.done {
		return name{}, false
	}
	return s.nameEndingAt(end)
}

func (s *scanner) nameEndingAt(end int) (name, bool) {
	switch last := s.text[end-1]; {
	case last == ']' && end-2 > s.done && isQuote(s.text[end-2]): // config["password"] = "x"
		return s.quotedName(end - 1)
	case isWord[last] || last == ']':
		return s.plainName(end)
	case isQuote(last):
		return s.quotedName(end)
	case last == '?' || last == '!': // TypeScript: "token?: string"
		return s.plainName(end - 1)
	}
	return name{}, false
}

func inName(c byte) bool {
	return isWord[c] || c == '.' || c == '-' || c == '[' || c == ']' || c == '%' || c == '$' || c == '@'
}

func (s *scanner) plainName(end int) (name, bool) {
	from, least := end, max(s.done, end-maxKeyText)
	for from > least && inName(s.text[from-1]) {
		from--
	}
	from += escaped(s.text, from)
	for from < end && !isWord[s.text[from]] {
		from++
	}
	return name{from: from, to: end}, end-from >= 2
}

// escaped is how many characters at i belong to an escape that begins before i: "\n", a "%20" or a "\u0026".
func escaped(text string, i int) int {
	if i == 0 || i >= len(text) {
		return 0
	}
	switch c := text[i]; {
	case text[i-1] == '\\' && (c == 'n' || c == 'r' || c == 't'):
		return 1
	case text[i-1] == '\\' && c == 'u' && len(text)-i > 5:
		return 5
	case text[i-1] == '%' && len(text)-i > 2 && isHex(c) && isHex(text[i+1]):
		return 2
	}
	return 0
}

// quotedName is a name in quotes; end is behind the closing one.
func (s *scanner) quotedName(end int) (name, bool) {
	quote := s.text[end-1]
	to := end - 1
	slashes := s.slashesBefore(to)
	if slashes > maxSlashes {
		return name{}, false
	}
	to -= slashes
	least := max(s.done, to-maxKeyText)
	from := to
	for from > least && (inName(s.text[from-1]) || isBlank(s.text[from-1])) {
		from--
	}
	if from == to || from-1-slashes < 0 || s.text[from-1] == '\\' {
		return name{}, false
	}
	if s.text[from-1] != quote || s.slashesBefore(from-1) != slashes {
		return name{}, false
	}
	return name{from: from, to: to, quoted: true, slashes: slashes}, true
}

// slashesBefore counts the back-slashes before i.
func (s *scanner) slashesBefore(i int) (n int) {
	for i-n > 0 && s.text[i-n-1] == '\\' {
		n++
	}
	return n
}

// classOf is the class of a name in a text.
func (s *scanner) classOf(n *name, sign, value int) class {
	text := s.text[n.from:n.to]
	if isValueKey(text) {
		if is := s.sibling(n, sign); is != classOpen {
			return is
		}
	}
	if n.quoted {
		return s.member(text)
	}
	if s.text[sign] == ':' && (s.isPlace(n, value) || s.peek(n.from-1) == '$') {
		return classOpen
	}
	is := s.inText(text)
	if !isBlank(s.peek(n.from-1)) || firstByte(s.text, n.from, n.to, '.') >= 0 {
		return is
	}
	if more := s.withWordsBefore(n); more < n.from {
		return s.inText(s.text[more:n.to])
	}
	return is
}

// isPlace holds for what is no name and value but a place in a file, an image with its tag, a host with its port: "token.go:17",
// "registry/secret:1.2", "auth:8080".
func (s *scanner) isPlace(n *name, value int) bool {
	if before := s.peek(n.from - 1); before == '/' || before == '\\' && escaped(s.text, n.from-1) > 0 {
		return true
	}
	if !isDigit(s.peek(value)) {
		return false
	}
	end := s.run(value, func(c byte) bool { return isDigit(c) || c == '.' || c == ':' })
	return !isWord[s.peek(end)] && (end-value <= len("65535") || s.text[value+1] == '.' || s.text[value+2] == '.')
}

// withWordsBefore is where the name begins if the words before it belong to it: "API key", "Unexpected token", "access key id".
func (s *scanner) withWordsBefore(n *name) int {
	const atMost = 2
	from := n.from
	for range atMost {
		last := wordOf(lastWord(s.text[from:n.to]))
		if from == n.from && last&(wKey|wCode|wNumber|wSecond|wID|wToken) == 0 {
			return from
		}
		end := from
		if end == 0 || s.text[end-1] != ' ' {
			return from
		}
		end--
		begin := end
		for begin > s.done && end-begin < maxWord && isWord[s.text[begin-1]] {
			begin--
		}
		if begin == end {
			return from
		}
		from = begin
	}
	return from
}

// lastWord is the last run of letters and digits.
func lastWord(s string) string {
	from := len(s)
	for from > 0 && isAlnum(s[from-1]) {
		from--
	}
	if from == len(s) {
		return "-"
	}
	return s[from:]
}

// sibling is the class of "value" in {"name":"password","value":"x"}, and in name="password" value="x".
func (s *scanner) sibling(n *name, sign int) class {
	end := n.from
	if n.quoted {
		end -= 1 + n.slashes // the opening quote, with its back-slashes
	}
	begin := end
	for end > s.done && (isSpace(s.text[end-1]) || s.text[end-1] == ',') {
		end--
	}
	if end == s.done || end == begin {
		return classOpen
	}
	value, ok := s.nameEndingAt(end)
	if !ok {
		return classOpen
	}
	before := value.from
	if value.quoted {
		before -= 1 + value.slashes
	}
	for before > s.done && isBlank(s.text[before-1]) {
		before--
	}
	if before <= s.done || s.text[before-1] != s.text[sign] {
		return classOpen
	}
	key, ok := s.nameBefore(before - 1)
	if !ok || !namesName[s.text[key.from:key.to]] {
		return classOpen
	}
	return s.member(s.text[value.from:value.to])
}

// couple looks at a list of two, as some servers write headers: ["Authorization", "x"], (b'authorization', b'x').
func (s *scanner) couple(i int) (find, bool) {
	n, end, ok := s.quotedItem(i + 1)
	if !ok || n.to-n.from > maxKeyText {
		return find{}, false
	}
	comma := s.run(end, isBlank)
	is := s.member(s.text[n.from:n.to])
	if s.peek(comma) != ',' || is == classOpen || is == classKept {
		return find{}, false
	}
	v, end, ok := s.quotedItem(comma + 1)
	if !ok {
		return find{}, false
	}
	if last := s.peek(s.run(end, isBlank)); last != ']' && last != ')' {
		return find{}, false
	}
	value := found{from: v.from, to: v.to, how: tight, quoted: true}
	if !s.isSecret(is, &value) {
		return find{}, false
	}
	return find{from: v.from, to: v.to, rule: pairRule(is)}, true
}

// quotedItem reads text in quotes, of a length that an item has, and tells the place behind it.
func (s *scanner) quotedItem(i int) (item name, end int, ok bool) {
	const longest = 4096
	i = s.run(i, isBlank)
	if s.peek(i) == 'b' { // Python
		i++
	}
	slashes := s.run(i, func(c byte) bool { return c == '\\' }) - i
	quote := s.peek(i + slashes)
	if !isQuote(quote) || slashes > maxSlashes {
		return name{}, 0, false
	}
	from := i + slashes + 1
	for to := from; to < len(s.text) && to-from < longest && s.text[to] != '\n'; to++ {
		if s.text[to] != quote {
			continue
		}
		switch s.quoteAt(to, slashes) {
		case quoteOfThis:
			return name{from: from, to: to - slashes, quoted: true, slashes: slashes}, to + 1, to-slashes > from
		case quoteAround:
			return name{}, 0, false
		}
	}
	return name{}, 0, false
}

// namesName are the members that hold the name of what stands in "value" beside them.
var namesName = map[string]bool{"name": true, "key": true, "Name": true, "Key": true, "header": true}
