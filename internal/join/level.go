package join

import "strings"

// level is how much a record's level says of a stack trace below it.
type level uint8

const (
	unknownLevel level = iota
	lowLevel           // info and below
	highLevel          // warning and above
)

// levelWords, by first letter in upper case. Longer words stand before their beginnings.
var levelWords = [...]struct {
	word  string
	level level
}{
	{"ALERT", highLevel},
	{"CRITICAL", highLevel},
	{"CRIT", highLevel},
	{"CONFIG", lowLevel},
	{"DEBUG", lowLevel},
	{"DBG", lowLevel},
	{"DPANIC", highLevel},
	{"EMERGENCY", highLevel},
	{"EMERG", highLevel},
	{"ERROR", highLevel},
	{"ERRO", highLevel},
	{"ERR", highLevel},
	{"FATAL", highLevel},
	{"FATA", highLevel},
	{"FTL", highLevel},
	{"FINEST", lowLevel},
	{"FINER", lowLevel},
	{"FINE", lowLevel},
	{"INFO", lowLevel},
	{"INF", lowLevel},
	{"LOG", lowLevel},
	{"NOTICE", lowLevel},
	{"PANIC", highLevel},
	{"SEVERE", highLevel},
	{"TRACE", lowLevel},
	{"TRC", lowLevel},
	{"VERBOSE", lowLevel},
	{"WARNING", highLevel},
	{"WARN", highLevel},
	{"WRN", highLevel},
}

// levelWord gives the level with whose name s begins, in upper or in lower case, and the length of that name.
func levelWord(s string) (level, int) {
	c := s[0] &^ 0x20
	if c < 'A' || c > 'W' {
		return unknownLevel, 0
	}
	for i := range levelWords {
		w := &levelWords[i]
		if w.word[0] != c || len(w.word) > len(s) {
			continue
		}
		if n := len(w.word); equalFold(s[:n], w.word) && (n == len(s) || !isName(s[n])) {
			return w.level, n
		}
	}
	return unknownLevel, 0
}

// equalFold compares s, all of one case, with a word in upper case.
func equalFold(s, word string) bool {
	shift := s[0] ^ word[0]
	if shift != 0 && shift != 0x20 {
		return false
	}
	for i := range len(word) {
		if s[i]^word[i] != shift {
			return false
		}
	}
	return true
}

// maxLevelAt is how far into a line a level is looked for.
const maxLevelAt = 120

// levelOf finds the level of a record in its first line.
func levelOf(s string) level {
	if s == "" {
		return unknownLevel
	}
	if isKlog(s) {
		return letterLevel(s[0])
	}
	if len(s) > 10 && s[0] == '[' && s[2] == ' ' && isTime(s[3:]) { // tornado
		return letterLevel(s[1])
	}
	s = s[:min(len(s), maxLevelAt)]
	for i := 0; i < len(s); i++ {
		if !isUpper(s[i]) && !isLower(s[i]) {
			continue
		}
		if l, n := levelWord(s[i:]); n > 0 && (isUpper(s[i]) || marked(s, i, i+n)) {
			return l
		}
		for i < len(s) && isName(s[i]) {
			i++
		}
	}
	return unknownLevel
}

// marked reports whether a word in lower case stands where a level would: [error], error:, level=error, |error|.
func marked(s string, begin, end int) bool {
	before, after := byte(' '), byte(' ')
	if begin > 0 {
		before = s[begin-1]
	}
	if end < len(s) {
		after = s[end]
	}
	return after == ':' || after == ']' || before == '[' || before == '=' || before == '|' || before == '"' || before == ':' || strings.HasPrefix(s[end:], "  ")
}

func letterLevel(c byte) level {
	switch c {
	case 'E', 'F', 'W', 'C':
		return highLevel
	}
	return lowLevel
}
