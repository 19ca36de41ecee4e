package grouping

import "strings"

// withoutNumbers is a line of a stack trace without what differs from one occurrence to the next: line numbers, addresses. Quoted text stays: there it is
// a path. A run of digits, or of hexadecimal digits from eight on with a digit among them, becomes "#".
func withoutNumbers(line string) string {
	var b strings.Builder
	b.Grow(len(line))
	for i := 0; i < len(line); {
		end := i
		for end < len(line) && isAlnum(line[end]) {
			end++
		}
		switch word := line[i:end]; {
		case word == "":
			b.WriteByte(line[i])
			end++
		case isHexID(word), strings.HasPrefix(word, "0x"):
			b.WriteByte('#')
		default:
			writeWithoutDigits(&b, word)
		}
		i = end
	}
	return b.String()
}

func writeWithoutDigits(b *strings.Builder, word string) {
	for i := 0; i < len(word); i++ {
		if !isDigit(word[i]) {
			b.WriteByte(word[i])
		} else if i == 0 || !isDigit(word[i-1]) {
			b.WriteByte('#')
		}
	}
}

// isHexID wants at least 8 hex digits and nothing else, and a digit among them: "deadbeef" may be a word, "facade" is one.
func isHexID(word string) bool {
	digits := 0
	for i := range len(word) {
		switch c := word[i] | 0x20; {
		case isDigit(word[i]):
			digits++
		case c < 'a' || c > 'f':
			return false
		}
	}
	return len(word) >= 8 && digits > 0 && digits < len(word)
}

// trimGenerated removes the numbers that compilers and proxies put into names behind a "$", and addresses: "lambda$run$0", "$Proxy12",
// "Foo$$Lambda/0x00007f1c", "Svc$$EnhancerBySpringCGLIB$$1a2b3c4d". Other digits belong to the name.
func trimGenerated(name string) string {
	dollar := strings.IndexByte(name, '$')
	if dollar < 0 {
		return name
	}
	var b strings.Builder
	b.WriteString(name[:dollar])
	for i := dollar; i < len(name); {
		end := i
		for end < len(name) && isAlnum(name[end]) {
			end++
		}
		if end == i {
			b.WriteByte(name[i])
			i++
			continue
		}
		if segment := name[i:end]; isHexID(segment) || strings.HasPrefix(segment, "0x") {
			b.WriteByte('#')
		} else {
			b.WriteString(strings.TrimRight(segment, "0123456789"))
		}
		i = end
	}
	return b.String()
}

func isAlnum(c byte) bool  { return isDigit(c) || isLetter(c) }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
