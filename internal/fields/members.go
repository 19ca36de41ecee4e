package fields

import (
	"strings"
	"unicode/utf8"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// claim is the best member of one meaning so far.
type claim struct {
	attr *sentry.Attr
	rank uint16
}

// members are all members of a body, each under what it means. Which member wins does not depend on their order, but on the order of names.
type members struct {
	claims [meanings]claim
	family family
	// names are bodyNames or attributeNames.
	names *nameNode
	// root of the tree that was read.
	root []sentry.Attr
}

// read goes over a tree of members.
func (m *members) read(root []sentry.Attr, names *nameNode) {
	m.root, m.names = root, names
	m.family = familyOf(root)
	m.walk(root, names, 0)
}

// familyOf recognises the loggers whose names mean something else than elsewhere.
func familyOf(root []sentry.Attr) (f family) {
	const pid, hostname, text, record, sequence, mdc, target, spans = 1, 2, 4, 8, 16, 32, 64, 128
	seen := 0
	for i := range root {
		switch root[i].Key {
		case "levelname", "lineno", "levelno":
			f |= python
		case "short_message":
			f |= gelf
		case "target":
			seen |= target
			if strings.Contains(root[i].Value.Str(), "::") {
				seen |= spans
			}
		case "fields", "span", "spans":
			seen |= spans
		case "pid":
			seen |= pid
		case "hostname":
			seen |= hostname
		case "text":
			seen |= text
		case "record":
			seen |= record
		case "sequenceNumber":
			seen |= sequence
		case "mdc":
			seen |= mdc
		case "t":
			if attrs := root[i].Value.MapVal(); len(attrs) == 1 && attrs[0].Key == "$date" {
				f |= mongo
			}
		}
	}
	if seen&(pid|hostname) == pid|hostname {
		f |= node
	}
	if seen&(target|spans) == target|spans {
		f |= tracing
	}
	if seen&(text|record) == text|record {
		f |= loguru
	}
	if seen&(sequence|mdc) == sequence|mdc {
		f |= logback
	}
	return f
}

// familyPlatforms are the languages of the families, as Sentry calls them.
var familyPlatforms = []struct {
	is       family
	platform string
}{{logback, "java"}, {loguru, "python"}, {python, "python"}, {tracing, "native"}, {node, "node"}}

// platform is the language of the logger, "" where it is not certain: pid and hostname are members of other loggers too, but only Node's say the level
// by a number.
func (m *members) platform() string {
	for _, f := range familyPlatforms {
		if m.family&f.is != 0 && (f.is != node || get(m.root, "level").Kind() == sentry.KindInt) {
			return f.platform
		}
	}
	return ""
}

func (m *members) walk(attrs []sentry.Attr, at *nameNode, depth int) {
	for i := range attrs {
		a := &attrs[i]
		next := m.step(at, a.Key, depth)
		if next == nil {
			continue
		}
		claimed := false
		for row := next.row; row != nil; row = row.second {
			claimed = m.offer(a, row) || claimed
		}
		if !claimed && a.Value.Kind() == sentry.KindMap && next.under != nil {
			m.walk(a.Value.MapVal(), next, depth+1)
		}
	}
}

// step finds the node of a key. GELF puts an underscore before the names of additional fields.
func (m *members) step(at *nameNode, key string, depth int) *nameNode {
	next := at.find(key)
	if next == nil && depth == 0 && len(key) > 1 && key[0] == '_' {
		next = at.find(key[1:])
	}
	return next
}

// offer lets a member claim a meaning.
func (m *members) offer(a *sentry.Attr, row *rankedName) bool {
	if row.needs != 0 && m.family&row.needs == 0 || !fits(row.is, a.Value) {
		return false
	}
	c := &m.claims[row.is]
	if c.attr == nil || row.rank < c.rank {
		*c = claim{attr: a, rank: row.rank}
	}
	return true
}

// fits: a member whose value cannot be what its name says is the app's own.
func fits(is meaning, v sentry.Value) bool {
	k := v.Kind()
	text := k == sentry.KindString && v.Str() != ""
	switch is {
	case noise:
		return false
	case isTime:
		return (text || k == sentry.KindInt || k == sentry.KindDouble) && timeValue(v) != 0
	case isSeconds, isNanos, isLine:
		return k == sentry.KindInt || k == sentry.KindDouble || text && digits(v.Str()) == len(v.Str())
	case isTraceID, isSpanID, isUserID, isThreadID:
		return text || k == sentry.KindInt
	case isThreadName, isLogger:
		return text
	case isParams, isFingerprint:
		return k == sentry.KindList || is == isFingerprint && text
	case isErrorTree:
		return text || structured(v)
	case isErrorMessage:
		return text || k == sentry.KindList && textList(v)
	case isStack, isLogStack:
		return text || k == sentry.KindList && (textList(v) || structured(v))
	case isCause:
		return k == sentry.KindMap || k == sentry.KindList && len(v.ListVal()) > 0 && v.ListVal()[0].Kind() == sentry.KindMap
	case isHeaders:
		return k == sentry.KindMap
	case isPlace:
		return text && codePlace(v.Str()).Filename != ""
	case isMixedText:
		return text && traceStart(v.Str()) >= 0
	}
	return text
}

// textList: a list of lines.
func textList(v sentry.Value) bool {
	for _, e := range v.ListVal() {
		if e.Kind() != sentry.KindString {
			return false
		}
	}
	return len(v.ListVal()) > 0
}

// value is the value of a meaning; null where no member has it.
func (m *members) value(is meaning) sentry.Value {
	if a := m.claims[is].attr; a != nil {
		return a.Value
	}
	return sentry.Value{}
}

// keyOf is the key of the member that has a meaning, "" where none has.
func (m *members) keyOf(is meaning) string {
	if a := m.claims[is].attr; a != nil {
		return a.Key
	}
	return ""
}

// text is the value of a meaning as text: lists are lines.
func (m *members) text(is meaning) string {
	v := m.value(is)
	if v.Kind() != sentry.KindList {
		return scalar(v)
	}
	lines := make([]string, 0, len(v.ListVal()))
	for _, e := range v.ListVal() {
		lines = append(lines, strings.TrimSuffix(e.Str(), "\n"))
	}
	return strings.Join(lines, "\n")
}

// Limits of Rest.
const (
	maxRest      = 100
	maxRestBytes = 64 << 10
	maxRestDepth = 6
	maxRestText  = 8 << 10
)

// keeper copies the members that nobody has claimed.
type keeper struct {
	m      *members
	values int
	bytes  int
}

// rest gives what no meaning has taken, in its order. A member that lost against another of the same meaning is among it.
func (m *members) rest() []sentry.Attr {
	k := keeper{m: m}
	return k.attrs(m.root, m.names, 0)
}

func (k *keeper) attrs(attrs []sentry.Attr, at *nameNode, depth int) []sentry.Attr {
	var out []sentry.Attr
	for i := range attrs {
		a := &attrs[i]
		var next *nameNode
		if at != nil {
			next = k.m.step(at, a.Key, depth)
		}
		if next != nil && k.taken(a, next) || depth == 0 && levelMember(a) {
			continue
		}
		v, ok := k.value(a.Value, next, depth)
		if !ok || !k.room(len(a.Key)) {
			continue
		}
		out = put(out, sentry.Attr{Key: a.Key, Value: v})
	}
	return out
}

// put keeps keys unique: JSON allows a key twice, and the last one counts.
func put(out []sentry.Attr, a sentry.Attr) []sentry.Attr {
	for i := range out {
		if out[i].Key == a.Key {
			out[i] = a
			return out
		}
	}
	return append(out, a)
}

func (k *keeper) taken(a *sentry.Attr, at *nameNode) bool {
	for row := at.row; row != nil; row = row.second {
		won := k.m.claims[row.is].attr
		if won == a || won != nil && won.Value.Kind() == sentry.KindString && won.Value.Str() == a.Value.Str() || row.is == noise && (row.needs == 0 || k.m.family&row.needs != 0) {
			return true
		}
	}
	return false
}

// levelMember: a member that says the level, whether it was the one that was heard or not.
func levelMember(a *sentry.Attr) bool {
	key := levelKeyOf(a.Key)
	if key == noKey || key > otelMark {
		return false
	}
	switch a.Value.Kind() {
	case sentry.KindString:
		return wordSeverity(a.Value.Str()) != 0 || key != wordMark && digits(a.Value.Str()) == len(a.Value.Str()) || a.Value.Str() == "DEFAULT"
	case sentry.KindInt, sentry.KindDouble:
		return key != wordMark
	case sentry.KindMap:
		return key == levelMark
	}
	return false
}

// value copies one value within the limits. False: nothing of it is left.
func (k *keeper) value(v sentry.Value, at *nameNode, depth int) (sentry.Value, bool) {
	switch v.Kind() {
	case sentry.KindMap:
		if len(v.MapVal()) == 0 {
			return v, at == nil
		}
		if depth >= maxRestDepth {
			return v, false
		}
		attrs := k.attrs(v.MapVal(), at, depth+1)
		return sentry.Map(attrs), len(attrs) > 0
	case sentry.KindList:
		if depth >= maxRestDepth {
			return v, false
		}
		list := make([]sentry.Value, 0, len(v.ListVal()))
		for _, e := range v.ListVal() {
			if e, ok := k.value(e, nil, depth+1); ok && k.room(0) {
				list = append(list, e)
			}
		}
		return sentry.List(list), len(list) > 0 || len(v.ListVal()) == 0
	case sentry.KindString:
		s := cut(v.Str(), maxRestText)
		return sentry.String(s), s != "" && k.room(len(s))
	case sentry.KindNull:
		return v, false
	}
	return v, true
}

// room counts what is kept.
func (k *keeper) room(bytes int) bool {
	k.values++
	k.bytes += bytes
	return k.values <= 4*maxRest && k.bytes <= maxRestBytes
}

// cut shortens a text to n bytes, not inside a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
