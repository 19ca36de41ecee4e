package envelope

import (
	"hash/maphash"
	"strconv"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// Sizes in bytes of JSON of what logs or spans share, which is repeated in each of them: of one value, and of all.
const (
	maxSharedValueBytes = 8 << 10
	maxSharedBytes      = 128 << 10
)

// SharedAttributes are the attributes that logs, or streamed spans, share: those of a resource and a scope, encoded once. They borrow the keys of what
// they were made from. Reading them from several goroutines is safe, Reset is not. The zero value holds none.
type SharedAttributes struct {
	buf    []byte // members of an object, with commas between
	attrs  []sharedAttribute
	filter keyFilter
	size   int // as in LogContainer.Bytes
}

// sharedAttribute is one member of SharedAttributes.buf.
type sharedAttribute struct {
	fragment
	size int
}

// Reset makes p the encoding of attrs and keeps its memory. A value is cut to 8 KiB; attributes that find no room in 128 KiB are left out.
func (p *SharedAttributes) Reset(attrs []sentry.Attr) {
	w := itemWriter{dst: p.buf[:0]}
	*p = SharedAttributes{attrs: p.attrs[:0]}
	for a := range wanted(attrs) {
		from, size := len(w.dst), w.size
		if from > 0 {
			w.dst = append(w.dst, ',')
			from++
		}
		w.attribute(a, maxSharedValueBytes)
		if len(w.dst) > maxSharedBytes {
			w.dst, w.size = w.dst[:max(0, from-1)], size
			continue
		}
		p.attrs = append(p.attrs, sharedAttribute{fragment{a.Key, from, len(w.dst)}, w.size - size})
		p.filter.add(maphash.String(seed, asWritten(a.Key)))
	}
	p.buf, p.size = w.dst, w.size
}

// attributes writes the member "attributes", which begins with a comma, nothing if there are none. Each value gets at most room bytes; dst does not
// grow beyond end.
func (w *itemWriter) attributes(attrs []sentry.Attr, shared *SharedAttributes, end, room int) {
	mark := len(w.dst)
	w.dst = append(w.dst, `,"attributes":{`...)
	start := len(w.dst)
	key := func(i int) string { return attrs[i].Key }
	again := repeats{filter: shared.filter}
	again.of(len(attrs), key)
	w.shared(attrs, shared, &again)
	for i := range attrs {
		a := &attrs[i]
		if a.Key == "" || isNothing(a.Value) || again.hides(i, len(attrs), key) {
			continue
		}
		before, size := len(w.dst), w.size
		w.dst = comma(w.dst)
		w.attribute(a, room)
		if len(w.dst) >= end {
			w.dst, w.size = w.dst[:before], size
		}
	}
	if len(w.dst) == start {
		w.dst = w.dst[:mark]
		return
	}
	w.dst = append(w.dst, '}')
}

// shared writes the shared attributes that the log's own do not replace.
func (w *itemWriter) shared(attrs []sentry.Attr, shared *SharedAttributes, again *repeats) {
	if !again.filter.alarm && again.last == nil {
		w.dst = append(w.dst, shared.buf...)
		w.size += shared.size
		return
	}
	for i := range shared.attrs {
		if s := &shared.attrs[i]; !holdsKey(attrs, s.key, again) {
			w.dst = append(comma(w.dst), shared.buf[s.from:s.to]...)
			w.size += s.size
		}
	}
}

// holdsKey reports whether one of attrs is written under key.
func holdsKey(attrs []sentry.Attr, key string, again *repeats) bool {
	key = asWritten(key)
	if again.last != nil {
		i, ok := again.last[key]
		return ok && !isNothing(attrs[i].Value)
	}
	if !again.filter.maybe(maphash.String(seed, key)) {
		return false
	}
	found := false
	for i := range attrs {
		if asWritten(attrs[i].Key) == key {
			found = !isNothing(attrs[i].Value) // the last one counts
		}
	}
	return found
}

// attribute writes one member of "attributes": a scalar with its type; an array of scalars of one kind as array (Relay knows those since November 2025,
// relay#5394); all other arrays, and objects, as JSON text in a string, as Relay's own OTLP path does. The value gets at most room bytes.
func (w *itemWriter) attribute(a *sentry.Attr, room int) {
	w.dst = appendKey(w.dst, a.Key)
	w.size += len(a.Key)
	switch v := a.Value; v.Kind() {
	case sentry.KindBool:
		w.dst = strconv.AppendBool(append(w.dst, `{"type":"boolean","value":`...), v.BoolVal())
		w.size++
	case sentry.KindInt:
		w.dst = strconv.AppendInt(append(w.dst, `{"type":"integer","value":`...), v.IntVal(), 10)
		w.size += 8
	case sentry.KindDouble:
		w.dst, _ = AppendFloat(append(w.dst, `{"type":"double","value":`...), v.DoubleVal())
		w.size += 8
	case sentry.KindString:
		w.dst = append(w.dst, `{"type":"string","value":`...)
		w.text(v.Str(), room)
	case sentry.KindList:
		w.list(v, room)
	default:
		w.jsonText(v, room)
	}
	w.dst = append(w.dst, '}')
}

// text writes a string in at most room bytes.
func (w *itemWriter) text(s string, room int) {
	before := len(w.dst)
	w.dst, _ = appendWithin(w.dst, s, room)
	w.measure(before, len(s), room)
}

// measure counts the string that was written from mark on. As it is, it is as long as its source; one that may have been cut is read again.
func (w *itemWriter) measure(mark, source, room int) {
	if room == noLimit {
		w.size += source
		return
	}
	written := w.dst[mark+1 : len(w.dst)-1]
	for i := 0; i < len(written); i++ {
		if written[i] == '\\' {
			i++
			if written[i] == 'u' {
				i += len("00ff")
			}
		}
		w.size++
	}
}

// list writes an array, as JSON text where it is none of the protocol's or has no room.
func (w *itemWriter) list(v sentry.Value, room int) {
	if !isPlainList(v.ListVal()) {
		w.jsonText(v, room)
		return
	}
	before, size := len(w.dst), w.size
	w.dst = append(w.dst, `{"type":"array","value":`...)
	start := len(w.dst)
	w.dst = appendPlain(w.dst, v, 0)
	if len(w.dst)-start > room {
		w.dst, w.size = w.dst[:before], size
		w.jsonText(v, room)
		return
	}
	for _, element := range v.ListVal() {
		switch element.Kind() {
		case sentry.KindString:
			w.size += len(element.Str())
		case sentry.KindBool:
			w.size++
		default:
			w.size += 8
		}
	}
}

// isPlainList reports whether all elements are strings, or all numbers, or all booleans.
func isPlainList(list []sentry.Value) bool {
	for _, element := range list {
		if isNothing(element) || plainKind(element) == sentry.KindNull || plainKind(element) != plainKind(list[0]) {
			return false
		}
	}
	return true
}

// plainKind is the kind of a scalar, of numbers the same for all; that of null for what is none.
func plainKind(v sentry.Value) sentry.Kind {
	switch k := v.Kind(); k {
	case sentry.KindInt:
		return sentry.KindDouble
	case sentry.KindString, sentry.KindBool, sentry.KindDouble:
		return k
	default:
		return sentry.KindNull
	}
}

// jsonText writes an array or object as a string that holds its JSON. The JSON is written first, the string behind it, and then moved to its place.
func (w *itemWriter) jsonText(v sentry.Value, room int) {
	w.dst = append(w.dst, `{"type":"string","value":`...)
	before := len(w.dst)
	w.dst = appendPlain(w.dst, v, 0)
	written := len(w.dst)
	w.dst, _ = appendWithin(w.dst, w.dst[before:written], room)
	w.measure(written, written-before, room)
	n := copy(w.dst[before:], w.dst[written:])
	w.dst = w.dst[:before+n]
}
