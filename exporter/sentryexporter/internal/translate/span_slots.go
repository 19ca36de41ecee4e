package translate

import (
	"strconv"

	"github.com/otelcol-sentry/otelcol-sentry/internal/conventions"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// facts are the slots of one span, filled in one pass over its attributes (reader.read). Reused from span to span: only filled is cleared.
type facts struct {
	filled uint64
	ranks  [numSlots]uint8
	values [numSlots]sentry.Value

	present [maxCurrentKeys/64 + 1]uint64 // current keys that the span has by itself
	copies  []keyCopy
}

// maxCurrentKeys bounds len(currentKeys); a test holds it.
const maxCurrentKeys = 255

// keyCopy is the value of an old key on its way to the current one.
type keyCopy struct {
	current int16
	rank    uint8
	value   sentry.Value
}

// fill puts a value into its slot, unless a better key did so. Empty text says nothing.
func (f *facts) fill(u keyUse, v sentry.Value) {
	if u.slot == noSlot || (v.Kind() == sentry.KindString && v.Str() == "") {
		return
	}
	if f.has(u.slot) && f.ranks[u.slot] <= u.rank {
		return
	}
	f.set(u.slot, v)
	f.ranks[u.slot] = u.rank
}

// copy notes the value of an old key; of several for one current key the best is kept. There are at most as many as there are current keys.
func (f *facts) copy(u keyUse, v sentry.Value) {
	for i := range f.copies {
		if c := &f.copies[i]; c.current == u.current {
			if u.rank < c.rank {
				c.rank, c.value = u.rank, v
			}
			return
		}
	}
	f.copies = append(f.copies, keyCopy{u.current, u.rank, v})
}

func (f *facts) clear() {
	f.filled, f.present, f.copies = 0, [len(f.present)]uint64{}, f.copies[:0]
}

func (f *facts) set(s slot, v sentry.Value) {
	f.values[s] = v
	f.filled |= 1 << s
}

// complete fills a slot that is empty.
func (f *facts) complete(s slot, text string) {
	if !f.has(s) {
		f.set(s, sentry.String(text))
	}
}

func (f *facts) has(s slot) bool { return f.filled&(1<<s) != 0 }

func (f *facts) field(c conventions.Field) string { return f.text(slot(c)) }

// text is the slot's text; "" if there is none.
func (f *facts) text(s slot) string {
	if !f.has(s) {
		return ""
	}
	return f.values[s].Str()
}

// number is the slot's integer, also from decimal digits.
func (f *facts) number(s slot) (int64, bool) {
	if !f.has(s) {
		return 0, false
	}
	switch v := f.values[s]; v.Kind() {
	case sentry.KindInt:
		return v.IntVal(), true
	case sentry.KindDouble:
		return int64(v.DoubleVal()), true
	default:
		n, err := strconv.ParseInt(v.Str(), 10, 64)
		return n, err == nil
	}
}

// truth reports whether the slot holds true.
func (f *facts) truth(s slot) bool {
	return f.has(s) && (f.values[s].BoolVal() || f.values[s].Str() == "true")
}

// AppendField fills a template's place.
func (f *facts) AppendField(dst []byte, c conventions.Field) ([]byte, bool) {
	s := slot(c)
	if !f.has(s) {
		return dst, false
	}
	v := f.values[s]
	switch {
	case c == conventions.FieldHTTPRequestMethod:
		return append(dst, httpMethod(v.Str())...), true
	case c == conventions.FieldURLFull:
		return appendURL(dst, v.Str()), true
	case c == conventions.FieldServerAddress && isAddress(v.Str()):
		return dst, false // some pod's: no two names alike
	}
	return appendScalars(dst, v)
}

// appendScalars appends a scalar, or the scalars of a list with commas between.
func appendScalars(dst []byte, v sentry.Value) ([]byte, bool) {
	switch v.Kind() {
	case sentry.KindString:
		return append(dst, v.Str()...), v.Str() != ""
	case sentry.KindInt:
		return strconv.AppendInt(dst, v.IntVal(), 10), true
	case sentry.KindDouble:
		return strconv.AppendFloat(dst, v.DoubleVal(), 'g', -1, 64), true
	case sentry.KindBool:
		return strconv.AppendBool(dst, v.BoolVal()), true
	case sentry.KindList:
		start := len(dst)
		for i, e := range v.ListVal() {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst, _ = appendScalars(dst, e)
		}
		return dst, len(dst) > start
	}
	return dst, false
}
