package envelope

import (
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"time"
	"unicode/utf8"
)

// ofKind demands a value of one of the kinds.
func ofKind(kinds ...kind) demand {
	return func(v value) string {
		for _, k := range kinds {
			if v.kind() == k {
				return ""
			}
		}
		return "must be " + kindNames[kinds[0]] + ", is " + kindNames[v.kind()]
	}
}

var (
	isBool   = ofKind(kindBool)
	isNumber = ofKind(kindNumber)
	isObject = ofKind(kindObject)
	isArray  = ofKind(kindArray)
)

// isText demands a string.
var isText = ofKind(kindString)

// upTo demands a string of at most limit characters, and so many more that Relay leaves alone (max_chars, max_chars_allowance).
func upTo(limit, allowance int) demand {
	return func(v value) string {
		if wrong := isText(v); wrong != "" {
			return wrong
		}
		if n := utf8.RuneCountInString(v.str()); n > limit+allowance {
			return fmt.Sprintf("has %d characters, at most %d are kept", n, limit)
		}
		return ""
	}
}

// notEmpty demands a string with something in it, besides what more demands.
func notEmpty(more demand) demand {
	return func(v value) string {
		if v.kind() == kindString && v.str() == "" {
			return "must not be empty"
		}
		return more(v)
	}
}

// made demands a string of at most limit characters that are all fine.
func made(limit int, fine func(byte) bool) demand {
	more := upTo(limit, 0)
	return func(v value) string {
		if wrong := more(v); wrong != "" {
			return wrong
		}
		s := v.str()
		for i := range len(s) {
			if !fine(s[i]) {
				return fmt.Sprintf("must not hold %q", s[i])
			}
		}
		return ""
	}
}

// wordOf demands a word of a vocabulary.
func wordOf(words map[string]bool) demand {
	return func(v value) string {
		if v.kind() == kindString && words[v.str()] {
			return ""
		}
		return "is not in the vocabulary: " + excerpt(v)
	}
}

// excerpt is the beginning of a value's text.
func excerpt(v value) string {
	raw := v.raw()
	if len(raw) > 64 {
		return strconv.Quote(string(raw[:64])) + "..."
	}
	return string(raw)
}

// hexID demands digits lower-case hex digits that are not all zero.
func hexID(digits int) demand {
	return func(v value) string {
		s := v.str()
		zero := true
		for i := range len(s) {
			c := s[i]
			if ('0' > c || c > '9') && ('a' > c || c > 'f') {
				return "must be lower-case hex digits: " + excerpt(v)
			}
			zero = zero && c == '0'
		}
		if len(s) != digits {
			return fmt.Sprintf("must be %d hex digits: %s", digits, excerpt(v))
		}
		if zero {
			return "must not be all zero"
		}
		return ""
	}
}

// whole demands a whole number of at least least.
func whole(least int64) demand {
	return func(v value) string {
		n, err := strconv.ParseInt(string(v.raw()), 10, 64)
		if v.kind() != kindNumber || err != nil || n < least {
			return fmt.Sprintf("must be a whole number from %d on: %s", least, excerpt(v))
		}
		return ""
	}
}

// within demands a number from least to most.
func within(least, most float64) demand {
	return func(v value) string {
		if f, ok := v.num(); !ok || f < least || f > most {
			return fmt.Sprintf("must be a number from %g to %g: %s", least, most, excerpt(v))
		}
		return ""
	}
}

var notNegative = within(0, math.MaxFloat64)

// oneOf demands that one of the demands is met.
func oneOf(demands ...demand) demand {
	return func(v value) (wrong string) {
		for _, t := range demands {
			if wrong = t(v); wrong == "" {
				return ""
			}
		}
		return wrong
	}
}

// eachOf demands an array whose elements meet t.
func eachOf(t demand) demand {
	return func(v value) string {
		if wrong := isArray(v); wrong != "" {
			return wrong
		}
		for element := range v.elements() {
			if wrong := t(element); wrong != "" {
				return "an element " + wrong
			}
		}
		return ""
	}
}

// pairsOf demands an object, or an array of pairs, whose values meet t: how the protocol writes tags, headers and cookies.
func pairsOf(t demand) demand {
	return func(v value) string {
		if k := v.kind(); k != kindObject && k != kindArray {
			return "must be an object or an array of pairs, is " + kindNames[k]
		}
		for key, member := range v.members() {
			if wrong := t(member); wrong != "" {
				return strconv.Quote(key) + " " + wrong
			}
		}
		for pair := range v.elements() {
			if pair.len() != 2 || pair.kind() != kindArray {
				return "must be an array of pairs"
			}
			for part := range pair.elements() {
				if wrong := t(part); wrong != "" {
					return "a part of a pair " + wrong
				}
			}
		}
		return ""
	}
}

// isTime demands a point in time.
func isTime(v value) string {
	if _, ok := seconds(v); !ok {
		return "must be seconds since 1970 or RFC 3339: " + excerpt(v)
	}
	return ""
}

// isSeconds demands a point in time as a number.
func isSeconds(v value) string {
	if f, ok := v.num(); !ok || f < 0 {
		return "must be seconds since 1970: " + excerpt(v)
	}
	return ""
}

// seconds is a point in time as seconds since 1970. A time without a zone is UTC (event payload docs).
func seconds(v value) (float64, bool) {
	if f, ok := v.num(); ok {
		return f, f >= 0
	}
	s := v.str()
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, s); err == nil {
			return float64(t.UnixNano()) / 1e9, true
		}
	}
	return 0, false
}

// isRFC3339 demands a point in time as text in UTC.
func isRFC3339(v value) string {
	t, err := time.Parse(time.RFC3339Nano, v.str())
	if err != nil {
		return "must be RFC 3339: " + excerpt(v)
	}
	if _, offset := t.Zone(); offset != 0 {
		return "must be UTC: " + excerpt(v)
	}
	return ""
}

// isAddress demands an IP address. "{{auto}}" would be the sender's own, which for a server is not the user's.
func isAddress(v value) string {
	if _, err := netip.ParseAddr(v.str()); err != nil {
		return "must be an IP address: " + excerpt(v)
	}
	return ""
}

// isDecimal demands a number from 0 to 1 as a string.
func isDecimal(v value) string {
	f, err := strconv.ParseFloat(v.str(), 64)
	if err != nil || !(f >= 0 && f <= 1) {
		return "must be a number from 0 to 1 as a string: " + excerpt(v)
	}
	return ""
}

// isRelease demands a name that Relay keeps (sentry-release-parser).
func isRelease(v value) string { return isSane(v, MaxRelease, isBadInRelease, "latest") }

// isEnvironment likewise.
func isEnvironment(v value) string { return isSane(v, MaxEnvironment, isBadInEnvironment, "none") }

func isSane(v value, limit int, bad func(byte) bool, reserved string) string {
	if wrong := isText(v); wrong != "" {
		return wrong
	}
	if s := v.str(); s == "" || sanitize(s, limit, bad, reserved) != s {
		return "would be removed: " + excerpt(v)
	}
	return ""
}

// sameLine demands a string without line breaks, besides what more demands.
func sameLine(more demand) demand {
	return func(v value) string {
		s := v.str()
		for i := range len(s) {
			if s[i] == '\n' || s[i] == '\r' {
				return "must not hold a line break"
			}
		}
		return more(v)
	}
}
