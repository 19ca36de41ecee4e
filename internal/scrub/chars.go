package scrub

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }
func isLower(c byte) bool { return 'a' <= c && c <= 'z' }
func isAlpha(c byte) bool { return isLower(c | 0x20) }
func isAlnum(c byte) bool { return isAlpha(c) || isDigit(c) }

func isHex(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

func isBlank(c byte) bool { return c == ' ' || c == '\t' }
func isSpace(c byte) bool { return isBlank(c) || c == '\n' || c == '\r' }
func isQuote(c byte) bool { return c == '"' || c == '\'' || c == '`' }

// isToken holds for the characters of base64, base64url and most tokens.
func isToken(c byte) bool { return isAlnum(c) || c == '-' || c == '_' || c == '.' }

// isBase64 holds for the characters of base64 and base64url.
func isBase64(c byte) bool {
	return isAlnum(c) || c == '+' || c == '/' || c == '-' || c == '_' || c == '='
}

// isWord holds for the characters of a word: letters, digits, the underscore.
var isWord = func() (t [256]bool) {
	for c := range t {
		t[c] = isAlnum(byte(c)) || c == '_'
	}
	return t
}()
