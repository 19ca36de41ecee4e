package scrub

// number looks at a word that begins with a digit: a card's number, a social security number, the token of a Telegram bot.
func (s *scanner) number(from, to int) (find, bool) {
	n := to - from
	if n > maxCard || lengths>>n&1 == 0 {
		return find{}, false
	}
	for i := from; i < to; i++ {
		if !isDigit(s.text[i]) {
			return find{}, false
		}
	}
	if n == 3 && s.peek(to) == '-' {
		return s.ssn(from)
	}
	if n >= 8 && n <= 10 {
		return s.telegram(from, to)
	}
	return s.card(from, to)
}

// lengths are those of the words of digits that begin something: a bit for each.
const lengths = 1<<3 | 1<<4 | 1<<8 | 1<<9 | 1<<10 | 1<<14 | 1<<15 | 1<<16

// telegram: the token of a bot is its number, a colon and 35 characters.
func (s *scanner) telegram(from, to int) (find, bool) {
	const secret = 35
	if s.peek(to) != ':' {
		return find{}, false
	}
	end := s.run(to+1, wordOrDash)
	if end-to-1 != secret || !isMixed(s.text[to+1:end]) {
		return find{}, false
	}
	return find{from: from, to: end, rule: RuleToken}, true
}

// Digits of card numbers that are looked for.
const (
	minCard = 14
	maxCard = 16
)

// issuers are the ranges of the first four digits, and how many digits a card's number then has (ISO/IEC 7812 ranges of the issuers). Lengths
// that nobody issues today (Visa with 13 digits) and those of ids that count (18 and 19 digits) are left out.
var issuers = []struct{ from, to, digits int }{
	{3000, 3059, 14}, // Diners Club
	{3095, 3095, 14},
	{3400, 3499, 15}, // American Express
	{3528, 3589, 16}, // JCB
	{3600, 3699, 14}, // Diners Club
	{3700, 3799, 15}, // American Express
	{3800, 3999, 14}, // Diners Club
	{4000, 4999, 16}, // Visa
	{5100, 5599, 16}, // Mastercard
	{2221, 2720, 16},
	{6011, 6011, 16}, // Discover
	{6440, 6599, 16},
	{6200, 6299, 16}, // UnionPay
}

// card looks for a card's number: digits without a break, or in groups as they are printed on cards.
func (s *scanner) card(from, to int) (find, bool) {
	if !s.standsAlone(from, -1) {
		return find{}, false
	}
	var digits [maxCard]byte
	n, groups, end, sep := 0, 0, from, byte(0)
	var sizes [4]int
	for {
		begin := end
		for end < len(s.text) && isDigit(s.text[end]) && n < maxCard {
			digits[n] = s.text[end] - '0'
			n++
			end++
		}
		sizes[groups] = end - begin
		groups++
		if n >= minCard || groups == len(sizes) || end-begin < 4 {
			break
		}
		next := s.peek(end)
		if next != ' ' && next != '-' && next != '.' || sep != 0 && sep != next || !isDigit(s.peek(end+1)) {
			break
		}
		sep = next
		end++
	}
	if end < to || !isCard(digits[:n]) || !isPrinted(sizes[:groups]) || !s.standsAlone(end, 1) || s.goesOn(end, sep) || s.comesFrom(from, sep) {
		return find{}, false
	}
	return find{from: from, to: end, rule: RuleCard, quote: s.quoteAround(from, end)}, true
}

// isPrinted holds for the groups of digits on cards: 4-4-4-4 and shorter, 4-6-5, 4-6-4, or one.
func isPrinted(sizes []int) bool {
	switch len(sizes) {
	case 1:
		return true
	case 3:
		return sizes[0] == 4 && sizes[1] == 6
	case 4:
		return sizes[0] == 4 && sizes[1] == 4 && sizes[2] == 4
	}
	return false
}

func isCard(digits []byte) bool {
	if len(digits) < minCard {
		return false
	}
	first := int(digits[0])*1000 + int(digits[1])*100 + int(digits[2])*10 + int(digits[3])
	for _, is := range issuers {
		if is.digits == len(digits) && is.from <= first && first <= is.to {
			return luhn(digits)
		}
	}
	return false
}

// luhn checks the last digit (ISO/IEC 7812-1, annex B).
func luhn(digits []byte) bool {
	sum := 0
	for i := range digits {
		d := int(digits[len(digits)-1-i])
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// standsAlone reports whether a number neither begins (step -1) nor ends (step 1) within a longer one, a UUID or a name. at is the place
// of its first digit, or that behind its last one.
func (s *scanner) standsAlone(at, step int) bool {
	near := at
	if step < 0 {
		near--
	}
	c, beyond := s.peek(near), s.peek(near+step)
	switch {
	case isWord[c], c >= 0x80 && step > 0, c == '+' && step < 0:
		return false
	case c == '.':
		return !isDigit(beyond)
	case c == '-' || c == ':' && step > 0:
		return !isAlnum(beyond)
	}
	return true
}

// goesOn: another group of four digits follows, so that this is a dump of numbers.
func (s *scanner) goesOn(end int, sep byte) bool {
	return sep != 0 && s.peek(end) == sep && s.run(end+1, isDigit)-end-1 == 4
}

func (s *scanner) comesFrom(from int, sep byte) bool {
	return sep != 0 && s.peek(from-1) == sep && isDigit(s.peek(from-2))
}

// quoteAround tells whether a number is one of JSON, which must become a string: find.quote.
func (s *scanner) quoteAround(from, to int) int {
	if !s.json {
		return 0
	}
	before := from
	for before > 0 && isSpace(s.text[before-1]) {
		before--
	}
	after := s.peek(s.run(to, isSpace))
	switch {
	case before == 0 || after != ',' && after != '}' && after != ']':
		return 0
	case s.text[before-1] == ':' && s.peek(before-2) == '"':
		return s.quoteFor(s.slashesBefore(before-2), from)
	case (s.text[before-1] == ',' || s.text[before-1] == '[') && (s.view || !s.inString(from)):
		return 1
	}
	return 0
}

// quoteFor is find.quote for a number at i whose key has so many back-slashes before its quotes; 0 if it stands in a string after all.
func (s *scanner) quoteFor(slashes, i int) int {
	if slashes == 0 && s.json && !s.view && s.inString(i) {
		return 0
	}
	return slashes + 1
}

// inString reports whether i lies in a string of JSON. It is asked in ascending order.
func (s *scanner) inString(i int) bool {
	for ; s.strings.at < i; s.strings.at++ {
		if s.endsString(s.strings.at) {
			s.strings.inside = !s.strings.inside
		}
	}
	return s.strings.inside
}

// ssn looks for a social security number of the USA: 3-2-4 digits, none of the groups a number that is never given.
func (s *scanner) ssn(from int) (find, bool) {
	const length = len("078-05-1120")
	to := from + length
	if to > len(s.text) || s.text[from+3] != '-' || s.text[from+6] != '-' || !s.standsAlone(from, -1) || !s.standsAlone(to, 1) {
		return find{}, false
	}
	for i := range length {
		if i != 3 && i != 6 && !isDigit(s.text[from+i]) {
			return find{}, false
		}
	}
	area, group, serial := s.text[from:from+3], s.text[from+4:from+6], s.text[from+7:to]
	if area == "000" || area == "666" || area[0] == '9' || group == "00" || serial == "0000" {
		return find{}, false
	}
	return find{from: from, to: to, rule: RuleSSN}, true
}
