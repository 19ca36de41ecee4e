package scrub

import (
	"strings"
	"unsafe"
)

// A view is a text with its escapes undone: those of URLs ("%3D") and those of JSON. It is read where the text has escapes and nothing was
// found in it as it is: in a URL within a URL a name and its value are joined by "%3D".

// Buffers of views that are kept for the next one: how many, and up to what size in bytes.
const (
	keptViews = 8
	maxView   = 64 << 10
)

// steps undo escapes one by one.
type steps struct {
	text string
	plus bool // it stands for a space, as in forms
}

func stepsOf(text string) steps { return steps{text, strings.IndexByte(text, ' ') < 0} }

// at is the byte that stands at i, and how many bytes of the text it takes.
func (s steps) at(i int) (c byte, width int) {
	switch c = s.text[i]; {
	case c == '+' && s.plus:
		return ' ', 1
	case c == '%' && isEscape(s.text, i+1):
		end := i + 1
		for s.text[end] == '2' && s.text[end+1] == '5' && isEscape(s.text, end+2) { // a percent sign that was escaped itself
			end += 2
		}
		return hexValue(s.text[end])<<4 | hexValue(s.text[end+1]), end + 2 - i
	case c == '\\':
		return s.slash(i)
	}
	return c, 1
}

// isEscape reports whether two hex digits stand at i.
func isEscape(text string, i int) bool {
	return i+1 < len(text) && isHex(text[i]) && isHex(text[i+1])
}

// slash undoes an escape of JSON, also of JSON in JSON, where more than one back-slash precedes the character.
func (s steps) slash(i int) (c byte, width int) {
	end := i + 1
	for end < len(s.text) && s.text[end] == '\\' && end-i <= maxSlashes {
		end++
	}
	if end == len(s.text) {
		return '\\', 1
	}
	switch c = s.text[end]; c {
	case '"', '/':
		return c, end + 1 - i
	case 'n', 'r', 't':
		return '\n', end + 1 - i
	case 'u':
		if isASCII(s.text, end) {
			return hexValue(s.text[end+3])<<4 | hexValue(s.text[end+4]), end + len("u0000") - i
		}
	}
	return '\\', 1
}

// isASCII reports whether uXXXX at i is one of the first 128 characters.
func isASCII(text string, i int) bool {
	return len(text)-i >= len("u0000") && text[i+1] == '0' && text[i+2] == '0' && '0' <= text[i+3] && text[i+3] <= '7' && isHex(text[i+4])
}

func hexValue(c byte) byte {
	if isDigit(c) {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}

// origin finds the places of a view in its text, in ascending order.
type origin struct {
	steps
	plain, raw int
}

func (o *origin) of(plain int) int {
	for o.plain < plain {
		_, width := o.at(o.raw)
		o.raw += width
		o.plain++
	}
	return o.raw
}

// viewScan finds the secrets that show in the view of a text.
type viewScan struct {
	view   scanner
	raw    scanner // of the text itself
	origin origin
	buffer []byte
}

// openView makes the view of a text. It must be closed.
func (s *Scrubber) openView(text string) viewScan {
	v := viewScan{raw: s.scan(text), origin: origin{steps: stepsOf(text)}}
	select {
	case v.buffer = <-s.views:
	default:
	}
	v.buffer = v.buffer[:0]
	for i := 0; i < len(text); {
		c, width := v.origin.at(i)
		v.buffer = append(v.buffer, c)
		i += width
	}
	v.view = s.scan(unsafe.String(unsafe.SliceData(v.buffer), len(v.buffer))) // valid until close
	v.view.view = v.raw.json
	return v
}

// next is the next secret, by its place in the text.
func (v *viewScan) next() (find, bool) {
	for {
		f, ok := v.view.next()
		if !ok {
			return find{}, false
		}
		f.from = v.origin.of(f.from)
		f.to = v.origin.of(f.to)
		if f.quote = 0; v.raw.isWithinString(f.from, f.to) {
			return f, true
		}
	}
}

func (v *viewScan) close() {
	if cap(v.buffer) > maxView {
		return
	}
	select {
	case v.raw.views <- v.buffer:
	default:
	}
}

// isWithinString reports whether a part of JSON lies within one string; other texts are as good as one. It is asked in ascending order.
func (s *scanner) isWithinString(from, to int) bool {
	if !s.json {
		return true
	}
	if !s.inString(from) {
		return false
	}
	for i := from; i < to; i++ {
		if s.endsString(i) {
			return false
		}
	}
	return true
}
