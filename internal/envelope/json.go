package envelope

import (
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// text is what can be written as a JSON string.
type text interface{ ~string | ~[]byte }

const hexDigits = "0123456789abcdef"

// escapes says how a byte is written inside a JSON string: 0 as it is, 'u' as \u00xx, multi: part of a character to be checked, else after a backslash.
const multi = 1

var escapes = func() (t [256]byte) {
	for c := range t {
		switch {
		case c < 0x20:
			t[c] = 'u'
		case c >= utf8.RuneSelf:
			t[c] = multi
		}
	}
	t['"'], t['\\'] = '"', '\\'
	t['\n'], t['\r'], t['\t'], t['\b'], t['\f'] = 'n', 'r', 't', 'b', 'f'
	return t
}()

// replacement is U+FFFD in UTF-8: what stands for a byte that is not part of a character.
const replacement = "\ufffd"

// AppendString writes s as a JSON string. Bytes that are not UTF-8 become U+FFFD; nothing is escaped for HTML.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	dst = appendEscaped(dst, s)
	return append(dst, '"')
}

// appendEscaped writes the inside of a JSON string.
func appendEscaped[S text](dst []byte, s S) []byte {
	done := 0
	for i := 0; i < len(s); {
		c := s[i]
		e := escapes[c]
		if e == 0 {
			i++
			continue
		}
		if e == multi {
			if n := runeLen(s[i:]); n > 0 {
				i += n
				continue
			}
			dst = append(dst, s[done:i]...)
			dst = append(dst, replacement...)
		} else {
			dst = append(dst, s[done:i]...)
			dst = append(dst, '\\', e)
			if e == 'u' {
				dst = append(dst, '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
			}
		}
		i++
		done = i
	}
	return append(dst, s[done:]...)
}

// runeLen is the length of the valid character that s begins with, 0 if there is none.
func runeLen[S text](s S) int {
	var head [utf8.UTFMax]byte
	n := copy(head[:], s)
	r, size := utf8.DecodeRune(head[:n])
	if r == utf8.RuneError && size <= 1 {
		return 0
	}
	return size
}

// appendCut writes s, cut to limit characters the way Relay cuts: the last three of them are "...".
func appendCut(dst []byte, s string, limit int) []byte {
	keep, cut := cutAt(s, limit)
	dst = append(dst, '"')
	dst = appendEscaped(dst, s[:keep])
	if cut {
		dst = append(dst, "..."...)
	}
	return append(dst, '"')
}

// cutAt tells how many bytes of s to keep so that, with "..." behind if cut, there are at most limit characters.
func cutAt(s string, limit int) (keep int, cut bool) {
	if len(s) <= limit { // never more characters than bytes
		return len(s), false
	}
	chars := 0
	for i := range s {
		if chars == limit-3 {
			keep = i
		}
		if chars == limit {
			return keep, true
		}
		chars++
	}
	return len(s), false
}

// appendWithin writes s so that no more than room bytes are added: as it is, else cut with "..." behind. ok is false if even that has no room.
func appendWithin[S text](dst []byte, s S, room int) (out []byte, ok bool) {
	mark := len(dst)
	if len(s) <= room {
		dst = append(appendEscaped(append(dst, '"'), s), '"')
		if len(dst)-mark <= room {
			return dst, true
		}
		dst = dst[:mark]
	}
	left := room - len(`"..."`)
	if left <= 0 {
		return dst, false
	}
	end := 0
	for end < len(s) {
		width, bytes := escapedWidth(s[end:])
		if left < width {
			break
		}
		left -= width
		end += bytes
	}
	dst = append(dst, '"')
	dst = appendEscaped(dst, s[:end])
	return append(dst, `..."`...), true
}

// escapedWidth tells how many bytes the first character of s takes in a JSON string, and how many it takes in s.
func escapedWidth[S text](s S) (width, bytes int) {
	switch escapes[s[0]] {
	case 0:
		return 1, 1
	case 'u':
		return len(`\u0000`), 1
	case multi:
		if n := runeLen(s); n > 0 {
			return n, n
		}
		return len(replacement), 1
	}
	return len(`\n`), 1
}

// comma writes the separator that the next member or element needs, if any: the last byte tells.
func comma(dst []byte) []byte {
	if len(dst) == 0 {
		return dst
	}
	switch dst[len(dst)-1] {
	case '{', '[', ',', ':':
		return dst
	}
	return append(dst, ',')
}

// appendMember writes the separator and a literal of the form `"key":`.
func appendMember(dst []byte, literal string) []byte {
	return append(comma(dst), literal...)
}

// appendKey writes the separator and a key that may need escaping.
func appendKey(dst []byte, key string) []byte {
	return append(AppendString(comma(dst), key), ':')
}

// appendText writes a member whose value is s, nothing if s is empty.
func appendText(dst []byte, literal, s string) []byte {
	if s == "" {
		return dst
	}
	return AppendString(appendMember(dst, literal), s)
}

// appendTextCut is appendText with at most limit characters.
func appendTextCut(dst []byte, literal, s string, limit int) []byte {
	if s == "" {
		return dst
	}
	return appendCut(appendMember(dst, literal), s, limit)
}

// appendTri writes a member that is true or false, nothing if it is not set.
func appendTri(dst []byte, literal string, t sentry.Tri) []byte {
	if t == sentry.Unset {
		return dst
	}
	return strconv.AppendBool(appendMember(dst, literal), t == sentry.True)
}

// appendHex writes an id as lower-case hex digits in quotes.
func appendHex(dst, id []byte) []byte {
	dst = append(dst, '"')
	for _, b := range id {
		dst = append(dst, hexDigits[b>>4], hexDigits[b&0xf])
	}
	return append(dst, '"')
}

// AppendTime writes t as seconds since 1970 with up to nine digits of fraction, by integers alone: a float64 holds no nanoseconds of our time.
func AppendTime(dst []byte, t sentry.Time) []byte {
	const second = 1_000_000_000
	dst = strconv.AppendUint(dst, uint64(t)/second, 10)
	fraction := uint64(t) % second
	if fraction == 0 {
		return dst
	}
	var digits [9]byte
	last := 0
	for i := len(digits) - 1; i >= 0; i-- {
		digits[i] = byte('0' + fraction%10)
		if digits[i] != '0' && last == 0 {
			last = i + 1
		}
		fraction /= 10
	}
	dst = append(dst, '.')
	return append(dst, digits[:last]...)
}

// AppendFloat writes f in the shortest form that reads back as f and as no integer. ok is false, and nothing is written, for NaN and the infinities.
func AppendFloat(dst []byte, f float64) (out []byte, ok bool) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return dst, false
	}
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	mark := len(dst)
	dst = strconv.AppendFloat(dst, f, format, -1, 64)
	for _, c := range dst[mark:] {
		if c == '.' || c == 'e' {
			return dst, true
		}
	}
	return append(dst, ".0"...), true
}
