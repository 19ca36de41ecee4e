package envelope

import (
	"encoding/json"
	"fmt"
	"iter"
	"math"
	"strconv"
	"unicode/utf8"
)

// kind is the kind of a JSON value.
type kind uint8

const (
	kindNull kind = iota
	kindBool
	kindNumber
	kindString
	kindArray
	kindObject
)

var kindNames = [...]string{"null", "a boolean", "a number", "a string", "an array", "an object"}

// node is one value of a document. The nodes of what is inside it follow it directly; of an object keys and values take turns.
type node struct {
	kind     kind
	from, to int32 // its text
	end      int32 // index of the node behind all that is inside it
}

// document is JSON text that has been read strictly.
type document struct {
	text  []byte
	nodes []node
	flaws []flaw
}

// flaw is something that JSON readers treat differently, so that it must not be sent.
type flaw struct {
	rule   string
	offset int
	detail string
}

// value is one value of a document. The zero value is "not there".
type value struct {
	doc *document
	at  int32
}

func (v value) there() bool { return v.doc != nil }

func (v value) node() *node { return &v.doc.nodes[v.at] }

// kind of v; null for what is not there: Relay makes no difference.
func (v value) kind() kind {
	if !v.there() {
		return kindNull
	}
	return v.node().kind
}

// raw is the text of v.
func (v value) raw() []byte {
	if !v.there() {
		return nil
	}
	n := v.node()
	return v.doc.text[n.from:n.to]
}

// str is the content of a string, else "".
func (v value) str() string {
	if v.kind() != kindString {
		return ""
	}
	return unquote(v.raw())
}

// unquote decodes a JSON string that the reader has let pass.
func unquote(raw []byte) string {
	inner := raw[1 : len(raw)-1]
	for _, c := range inner {
		if c == '\\' || c >= utf8.RuneSelf {
			var s string
			if json.Unmarshal(raw, &s) == nil {
				return s
			}
			break
		}
	}
	return string(inner)
}

// num is the value of a number; ok is false for what is none.
func (v value) num() (f float64, ok bool) {
	if v.kind() != kindNumber {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(v.raw()), 64)
	return f, err == nil
}

// elements are the values in an array.
func (v value) elements() iter.Seq[value] {
	return func(yield func(value) bool) {
		if v.kind() != kindArray {
			return
		}
		for at, end := v.at+1, v.node().end; at < end; at = v.doc.nodes[at].end {
			if !yield(value{v.doc, at}) {
				return
			}
		}
	}
}

// members are the keys and values in an object, in their order.
func (v value) members() iter.Seq2[string, value] {
	return func(yield func(string, value) bool) {
		if v.kind() != kindObject {
			return
		}
		for at, end := v.at+1, v.node().end; at < end; at = v.doc.nodes[at+1].end {
			key := value{v.doc, at}
			if !yield(key.str(), value{v.doc, at + 1}) {
				return
			}
		}
	}
}

// get is the member of that key; of several the last, as Relay reads them.
func (v value) get(path ...string) value {
	for _, key := range path {
		var found value
		for k, member := range v.members() {
			if k == key {
				found = member
			}
		}
		v = found
	}
	return v
}

// len is the number of values in an array or of members of an object.
func (v value) len() (n int) {
	for range v.elements() {
		n++
	}
	for range v.members() {
		n++
	}
	return n
}

// Bounds of what is read. serde_json, which Relay uses, gives up at a depth of 128.
const (
	maxJSONDepth = 127
	maxJSONNodes = 4 << 20
)

// syntaxError is where and why text is no JSON.
type syntaxError struct {
	rule   string
	offset int
	reason string
}

func (e *syntaxError) Error() string { return fmt.Sprintf("%s at byte %d", e.reason, e.offset) }

// readJSON reads one JSON value, which must be all of text but for white space around it.
func readJSON(text []byte) (*document, error) {
	r := reader{doc: &document{text: text}}
	if len(text) > math.MaxInt32 {
		return nil, &syntaxError{ruleJSONSyntax, 0, "too large"}
	}
	if err := r.value(0); err != nil {
		return nil, err
	}
	r.space()
	if r.at < len(text) {
		return nil, r.fail("text after the value")
	}
	return r.doc, nil
}

func (d *document) root() value { return value{d, 0} }
