package scrub

import (
	"math"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Text is s without its secrets.
func (s *Scrubber) Text(text string, counts *Counts) string { return s.cleanText(text, counts) }

// NeedsText reports whether Text would change it.
func (s *Scrubber) NeedsText(text string) bool { return s.needsText(text) }

// Logs takes the secrets out of a request.
func (s *Scrubber) Logs(ld plog.Logs, counts *Counts) { (&walk{Scrubber: s, counts: counts}).logs(ld) }

// NeedsLogs reports whether Logs would change it.
func (s *Scrubber) NeedsLogs(ld plog.Logs) bool { return (&walk{Scrubber: s}).logs(ld) }

// Traces takes the secrets out of a request.
func (s *Scrubber) Traces(td ptrace.Traces, counts *Counts) {
	(&walk{Scrubber: s, counts: counts}).traces(td)
}

// NeedsTraces reports whether Traces would change it.
func (s *Scrubber) NeedsTraces(td ptrace.Traces) bool { return (&walk{Scrubber: s}).traces(td) }

// LogRecord takes the secrets out of a record.
func (s *Scrubber) LogRecord(rec plog.LogRecord, counts *Counts) {
	(&walk{Scrubber: s, counts: counts}).record(rec)
}

// NeedsLogRecord reports whether LogRecord would change it.
func (s *Scrubber) NeedsLogRecord(rec plog.LogRecord) bool {
	return (&walk{Scrubber: s}).record(rec)
}

// Span takes the secrets out of a span.
func (s *Scrubber) Span(span ptrace.Span, counts *Counts) {
	(&walk{Scrubber: s, counts: counts}).span(span)
}

// NeedsSpan reports whether Span would change it.
func (s *Scrubber) NeedsSpan(span ptrace.Span) bool { return (&walk{Scrubber: s}).span(span) }

// Attributes takes the secrets out of the attributes of a resource or a scope.
func (s *Scrubber) Attributes(attrs pcommon.Map, counts *Counts) {
	(&walk{Scrubber: s, counts: counts}).attrs(attrs, false)
}

// NeedsAttributes reports whether Attributes would change them.
func (s *Scrubber) NeedsAttributes(attrs pcommon.Map) bool {
	return (&walk{Scrubber: s}).attrs(attrs, false)
}

// walk goes over values. Without counts it only asks, and ends at the first secret.
type walk struct {
	*Scrubber
	counts *Counts
}

func (w *walk) asks() bool { return w.counts == nil }

func (w *walk) logs(ld plog.Logs) (found bool) {
	for _, rl := range ld.ResourceLogs().All() {
		if w.attrs(rl.Resource().Attributes(), false) {
			if found = true; w.asks() {
				return true
			}
		}
		for _, sl := range rl.ScopeLogs().All() {
			found = w.attrs(sl.Scope().Attributes(), false) || found
			for _, rec := range sl.LogRecords().All() {
				if found && w.asks() {
					return true
				}
				found = w.record(rec) || found
			}
		}
	}
	return found
}

func (w *walk) traces(td ptrace.Traces) (found bool) {
	for _, rs := range td.ResourceSpans().All() {
		found = w.attrs(rs.Resource().Attributes(), false) || found
		for _, ss := range rs.ScopeSpans().All() {
			found = w.attrs(ss.Scope().Attributes(), false) || found
			for _, span := range ss.Spans().All() {
				if found && w.asks() {
					return true
				}
				found = w.span(span) || found
			}
		}
	}
	return found
}

func (w *walk) record(rec plog.LogRecord) (found bool) {
	if found = w.value(rec.Body(), classOpen, 0); found && w.asks() {
		return true
	}
	found = w.attrs(rec.Attributes(), true) || found
	if found && w.asks() {
		return true
	}
	if name := rec.EventName(); w.needsText(name) {
		if found = true; !w.asks() {
			rec.SetEventName(w.cleanText(name, w.counts))
		}
	}
	return found
}

func (w *walk) span(span ptrace.Span) (found bool) {
	peer := span.Kind() == ptrace.SpanKindServer || span.Kind() == ptrace.SpanKindConsumer
	if found = w.attrs(span.Attributes(), peer); found && w.asks() {
		return true
	}
	if name := span.Name(); w.needsText(name) {
		if found = true; w.asks() {
			return true
		}
		span.SetName(w.cleanText(name, w.counts))
	}
	if message := span.Status().Message(); w.needsText(message) {
		if found = true; w.asks() {
			return true
		}
		span.Status().SetMessage(w.cleanText(message, w.counts))
	}
	for _, event := range span.Events().All() {
		if found = w.event(event, peer) || found; found && w.asks() {
			return true
		}
	}
	for _, link := range span.Links().All() {
		if found = w.attrs(link.Attributes(), peer) || found; found && w.asks() {
			return true
		}
	}
	return found
}

func (w *walk) event(event ptrace.SpanEvent, peer bool) (found bool) {
	if name := event.Name(); w.needsText(name) {
		if found = true; w.asks() {
			return true
		}
		event.SetName(w.cleanText(name, w.counts))
	}
	return w.attrs(event.Attributes(), peer) || found
}

// attrs goes over attributes. peer: the other side of a connection is the client.
func (w *walk) attrs(attrs pcommon.Map, peer bool) (found bool) {
	for key, v := range attrs.All() {
		is := w.attribute(key)
		if is == classPeer && !peer {
			is = classOpen
		}
		if w.value(v, is, 0) {
			if found = true; w.asks() {
				return true
			}
		}
	}
	return found
}

// maxDepth bounds how deep values are looked into; what lies deeper is taken out.
const maxDepth = 64

// value looks into a value under a key of that class.
func (w *walk) value(v pcommon.Value, is class, depth int) bool {
	if is == classKept {
		return false
	}
	if depth > maxDepth {
		return w.filter(v, RuleKey)
	}
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return w.str(v, is)
	case pcommon.ValueTypeInt:
		return w.integer(v, is, v.Int())
	case pcommon.ValueTypeDouble:
		if f := v.Double(); f == math.Trunc(f) && math.Abs(f) < 1<<53 {
			return w.integer(v, is, int64(f))
		}
		return is == classSecret && w.filter(v, RuleKey)
	case pcommon.ValueTypeBytes:
		return w.bytes(v, is)
	case pcommon.ValueTypeSlice:
		return w.slice(v.Slice(), is, depth)
	case pcommon.ValueTypeMap:
		return w.members(v.Map(), is, depth)
	}
	return false
}

