package scrub

// tokenForm is how the tokens of a provider look: a prefix, then so many characters of a kind.
type tokenForm struct {
	prefix string
	least  int
	most   int // 0: no limit
	is     func(byte) bool
	mixed  bool // only with digits and capitals in it: the prefix alone says little
}

func upperNum(c byte) bool   { return isUpper(c) || isDigit(c) }
func lowerHex(c byte) bool   { return isDigit(c) || 'a' <= c && c <= 'f' }
func wordChar(c byte) bool   { return isWord[c] }
func wordOrDash(c byte) bool { return isWord[c] || c == '-' }

// tokenForms are tokens that their providers made to be recognised (their documentation, and what they gave to GitHub's secret scanning).
var tokenForms = []tokenForm{
	{prefix: "AKIA", least: 16, most: 16, is: upperNum}, // AWS
	{prefix: "ASIA", least: 16, most: 16, is: upperNum},
	{prefix: "ABIA", least: 16, most: 16, is: upperNum},
	{prefix: "ACCA", least: 16, most: 16, is: upperNum},
	{prefix: "AIza", least: 35, is: wordOrDash}, // Google
	{prefix: "ya29.", least: 20, is: isToken},
	{prefix: "GOCSPX-", least: 20, is: wordOrDash},
	{prefix: "ghp_", least: 20, is: isAlnum}, // GitHub
	{prefix: "gho_", least: 20, is: isAlnum},
	{prefix: "ghu_", least: 20, is: isAlnum},
	{prefix: "ghs_", least: 20, is: isToken},
	{prefix: "ghr_", least: 20, is: isAlnum},
	{prefix: "github_pat_", least: 20, is: wordChar},
	{prefix: "glpat-", least: 20, is: isToken}, // GitLab
	{prefix: "gldt-", least: 20, is: wordOrDash},
	{prefix: "glptt-", least: 20, is: wordOrDash},
	{prefix: "glrt-", least: 20, is: isToken},
	{prefix: "glcbt-", least: 20, is: wordOrDash},
	{prefix: "glsa_", least: 20, is: wordChar}, // Grafana
	{prefix: "glc_", least: 20, is: isBase64},
	{prefix: "xoxa-", least: 10, is: wordOrDash}, // Slack
	{prefix: "xoxb-", least: 10, is: wordOrDash},
	{prefix: "xoxc-", least: 10, is: wordOrDash},
	{prefix: "xoxd-", least: 10, is: isBase64},
	{prefix: "xoxe-", least: 10, is: wordOrDash},
	{prefix: "xoxe.", least: 10, is: isToken},
	{prefix: "xoxo-", least: 10, is: wordOrDash},
	{prefix: "xoxp-", least: 10, is: wordOrDash},
	{prefix: "xoxr-", least: 10, is: wordOrDash},
	{prefix: "xoxs-", least: 10, is: wordOrDash},
	{prefix: "xapp-", least: 10, is: wordOrDash},
	{prefix: "sk_live_", least: 10, is: isAlnum}, // Stripe
	{prefix: "sk_test_", least: 10, is: isAlnum},
	{prefix: "rk_live_", least: 10, is: isAlnum},
	{prefix: "rk_test_", least: 10, is: isAlnum},
	{prefix: "whsec_", least: 16, is: isBase64},
	{prefix: "sk-ant-", least: 20, is: wordOrDash}, // Anthropic
	{prefix: "sk-proj-", least: 20, is: wordOrDash},
	{prefix: "sk-svcacct-", least: 20, is: wordOrDash},
	{prefix: "sk-admin-", least: 20, is: wordOrDash},
	{prefix: "sk-or-", least: 20, is: wordOrDash},
	{prefix: "sk-", least: 20, is: isAlnum, mixed: true}, // OpenAI
	{prefix: "gsk_", least: 20, is: isAlnum, mixed: true},
	{prefix: "hf_", least: 30, is: isAlnum},
	{prefix: "r8_", least: 30, is: isAlnum},
	{prefix: "pplx-", least: 30, is: isAlnum},
	{prefix: "sntrys_", least: 20, is: isBase64}, // Sentry
	{prefix: "sntryu_", least: 20, is: isBase64},
	{prefix: "sntryi_", least: 20, is: isBase64},
	{prefix: "sntrya_", least: 20, is: isBase64},
	{prefix: "npm_", least: 36, is: isAlnum},
	{prefix: "pypi-AgE", least: 20, is: wordOrDash},
	{prefix: "rubygems_", least: 40, is: isAlnum},
	{prefix: "dckr_pat_", least: 20, is: wordOrDash},
	{prefix: "dckr_oat_", least: 20, is: wordOrDash},
	{prefix: "dop_v1_", least: 40, is: isAlnum}, // DigitalOcean
	{prefix: "doo_v1_", least: 40, is: isAlnum},
	{prefix: "dor_v1_", least: 40, is: isAlnum},
	{prefix: "SG.", least: 40, is: isToken, mixed: true}, // SendGrid
	{prefix: "SK", least: 32, most: 32, is: lowerHex},    // Twilio
	{prefix: "key-", least: 32, most: 32, is: lowerHex},  // Mailgun
	{prefix: "xkeysib-", least: 40, is: wordOrDash},
	{prefix: "shpat_", least: 32, is: isHex}, // Shopify
	{prefix: "shpss_", least: 32, is: isHex},
	{prefix: "shpca_", least: 32, is: isHex},
	{prefix: "shppa_", least: 32, is: isHex},
	{prefix: "sq0atp-", least: 20, is: wordOrDash}, // Square
	{prefix: "sq0csp-", least: 40, is: wordOrDash},
	{prefix: "hvs.", least: 20, is: wordOrDash}, // Vault
	{prefix: "hvb.", least: 20, is: wordOrDash},
	{prefix: "dapi", least: 32, is: lowerHex}, // Databricks
	{prefix: "NRAK-", least: 20, is: isAlnum}, // New Relic
	{prefix: "PMAK-", least: 20, is: wordOrDash},
	{prefix: "lin_api_", least: 20, is: isAlnum},
	{prefix: "figd_", least: 20, is: wordOrDash},
	{prefix: "nfp_", least: 30, is: isAlnum},
	{prefix: "pul-", least: 40, most: 40, is: lowerHex},
	{prefix: "sbp_", least: 40, is: lowerHex},
	{prefix: "tskey-", least: 16, is: wordOrDash},
	{prefix: "ATATT3x", least: 40, is: isBase64}, // Atlassian
	{prefix: "ATCTT3x", least: 40, is: isBase64},
	{prefix: "AGE-SECRET-KEY-1", least: 40, is: isAlnum},
	{prefix: "CFPAT-", least: 30, is: wordOrDash},
}

