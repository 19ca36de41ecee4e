package scrub

import "strings"

// isSecret judges the value of a name that says it is one.
func (s *scanner) isSecret(is class, v *found) bool {
	if !v.quoted {
		v.to = trimEnd(s.text, v.from, v.to)
	}
	text := s.text[v.from:v.to]
	if text == "" || isPlaceholder(text) || isFile(text) || len(text) < 4 && !hasAlnum(text) || !v.quoted && v.how != query && s.isCode(v, text) {
		return false
	}
	if v.how < tight && v.quoted {
		v.how = tight
	}
	switch is {
	case classPerson:
		return false
	case classPwd:
		if isDirectory(text) {
			return false
		}
		return v.how >= tight || !s.isProse(v)
	case classSecret:
		return v.how >= tight || !s.isProse(v) && (len(text) > 2 || !isShortNumber(text))
	case classToken:
		return s.isTokenValue(text, v)
	case classQuery:
		return v.how == query && looksRandom(text) && len(text) >= leastInQuery
	case classSoft:
		return v.how == query || v.scheme || !isStateWord(text) && (looksRandom(text) || v.how == field && !s.isProse(v) && !isShortNumber(text))
	}
	return v.how >= tight || !s.isProse(v) && !isShortNumber(text)
}

func hasAlnum(text string) bool {
	for i := range len(text) {
		if isAlnum(text[i]) || text[i] >= 0x80 {
			return true
		}
	}
	return false
}

// isFile holds for the path of a file with an extension: where a secret lies, not the secret. Base64 has no dot.
func isFile(text string) bool {
	if text[0] != '/' && text[0] != '.' && !isDirectory(text) {
		return false
	}
	dot := strings.LastIndexByte(text, '.')
	return dot > 0 && len(text)-dot <= len(".jsonl") && len(text)-dot > len(".") && isAllLower(text[dot+1:]) && strings.ContainsAny(text[:dot], `/\\`)
}

func isDirectory(text string) bool {
	return text[0] == '/' || text[0] == '~' || text[0] == '$' || len(text) > 2 && text[1] == ':' && (text[2] == '\\' || text[2] == '/')
}

const leastInQuery = 16 // bytes of a signature or a code that opens something

func (s *scanner) isTokenValue(text string, v *found) bool {
	switch {
	case isShortNumber(text), isStateWord(text):
		return false
	case v.how == loose:
		return looksRandom(text)
	case v.how == field && s.isProse(v):
		return false
	}
	return v.how == query || len(text) >= 3
}

// trimEnd leaves out the dot that ends a sentence.
func trimEnd(text string, from, to int) int {
	for to > from && (text[to-1] == '.' || text[to-1] == ':' || text[to-1] == ',') {
		to--
	}
	return to
}

// isShortNumber holds for counts and positions: "token: 17".
func isShortNumber(text string) bool {
	for i := range len(text) {
		if !isDigit(text[i]) && text[i] != '.' && text[i] != '-' {
			return false
		}
	}
	return len(text) < 6
}

// looksRandom holds for what no person writes as a word: letters with digits among them, or a very long one.
func looksRandom(text string) bool {
	const least, long = 6, 32
	if len(text) < least || strings.HasPrefix(text, "0x") {
		return false
	}
	var letters, digits, capitals, others int
	for i := range len(text) {
		switch c := text[i]; {
		case isDigit(c):
			digits++
		case isUpper(c):
			capitals++
		case isAlpha(c):
			letters++
		default:
			others++
		}
	}
	switch {
	case digits > 0 && letters+capitals > 0:
		return true
	case digits >= least && others == 0:
		return true
	}
	return others == 0 && len(text) >= long
}

// isPlaceholder holds for what stands where a value will be, or was: parameters of statements and templates, masks, nothing.
func isPlaceholder(text string) bool {
	switch text {
	case "?", "-", "--", "null", "NULL", "Null", "nil", "None", "none", "undefined", "true", "false", "True", "False", "TRUE", "FALSE", "<nil>", "|", ">", "...", "{}", "[]", "()":
		return true
	}
	switch c := text[0]; {
	case c == '$' && len(text) > 1 && (text[1] == '{' || text[1] == '(' || isShortNumber(text[1:]) || isVariable(text[1:])):
		return true
	case c == '%' && len(text) > 1 && (text[1] == '(' || text[1] == '{' || len(text) == 2):
		return true
	case c == '{' && len(text) > 2 && (text[1] == '{' || text[len(text)-1] == '}' && identifier(text[1:]) == text[1:len(text)-1]):
		return true
	case c == '<' && (text[len(text)-1] == '>' || isLower(text[len(text)-1])): // "<redacted>", "<input type=..."
		return true
	case c == '\\' && strings.Contains(text, "u003c") && strings.HasSuffix(text, "u003e"):
		return true
	case c == '[' && text[len(text)-1] == ']' && isMarker(text[1:len(text)-1]):
		return true
	}
	return strings.Contains(text, "***") || strings.Contains(text, "•••") || isAll(text, 'x') || isAll(text, 'X') || isAll(text, '*') || isAll(text, '.')
}

