package fields

import (
	"math"
	"strings"
	"time"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// Epoch numbers are told apart by their size. What is no second between 2001 and 2100 in any unit is no time but a duration, a counter, an id.
const (
	firstSecond = 978307200  // 2001-01-01
	lastSecond  = 4102444800 // 2100-01-01
)

// epoch reads a number of seconds, milliseconds, microseconds or nanoseconds since 1970. 0: it is none of these.
func epoch(n int64) sentry.Time {
	for unit := int64(time.Second); ; unit /= 1000 {
		if second := n / (int64(time.Second) / unit); second < firstSecond {
			return 0
		} else if second < lastSecond {
			return sentry.Time(n * unit)
		}
		if unit == 1 {
			return 0
		}
	}
}

// epochDouble reads a number with a fraction. A double holds a present-day second to about 0.2 microseconds: it is rounded to one.
func epochDouble(f float64) sentry.Time {
	if !(f >= firstSecond && f < math.MaxInt64) {
		return 0
	}
	if f < lastSecond {
		return sentry.Time(math.Round(f*1e6)) * 1000
	}
	if f >= firstSecond*1000 && f < lastSecond*1000 { // milliseconds
		return sentry.Time(math.Round(f*1e3)) * 1000
	}
	return epoch(int64(f))
}

// timeValue reads a time that is a field of its own. 0: the value is no time.
func timeValue(v sentry.Value) sentry.Time {
	switch v.Kind() {
	case sentry.KindInt:
		return epoch(v.IntVal())
	case sentry.KindDouble:
		return epochDouble(v.DoubleVal())
	case sentry.KindString:
		s := trimSpace(v.Str())
		t, end := readTime(s)
		if end < len(s) && s[end] == '[' { // java.time's ZonedDateTime: the zone's name after the offset
			end = len(s)
		}
		if end == len(s) {
			return t
		}
	}
	return 0
}

var months = map[string]time.Month{
	"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
}

var weekdays = map[string]bool{"mon": true, "tue": true, "wed": true, "thu": true, "fri": true, "sat": true, "sun": true}

// zones are the abbreviations that are seen after a time. Only those of UTC are certain (CST has three meanings): after any other the time is left unset.
var zones = map[string]bool{
	"utc": true, "gmt": true, "cet": false, "cest": false, "eet": false, "eest": false, "wet": false, "west": false, "bst": false, "ist": false, "msk": false,
	"est": false, "edt": false, "cst": false, "cdt": false, "mst": false, "mdt": false, "pst": false, "pdt": false, "jst": false, "kst": false, "hkt": false,
	"sgt": false, "aest": false, "aedt": false, "nzst": false, "nzdt": false,
}

// three gives the first three letters of s in small ones, as a key for the tables above.
func three(s string) (key [3]byte, ok bool) {
	if len(s) < 3 {
		return key, false
	}
	for i := range key {
		if !isAlpha(s[i]) {
			return key, false
		}
		key[i] = s[i] | 0x20
	}
	return key, true
}

func month(s string) (time.Month, bool) {
	key, ok := three(s)
	if !ok {
		return 0, false
	}
	m, ok := months[string(key[:])]
	return m, ok
}

// moment is a time while it is read.
type moment struct {
	year, day                 int
	month                     time.Month
	hour, minute, second, nso int
	offset                    int // seconds east of UTC
	unsure                    bool
}

// unix gives nanoseconds since 1970, or 0 where the text has no date or names an hour, a day, a zone that is none.
func (m *moment) unix() sentry.Time {
	if m.unsure || m.year < 1971 || m.year > 2200 || m.month < 1 || m.month > 12 || m.day < 1 || m.day > 31 {
		return 0
	}
	return sentry.Time(time.Date(m.year, m.month, m.day, m.hour, m.minute, m.second, m.nso, time.UTC).Unix()-int64(m.offset))*1e9 + sentry.Time(m.nso)
}

// readTime reads a time at the start of s, in the layouts of loggers; end is the first byte after it, 0 where there is none. The time itself is
// 0 where the text is not certain: no year, no date, an ambiguous order of day and month, an ambiguous zone. A time without a zone is taken as UTC:
// containers run in UTC unless told otherwise, and a log line that says nothing cannot be read in any other way.
func readTime(s string) (t sentry.Time, end int) {
	if len(s) < 6 {
		return 0, 0
	}
	if !isDigit(s[0]) {
		return namedTime(s)
	}
	var m moment
	n := digits(s)
	p := 0
	switch {
	case n == 4 && len(s) > 10:
		p = m.yearFirst(s)
	case n == 8 && len(s) > 9 && (s[8] == ' ' || s[8] == 'T'): // glog's and ISO's compact date
		m.year, m.month, m.day = atoi(s[:4]), time.Month(atoi(s[4:6])), atoi(s[6:8])
		p = m.clockAfter(s, 9)
	case n == 6 && len(s) > 7 && s[6] == ' ': // tornado: year without its century
		m.year, m.month, m.day = 2000+atoi(s[:2]), time.Month(atoi(s[2:4])), atoi(s[4:6])
		p = m.clockAfter(s, 7)
	case n == 1 || n == 2:
		p = m.dayFirst(s, n)
	case n >= 10:
		return epochText(s, n)
	}
	if p == 0 {
		return 0, 0
	}
	return m.unix(), p
}

// epochText reads 10, 13, 16 or 19 digits, the first with a fraction or not.
func epochText(s string, n int) (sentry.Time, int) {
	if n != 10 && n != 13 && n != 16 && n != 19 {
		return 0, 0
	}
	t, end := epoch(int64(atoi(s[:n]))), n
	if n == 10 && n < len(s) && s[n] == '.' {
		ns, e := fraction(s, n)
		t += sentry.Time(ns)
		end = e
	}
	if t < firstSecond || end < len(s) && isWord(s[end]) {
		return 0, 0
	}
	return t, end
}

// yearFirst: 2026-11-21T10:11:12.123Z, 2026/11/21 10:11:12, 2026-11-21_10:11:12,123 +0100.
func (m *moment) yearFirst(s string) int {
	sep := s[4]
	if sep != '-' && sep != '/' && sep != '.' || !isDigit(s[5]) || !isDigit(s[6]) || s[7] != sep || !isDigit(s[8]) || !isDigit(s[9]) {
		return 0
	}
	m.year, m.month, m.day = atoi(s[:4]), time.Month(atoi(s[5:7])), atoi(s[8:10])
	switch s[10] {
	case 'T', 't', ' ', '_', '-':
		return m.clockAfter(s, 11)
	case ',':
		return m.clockAfter(s, blanks(s, 11))
	case ']': // fern: date and time each in its own brackets
		if len(s) > 12 && s[11] == '[' {
			return m.clockAfter(s, 12)
		}
	}
	return 0
}

// dayFirst: 21-Nov-2026 10:11:12, 21/Nov/2026:10:11:12 +0000, 21 Nov 2026 10:11:12.123, 11/21/2026, 7:44:14 PM, 26/11/21 10:11:12, or a bare clock.
func (m *moment) dayFirst(s string, n int) int {
	if n >= len(s) {
		return 0
	}
	sep := s[n]
	if sep == ':' {
		m.unsure = true
		return m.clockAfter(s, 0)
	}
	if sep != '-' && sep != '/' && sep != ' ' && sep != '.' {
		return 0
	}
	m.day = atoi(s[:n])
	p := n + 1
	if mo, ok := month(s[p:]); ok {
		m.month = mo
		p += 3
	} else if d := digits(s[p:]); sep != ' ' && (d == 1 || d == 2) {
		m.month = time.Month(atoi(s[p : p+d]))
		p += d
	} else {
		return 0
	}
	if p >= len(s) || s[p] != sep {
		return 0
	}
	p++
	y := digits(s[p:])
	named := s[n+1] > '9'
	switch {
	case y == 4:
		m.year = atoi(s[p : p+4])
	case y == 2 && sep == '/' && !named: // log4j's yy/MM/dd, as Spark and Hadoop print it
		m.year, m.day = 2000+m.day, atoi(s[p:p+2])
	default:
		return 0
	}
	p += y
	for p < len(s) && (s[p] == ':' || s[p] == ',' || isBlank(s[p])) {
		p++
	}
	end := m.clockAfter(s, p)
	if y == 4 && !named && sep != '.' { // with full stops the day always comes first
		m.usOrder(s[:end])
	}
	return end
}

// usOrder: month and day as numbers are certain only beside AM or PM (en-US), or where one of them is above 12.
func (m *moment) usOrder(s string) {
	first, second := m.day, int(m.month)
	us := strings.HasSuffix(s, "M") || second > 12
	switch {
	case us:
		m.month, m.day = time.Month(first), second
	case first <= 12:
		m.unsure = true
	}
}

// namedTime: Sat Nov 21 10:11:12.123456 2026, Nov 21, 2026 7:45:26 PM, Nov 21 10:11:12.
func namedTime(s string) (sentry.Time, int) {
	var m moment
	p := 0
	if key, ok := three(s); ok && weekdays[string(key[:])] && len(s) > 4 {
		p = 3
		if s[p] == ',' {
			p++
		}
		p = blanks(s, p)
		if p < len(s) && isDigit(s[p]) { // RFC 1123: Sat, 21 Nov 2026 10:11:12 GMT
			end := m.dayFirst(s[p:], digits(s[p:]))
			if end == 0 {
				return 0, 0
			}
			return m.unix(), p + end
		}
	}
	mo, ok := month(s[p:])
	if !ok {
		return 0, 0
	}
	m.month = mo
	p += 3
	if p >= len(s) || !isBlank(s[p]) {
		return 0, 0
	}
	p = blanks(s, p)
	d := digits(s[p:])
	if d != 1 && d != 2 {
		return 0, 0
	}
	m.day = atoi(s[p : p+d])
	p += d
	if strings.HasPrefix(s[p:], ", ") && digits(s[p+2:]) == 4 { // java.util.logging: the JDK's en-US layout, since JDK 9 with a second comma
		m.year = atoi(s[p+2 : p+6])
		p += 6
		for p < len(s) && (s[p] == ',' || isBlank(s[p])) {
			p++
		}
		return m.finish(s, p)
	}
	if p >= len(s) || !isBlank(s[p]) {
		return 0, 0
	}
	end := m.clockAfter(s, blanks(s, p))
	if end == 0 {
		return 0, 0
	}
	if end+5 <= len(s) && isBlank(s[end]) && digits(s[end+1:]) == 4 { // ctime, Apache: the year comes last
		m.year = atoi(s[end+1 : end+5])
		end += 5
	}
	return m.unix(), end
}

func (m *moment) finish(s string, p int) (sentry.Time, int) {
	end := m.clockAfter(s, p)
	if end == 0 {
		return 0, 0
	}
	return m.unix(), end
}