// tokenTable finds the forms by their first byte.
type tokenTable struct {
	byByte [256][]tokenForm
	// second tells, for the first byte of a word, the second bytes of what may be found in it: a bit for each, by its last six bits.
	second [256]uint64
}

func newTokenTable(more []string) (t tokenTable) {
	add := func(form tokenForm) {
		c := form.prefix[0]
		t.byByte[c] = append(t.byByte[c], form)
		t.begin(form.prefix)
	}
	for _, prefix := range more {
		add(tokenForm{prefix: prefix, least: 1, is: isBase64OrDot})
	}
	for _, form := range tokenForms {
		add(form)
	}
	for country := range ibanLengths {
		t.begin(country)
	}
	for _, word := range []string{"Be", "be", "BE", "Ba", "ba", "BA", "ey"} { // Bearer, Basic, JWT
		t.begin(word)
	}
	for digit := range byte(10) {
		for second := range byte(10) {
			t.begin(string([]byte{'0' + digit, '0' + second}))
		}
	}
	return t
}

func (t *tokenTable) begin(with string) { t.second[with[0]] |= 1 << (with[1] & 63) }

// mayBegin reports whether a word that begins with two bytes may hold anything.
func (t *tokenTable) mayBegin(first, second byte) bool { return t.second[first]>>(second&63)&1 != 0 }

func isBase64OrDot(c byte) bool { return isBase64(c) || c == '.' }

// token looks for a known prefix at the beginning of a word.
func (s *scanner) token(from int) (find, bool) {
	forms := s.tokens.byByte[s.text[from]]
	for i := range forms {
		form := &forms[i]
		if !s.has(from, form.prefix) {
			continue
		}
		begin := from + len(form.prefix)
		end := s.within(begin, s.reach(begin), form.is)
		for end > begin && s.text[end-1] == '.' {
			end--
		}
		switch n := end - begin; {
		case n < form.least, form.most > 0 && n > form.most, form.most > 0 && isWord[s.peek(end)]:
		case form.mixed && !isMixed(s.text[begin:end]):
			s.fuel -= n
		default:
			return find{from: from, to: end, rule: RuleToken}, true
		}
	}
	return find{}, false
}