// isVariable holds for the names of environment variables.
func isVariable(text string) bool {
	for i := range len(text) {
		if !isUpper(text[i]) && text[i] != '_' {
			return false
		}
	}
	return true
}

// isMarker holds for the words that other scrubbers leave.
func isMarker(text string) bool {
	for _, marker := range []string{"filtered", "redacted", "masked", "hidden", "removed", "secret", "omitted", "scrubbed"} {
		if strings.EqualFold(text, marker) {
			return true
		}
	}
	return false
}

func isAll(text string, c byte) bool {
	for i := range len(text) {
		if text[i] != c {
			return false
		}
	}
	return true
}

// isCode holds for an expression in a line of source, which traces quote: a call, an index, a member or a variable that is named like the
// secret itself.
func (s *scanner) isCode(v *found, text string) bool {
	if text[0] == '&' && v.how < tight {
		return true
	}
	name := identifier(text)
	next := s.peek(v.to)
	switch {
	case name == "":
		return false
	case len(name) < len(text):
		last := text[len(text)-1]
		dotted := strings.IndexByte(name, '.') >= 0
		return text[len(name)] == '(' && (dotted || last == ')' || last == '(') || text[len(name)] == '[' && len(text) > len(name)+1 && !isDigit(text[len(name)+1])
	case (next == '(' || next == '[') && strings.IndexFunc(text, isDigitRune) < 0:
		return true
	case v.how < tight && typeWords[text]:
		return true
	}
	return (v.how < tight || isCloser(next)) && (text == v.name || isMember(text))
}

// identifier is the beginning of a text that is one, dots included.
func identifier(text string) string {
	i := 0
	for i < len(text) && !isDigit(text[0]) && text[0] != '.' && (isWord[text[i]] || text[i] == '.') {
		i++
	}
	return text[:i]
}

func isDigitRune(r rune) bool { return '0' <= r && r <= '9' }

func isCloser(c byte) bool { return c == ')' || c == ',' || c == ';' || c == ']' || c == '}' }

// isMember holds for "self.password".
func isMember(text string) bool {
	dot := strings.LastIndexByte(text, '.')
	if dot <= 0 || dot == len(text)-1 {
		return false
	}
	_, exact := nameOf(text[dot+1:])
	return exact
}

// typeWords are the types that declarations in source lines name, and words that begin an expression.
var typeWords = wordSet("str string String int Int integer number Number bool Bool boolean bytes byte any Any object Object Optional char void " +
	"SecretStr interface float double Text text varchar VARCHAR await new self this")

// stateWords tell how it is with a token, a session or an authorization.
var stateWords = wordSet("active inactive open opened close closed closing start started starting end ended expired valid invalid ok failed failure success " +
	"successful error none missing required optional enabled disabled on off yes no basic bearer digest oauth oauth2 jwt ldap saml oidc sso mtls tls ssl kerberos " +
	"ntlm negotiate plain anonymous password token key cookie session internal external public private local remote default unknown empty created destroyed " +
	"refreshed revoked found present absent accepted rejected denied granted pending connected disconnected login logout eof")

func isStateWord(text string) bool {
	var lower [12]byte
	if len(text) > len(lower) {
		return false
	}
	for i := range len(text) {
		lower[i] = lowerByte(text[i])
	}
	return stateWords[string(lower[:len(text)])]
}

// proseWords begin what a person says about a secret.
var proseWords = wordSet("a an the is are was were be been must may might can cannot can't could should shall will would do does did not no has have had it its this " +
	"that these those for from of in on at to by with and or but if when while as than too so only at any all please your you we they must field value " +
	"required missing invalid incorrect wrong mismatch mismatched expired empty blank unset unknown none null nil undefined unexpected failed failure denied " +
	"rejected accepted changed updated reset rotated created deleted removed revoked found expected got unauthorized forbidden error ok yes not-found notfound " +
	"cannot could unable unsupported disabled enabled valid too contains doesn't isn't didn't hasn't won't don't wasn't default")

// subjects begin it too, where more words follow.
var subjects = wordSet("password passwords token tokens secret secrets key keys session user auth authentication all new old credentials")

// isProse reports whether a value is the beginning of a sentence.
func (s *scanner) isProse(v *found) bool {
	var lower [16]byte
	text := s.text[v.from:v.to]
	if len(text) > len(lower) {
		return false
	}
	for i := range len(text) {
		lower[i] = lowerByte(text[i])
	}
	word := lower[:len(text)]
	return proseWords[string(word)] || subjects[string(word)] && s.peek(v.to) == ' ' && isAlpha(s.peek(v.to+1))
}

func wordSet(list string) map[string]bool {
	m := make(map[string]bool)
	for _, w := range strings.Fields(list) {
		m[w] = true
	}
	return m
}
