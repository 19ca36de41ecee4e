package join

import "strings"

// beginsRecord reports whether a line begins as a logger's record does: with a time, a level, an address, a priority. body has no white
// space at its ends; indent is what stood before it.
func beginsRecord(body string, indent int) bool {
	if indent > 0 {
		// Some loggers pad the level, or leave out a time that is the same as above (rich, apex).
		_, n := levelWord(body)
		return n > 0 && n < len(body) && isUpper(body[0]) && (body[n] == '[' || body[n] == ' ')
	}
	switch c := body[0]; {
	case isDigit(c):
		return isTime(body) || isAddress(body)
	case c == '[':
		return beginsBracket(body)
	case c == '<':
		return isPriority(body)
	case isUpper(c) || isLower(c):
		return isKlog(body) || isMonth(body) || isLogfmt(body) || isLevelled(body)
	}
	return false
}

// isLevelled reports a level at the very beginning: "ERROR:orders.api:...", "error: ...", "INFO [main] ...".
func isLevelled(body string) bool {
	_, n := levelWord(body)
	if n == 0 || n == len(body) {
		return false
	}
	upper := isUpper(body[n-1])
	switch body[n] {
	case ':':
		return upper || isLower(body[0])
	case ' ', '\t', '[', '(', '|', ']', ',', ';', '-':
		return upper
	}
	return upper && body[n] >= 0x80 // a separator such as a broken bar
}

// isTime reports a date, a time of day or a Unix time.
func isTime(s string) bool {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	if n == len(s) {
		return false
	}
	sep, rest := s[n], s[n+1:]
	switch {
	case n == 4 && (sep == '-' || sep == '/' || sep == '.'): // 2026-11-21
		return len(rest) >= 5 && isDigit(rest[0]) && isDigit(rest[1]) && rest[2] == sep && isDigit(rest[3])
	case n <= 2 && sep == ':': // 19:39:28, 7:15PM
		return len(rest) >= 4 && isDigit(rest[0]) && isDigit(rest[1]) && (rest[2] == ':' && isDigit(rest[3]) || (rest[2] == 'A' || rest[2] == 'P') && rest[3] == 'M')
	case n <= 2 && (sep == '/' || sep == '-' || sep == '.' || sep == ' '): // 21/Nov/2026, 11/21/2026, 21.11.2026
		m := 0
		for m < len(rest) && (isDigit(rest[m]) || isUpper(rest[m]) || isLower(rest[m])) {
			m++
		}
		return m >= 1 && m <= 3 && len(rest) >= m+5 && rest[m] == sep && isDigit(rest[m+1]) && isDigit(rest[m+2]) && isDigit(rest[m+3]) && isDigit(rest[m+4])
	case n == 10 || n == 13: // seconds or milliseconds since 1970
		return sep == ' ' || sep == '.' || sep == ',' || sep == ']' || sep == '\t'
	case n == 8 && (sep == 'T' || sep == ' ' || sep == '-'): // 20261121T193928
		return len(rest) >= 6 && isDigit(rest[0]) && isDigit(rest[5]) && (s[0] == '1' || s[0] == '2')
	case n == 6 && sep == ' ': // 261121 19:43:42
		return len(rest) >= 5 && isDigit(rest[0]) && rest[2] == ':' && isDigit(rest[3])
	}
	return false
}

// isAddress reports an IPv4 address followed by a space: an access log.
func isAddress(s string) bool {
	dots, digits := 0, 0
	for i := 0; i < len(s); i++ {
		switch {
		case isDigit(s[i]):
			if digits++; digits > 3 {
				return false
			}
		case s[i] == '.' && digits > 0 && dots < 3:
			dots, digits = dots+1, 0
		default:
			return s[i] == ' ' && dots == 3 && digits > 0
		}
	}
	return false
}

// maxBracket bounds what is looked at between the brackets at the beginning of a line.
const maxBracket = 64

// beginsBracket reports [time], [LEVEL], [time: LEVEL/thread], [thread] LEVEL.
func beginsBracket(s string) bool {
	end := strings.IndexByte(s[:min(len(s), maxBracket)], ']')
	if end < 2 {
		return false
	}
	inner, rest := s[1:end], strings.TrimLeft(s[end+1:], " \t-")
	if isTime(inner) || isMonth(inner) {
		return true
	}
	if word := strings.TrimRight(inner, " "); word != "" {
		if _, n := levelWord(word); n == len(word) {
			return true
		}
	}
	if len(inner) > 8 && inner[1] == ' ' && isUpper(inner[0]) && isTime(inner[2:]) { // tornado
		return true
	}
	if rest == "" {
		return false
	}
	if _, n := levelWord(rest); n > 0 && n < len(rest) && isUpper(rest[0]) {
		return true
	}
	return isTime(rest) || inner == "Nest" || rest[0] == '[' && len(rest) < len(s) && beginsBracket(rest)
}

// isPriority reports a syslog priority, <34>, or the beginning of an XML record of java.util.logging.
func isPriority(s string) bool {
	end := strings.IndexByte(s[:min(len(s), 6)], '>')
	if end < 2 {
		return false
	}
	for _, c := range []byte(s[1:end]) {
		if !isDigit(c) {
			return false
		}
	}
	return true
}

// isKlog reports the head of glog, klog and absl: E1121 19:15:48.612412 8899 file.go:158] ...
func isKlog(s string) bool {
	if len(s) < 15 || strings.IndexByte("IWEFCD", s[0]) < 0 {
		return false
	}
	return isDigit(s[1]) && isDigit(s[2]) && isDigit(s[3]) && isDigit(s[4]) && s[5] == ' ' && isDigit(s[6]) && s[8] == ':' && s[11] == ':'
}

const months = "JanFebMarAprMayJunJulAugSepOctNovDec"

const weekdays = "MonTueWedThuFriSatSun"

// isMonth reports `Nov 21, 2026 7:45:26 PM`, `Nov 21 19:39:30`, `Sat Nov 21 19:39:30 2026`, `Sat, 21 Nov 2026`.
func isMonth(s string) bool {
	if len(s) < 12 {
		return false
	}
	if oneOf3(weekdays, s) {
		if rest := strings.TrimLeft(s[3:], ", "); len(rest) < len(s)-3 && len(rest) > 8 {
			return isDigit(rest[0]) || oneOf3(months, rest)
		}
		return false
	}
	if !oneOf3(months, s) {
		return false
	}
	rest := strings.TrimLeft(s[3:], ". ")
	return len(rest) < len(s)-3 && len(rest) > 4 && isDigit(rest[0])
}

// oneOf3 reports whether s begins with one of the words of three letters in list.
func oneOf3(list, s string) bool {
	for i := 0; i < len(list); i += 3 {
		if list[i] == s[0] && list[i:i+3] == s[:3] {
			return true
		}
	}
	return false
}

// logfmtKeys are the first keys of a record in key=value form.
var logfmtKeys = [...]string{"time=", "ts=", "level=", "lvl=", "timestamp=", "t=", "date=", "msg=", "severity=", "event="}

func isLogfmt(s string) bool {
	for _, key := range logfmtKeys {
		if s[0] == key[0] && strings.HasPrefix(s, key) {
			return true
		}
	}
	return false
}
