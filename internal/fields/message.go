package fields

import (
	"strings"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// colourWindow is how much of a text is freed of colours to find its level.
const colourWindow = 2 * maxHead

// colourless frees the beginning of a text of terminal colours.
func colourless(s string) string {
	if i := strings.IndexByte(s[:min(len(s), colourWindow)], escape); i < 0 {
		return s
	}
	return stripANSI(s[:min(len(s), 2*colourWindow)])
}

// message finishes the message of a structured body.
func (r *Record) message(m *members, text string) {
	text = trimRight(stripANSI(text))
	switch {
	case m.family&logback != 0 && m.claims[isParams].attr != nil && m.keyOf(isMessage) == "message": // logback's JsonEncoder writes the pattern and its arguments
		r.Template = text
		text = fillBraces(text, r.Params)
	case r.Template != "" && text == r.Template: // Serilog's compact format leaves the rendering to its reader
		text = fillNames(text, m)
	}
	text = cutBasic(text, r.Logger)
	if m.keyOf(isStack) == "stack" {
		text = cutJoined(text, m.text(isStack))
	}
	f := &r.Failure
	if head := firstLine(f.Stacktrace); f.Whole && len(head) > 8 {
		if i := strings.Index(text, head); i > 0 && trimRight(text[i:]) == trimRight(f.Stacktrace) { // log4j2's GcpLayout: the message, a blank, the trace
			text = trimRight(text[:i])
		}
	}
	if f.Stacktrace == "" && len(f.Exceptions) == 0 { // the message may hold it; where the trace has a member of its own the message is what was said
		f.Stacktrace, f.Whole = plainFailure(text).Stacktrace, false
		if i := traceStart(text); strings.IndexByte(text, '\n') > 0 && (i < 0 || !strings.HasPrefix(text[i:], "Caused by:\n")) {
			text = cutTrace(text)
		}
	}
	r.Message = text
}

// cutJoined: winston joins the message of an error that is passed behind the text to it, with a blank between (logger.js, log).
func cutJoined(text, stack string) string {
	_, message, ok := strings.Cut(firstLine(stack), ": ")
	if !ok || len(message)+1 >= len(text) || !strings.HasSuffix(text, message) || text[len(text)-len(message)-1] != ' ' {
		return text
	}
	return trimRight(text[:len(text)-len(message)])
}

// cutBasic cuts LEVEL:logger: off a message whose logger is known from its own member.
func cutBasic(text, logger string) string {
	if logger == "" {
		return text
	}
	i := strings.IndexByte(text[:min(len(text), longestLevel)], ':')
	if i < 3 || !strings.HasPrefix(text[i+1:], logger) || !strings.HasPrefix(text[i+1+len(logger):], ":") {
		return text
	}
	if _, ok := lookUp(text[:i]); !ok {
		return text
	}
	return text[i+len(logger)+2:]
}

// fillBraces puts arguments in for {}, as slf4j's MessageFormatter does.
func fillBraces(template string, args []string) string {
	var b strings.Builder
	for {
		i := strings.Index(template, "{}")
		if i < 0 || len(args) == 0 {
			b.WriteString(template)
			return b.String()
		}
		b.WriteString(template[:i])
		b.WriteString(args[0])
		template, args = template[i+2:], args[1:]
	}
}

// fillNames puts members in for {Name} (messagetemplates.org); alignment and format of a hole are left out.
func fillNames(template string, m *members) string {
	var b strings.Builder
	for {
		open := strings.IndexByte(template, '{')
		shut := strings.IndexByte(template[max(open, 0):], '}')
		if open < 0 || shut < 0 {
			b.WriteString(template)
			return b.String()
		}
		shut += open
		hole, _, _ := strings.Cut(template[open+1:shut], ":")
		hole = strings.TrimLeft(hole, "@$")
		b.WriteString(template[:open])
		v := get(m.root, hole)
		if v.Kind() == sentry.KindNull {
			v = get(get(m.root, "Properties", "State").MapVal(), hole)
		}
		if s := scalar(v); s != "" && hole != "" {
			b.WriteString(s)
		} else {
			b.WriteString(template[open : shut+1])
		}
		template = template[shut+1:]
	}
}

// plain reads a text that has a header, or none.
func (r *Record) plain(s string) {
	h := readHead(s, true)
	if r.Time == 0 {
		r.Time = h.time
	}
	if r.Logger == "" {
		r.Logger = h.logger
	}
	if r.ThreadName == "" {
		r.ThreadName = h.thread
	}
	if r.Code.Filename == "" && r.Code.Function == "" {
		r.Code = h.code
	}
	r.words(s, &h)
	if r.Logger == "" {
		r.Logger = h.logger
	}
	if r.TraceID.IsZero() {
		t, span := idsInText(firstLine(s))
		if !t.IsZero() {
			r.TraceID, r.SpanID = t, span
		}
	}
}

// words reads what stands after the header: the message, fields behind it, a stack trace below it.
func (r *Record) words(s string, h *head) {
	text := s[h.message:]
	if h.end > h.message {
		text = s[h.message:h.end]
	}
	text = trimSpace(text)
	var attrs []sentry.Attr
	if h.known {
		text, attrs = cutFields(text, h)
	}
	if len(attrs) > 0 {
		m := members{}
		m.read(attrs, attributeNames)
		if m.keyOf(isStack) == "stack" { // winston's simple format
			text = cutJoined(text, m.text(isStack))
		}
		r.take(&m)
		r.merge(m.failure(r.Severity))
		r.Rest = m.rest()
	}
	if r.Failure.Stacktrace == "" && len(r.Failure.Exceptions) == 0 {
		f := plainFailure(s)
		r.Failure.Stacktrace, r.Failure.Whole = f.Stacktrace, f.Whole
	}
	text = cutTrace(text)
	if h.known {
		text = cutColumn(text, &r.Code)
	}
	if h.php {
		text = cutPHP(text, &r.Code)
	}
	r.Message = trimRight(text)
}

// cutPHP takes ` in file on line 3` off PHP's own messages.
func cutPHP(text string, code *sentry.Frame) string {
	i := strings.LastIndex(text, " on line ")
	if i < 0 || digits(text[i+9:]) != len(text)-i-9 || len(text)-i > 18 {
		return text
	}
	in := strings.LastIndex(text[:i], " in ")
	if in < 0 {
		return text
	}
	setFile(code, text[in+4:i])
	code.Lineno = atoi(text[i+9:])
	return text[:in]
}

// cutBlock takes fields off that stand below the message on indented lines of their own. Of charmbracelet/log's, whose values have a margin,
// they are read.
func cutBlock(text string) (string, []sentry.Attr) {
	line := firstLine(text)
	rest := strings.TrimPrefix(text[len(line):], "\r")
	if !strings.HasPrefix(rest, "\n  ") {
		return text, nil
	}
	rest = rest[1:]
	n := blanks(rest, 0)
	end := n
	for end < len(rest) && (isWord(rest[end]) || rest[end] == '.' || rest[end] == '-') {
		end++
	}
	switch {
	case n == 4 && end > n && strings.HasPrefix(rest[end:], ": "):
		return line, nil
	case n == 2 && end > n && strings.HasPrefix(rest[end:], "=\n"):
		return line, marginFields(rest)
	}
	return text, nil
}

// marginFields reads `  key=` and below it `  │ line` as often as they come.
func marginFields(text string) (attrs []sentry.Attr) {
	var value []string
	key := ""
	flush := func() {
		if key != "" && len(attrs) < maxPairs {
			attrs = append(attrs, sentry.Attr{Key: key, Value: sentry.String(strings.Join(value, "\n"))})
		}
		value = nil
	}
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimPrefix(trimRight(line), "  ")
		if v, ok := strings.CutPrefix(line, "│"); ok {
			value = append(value, unescape(strings.TrimPrefix(v, " ")))
			continue
		}
		flush()
		key, _ = strings.CutSuffix(line, "=")
	}
	flush()
	return attrs
}

