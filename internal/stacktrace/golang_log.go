package stacktrace

import "strings"

// golangStamped reports whether a line begins as a logger's does: a date or a clock, a level, klog's letter and date, a JSON
// object, a key and value. Such a line is no part of a trace.
func golangStamped(s string) bool {
	if s == "" {
		return false
	}
	switch c := s[0]; {
	case c == '{':
		return strings.HasPrefix(s, `{"`)
	case c == '[' || c == '<' || c >= '0' && c <= '9':
		return golangClock(s)
	case golangKlog(s):
		return true
	}
	for _, prefix := range [...]string{"time=", "ts=", "level=", "timestamp=", "t="} {
		if strings.HasPrefix(s, prefix) {
			return true
		}
	}
	return s[0] >= 'A' && s[0] <= 'Z' && len(s) > 5 && golangLevel(golangWordAt(s))
}

// golangRule reports whether a line only divides what stands above and below.
func golangRule(s string) bool { return s != "" && strings.Trim(s, "-=*_#~") == "" }

// golangKlog: I1121 19:15:48.612368 or F1121 ...
func golangKlog(s string) bool {
	return len(s) > 8 && strings.IndexByte("IWEF", s[0]) >= 0 && golangDigits(s[1:]) == 4 && s[5] == ' ' && golangDigits(s[6:]) == 2 && s[8] == ':'
}

// golangClock reports whether s begins with a date, a time of day or seconds since 1970, in brackets or not.
func golangClock(s string) bool {
	s = strings.TrimLeft(s, "[<")
	n := golangDigits(s)
	if n == 0 || n >= len(s) {
		return false
	}
	next := golangDigits(s[n+1:])
	switch sep := s[n]; sep {
	case ':':
		return n <= 2 && next == 2
	case '-', '/': // 2026-11-21, 21/11/2026
		return next > 0 && (n == 4 || n == 2 && next == 2 && len(s) > n+3 && s[n+3] == sep)
	case 'T', '.', ' ':
		return n >= 8
	}
	return false
}

func golangDigits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

// golangWordAt is the first word of s.
func golangWordAt(s string) string {
	if i := strings.IndexAny(s, " \t"); i >= 0 {
		s = s[:i]
	}
	return s
}

// golangLevel knows the names of levels, in brackets or with logrus' seconds behind them: ERRO[0012].
func golangLevel(word string) bool {
	var lower [10]byte
	word, _, _ = strings.Cut(strings.Trim(word, "[]<>:|()"), "[")
	switch string(golangLower(&lower, word)) {
	case "trace", "trc", "debug", "dbg", "debu", "info", "inf", "notice", "warn", "wrn", "warning", "error", "err", "erro",
		"dpanic", "panic", "pnc", "fatal", "ftl", "fata", "critical", "crit":
		return true
	}
	return false
}

// golangLower writes a short ASCII word in lower case; a longer one gives nothing.
func golangLower(buf *[10]byte, word string) []byte {
	if len(word) > len(buf) {
		return nil
	}
	for i := range len(word) {
		buf[i] = word[i]
		if c := word[i]; c >= 'A' && c <= 'Z' {
			buf[i] = c | 0x20
		}
	}
	return buf[:len(word)]
}

// golangAfterStamp is the offset in a log line behind what its logger put first: date, clock, level, name of the logger in
// zap's columns, caller. 0: the line has none of it.
func golangAfterStamp(s string) int {
	if golangKlog(s) {
		if i := strings.Index(s, "] "); i >= 0 {
			return i + 2
		}
	}
	at, columns := 0, false
	for {
		rest := s[at:]
		skip := len(rest) - len(strings.TrimLeft(rest, " \t"))
		columns = columns || at > 0 && skip > 0 && rest[0] == '\t'
		rest = rest[skip:]
		for n := golangColour(rest); n > 0; n = golangColour(rest) {
			rest = rest[n:]
		}
		word := golangWordAt(rest)
		bare, _, _ := strings.Cut(word, "\x1b") // a colour ends behind a level
		switch {
		case bare == "" || len(word) == len(rest):
			return len(s) - len(rest)
		case golangClock(rest), golangLevel(bare), golangCaller(bare):
		case columns && strings.IndexByte(rest, '\t') == len(word) && strings.Contains(rest, ".go:"): // zap: the logger's name
		default:
			return len(s) - len(rest)
		}
		at = len(s) - len(rest) + len(word)
	}
}

// golangCaller: main.go:7, <shop/main.go:7>, main.go:7:.
func golangCaller(word string) bool {
	word = strings.Trim(word, "<>[]():")
	i := strings.LastIndex(word, ".go:")
	return i > 0 && golangDigits(word[i+4:]) == len(word)-i-4
}

// golangAfterIntro is the offset behind the words with which an app introduces an error: "checkout failed: " before the
// error's own text. Nothing marks where they end, but what introduces an error says that something failed.
func golangAfterIntro(s string) int {
	for from := 0; ; {
		i := strings.Index(s[from:], ": ")
		if i < 0 {
			return 0
		}
		if golangFailing(s[from : from+i]) {
			return from + i + 2
		}
		from += i + 2
	}
}

// golangFailing reports whether a phrase says that something failed: its last word does, or it begins with an attempt.
func golangFailing(phrase string) bool {
	if phrase = strings.Trim(phrase, " \t"); phrase == "runtime error" {
		return false
	}
	for _, begin := range [...]string{"failed ", "Failed ", "cannot ", "Cannot ", "could not ", "Could not ", "unable to ", "Unable to ", "error ", "Error "} {
		if strings.HasPrefix(phrase, begin) {
			return true
		}
	}
	var lower [10]byte
	switch string(golangLower(&lower, phrase[strings.LastIndexAny(phrase, " \t[(")+1:])) {
	case "failed", "failure", "error", "err", "fatal", "panic", "panicked", "recovered", "crashed", "died", "exception", "aborted":
		return true
	}
	return false
}

// golangRecovery finds where the value of a recovered panic begins in the line that a handler wrote before the stack: behind
// the colon after a word that announces one ("http: panic serving 127.0.0.1:48720: value", "Recovered from panic: value",
// "panic recovered: value"). -1: there is no such word.
func golangRecovery(s string) int {
	const serving = "panic serving " // net/http; an address follows, which has a colon of its own
	if i := strings.Index(s, serving); i >= 0 {
		if j := strings.Index(s[i+len(serving):], ": "); j >= 0 {
			return i + len(serving) + j + 2
		}
		return -1
	}
	if i := strings.Index(s, ` panic="`); i >= 0 { // klog: "Observed a panic" panic="value" panicGoValue="..." stacktrace=<
		return i + len(" panic=")
	}
	if i := strings.Index(s, golangEcho); i >= 0 {
		return i + len(golangEcho)
	}
	first := -1
	for _, word := range [...]string{"anic", "ANIC", "ecovered", "ECOVERED"} {
		i := strings.Index(s, word)
		if i < 0 {
			continue
		}
		j := strings.Index(s[i:], ": ")
		if j >= 0 && j <= golangAnnouncement && !strings.ContainsAny(s[i:i+j], `"=({`) && (first < 0 || i+j+2 < first) {
			first = i + j + 2
		}
	}
	return first
}

// golangAnnouncement is how far behind its word the colon may be: "panic in handler of orders: ".
const golangAnnouncement = 32

const golangEcho = "[PANIC RECOVER] " // labstack/echo