// filter takes a value out as a whole.
func (w *walk) filter(v pcommon.Value, rule Rule) bool {
	if v.Type() == pcommon.ValueTypeStr && v.Str() == Filtered {
		return false
	}
	if !w.asks() {
		w.counts[rule]++
		v.SetStr(Filtered)
	}
	return true
}

func (w *walk) str(v pcommon.Value, is class) bool {
	text := v.Str()
	if rule, ok := is.rule(); ok && is != classPerson && isWholeSecret(is, text) {
		return w.filter(v, rule)
	}
	if !w.needsText(text) {
		return false
	}
	if !w.asks() {
		v.SetStr(w.cleanText(text, w.counts))
	}
	return true
}

// isWholeSecret judges the text under a key of that class.
func isWholeSecret(is class, text string) bool {
	if text == "" || isPlaceholder(text) || isFile(text) {
		return false
	}
	switch is {
	case classToken, classSoft:
		return !isShortNumber(text) && !isStateWord(text)
	case classPwd:
		return !isDirectory(text)
	}
	return true
}

// integer looks at a number: of a secret's key any, else one that is a card's.
func (w *walk) integer(v pcommon.Value, is class, n int64) bool {
	if rule, ok := is.rule(); ok && (is == classSecret || is == classPersonal) {
		return w.filter(v, rule)
	}
	if n < 1e13 || n >= 1e16 || w.off[RuleCard] || !isCardNumber(n) {
		return false
	}
	return w.filter(v, RuleCard)
}