// cutTrace cuts a stack trace off the message.
func cutTrace(text string) string {
	start := traceStart(text)
	if i := strings.Index(text, "¦\tat "); i > 0 && (start < 0 || i < start) { // log4j2's %ex{separator(¦)}: the whole trace on the message's line
		line := strings.LastIndexByte(text[:i], '\n') + 1
		if at := inlineHeader(text[line:i], errorHeader); at >= 0 {
			return trimRight(text[:line+at])
		}
	}
	below := start >= 0 && lineKind(firstLine(text[start:])) == insideTrace
	if start >= 0 {
		text = trimRight(text[:start])
	}
	if i := inlineTrace(text, below); i > 0 {
		text = strings.TrimRight(text[:i], " \t\r\n:")
	}
	return text
}

// cutFields takes fields off the end of the message's first line: JSON, as zap's console, winston's simple format and Monolog's line formatter print
// it, or pairs, from loggers that print pairs.
func cutFields(text string, h *head) (string, []sentry.Attr) {
	if h.block {
		if got, attrs := cutBlock(text); len(got) < len(text) {
			if len(attrs) == 0 {
				return got, nil
			}
			got, more := cutPairs(got)
			return got, append(more, attrs...)
		}
	}
	if got, attrs, ok := cutJSON(text); ok {
		return got, attrs
	}
	switch {
	case strings.HasPrefix(text, `"`) && h.pairs: // klog
		kv := pair{}
		j := scanner{s: text}
		var ok bool
		if kv.value, kv.escaped, ok = j.text(); !ok {
			return text, nil
		}
		attrs, end := readPairs(text, blanks(text, j.p))
		if attrs == nil {
			end = j.p
		}
		return kv.text() + text[end:], attrs
	case h.pairs:
		got, attrs := cutPairs(text)
		return cutLogger(got, h), attrs
	}
	if !h.hclog {
		return text, nil
	}
	got, attrs := cutPairs(text)
	if len(attrs) > 0 && strings.HasSuffix(firstLine(got), ":") { // hclog: a colon before the pairs
		line := firstLine(got)
		return trimRight(line[:len(line)-1]) + got[len(line):], attrs
	}
	return text, nil
}

