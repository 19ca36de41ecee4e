package rules

import (
	"strings"
	"unicode/utf8"
)

// glob is a pattern: * stands for any run of characters, ? for one. It matches a whole value, in time of at most the product of both
// lengths.
type glob string

func (g glob) matches(value string) bool {
	pattern := string(g)
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

// typeGlob matches the type of an exception. Texts print it with its package or without; a pattern without one matches both.
type typeGlob struct {
	whole glob
	// bare is the pattern behind its last dot; qualified: there is a dot.
	bare      glob
	qualified bool
}

func newTypeGlob(pattern string) typeGlob {
	i := strings.LastIndexByte(pattern, '.')
	return typeGlob{whole: glob(pattern), bare: glob(pattern[i+1:]), qualified: i >= 0}
}

func (g typeGlob) matches(o *Occurrence) bool {
	for _, name := range [...]string{o.Type, o.Named} {
		if name != "" && (g.whole.matches(name) || !g.qualified && g.bare.matches(bare(name))) {
			return true
		}
	}
	return g.qualified && o.Type != "" && o.Qualified != nil && g.bare.matches(bare(o.Type)) && g.whole.matches(o.Qualified())
}

// bare is a type without its package.
func bare(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }
