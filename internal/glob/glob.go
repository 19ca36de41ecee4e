// Package glob matches patterns as people write them into a configuration.
//
// In: a pattern and a value. Out: whether the pattern matches the whole value. It must not know: what is matched.
package glob

import (
	"strings"
	"unicode/utf8"
)

// Pattern is a pattern: * stands for any run of characters, also for none, ? for one. It matches a whole value, in time of at most the product of both
// lengths.
type Pattern string

// Matches reports whether the pattern matches the value as a whole.
func (p Pattern) Matches(value string) bool {
	pattern := string(p)
	// Where the last * was, and the value behind what it has swallowed: only the last one may ever have to swallow more.
	star, retry := "", ""
	starred := false
	for value != "" {
		switch {
		case pattern != "" && pattern[0] == '*':
			star, retry, starred = pattern[1:], value, true
			pattern = star
		case pattern != "" && pattern[0] == '?':
			pattern, value = pattern[1:], value[width(value):]
		case pattern != "" && pattern[0] == value[0]:
			pattern, value = pattern[1:], value[1:]
		case starred:
			retry = retry[width(retry):]
			pattern, value = star, retry
		default:
			return false
		}
	}
	return strings.Trim(pattern, "*") == ""
}

func width(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	return n
}
