package sentry

import "math"

// Kind tells which member of a Value is set.
type Kind uint8

// The kinds of a Value.
const (
	KindNull Kind = iota
	KindString
	KindBool
	KindInt
	KindDouble
	KindList
	KindMap
)

// Value is one attribute value of any shape. Strings are borrowed.
type Value struct {
	kind   Kind
	num    uint64
	str    string
	nested *nested
}

type nested struct {
	list  []Value
	attrs []Attr
}

// Attr is a named value. Lists of them keep their order; keys in one list are unique.
type Attr struct {
	Key   string
	Value Value
}

// String makes a string value.
func String(s string) Value { return Value{kind: KindString, str: s} }

// Bool makes a boolean value.
func Bool(b bool) Value {
	v := Value{kind: KindBool}
	if b {
		v.num = 1
	}
	return v
}

// Int makes an integer value.
func Int(i int64) Value { return Value{kind: KindInt, num: uint64(i)} }

// Double makes a floating point value. JSON has no NaN and no infinities: the encoder writes them as null.
func Double(f float64) Value { return Value{kind: KindDouble, num: math.Float64bits(f)} }

// List makes an array value.
func List(l []Value) Value { return Value{kind: KindList, nested: &nested{list: l}} }

// Map makes an object value.
func Map(attrs []Attr) Value { return Value{kind: KindMap, nested: &nested{attrs: attrs}} }

// Kind tells what the value holds.
func (v Value) Kind() Kind { return v.kind }

// Str is the text of a string value, else "".
func (v Value) Str() string { return v.str }

// BoolVal is the truth of a boolean value, else false.
func (v Value) BoolVal() bool { return v.kind == KindBool && v.num == 1 }

// IntVal is the number of an integer value, else 0.
func (v Value) IntVal() int64 {
	if v.kind != KindInt {
		return 0
	}
	return int64(v.num)
}

// DoubleVal is the number of a floating point value, else 0.
func (v Value) DoubleVal() float64 {
	if v.kind != KindDouble {
		return 0
	}
	return math.Float64frombits(v.num)
}

// ListVal is the content of an array value.
func (v Value) ListVal() []Value {
	if v.nested == nil {
		return nil
	}
	return v.nested.list
}

// MapVal is the content of an object value.
func (v Value) MapVal() []Attr {
	if v.nested == nil {
		return nil
	}
	return v.nested.attrs
}

// Tri is a boolean that may be left out of the payload: Sentry treats "absent" and "false" differently (in_app, handled).
type Tri uint8

// The values of a Tri.
const (
	Unset Tri = iota
	False
	True
)

// TriOf makes a set Tri.
func TriOf(b bool) Tri {
	if b {
		return True
	}
	return False
}
