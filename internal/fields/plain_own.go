package fields

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/plog"
)

// layout is a header that the common grammar cannot read: its level is a letter or a number, or stands in an order of its own.
type layout struct {
	starts string // the bytes that the line may begin with
	read   func(s string, p int, full bool) (head, bool)
}

var ownLayouts = [...]layout{
	{"IWEFDC", glogHead},
	{"DIWEFAU", rubyHead},
	{"[", letterHead},
	{"=", erlangHead},
	{"PFWND[", phpHead},
	{"0123456789", redisHead},
}

func ownLayout(s string, p int, full bool) (head, bool) {
	for i := range ownLayouts {
		l := &ownLayouts[i]
		if strings.IndexByte(l.starts, s[p]) < 0 {
			continue
		}
		if h, ok := l.read(s, p, full); ok {
			h.known = true
			return h, true
		}
	}
	return head{}, false
}

// glogHead: `E1121 10:11:12.123456    123 file.go:45] text` (glog, klog, absl; C++ glog writes the year too).
func glogHead(s string, p int, full bool) (h head, ok bool) {
	n := digits(s[p+1:])
	clock := p + 1 + n + 1
	if n != 4 && n != 8 || clock+8 >= len(s) || s[clock-1] != ' ' || s[clock+2] != ':' || s[clock+5] != ':' || digits(s[clock:]) != 2 {
		return h, false
	}
	h.severity = letters[s[p]]
	line := firstLine(s[p:])
	i := strings.Index(line, "] ")
	if i < 0 {
		if i = len(line) - 1; i < 0 || line[i] != ']' {
			return h, false
		}
	}
	if !full {
		return h, true
	}
	if n == 8 {
		h.time, _ = readTime(s[p+1:])
	} // else the text has no year: the time stays unset
	place := line[strings.LastIndexByte(line[:i], ' ')+1 : i]
	h.code = codePlace(place)
	h.message = min(p+i+2, len(s))
	h.pairs = h.message < len(s) && s[h.message] == '"' // klog's structured calls quote the message
	return h, true
}

// rubyHead: `E, [2026-11-21T10:11:12.123456 #123] ERROR -- program: text` (Ruby's Logger::Formatter).
func rubyHead(s string, p int, full bool) (h head, ok bool) {
	if !strings.HasPrefix(s[p+1:], ", [") {
		return h, false
	}
	t, n := readTime(s[p+4:])
	if n == 0 {
		return h, false
	}
	end := strings.IndexByte(firstLine(s[p:]), ']')
	if end < 0 {
		return h, false
	}
	h.severity, h.time = letters[s[p]], t
	if !full {
		return h, true
	}
	rest := p + end + 1
	h.message = rest
	i := strings.Index(firstLine(s[rest:]), " -- ")
	if i < 0 {
		return h, true
	}
	h.message = rest + i + 4
	if j := strings.Index(firstLine(s[h.message:]), ": "); j >= 0 && strings.IndexByte(s[h.message:h.message+j], ' ') < 0 {
		h.logger = s[h.message : h.message+j]
		h.message += j + 2
	}
	return h, true
}

// letterHead: `[E 261121 10:11:12 web:2108] text` (tornado), `[E 2026-11-21 10:11:12.123 ServerApp] text` (Jupyter).
func letterHead(s string, p int, full bool) (h head, ok bool) {
	if p+4 > len(s) || s[p+2] != ' ' || letters[s[p+1]] == 0 || !isDigit(s[p+3]) {
		return h, false
	}
	inner, end := group(firstLine(s[p:]), 0)
	if end < 0 {
		return h, false
	}
	t, n := readTime(inner[2:])
	if n == 0 {
		return h, false
	}
	h.severity, h.time = letters[s[p+1]], t
	if full {
		name := trimSpace(inner[2+n:])
		if h.code = codePlace(name); h.code.Filename == "" {
			h.logger = name
		}
		h.message = p + end
	}
	return h, true
}

