package envelope

import (
	"math"
	"strconv"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// noLimit is the end of a bag that may grow as it likes.
const noLimit = math.MaxInt

// appendValue writes v at the given nesting depth (containers around it) so that dst does not grow beyond end: strings are cut, lists and maps end
// early. What would nest deeper than maxBagDepth becomes JSON text, as in Relay. ok is false if nothing could be written; dst is then as before.
func appendValue(dst []byte, v sentry.Value, depth, end int) (out []byte, ok bool) {
	switch v.Kind() {
	case sentry.KindString:
		if end == noLimit {
			return AppendString(dst, v.Str()), true
		}
		return appendWithin(dst, v.Str(), end-len(dst))
	case sentry.KindList, sentry.KindMap:
		if depth >= maxBagDepth {
			return appendJSONText(dst, v, end)
		}
		return appendNested(dst, v, depth, end)
	}
	mark := len(dst)
	dst = appendScalar(dst, v)
	return keepWithin(dst, mark, end)
}

// keepWithin takes back what was written since mark if it went beyond end.
func keepWithin(dst []byte, mark, end int) ([]byte, bool) {
	if len(dst) > end {
		return dst[:mark], false
	}
	return dst, true
}

// appendScalar writes a value that is no string and holds no others.
func appendScalar(dst []byte, v sentry.Value) []byte {
	switch v.Kind() {
	case sentry.KindBool:
		return strconv.AppendBool(dst, v.BoolVal())
	case sentry.KindInt:
		return strconv.AppendInt(dst, v.IntVal(), 10)
	case sentry.KindDouble:
		if out, ok := AppendFloat(dst, v.DoubleVal()); ok {
			return out
		}
	}
	return append(dst, "null"...)
}

// appendNested writes a list or a map; end leaves room for its closing bracket.
func appendNested(dst []byte, v sentry.Value, depth, end int) ([]byte, bool) {
	mark := len(dst)
	if end-mark < len("[]") {
		return dst, false
	}
	if v.Kind() == sentry.KindMap {
		dst = append(dst, '{')
		dst = appendFields(dst, v.MapVal(), depth+1, end-1)
		return append(dst, '}'), true
	}
	dst = append(dst, '[')
	for _, element := range v.ListVal() {
		before := len(dst)
		var ok bool
		if dst, ok = appendValue(comma(dst), element, depth+1, end-1); !ok {
			dst = dst[:before]
			break
		}
	}
	return append(dst, ']'), true
}

// appendFields writes the members of an object, without its brackets, so that dst does not grow beyond end. Members without a key or a value are
// left out: Sentry shows neither, and a number that JSON cannot hold is none.
func appendFields(dst []byte, attrs []sentry.Attr, depth, end int) []byte {
	for a := range wanted(attrs) {
		dst = appendFieldWithin(dst, a, depth, end, noLimit)
	}
	return dst
}

// appendFieldWithin writes one member, its value in at most room bytes; nothing if there is no room for it.
func appendFieldWithin(dst []byte, a *sentry.Attr, depth, end, room int) []byte {
	mark := len(dst)
	dst = appendKey(dst, a.Key)
	if room < noLimit-len(dst) {
		end = min(end, len(dst)+room)
	}
	if out, ok := appendValue(dst, a.Value, depth, end); ok {
		return out
	}
	return dst[:mark]
}

// bag is the room for an object of free data: its size in bytes, and how many containers may lie in one another, itself among them.
type bag struct{ bytes, nesting int }

var (
	contextBag    = bag{MaxContextBytes, maxBagDepth}
	varsBag       = bag{MaxVarsBytes, smallBagDepth}
	breadcrumbBag = bag{MaxBreadcrumbBytes, smallBagDepth}
)

// appendBag writes a member that is an object, its literal being of the form `"key":{`; nothing if it is empty.
func appendBag(dst []byte, literal string, attrs []sentry.Attr, b bag) []byte {
	if len(attrs) == 0 {
		return dst
	}
	mark := len(dst)
	dst = appendMember(dst, literal)
	return closeBag(dst, mark, attrs, b)
}

// closeBag writes the fields of an object whose opening bracket is the last byte of dst, and the closing one. If there are none it goes back to mark.
func closeBag(dst []byte, mark int, attrs []sentry.Attr, b bag) []byte {
	start := len(dst)
	dst = appendFields(dst, attrs, maxBagDepth-b.nesting+1, start-1+b.bytes-1)
	if len(dst) == start {
		return dst[:mark]
	}
	return append(dst, '}')
}

// isNothing reports whether v says nothing: null, or a number that JSON cannot hold.
func isNothing(v sentry.Value) bool {
	if v.Kind() == sentry.KindDouble {
		f := v.DoubleVal()
		return math.IsNaN(f) || math.IsInf(f, 0)
	}
	return v.Kind() == sentry.KindNull
}

// appendData writes the members of a span's data: scalars and lists of scalars as they are; lists and maps that hold others as JSON text, because
// span attributes are flat (protocol: spans v2, attribute types; Relay's OTLP path does the same). Each value gets at most room bytes.
// It tells the size of the largest.
func appendData(dst []byte, attrs []sentry.Attr, room int) (out []byte, largest int) {
	for a := range wanted(attrs) {
		depth := 0
		if isNested(a.Value) {
			depth = maxBagDepth
		}
		before := len(dst)
		dst = appendFieldWithin(dst, a, depth, noLimit, room)
		largest = max(largest, len(dst)-before-len(a.Key))
	}
	return dst, largest
}

// isNested reports whether v is a map, or a list that holds a list or a map.
func isNested(v sentry.Value) bool {
	for _, element := range v.ListVal() {
		if k := element.Kind(); k == sentry.KindList || k == sentry.KindMap {
			return true
		}
	}
	return v.Kind() == sentry.KindMap
}

// appendJSONText writes a list or map as a string that holds its JSON.
func appendJSONText(dst []byte, v sentry.Value, end int) ([]byte, bool) {
	mark := len(dst)
	dst = appendPlain(dst, v, 0)
	written := len(dst)
	room := noLimit
	if end != noLimit {
		room = end - mark
	}
	dst, ok := appendWithin(dst, dst[mark:written], room)
	if !ok {
		return dst[:mark], false
	}
	n := copy(dst[mark:], dst[written:])
	return dst[:mark+n], true
}

// appendPlain writes v as JSON without limits but that of depth; what lies deeper is left out as null.
func appendPlain(dst []byte, v sentry.Value, depth int) []byte {
	switch v.Kind() {
	case sentry.KindString:
		return AppendString(dst, v.Str())
	case sentry.KindList:
		if depth == maxTextDepth {
			return append(dst, "null"...)
		}
		dst = append(dst, '[')
		for _, element := range v.ListVal() {
			dst = appendPlain(comma(dst), element, depth+1)
		}
		return append(dst, ']')
	case sentry.KindMap:
		if depth == maxTextDepth {
			return append(dst, "null"...)
		}
		dst = append(dst, '{')
		for a := range wanted(v.MapVal()) {
			dst = appendPlain(appendKey(dst, a.Key), a.Value, depth+1)
		}
		return append(dst, '}')
	}
	return appendScalar(dst, v)
}
