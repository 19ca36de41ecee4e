package stacktrace

import (
	"strings"
	"time"
	"unicode/utf8"
)

// frame is one line as a container runtime wrote it to its file.
type frame struct {
	time    time.Time
	stream  string // stdout, stderr
	partial bool   // the line goes on in the next frame of the stream
	log     string
}

// framing is a way of writing the lines of a container to a file.
type framing func(string) (frame, bool)

// framings by the values of `format`.
var framings = map[string]framing{
	"auto":   anyFrame,
	"cri":    criFrame,
	"docker": dockerFrame,
	"none":   func(string) (frame, bool) { return frame{}, false },
}

// anyFrame reads a line of CRI or docker; both begin in a way that no app's line has by chance.
func anyFrame(line string) (frame, bool) {
	if line == "" {
		return frame{}, false
	}
	if line[0] == '{' {
		return dockerFrame(line)
	}
	return criFrame(line)
}

// criFrame reads `2026-11-21T17:10:59.066445105Z stdout F text` (containerd), or with an offset in place of the Z (CRI-O). The tags are
// separated by colons, the first is P for a part of a line, F for its last one (kubernetes/pkg/kubelet/kuberuntime/logs).
func criFrame(line string) (f frame, ok bool) {
	at, n := parseTime(line)
	if n == 0 || len(line) < n+9 || line[n] != ' ' {
		return f, false
	}
	f.time = at
	switch line[n+1 : n+8] {
	case "stdout ":
		f.stream = "stdout"
	case "stderr ":
		f.stream = "stderr"
	default:
		return f, false
	}
	tags, log, _ := strings.Cut(line[n+8:], " ")
	first, _, _ := strings.Cut(tags, ":")
	f.partial, f.log = first == "P", log
	return f, first == "P" || first == "F"
}

// dockerFrame reads `{"log":"text\n","stream":"stdout","time":"2026-11-21T17:10:59.066445105Z"}`, docker's json-file. A line without a line
// end is a part of one.
func dockerFrame(line string) (f frame, ok bool) {
	rest, ok := strings.CutPrefix(line, `{"log":"`)
	if !ok {
		return f, false
	}
	f.log, rest, ok = unquote(rest)
	if !ok {
		return f, false
	}
	stream := strings.Index(rest, `,"stream":"std`)
	when := strings.LastIndex(rest, `,"time":"`)
	if stream < 0 || when < 0 {
		return f, false
	}
	switch {
	case strings.HasPrefix(rest[stream:], `,"stream":"stdout"`):
		f.stream = "stdout"
	case strings.HasPrefix(rest[stream:], `,"stream":"stderr"`):
		f.stream = "stderr"
	default:
		return f, false
	}
	var n int
	if f.time, n = parseTime(rest[when+len(`,"time":"`):]); n == 0 {
		return f, false
	}
	text, whole := strings.CutSuffix(f.log, "\n")
	f.log, f.partial = strings.TrimSuffix(text, "\r"), !whole
	return f, true
}

// unquote reads a string of JSON up to its closing quote.
func unquote(s string) (text, rest string, ok bool) {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			return s[:i], s[i+1:], true
		case '\\':
			return unescape(s, i)
		}
	}
	return "", "", false
}

// unescape is unquote for a string whose first backslash is at offset i.
func unescape(s string, i int) (text, rest string, ok bool) {
	out := append(make([]byte, 0, len(s)), s[:i]...)
	for i < len(s) {
		switch c := s[i]; {
		case c == '"':
			return string(out), s[i+1:], true
		case c != '\\':
			out = append(out, c)
			i++
		case i+1 == len(s):
			return "", "", false
		case s[i+1] == 'u':
			r, n := escapedRune(s[i:])
			if n == 0 {
				return "", "", false
			}
			out = utf8.AppendRune(out, r)
			i += n
		default:
			e := strings.IndexByte(`nrtbf"\/`, s[i+1])
			if e < 0 {
				return "", "", false
			}
			out = append(out, "\n\r\t\b\f\"\\/"[e])
			i += 2
		}
	}
	return "", "", false
}

// escapedRune reads \u1234, or two of them that are one character.
func escapedRune(s string) (rune, int) {
	hi, ok := hex4(s)
	if !ok {
		return 0, 0
	}
	if hi < 0xD800 || hi > 0xDBFF {
		return hi, 6
	}
	if lo, ok := hex4(s[6:]); ok && lo >= 0xDC00 && lo <= 0xDFFF {
		return (hi-0xD800)<<10 + (lo - 0xDC00) + 0x10000, 12
	}
	return utf8.RuneError, 6
}

func hex4(s string) (r rune, ok bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	for _, c := range []byte(s[2:6]) {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// parseTime reads RFC 3339 with or without a fraction, at the beginning of s, and gives how long it is; 0: it is none.
func parseTime(s string) (time.Time, int) {
	if len(s) < 20 || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' {
		return time.Time{}, 0
	}
	var part [6]int
	for i, at := range [...]int{0, 5, 8, 11, 14, 17} {
		v, ok := number(s[at : at+digits[i]])
		if !ok {
			return time.Time{}, 0
		}
		part[i] = v
	}
	n, nano := 19, 0
	if s[n] == '.' {
		n++
		for scale := 100_000_000; n < len(s) && s[n] >= '0' && s[n] <= '9'; n++ {
			nano += int(s[n]-'0') * scale
			scale /= 10
		}
	}
	if n == len(s) || part[1] < 1 || part[1] > 12 || part[2] < 1 || part[2] > 31 || part[3] > 23 || part[4] > 59 || part[5] > 60 {
		return time.Time{}, 0
	}
	offset := 0
	switch s[n] {
	case 'Z':
		n++
	case '+', '-':
		if len(s) < n+6 || s[n+3] != ':' {
			return time.Time{}, 0
		}
		h, okH := number(s[n+1 : n+3])
		m, okM := number(s[n+4 : n+6])
		if !okH || !okM {
			return time.Time{}, 0
		}
		if offset = h*3600 + m*60; s[n] == '-' {
			offset = -offset
		}
		n += 6
	default:
		return time.Time{}, 0
	}
	t := time.Date(part[0], time.Month(part[1]), part[2], part[3], part[4], part[5], nano, time.UTC)
	return t.Add(-time.Duration(offset) * time.Second), n
}

// digits are those of the year, the month, the day, the hour, the minute and the second.
var digits = [...]int{4, 2, 2, 2, 2, 2}

func number(s string) (n int, ok bool) {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}
