package envelope

import (
	"bytes"
	"math"
	"strconv"
	"strings"
)

// "_meta" tells Sentry what was done to the values of a payload (relay-protocol/src/meta.rs): a tree of the payload's own keys and indexes, at whose
// ends "" holds the remarks about a value. Scrubbing happens long before a payload is written, and leaves nothing but its marker in the
// values; so the marker is what "_meta" is made from, anew and alike each time the payload is written.

const (
	filtered   = "[Filtered]"            // what stands in place of what was taken out, here as in Sentry's SDKs and in Relay
	scrubRule  = "@otelcol-sentry:scrub" // the rule that Sentry names for it
	metaMember = `,"_meta":{`
	remarkType = "s" // substituted
)

// appendMeta adds "_meta" to the payload that dst holds from mark on, if anything was filtered in it. Where the payload would grow beyond limit
// bytes, it tells of as many values as there is room for.
func appendMeta(dst []byte, mark, limit int) []byte {
	payload := dst[mark:]
	if !bytes.Contains(payload, []byte(filtered)) {
		return dst
	}
	doc, err := readJSON(payload)
	if err != nil {
		return dst
	}
	m := metaWriter{dst: append(dst[:len(dst)-1], metaMember...), end: noLimit}
	if limit < noLimit-mark {
		m.end = mark + limit - len("}}")
	}
	start := len(m.dst)
	m.value(doc.root())
	if len(m.dst) == start {
		return append(dst[:len(dst)-1], '}')
	}
	return append(m.dst, "}}"...)
}

// metaWriter appends the inside of the tree. What it has written never grows beyond end, brackets that are still open included.
type metaWriter struct {
	dst []byte
	end int
}

// value writes the branch of a value, without brackets around it; nothing if nothing was filtered in it.
func (m *metaWriter) value(v value) {
	switch v.kind() {
	case kindString:
		m.remarks(v)
	case kindArray:
		i := 0
		for element := range v.elements() {
			m.branch(strconv.AppendQuote(nil, strconv.Itoa(i)), element)
			i++
		}
	case kindObject:
		for at, end := v.at+1, v.node().end; at < end; at = v.doc.nodes[at+1].end {
			if key := (value{v.doc, at}).raw(); len(key) > len(`""`) { // the empty key would be taken for remarks
				m.branch(key, value{v.doc, at + 1})
			}
		}
	}
}

// branch writes one member of the tree, or nothing. key is JSON text.
func (m *metaWriter) branch(key []byte, v value) {
	if !bytes.Contains(v.raw(), []byte(filtered)) {
		return
	}
	mark := len(m.dst)
	m.dst = append(append(comma(m.dst), key...), ":{"...)
	m.end--
	start := len(m.dst)
	m.value(v)
	m.end++
	if len(m.dst) == start {
		m.dst = m.dst[:mark]
		return
	}
	m.dst = append(m.dst, '}')
}

// remarks writes where in a text something was filtered, in bytes of its UTF-8, as Relay counts (relay-event-schema/src/processor/chunks.rs).
func (m *metaWriter) remarks(v value) {
	mark := len(m.dst)
	m.dst = append(m.dst, `"":{"rem":[`...)
	text := v.str()
	for from := strings.Index(text, filtered); from >= 0; {
		to := from + len(filtered)
		m.dst = append(comma(m.dst), `["`+scrubRule+`","`+remarkType+`",`...)
		m.dst = strconv.AppendInt(m.dst, int64(from), 10)
		m.dst = strconv.AppendInt(append(m.dst, ','), int64(to), 10)
		m.dst = append(m.dst, ']')
		next := strings.Index(text[to:], filtered)
		if next < 0 {
			break
		}
		from = to + next
	}
	m.dst = append(m.dst, "]}"...)
	if len(m.dst) > m.end {
		m.dst = m.dst[:mark]
	}
}

// remarkTypes are what can have been done to a value.
var remarkTypes = set("a", "x", "s", "m", "p", "e")

// checkMeta demands that remarks are such as Relay reads, and that their ranges lie in the text that they are about.
func checkMeta(c *checker, v value, at *path) {
	c.meta(v.get("_meta"), v, at.member("_meta"))
}

func (c *checker) meta(tree, of value, at *path) {
	for key, branch := range tree.members() {
		if key == "" {
			c.remarks(branch, of, at)
			continue
		}
		c.meta(branch, of.child(key), at.member(key))
	}
}

func (c *checker) remarks(remarks, of value, at *path) {
	for remark := range remarks.get("rem").elements() {
		var parts []value
		for part := range remark.elements() {
			parts = append(parts, part)
		}
		if len(parts) < 2 || parts[0].kind() != kindString || !remarkTypes[parts[1].str()] {
			c.broken(at, "a remark must name its rule and its type: "+excerpt(remark))
			continue
		}
		if len(parts) >= 4 && of.kind() == kindString && !isRange(parts[2], parts[3], len(of.str())) {
			c.broken(at, "a remark is about more than the text has: "+excerpt(remark))
		}
	}
}

func isRange(from, to value, length int) bool {
	a, ok := small(from)
	b, ok2 := small(to)
	return ok && ok2 && a <= b && b <= min(length, math.MaxInt32)
}

// child is the member or the element that a path of "_meta" names.
func (v value) child(key string) value {
	if v.kind() != kindArray {
		return v.get(key)
	}
	i := 0
	for element := range v.elements() {
		if strconv.Itoa(i) == key {
			return element
		}
		i++
	}
	return value{}
}
