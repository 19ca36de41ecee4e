package scrub

import "strings"

// url looks for credentials in what follows "://".
func (s *scanner) url(from int) (find, bool) {
	s.at = from
	if f, ok := s.webhook(from); ok {
		return f, true
	}
	end := s.run(from, inAuthority)
	at := lastByte(s.text, from, end, '@')
	colon := firstByte(s.text, from, end, ':')
	if at < 0 && colon >= 0 && s.text[from] != '[' && !s.isPort(colon+1, end) {
		// A password with a slash in it: no host has such a port.
		end = s.within(end, s.reach(end), func(c byte) bool { return inAuthority(c) || c == '/' || c == '?' || c == '#' })
		at = lastByte(s.text, from, end, '@')
		s.fuel -= end - from
	}
	if at < 0 {
		return find{}, false
	}
	if colon < 0 || colon > at {
		return s.lonelyToken(from, at)
	}
	return s.password(colon+1, at)
}

// password is what stands between a colon and an @.
func (s *scanner) password(from, to int) (find, bool) {
	if from >= to || isPlaceholder(s.text[from:to]) {
		return find{}, false
	}
	return find{from: from, to: to, rule: RuleURL}, true
}

// lonelyToken is a user name that is a token: "https://<token>@host". The public key of a Sentry DSN is not secret.
func (s *scanner) lonelyToken(from, at int) (find, bool) {
	const least, publicKey = 20, 32
	user := s.text[from:at]
	if len(user) < least || len(user) == publicKey && isAllHex(user) || !looksRandom(user) || strings.IndexByte(user, '.') >= 0 {
		return find{}, false
	}
	return find{from: from, to: at, rule: RuleURL}, true
}

func inAuthority(c byte) bool {
	return c > ' ' && c != '/' && c != '?' && c != '#' && c != '"' && c != '\'' && c != '`' && c != '<' && c != '>' && c != '\\'
}

// isPort holds for digits that end where a port ends.
func (s *scanner) isPort(from, end int) bool {
	stop := s.run(from, isDigit)
	return stop == end || stop > from && !isAlnum(s.text[stop])
}

func isAllHex(text string) bool {
	for i := range len(text) {
		if !isHex(text[i]) {
			return false
		}
	}
	return true
}

func firstByte(text string, from, to int, c byte) int {
	if i := strings.IndexByte(text[from:to], c); i >= 0 {
		return from + i
	}
	return -1
}

func lastByte(text string, from, to int, c byte) int {
	if i := strings.LastIndexByte(text[from:to], c); i >= 0 {
		return from + i
	}
	return -1
}

// webhooks are addresses whose path is the secret.
var webhooks = []string{
	"hooks.slack.com/services/", "hooks.slack.com/workflows/", "discord.com/api/webhooks/", "discordapp.com/api/webhooks/",
	"outlook.office.com/webhook/", "api.telegram.org/bot",
}

func (s *scanner) webhook(from int) (find, bool) {
	for _, host := range webhooks {
		if s.has(from, host) {
			begin := from + len(host)
			end := s.run(begin, func(c byte) bool { return isToken(c) || c == '/' || c == ':' || c == '@' })
			if strings.HasSuffix(host, "/bot") {
				end = s.run(begin, func(c byte) bool { return isToken(c) || c == ':' })
			}
			return find{from: begin, to: end, rule: RuleToken}, end-begin >= minPrefix
		}
	}
	return find{}, false
}

const maxLookBack = 256 // bytes before an @ that are looked at

// address looks at an @ of a connection string without a scheme: "user:password@tcp(host)", as Go's MySQL driver has it.
func (s *scanner) address(i int) (find, bool) {
	if !s.has(i+1, "tcp(") && !s.has(i+1, "unix(") && !s.has(i+1, "udp(") {
		return find{}, false
	}
	from, least := i, max(s.done, i-maxLookBack)
	for from > least && !isSpace(s.text[from-1]) && !isQuote(s.text[from-1]) && s.text[from-1] != '=' {
		from--
	}
	if colon := firstByte(s.text, from, i, ':'); colon >= 0 {
		return s.password(colon+1, i)
	}
	return find{}, false
}

// oracle looks at what follows "jdbc:oracle:thin:": user/password@host.
func (s *scanner) oracle(from int) (find, bool) {
	end := s.within(from, s.reach(from), func(c byte) bool { return c > ' ' && !isQuote(c) && c != '@' })
	s.fuel -= end - from
	if slash := firstByte(s.text, from, end, '/'); slash >= 0 && s.peek(end) == '@' {
		return s.password(slash+1, end)
	}
	return find{}, false
}