func isCardNumber(n int64) bool {
	var digits [maxCard]byte
	i := len(digits)
	for ; n > 0; n /= 10 {
		i--
		digits[i] = byte(n % 10)
	}
	return isCard(digits[i:])
}

func (w *walk) bytes(v pcommon.Value, is class) bool {
	text := string(v.Bytes().AsRaw())
	if rule, ok := is.rule(); ok && is != classPerson && text != "" && text != Filtered {
		return w.filter(v, rule)
	}
	if !w.needsText(text) {
		return false
	}
	if !w.asks() {
		v.Bytes().FromRaw([]byte(w.cleanText(text, w.counts)))
	}
	return true
}

// slice looks into a list. The elements have the class of the list; one behind the name of a secret has that of the name.
func (w *walk) slice(list pcommon.Slice, is class, depth int) (found bool) {
	named := classOpen // by the element before
	for i, v := range list.All() {
		of := is
		if is == classOpen {
			of = named
		}
		if named = w.names(list, i); named != classOpen {
			of = is
		}
		if w.value(v, of, depth+1) {
			if found = true; w.asks() {
				return true
			}
		}
	}
	return found
}

// names is the class that the element at i gives the next one: an option of a command line, or the name in a list of two, as some servers
// write headers.
func (w *walk) names(list pcommon.Slice, i int) class {
	v := list.At(i)
	if v.Type() != pcommon.ValueTypeStr {
		return classOpen
	}
	if i == 0 && list.Len() == 2 {
		return w.member(v.Str())
	}
	return w.option(v.Str())
}

// option is the class of an option's name: "--password" says that the next word is a password.
func (w *walk) option(text string) class {
	if len(text) < len("--pw") || text[0] != '-' || len(text) > maxOption {
		return classOpen
	}
	name := text[1:]
	if name[0] == '-' {
		name = name[1:]
	}
	for i := range len(name) {
		if !isWord[name[i]] && name[i] != '-' {
			return classOpen
		}
	}
	if is := w.inText(name); is == classSecret || is == classToken {
		return is
	}
	return classOpen
}

// members looks into a map. What stands under a key of a secret is secret, but for facts about it.
func (w *walk) members(m pcommon.Map, is class, depth int) (found bool) {
	named := w.namedValue(m)
	for key, v := range m.All() {
		of := w.member(key)
		if of == classPeer {
			of = classPersonal
		}
		if named != classOpen && isValueKey(key) {
			of = named
		}
		if of == classOpen {
			of = inherited(is, key)
		}
		if w.value(v, of, depth+1) {
			if found = true; w.asks() {
				return true
			}
		}
	}
	return found
}

// inherited is the class of a member in a map under a key of that class.
func inherited(is class, key string) class {
	switch {
	case is == classPerson || is == classPersonal:
		return classPersonal
	case (is == classSecret || is == classToken) && !isFact(key):
		return is
	}
	return classOpen
}

func isFact(key string) bool {
	var list [maxWords]word
	n := wordsOf(key, &list)
	return n > 0 && list[n-1]&wFact != 0 && list[n-1]&wSecret == 0
}

func isValueKey(key string) bool { return key == "value" || key == "Value" }

// namedValue is the class of "value" in {"name": "password", "value": "x"}.
func (w *walk) namedValue(m pcommon.Map) class {
	const few = 8 // members that such a map has at most
	if m.Len() < 2 || m.Len() > few {
		return classOpen
	}
	name, value := "", false
	for key, v := range m.All() {
		if namesName[key] && v.Type() == pcommon.ValueTypeStr {
			name = v.Str()
		}
		value = value || isValueKey(key)
	}
	if name == "" || !value {
		return classOpen
	}
	return w.member(name)
}
