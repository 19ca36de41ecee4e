package fields

import "strings"

// clockAfter reads hours, minutes, seconds, their fraction, AM or PM and a zone; 0: there is no clock at p.
func (m *moment) clockAfter(s string, p int) int {
	n := digits(s[min(p, len(s)):])
	if n != 1 && n != 2 || p+n+2 >= len(s) || s[p+n] != ':' || !isDigit(s[p+n+1]) || !isDigit(s[p+n+2]) {
		return 0
	}
	m.hour, m.minute = atoi(s[p:p+n]), atoi(s[p+n+1:p+n+3])
	p += n + 3
	seconds := false
	if p+2 < len(s) && s[p] == ':' && isDigit(s[p+1]) && isDigit(s[p+2]) {
		m.second = atoi(s[p+1 : p+3])
		m.nso, p = fraction(s, p+3)
		seconds = true
	}
	half := m.halfDay(s, &p)
	if !seconds && !half { // hours and minutes alone are no layout but somebody's words
		return 0
	}
	if m.hour > 23 || m.minute > 59 || m.second > 60 || p < len(s) && isDigit(s[p]) {
		return 0
	}
	return m.zone(s, p)
}

// fraction reads .123456 or ,123 (also :123, which some patterns print) as nanoseconds.
func fraction(s string, p int) (ns, end int) {
	if p+1 >= len(s) || s[p] != '.' && s[p] != ',' && s[p] != ':' || !isDigit(s[p+1]) {
		return 0, p
	}
	n := digits(s[p+1:])
	if s[p] == ':' && n < 3 {
		return 0, p
	}
	ns = atoi(s[p+1 : p+1+min(n, 9)])
	for i := n; i < 9; i++ {
		ns *= 10
	}
	return ns, p + 1 + n
}

// halfDay reads AM and PM, after a blank, none, or the narrow no-break space that ICU prints since CLDR 42.
func (m *moment) halfDay(s string, p *int) bool {
	q := *p
	switch {
	case strings.HasPrefix(s[q:], "\u202f"):
		q += len("\u202f")
	case strings.HasPrefix(s[q:], "\u00a0"):
		q += len("\u00a0")
	case q < len(s) && s[q] == ' ':
		q++
	}
	if q+2 > len(s) || s[q+1]|0x20 != 'm' || q+2 < len(s) && isWord(s[q+2]) || m.hour > 12 {
		return false
	}
	switch s[q] | 0x20 {
	case 'a':
		m.hour %= 12
	case 'p':
		m.hour = m.hour%12 + 12
	default:
		return false
	}
	*p = q + 2
	return true
}

// zone reads Z, +01:00, +0100, +01, a blank and one of these, or a zone's abbreviation.
func (m *moment) zone(s string, p int) int {
	q := p
	if q < len(s) && s[q] == ' ' {
		q++
	}
	if q >= len(s) {
		return p
	}
	switch c := s[q]; {
	case c == 'Z' || c == 'z':
		if q+1 < len(s) && isWord(s[q+1]) {
			return p
		}
		return q + 1
	case c == '+' || c == '-':
		return m.offsetAt(s, p, q)
	case isUpper(c):
		return m.abbreviation(s, p, q)
	}
	return p
}

func (m *moment) offsetAt(s string, p, q int) int {
	n := digits(s[q+1:])
	hours, minutes, end := 0, 0, q+1+n
	switch {
	case n == 4:
		hours, minutes = atoi(s[q+1:q+3]), atoi(s[q+3:q+5])
	case n == 2 && strings.HasPrefix(s[end:], ":") && digits(s[end+1:]) == 2:
		hours, minutes = atoi(s[q+1:q+3]), atoi(s[end+1:end+3])
		end += 3
	case n == 2 && q == p:
		hours = atoi(s[q+1 : q+3])
	default:
		return p
	}
	if hours > 14 || minutes > 59 || end < len(s) && isWord(s[end]) {
		return p
	}
	m.offset = hours*3600 + minutes*60
	if s[q] == '-' {
		m.offset = -m.offset
	}
	return end
}

func (m *moment) abbreviation(s string, p, q int) int {
	n := q
	var key [4]byte
	for n < len(s) && n-q < len(key) && isUpper(s[n]) {
		key[n-q] = s[n] | 0x20
		n++
	}
	if n < len(s) && isWord(s[n]) {
		return p
	}
	certain, ok := zones[string(key[:n-q])]
	if !ok {
		return p
	}
	m.unsure = m.unsure || !certain
	return n
}
