package join

import "strings"

// Prefix cuts off what docker compose writes before each line of a container, `web-1  | `, in colour or not. Such lines are those of as
// many streams as there are prefixes; without one the prefix is empty.
func Prefix(text string) (prefix, rest string) {
	n := skipColour(text, 0)
	begin := n
	for n < len(text) && (isName(text[n]) && text[n] < 0x80 || text[n] == '-' || text[n] == '.') {
		n++
	}
	name := text[begin:n]
	end := len(name)
	for end > 0 && isDigit(name[end-1]) {
		end--
	}
	if end == len(name) || end < 2 || name[end-1] != '-' && name[end-1] != '_' || isDigit(name[0]) {
		return "", text
	}
	bar := n
	for bar < len(text) && text[bar] == ' ' {
		bar++
	}
	if bar == n || bar == len(text) || text[bar] != '|' {
		return "", text
	}
	bar++
	if bar < len(text) && text[bar] == ' ' {
		bar++
	}
	bar = skipColour(text, bar)
	return text[:bar], text[bar:]
}

// skipColour gives the offset behind the control sequences at offset n.
func skipColour(text string, n int) int {
	for strings.HasPrefix(text[n:], "\x1b[") {
		end := strings.IndexByte(text[n:], 'm')
		if end < 0 {
			break
		}
		n += end + 1
	}
	return n
}
