package stacktrace

import "strings"

// pyRecordHead tells whether a line begins a new log record: a time, a level, or what servers and structured loggers begin with. It is
// asked for lines below an exception only, where all else is the exception's message.
func pyRecordHead(s string) bool {
	if s == "" {
		return false
	}
	if s[0] == '{' {
		return len(s) > 2 && s[1] == '"' && s[len(s)-1] == '}'
	}
	open := strings.TrimLeft(s, "[(<")
	if pyTime(open) {
		return true
	}
	return pyGlog(open) || pyAccessLog(s) || pyLevelHead(s) || pySyslog(s) || pyLogfmt(s)
}

// pyShape tells whether s begins with the pattern: 9 is a digit, A a letter, all else itself.
func pyShape(s, pattern string) bool {
	if len(s) < len(pattern) {
		return false
	}
	for i := range len(pattern) {
		switch c := s[i]; pattern[i] {
		case '9':
			if !pyDigit(c) {
				return false
			}
		case 'A':
			if c|0x20 < 'a' || c|0x20 > 'z' {
				return false
			}
		default:
			if c != pattern[i] {
				return false
			}
		}
	}
	return true
}

var pyTimes = [...]string{"9999-99-99", "9999/99/99", "99/AAA/9999", "99:99:99", "99.99.9999 99:99", "99/99/99 99:99", "99-99-9999 99:99"}

func pyTime(s string) bool {
	if s == "" || !pyDigit(s[0]) {
		return false
	}
	for _, t := range pyTimes {
		if pyShape(s, t) {
			return true
		}
	}
	return false
}

// pyGlog: `E1121 20:34:53.150 123 file.py:12] text` (glog, absl) and `[E 261121 19:43:42 web:2108]` (tornado).
func pyGlog(s string) bool { return pyShape(s, "A9999 99:99:99") || pyShape(s, "A 999999 99:99:99") }

func pySyslog(s string) bool { return pyShape(s, "AAA 99 99:99:99") || pyShape(s, "AAA  9 99:99:99") }

func pyLogfmt(s string) bool {
	for _, key := range [...]string{"time=", "ts=", "timestamp=", "level=", "lvl="} {
		if strings.HasPrefix(s, key) {
			return true
		}
	}
	return false
}

// pyAccessLog: `127.0.0.1 - - [21/Nov/2026 ...`.
func pyAccessLog(s string) bool {
	if !pyDigit(s[0]) {
		return false
	}
	i := strings.IndexByte(s[:min(len(s), 48)], ' ')
	return i >= len("1.1.1.1") && strings.HasPrefix(s[i:], " - ") && strings.Count(s[:i], ".") == 3
}

// pyLevelHead: `ERROR:name:text` (logging.basicConfig), `INFO:     text` (uvicorn), `ERROR    name`, `ERROR 2031-04-17`, `ERROR - text`,
// `ERROR|text`, `[ERROR] text`. A level and one blank may begin a line of a message.
func pyLevelHead(s string) bool {
	bracket := s[0] == '['
	if bracket {
		s = s[1:]
	}
	n := 0
	for n < len(s) && s[n] >= 'A' && s[n] <= 'Z' {
		n++
	}
	switch s[:n] {
	case "TRACE", "DEBUG", "INFO", "NOTICE", "SUCCESS", "WARN", "WARNING", "ERROR", "CRITICAL", "FATAL":
	default:
		return false
	}
	rest := s[n:]
	if bracket {
		return strings.HasPrefix(strings.TrimLeft(rest, " "), "]")
	}
	if pyPrefixLen(rest, "  ", ":  ", " [", " - ", " | ", "|") > 0 {
		return true
	}
	return len(rest) > 1 && (rest[0] == ':' && rest[1] != ' ' || rest[0] == ' ' && pyTime(rest[1:]))
}
