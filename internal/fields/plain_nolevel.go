package fields

import "strings"

// secondLine: java.util.logging's and tinylog's layouts print the time and the caller on one line, the level and the message on the next.
func (r *headReader) secondLine(full bool) bool {
	if r.end >= len(r.s) {
		return false
	}
	p := r.end + 1
	e := p
	for e < len(r.s) && e-p <= longestLevel && (isAlpha(r.s[e]) || r.s[e] >= 0x80) {
		e++
	}
	w, ok := lookUp(r.s[p:e])
	if !ok || w.form&colon == 0 || e >= len(r.s) || r.s[e] != ':' || spellingOf(r.s[p:e]) != capitals {
		return false
	}
	r.head.severity, r.head.known = w.severity, true
	if !full {
		return true
	}
	caller := trimSpace(r.s[r.tail:r.end])
	if strings.HasPrefix(caller, "[") { // tinylog: the thread comes first
		if inner, end := group(caller, 0); end > 0 {
			r.head.thread, caller = inner, trimSpace(caller[end:])
		}
	}
	r.callerName(caller)
	r.head.message = e + 1
	return true
}

// callerName: `package.Class method` (java.util.logging, which prints the logger only where it does not know the caller), `Class.method()` (tinylog).
func (r *headReader) callerName(caller string) {
	name, method, _ := strings.Cut(caller, " ")
	if !plainName(name) || strings.IndexByte(method, ' ') >= 0 {
		return
	}
	r.head.logger = name
	if method != "" {
		r.head.code.Module, r.head.code.Function = name, method
	}
}

// noLevel: where a time stands first, the message begins behind it.
func (r *headReader) noLevel() {
	if !r.first {
		r.head.message = r.start
		return
	}
	p := r.tail
	for p < r.end && (isBlank(r.s[p]) || r.s[p] == ']' || r.s[p] == '-' || r.s[p] == ':' || r.s[p] == '|') {
		p++
	}
	r.head.message = p
	n := strings.IndexByte(r.s[p:r.end], ' ') // Go's log.Lshortfile
	if n > 1 && r.s[p+n-1] == ':' {
		if place := codePlace(r.s[p : p+n-1]); place.Filename != "" {
			r.head.code = place
			r.head.message = p + n + 1
		}
	}
	if n > 2 && strings.IndexByte(r.s[p+1:p+n-1], ':') > 0 && subsystem(r.s[p:p+n]) { // Node's debug: time app:part text
		r.head.logger = r.s[p : p+n]
		r.head.message = p + n + 1
	}
}

// subsystem: small letters and colons inside.
func subsystem(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; !isLower(c) && c != ':' && c != '-' && c != '_' && c != '*' && !isDigit(c) {
			return false
		}
	}
	return isLower(s[0]) && s[len(s)-1] != ':'
}