// isMixed holds for texts with digits, capitals and small letters, as chance makes them.
func isMixed(text string) bool {
	var digits, capitals, small bool
	for i := range len(text) {
		digits = digits || isDigit(text[i])
		capitals = capitals || isUpper(text[i])
		small = small || isLower(text[i])
	}
	return digits && capitals && small
}

// Sizes of JSON web tokens: the least of a header ({"alg":""}) and of a body that says anything.
const (
	leastJWTHeader = 15
	leastJWTBody   = 2
)

// jwt looks for a JSON web token: three parts of base64url (five if encrypted), the first of them JSON.
func (s *scanner) jwt(from int) (find, bool) {
	if from < s.noJWT {
		return find{}, false
	}
	header := s.run(from, wordOrDash)
	if s.peek(header) != '.' || header-from < leastJWTHeader {
		s.noJWT = header
		return find{}, false
	}
	body := s.run(header+1, wordOrDash)
	if s.peek(body) != '.' || body-header-1 < leastJWTBody {
		s.noJWT = header
		return find{}, false
	}
	end := s.run(body+1, wordOrDash)
	for s.peek(end) == '.' && wordOrDash(s.peek(end+1)) {
		end = s.run(end+1, wordOrDash)
	}
	return find{from: from, to: end, rule: RuleJWT}, true
}

// scheme looks at "Bearer" and "Basic" with what follows.
func (s *scanner) scheme(from, to int) (find, bool) {
	begin := s.blanks(to)
	if begin == to {
		return find{}, false
	}
	end := s.run(begin, func(c byte) bool { return isToken(c) || c == '~' || c == '+' || c == '/' })
	for end > begin && s.text[end-1] == '.' {
		end--
	}
	end = s.run(end, func(c byte) bool { return c == '=' })
	if c := s.peek(end); s.text[max(end-1, 0)] == '=' && (isQuote(c) || isAlnum(c)) { // a parameter of a challenge: realm="x"
		return find{}, false
	}
	f := find{from: begin, to: end, rule: RuleScheme}
	switch {
	case s.hasFold(from, "basic"):
		return f, isUserPassword(s.text[begin:end])
	case s.hasFold(from, "bearer"):
		return f, isBearer(s.text[begin:end])
	}
	return find{}, false
}

// isBearer tells a token from a word: "bearer authentication".
func isBearer(text string) bool {
	const long = 20
	return len(text) >= long && !isAllLower(text) || looksRandom(text) || isMixedCase(text)
}

func isAllLower(text string) bool {
	for i := range len(text) {
		if !isLower(text[i]) && text[i] != '-' {
			return false
		}
	}
	return true
}

// isMixedCase holds for a capital behind a small letter in a text that is no word in camel case: several of them.
func isMixedCase(text string) bool {
	turns := 0
	for i := 1; i < len(text); i++ {
		if isUpper(text[i]) && isLower(text[i-1]) {
			turns++
		}
	}
	return turns >= 3
}

// isUserPassword holds for base64 of "user:password" in printable characters.
func isUserPassword(text string) bool {
	const least = 4
	for len(text) > 0 && text[len(text)-1] == '=' {
		text = text[:len(text)-1]
	}
	if len(text) < least {
		return false
	}
	bits, have, colon := uint32(0), 0, false
	for i := range len(text) {
		v, ok := base64Value(text[i])
		if !ok {
			return false
		}
		bits, have = bits<<6|uint32(v), have+6
		if have >= 8 {
			have -= 8
			c := byte(bits >> have)
			if c < ' ' || c >= 0x7f || i == 1 && c == ':' {
				return false
			}
			colon = colon || c == ':'
		}
	}
	return colon
}

func base64Value(c byte) (byte, bool) {
	switch {
	case isUpper(c):
		return c - 'A', true
	case isLower(c):
		return c - 'a' + 26, true
	case isDigit(c):
		return c - '0' + 52, true
	case c == '+' || c == '-':
		return 62, true
	case c == '/' || c == '_':
		return 63, true
	}
	return 0, false
}