// erlangHead: `=ERROR REPORT==== 21-Nov-2026::10:11:12.123456 ===` and the report below it (Erlang/OTP's logger_formatter, legacy_header).
func erlangHead(s string, p int, full bool) (h head, ok bool) {
	line := firstLine(s[p:])
	i := strings.Index(line, " REPORT==== ")
	if i < 0 {
		return h, false
	}
	switch word := line[1:i]; word {
	case "CRASH", "SUPERVISOR":
		h.severity = plog.SeverityNumberError
	case "PROGRESS":
		h.severity = plog.SeverityNumberInfo
	default:
		h.severity = wordSeverity(word)
	}
	if h.severity == plog.SeverityNumberUnspecified {
		return h, false
	}
	if full {
		h.logger = line[1 : i+len(" REPORT")]
		h.time, _ = readTime(line[i+len(" REPORT==== "):])
		h.message = min(p+len(line)+1, len(s))
	}
	return h, true
}

// phpErrors are the names that PHP gives its error types (main/main.c, php_error_cb).
var phpErrors = [...]struct {
	name     string
	severity plog.SeverityNumber
}{
	{"Fatal error", plog.SeverityNumberFatal},
	{"Recoverable fatal error", plog.SeverityNumberFatal},
	{"Parse error", plog.SeverityNumberFatal},
	{"Warning", plog.SeverityNumberWarn},
	{"Notice", plog.SeverityNumberInfo2},
	{"Deprecated", plog.SeverityNumberInfo2},
	{"Strict Standards", plog.SeverityNumberInfo2},
	{"Unknown error", plog.SeverityNumberError},
}

// phpHead: `PHP Warning:  text in file on line 3` (log_errors), the same after `[21-Nov-2026 10:11:12 UTC] ` (error_log), and what display_errors prints:
// `Warning: text in file on line 3`.
func phpHead(s string, p int, full bool) (h head, ok bool) {
	at := p
	if s[p] == '[' {
		t, n := readTime(s[p+1:])
		if n == 0 || !strings.HasPrefix(s[p+1+n:], "] PHP ") {
			return h, false
		}
		h.time = t
		at += n + 3
	}
	text := s[at:]
	logged := strings.HasPrefix(text, "PHP ")
	if logged {
		text = text[4:]
	}
	for _, e := range phpErrors {
		if !strings.HasPrefix(text, e.name) || !strings.HasPrefix(text[len(e.name):], ": ") {
			continue
		}
		rest := text[len(e.name)+1:]
		if !logged && !phpPlace(rest) {
			return h, false
		}
		h.severity, h.php = e.severity, true
		h.message = len(s) - len(rest) + blanks(rest, 0)
		return h, true
	}
	return h, false
}

// phpPlace: without "PHP " in front only the place at the end tells PHP's own words from anybody's.
func phpPlace(s string) bool {
	line := firstLine(s)
	return strings.Contains(line, ".php on line ") || strings.Contains(line, "Uncaught ") && strings.Contains(line, " in /")
}

// redisHead: `12882:M 21 Nov 2026 19:36:14.942 # text`; the sign is the level (Redis, Valkey: src/server.c, serverLogRaw).
func redisHead(s string, p int, full bool) (h head, ok bool) {
	n := digits(s[p:])
	if p+n+3 >= len(s) || s[p+n] != ':' || strings.IndexByte("XCSM", s[p+n+1]) < 0 || s[p+n+2] != ' ' {
		return h, false
	}
	at := p + n + 3
	t, e := readTime(s[at:])
	if e == 0 || at+e+3 > len(s) || s[at+e] != ' ' || s[at+e+2] != ' ' {
		return h, false
	}
	switch s[at+e+1] {
	case '.', '-':
		h.severity = plog.SeverityNumberDebug
	case '*':
		h.severity = plog.SeverityNumberInfo2
	case '#':
		h.severity = plog.SeverityNumberWarn
	default:
		return h, false
	}
	h.time, h.message = t, at+e+3
	return h, true
}

// syslogPriority reads `<11>` before a line, by RFC 3164, RFC 5424 and systemd's sd-daemon(3), and gives the place after it.
func syslogPriority(s string, p int) (plog.SeverityNumber, int) {
	if s[p] != '<' {
		return plog.SeverityNumberUnspecified, p
	}
	n := digits(s[p+1:])
	if n < 1 || n > 3 || p+n+1 >= len(s) || s[p+n+1] != '>' {
		return plog.SeverityNumberUnspecified, p
	}
	priority := atoi(s[p+1 : p+1+n])
	if priority > 191 {
		return plog.SeverityNumberUnspecified, p
	}
	return numberSeverity(int64(priority%8), syslogScale), p + n + 2
}
