package translate

import (
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"time"
	"unicode/utf8"
	"unsafe"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// maxLogDepth bounds how deep nested values are written; what lies deeper is null.
const maxLogDepth = 32

// scratch is memory for texts that have to be put together. Strings taken from it are valid until it is reset: it only grows until then, and what is
// written stays as it is; where it has to move, the strings keep the old memory.
type scratch []byte

// reset gives the memory back for use, if it is not so large that it had better go.
func (s scratch) reset() scratch {
	if cap(s) > keepText {
		return nil
	}
	return s[:0]
}

// since is what was written from mark on.
func (s scratch) since(mark int) string {
	if len(s) == mark {
		return ""
	}
	return unsafe.String(&s[mark], len(s)-mark)
}

func (s *scratch) join(a, b string) string {
	mark := len(*s)
	*s = append(append(*s, a...), b...)
	return s.since(mark)
}

// time is a time as text; pcommon's own AsTime ends in 2262.
func (s *scratch) time(at sentry.Time) string {
	mark := len(*s)
	*s = time.Unix(int64(at/1e9), int64(at%1e9)).UTC().AppendFormat(*s, time.RFC3339Nano)
	return s.since(mark)
}

// bytes is text where it is text, else base64.
func (s *scratch) bytes(b pcommon.ByteSlice) string {
	mark := len(*s)
	for i := range b.Len() {
		*s = append(*s, b.At(i))
	}
	if utf8.Valid((*s)[mark:]) {
		return s.since(mark)
	}
	encoded := len(*s)
	*s = base64.StdEncoding.AppendEncode(*s, (*s)[mark:encoded])
	return s.since(encoded)
}

func (s *scratch) json(v pcommon.Value) string {
	mark := len(*s)
	*s = appendJSON(*s, v, 0)
	return s.since(mark)
}

// value converts an attribute's value: lists of scalars stay lists, what is nested becomes JSON text, for attributes are flat.
func (s *scratch) value(v pcommon.Value) sentry.Value {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return sentry.String(v.Str())
	case pcommon.ValueTypeBool:
		return sentry.Bool(v.Bool())
	case pcommon.ValueTypeInt:
		return sentry.Int(v.Int())
	case pcommon.ValueTypeDouble:
		return sentry.Double(v.Double())
	case pcommon.ValueTypeBytes:
		return sentry.String(s.bytes(v.Bytes()))
	case pcommon.ValueTypeSlice:
		if isFlat(v.Slice()) {
			return Value(v)
		}
		return sentry.String(s.json(v))
	case pcommon.ValueTypeMap:
		return sentry.String(s.json(v))
	case pcommon.ValueTypeEmpty:
	}
	return sentry.Value{}
}

func isFlat(list pcommon.Slice) bool {
	for _, v := range list.All() {
		if t := v.Type(); t == pcommon.ValueTypeMap || t == pcommon.ValueTypeSlice {
			return false
		}
	}
	return true
}

// appendJSON writes a value as JSON text. depth counts the containers around it.
func appendJSON(dst []byte, v pcommon.Value, depth int) []byte {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return envelope.AppendString(dst, v.Str())
	case pcommon.ValueTypeBool:
		return strconv.AppendBool(dst, v.Bool())
	case pcommon.ValueTypeInt:
		return strconv.AppendInt(dst, v.Int(), 10)
	case pcommon.ValueTypeDouble:
		if out, ok := envelope.AppendFloat(dst, v.Double()); ok {
			return out
		}
	case pcommon.ValueTypeBytes:
		return envelope.AppendString(dst, bytesText(v.Bytes().AsRaw()))
	case pcommon.ValueTypeSlice:
		if depth < maxLogDepth {
			return appendJSONSlice(dst, v.Slice(), depth+1)
		}
	case pcommon.ValueTypeMap:
		if depth < maxLogDepth {
			return appendJSONMap(dst, v.Map(), depth+1)
		}
	case pcommon.ValueTypeEmpty:
	}
	return append(dst, "null"...)
}

func appendJSONSlice(dst []byte, list pcommon.Slice, depth int) []byte {
	dst = append(dst, '[')
	for i, v := range list.All() {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendJSON(dst, v, depth)
	}
	return append(dst, ']')
}

func appendJSONMap(dst []byte, m pcommon.Map, depth int) []byte {
	dst = append(dst, '{')
	start := len(dst)
	for key, v := range m.All() {
		if len(dst) > start {
			dst = append(dst, ',')
		}
		dst = append(envelope.AppendString(dst, key), ':')
		dst = appendJSON(dst, v, depth)
	}
	return append(dst, '}')
}

// hex is an id as hex digits.
func (s *scratch) hex(id sentry.SpanID) string {
	mark := len(*s)
	*s = hex.AppendEncode(*s, id[:])
	return s.since(mark)
}
