package envelope

import (
	"math"
	"strconv"
	"unicode/utf8"
)

// reader reads JSON text strictly (RFC 8259) into a document. What is legal but read differently by different programs is noted as a flaw.
type reader struct {
	doc *document
	at  int
}

func (r *reader) fail(reason string) error { return &syntaxError{ruleJSONSyntax, r.at, reason} }

func (r *reader) flaw(rule string, offset int, detail string) {
	r.doc.flaws = append(r.doc.flaws, flaw{rule, offset, detail})
}

func (r *reader) space() {
	for r.at < len(r.doc.text) {
		switch r.doc.text[r.at] {
		case ' ', '\t', '\n', '\r':
			r.at++
		default:
			return
		}
	}
}

// peek is the next byte, 0 at the end.
func (r *reader) peek() byte {
	if r.at < len(r.doc.text) {
		return r.doc.text[r.at]
	}
	return 0
}

// value reads one value and the white space before it.
func (r *reader) value(depth int) error {
	r.space()
	if depth > maxJSONDepth {
		return &syntaxError{ruleJSONDepth, r.at, "nested too deeply"}
	}
	if len(r.doc.nodes) >= maxJSONNodes {
		return r.fail("too many values")
	}
	self := len(r.doc.nodes)
	r.doc.nodes = append(r.doc.nodes, node{from: int32(r.at)})
	kind, err := r.content(depth)
	if err != nil {
		return err
	}
	n := &r.doc.nodes[self]
	n.kind, n.to, n.end = kind, int32(r.at), int32(len(r.doc.nodes))
	if kind == kindObject {
		r.checkKeys(value{r.doc, int32(self)})
	}
	return nil
}

func (r *reader) content(depth int) (kind, error) {
	switch c := r.peek(); {
	case c == '{':
		return kindObject, r.list('}', depth, r.member)
	case c == '[':
		return kindArray, r.list(']', depth, r.value)
	case c == '"':
		return kindString, r.text()
	case c == 't':
		return kindBool, r.word("true")
	case c == 'f':
		return kindBool, r.word("false")
	case c == 'n':
		return kindNull, r.word("null")
	case c == '-' || '0' <= c && c <= '9':
		return kindNumber, r.number()
	}
	return kindNull, r.fail("no value")
}

func (r *reader) word(word string) error {
	if len(r.doc.text)-r.at < len(word) || string(r.doc.text[r.at:r.at+len(word)]) != word {
		return r.fail("no value")
	}
	r.at += len(word)
	return nil
}

// list reads what stands between two brackets, separated by commas.
func (r *reader) list(closing byte, depth int, element func(int) error) error {
	r.at++
	r.space()
	if r.peek() == closing {
		r.at++
		return nil
	}
	for {
		if err := element(depth + 1); err != nil {
			return err
		}
		r.space()
		switch r.peek() {
		case ',':
			r.at++
		case closing:
			r.at++
			return nil
		default:
			return r.fail("no comma or closing bracket")
		}
	}
}

// member reads a key, the colon and the value.
func (r *reader) member(depth int) error {
	r.space()
	if r.peek() != '"' {
		return r.fail("no key")
	}
	if err := r.value(depth); err != nil {
		return err
	}
	r.space()
	if r.peek() != ':' {
		return r.fail("no colon")
	}
	r.at++
	return r.value(depth)
}

// checkKeys notes the keys that stand twice in an object.
func (r *reader) checkKeys(object value) {
	if object.node().end-object.at < 4 {
		return
	}
	seen := make(map[string]bool)
	for key, member := range object.members() {
		if seen[key] {
			r.flaw(ruleJSONDuplicate, int(member.node().from), "the key "+strconv.Quote(key)+" stands twice")
		}
		seen[key] = true
	}
}

// text reads a string.
func (r *reader) text() error {
	text := r.doc.text
	r.at++
	for r.at < len(text) {
		switch c := text[r.at]; {
		case c == '"':
			r.at++
			return nil
		case c == '\\':
			if err := r.escape(); err != nil {
				return err
			}
		case c < 0x20:
			return r.fail("control character in a string")
		case c < utf8.RuneSelf:
			r.at++
		default:
			char, size := utf8.DecodeRune(text[r.at:])
			if char == utf8.RuneError && size == 1 {
				r.flaw(ruleJSONUTF8, r.at, "not UTF-8")
			}
			r.at += size
		}
	}
	return r.fail("string without an end")
}

// escape reads what follows a back-slash.
func (r *reader) escape() error {
	start := r.at
	r.at++
	switch c := r.peek(); c {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		r.at++
		return nil
	case 'u':
		unit, ok := r.unit()
		if !ok {
			return r.fail("bad escape")
		}
		if unit < 0xd800 || unit > 0xdfff {
			return nil
		}
		low, ok := r.lowSurrogate()
		if unit > 0xdbff || !ok || low < 0xdc00 || low > 0xdfff {
			r.flaw(ruleJSONUTF8, start, "half of a surrogate pair")
		}
		return nil
	}
	return r.fail("bad escape")
}

// unit reads uXXXX.
func (r *reader) unit() (uint64, bool) {
	if len(r.doc.text)-r.at < len("uXXXX") {
		return 0, false
	}
	unit, err := strconv.ParseUint(string(r.doc.text[r.at+1:r.at+5]), 16, 16)
	if err != nil {
		return 0, false
	}
	r.at += len("uXXXX")
	return unit, true
}

// lowSurrogate reads the second half of a pair, if one is there.
func (r *reader) lowSurrogate() (uint64, bool) {
	start := r.at
	if r.peek() != '\\' {
		return 0, false
	}
	r.at++
	if r.peek() == 'u' {
		if low, ok := r.unit(); ok && 0xdc00 <= low && low <= 0xdfff {
			return low, true
		}
	}
	r.at = start
	return 0, false
}

// number reads a number; one that no float64 can hold is a flaw.
func (r *reader) number() error {
	start := r.at
	if r.peek() == '-' {
		r.at++
	}
	switch c := r.peek(); {
	case c == '0':
		r.at++
	case '1' <= c && c <= '9':
		r.digits()
	default:
		return r.fail("bad number")
	}
	if r.peek() == '.' {
		r.at++
		if !r.digits() {
			return r.fail("bad number")
		}
	}
	if c := r.peek(); c == 'e' || c == 'E' {
		r.at++
		if c := r.peek(); c == '+' || c == '-' {
			r.at++
		}
		if !r.digits() {
			return r.fail("bad number")
		}
	}
	if f, err := strconv.ParseFloat(string(r.doc.text[start:r.at]), 64); err != nil || math.IsInf(f, 0) {
		r.flaw(ruleJSONNumber, start, "a number that no float64 can hold")
	}
	return nil
}

func (r *reader) digits() bool {
	start := r.at
	for c := r.peek(); '0' <= c && c <= '9'; c = r.peek() {
		r.at++
	}
	return r.at > start
}