// cutLogger takes structlog's [logger] off the end of the event.
func cutLogger(text string, h *head) string {
	line := firstLine(text)
	if h.logger != "" || !strings.HasSuffix(line, "]") {
		return text
	}
	i := strings.LastIndexByte(line, '[')
	if i < 1 || line[i-1] != ' ' || !plainName(line[i+1:len(line)-1]) {
		return text
	}
	h.logger = line[i+1 : len(line)-1]
	return trimRight(line[:i]) + text[len(line):]
}

// cutJSON finds an object at the end of the message, or followed by no more than another one, an empty list, or further lines.
func cutJSON(text string) (string, []sentry.Attr, bool) {
	from := 0
	for range 3 {
		i := strings.Index(text[from:], `{"`)
		if i < 0 {
			break
		}
		i += from
		from = i + 2
		if i > 0 && !isBlank(text[i-1]) {
			continue
		}
		j := scanner{s: text, p: i}
		attrs, ok := j.object()
		if !ok {
			continue
		}
		rest := strings.TrimLeft(text[j.p:], " \t[]{}\r")
		if rest != "" && rest[0] != '\n' {
			continue
		}
		return trimRight(text[:i]) + rest, attrs, true
	}
	for _, empty := range [...]string{" [] []", " {} []", " [] {}"} { // Monolog prints an empty context so
		if strings.HasSuffix(text, empty) {
			return text[:len(text)-len(empty)], nil, true
		}
	}
	return text, nil, false
}

// cutColumn takes Rich's right column, the place of the call, off the message.
func cutColumn(text string, code *sentry.Frame) string {
	line := firstLine(text)
	i := strings.LastIndexByte(line, ' ')
	if i < 1 || line[i-1] != ' ' {
		return text
	}
	place := codePlace(line[i+1:])
	if place.Filename == "" {
		return text
	}
	if code.Filename == "" {
		*code = place
	}
	return trimRight(line[:i]) + text[len(line):]
}
