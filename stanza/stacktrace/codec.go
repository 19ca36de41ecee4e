package stacktrace

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/stanza/entry"
)

// errStored is what a stored value that cannot be read gives: it was cut short, or another version wrote it.
var errStored = errors.New("not readable")

// Kinds of values. They are stored: never give a number another meaning.
const (
	kindNil byte = iota
	kindString
	kindInt
	kindFloat
	kindBool
	kindBytes
	kindMap
	kindSlice
)

// maxDepth bounds how deep a value may nest.
const maxDepth = 32

// appendEntry appends all of an entry.
func appendEntry(dst []byte, e *entry.Entry) []byte {
	dst = appendTime(dst, e.ObservedTimestamp)
	dst = appendTime(dst, e.Timestamp)
	dst = binary.AppendVarint(dst, int64(e.Severity))
	dst = appendString(dst, e.SeverityText)
	dst = appendString(dst, e.ScopeName)
	dst = appendString(dst, string(e.TraceID))
	dst = appendString(dst, string(e.SpanID))
	dst = appendString(dst, string(e.TraceFlags))
	dst = appendMap(dst, e.Attributes)
	dst = appendMap(dst, e.Resource)
	return appendValue(dst, e.Body)
}

func appendTime(dst []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(dst, 0)
	}
	dst = append(dst, 1)
	dst = binary.AppendVarint(dst, t.Unix())
	return binary.AppendUvarint(dst, uint64(t.Nanosecond()))
}

func appendString(dst []byte, s string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(s)))
	return append(dst, s...)
}

func appendMap(dst []byte, m map[string]any) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(m)))
	for k, v := range m {
		dst = appendString(dst, k)
		dst = appendValue(dst, v)
	}
	return dst
}

// appendValue appends a value of a type that the receiver knows; of another one its text, as the receiver would send it.
func appendValue(dst []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(dst, kindNil)
	case string:
		return appendString(append(dst, kindString), v)
	case int64:
		return binary.AppendVarint(append(dst, kindInt), v)
	case int:
		return binary.AppendVarint(append(dst, kindInt), int64(v))
	case int32:
		return binary.AppendVarint(append(dst, kindInt), int64(v))
	case uint64:
		return binary.AppendVarint(append(dst, kindInt), int64(v))
	case float64:
		return binary.BigEndian.AppendUint64(append(dst, kindFloat), math.Float64bits(v))
	case bool:
		if v {
			return append(dst, kindBool, 1)
		}
		return append(dst, kindBool, 0)
	case []byte:
		return appendString(append(dst, kindBytes), string(v))
	case map[string]any:
		return appendMap(append(dst, kindMap), v)
	case []any:
		dst = binary.AppendUvarint(append(dst, kindSlice), uint64(len(v)))
		for _, item := range v {
			dst = appendValue(dst, item)
		}
		return dst
	case []string:
		dst = binary.AppendUvarint(append(dst, kindSlice), uint64(len(v)))
		for _, item := range v {
			dst = appendString(append(dst, kindString), item)
		}
		return dst
	}
	return appendString(append(dst, kindString), fmt.Sprint(v))
}

// decoder reads what the append functions wrote. After an error it reads zeros.
type decoder struct {
	buf []byte
	err error
}

func (d *decoder) fail() { d.buf, d.err = nil, errStored }

func (d *decoder) byte() byte {
	if len(d.buf) == 0 {
		d.fail()
		return 0
	}
	b := d.buf[0]
	d.buf = d.buf[1:]
	return b
}

func (d *decoder) uint() uint64 {
	v, n := binary.Uvarint(d.buf)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.buf = d.buf[n:]
	return v
}

func (d *decoder) int() int64 {
	v, n := binary.Varint(d.buf)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.buf = d.buf[n:]
	return v
}

// count reads how many items follow; each has at least one byte.
func (d *decoder) count() int {
	n := d.uint()
	if n > uint64(len(d.buf)) {
		d.fail()
		return 0
	}
	return int(n)
}

func (d *decoder) bytes() []byte {
	n := d.count()
	b := d.buf[:n]
	d.buf = d.buf[n:]
	return b
}

func (d *decoder) string() string { return string(d.bytes()) }

func (d *decoder) optional() []byte {
	if b := d.bytes(); len(b) > 0 {
		return append([]byte(nil), b...)
	}
	return nil
}

func (d *decoder) time() time.Time {
	if d.byte() == 0 {
		return time.Time{}
	}
	sec := d.int()
	return time.Unix(sec, int64(d.uint())).UTC()
}

func (d *decoder) mapping(depth int) map[string]any {
	n := d.count()
	if n == 0 {
		return nil
	}
	m := make(map[string]any, min(n, 64))
	for ; n > 0 && d.err == nil; n-- {
		k := d.string()
		m[k] = d.value(depth + 1)
	}
	return m
}

func (d *decoder) value(depth int) any {
	if depth > maxDepth {
		d.fail()
	}
	switch d.byte() {
	case kindString:
		return d.string()
	case kindInt:
		return d.int()
	case kindFloat:
		if len(d.buf) < 8 {
			d.fail()
			return nil
		}
		v := math.Float64frombits(binary.BigEndian.Uint64(d.buf))
		d.buf = d.buf[8:]
		return v
	case kindBool:
		return d.byte() == 1
	case kindBytes:
		return append([]byte{}, d.bytes()...)
	case kindMap:
		if m := d.mapping(depth); m != nil {
			return m
		}
		return map[string]any{}
	case kindSlice:
		n := d.count()
		items := make([]any, 0, min(n, 64))
		for ; n > 0 && d.err == nil; n-- {
			items = append(items, d.value(depth+1))
		}
		return items
	case kindNil:
		return nil
	}
	d.fail()
	return nil
}

// entry reads an entry into a new one.
func (d *decoder) entry() *entry.Entry {
	e := entry.New()
	e.ObservedTimestamp = d.time()
	e.Timestamp = d.time()
	e.Severity = entry.Severity(d.int())
	e.SeverityText = d.string()
	e.ScopeName = d.string()
	e.TraceID = d.optional()
	e.SpanID = d.optional()
	e.TraceFlags = d.optional()
	e.Attributes = d.mapping(0)
	e.Resource = d.mapping(0)
	e.Body = d.value(0)
	return e
}
