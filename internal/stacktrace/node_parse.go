package stacktrace

import (
	"strconv"
	"strings"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// nodeLink is one error of a chain or group on its way to becoming an exception.
type nodeLink struct {
	exception sentry.Exception // frames innermost first until all is read
	folds     []nodeFoldAt
	parent    int // index in the list, -1 for the thrown error
	source    string
	cause     int // index of its cause, or -1
}

// nodeFoldAt is a line that stands for frames, between frames[at-1] and frames[at].
type nodeFoldAt struct {
	at    int
	count int // how many are left out
	above int // 0: they are the cause's; else: so many frames above it repeat
}

// nodeCollector gathers errors in the order in which the SDK numbers them: the thrown one, then its cause with all that hangs on it, then the
// members of a group one after the other.
type nodeCollector struct {
	text string
	list []nodeLink
}

// nodeParse reads a trace that was found.
func nodeParse(in Input, start, end int) (Trace, bool) {
	if quoted, ok := nodeQuotedInput(&in, start); ok {
		trace, ok := nodeParse(quoted, 0, len(quoted.Text))
		trace.Start, trace.End = start, end
		return trace, ok
	}
	text := in.Text[:end]
	t, ok := nodeRead(text, start, &in)
	if !ok || !t.accepted(&in) {
		return Trace{}, false
	}
	c := nodeCollector{text: text}
	typ, value, made := t.describe(text, &in)
	c.add(&t.thrown, typ, value, -1, "")
	c.causes(&t.thrown, 0, text)
	if t.object >= 0 {
		c.pretty(t.pretty, t.end, 0)
	}
	t.place(&c.list[0].exception)
	return Trace{Language: Node, Start: start, End: end, Exceptions: c.finish(&t, made), Level: t.level()}, true
}

// add makes a link and reads what hangs on it. -1: there is no more room.
func (c *nodeCollector) add(b *nodeBlock, typ, value string, parent int, source string) int {
	if len(c.list) >= MaxExceptions {
		return -1
	}
	id := len(c.list)
	link := nodeLink{exception: sentry.Exception{Type: typ, Value: value}, parent: parent, source: source, cause: -1}
	if b.framed {
		link.exception.Frames, link.folds = nodeFrames(c.text, b.run)
	}
	c.list = append(c.list, link)
	if parent >= 0 && source == "cause" {
		c.list[parent].cause = id
	}
	if b.props > 0 {
		c.properties(b, id)
	}
	return id
}

// nested adds an error that hangs on another. -1: it is none that can be read.
func (c *nodeCollector) nested(b *nodeBlock, parent int, source string) int {
	switch {
	case b.named:
		typ, value := b.describe(c.text)
		return c.add(b, typ, value, parent, source)
	case b.framed: // consola prints messages only
		return c.add(b, "Error", nodeTrimRight(nodeMessage(c.text[b.message:b.end], b.indent)), parent, source)
	}
	return -1
}

// properties reads an error's cause and members among its properties (util.inspect).
func (c *nodeCollector) properties(b *nodeBlock, id int) {
	indent := nodeLineAt(c.text, b.props).indent
	text := c.text[:b.propsEnd]
	members := -1
	for pos := b.props; pos < len(text); {
		l := nodeLineAt(text, pos)
		pos = l.next
		if l.indent != indent {
			continue
		}
		line := text[l.start:l.end]
		if rest, ok := nodeCutKey(line, "cause"); ok {
			// The SDK goes to the cause first, wherever it is printed.
			if cause := nodeReadBlock(text, l.end-len(rest), "", nodeNested); cause.named && (cause.framed || cause.bracket) {
				c.nested(&cause, id, "cause")
				pos = nodeLineAt(text, cause.stop).next
			}
		} else if rest, ok := nodeCutKey(line, "errors"); ok && rest != "" && rest[0] == '[' {
			members = l.start
		}
	}
	if members >= 0 {
		c.members(text, nodeLineAt(text, members), indent, id)
	}
}

// nodeCutKey cuts "[key]: " or "key: ".
func nodeCutKey(line, key string) (rest string, ok bool) {
	if rest, ok = strings.CutPrefix(line, "["); ok {
		line = rest
	}
	if line, ok = strings.CutPrefix(line, key); !ok {
		return "", false
	}
	line = strings.TrimPrefix(line, "]")
	return strings.CutPrefix(line, ": ")
}

// members reads the list of errors whose first line is l: one in each line, or all in this one.
func (c *nodeCollector) members(text string, l nodeLine, indent, id int) {
	if text[l.end-1] != '[' {
		c.inlineMembers(text[l.start:l.end], id)
		return
	}
	n, inside := 0, -1
	for pos := l.next; pos < len(text) && len(c.list) < MaxExceptions; {
		m := nodeLineAt(text, pos)
		pos = m.next
		if m.blank() {
			continue
		}
		if inside < 0 {
			inside = m.indent
		}
		if m.indent < inside || m.indent <= indent {
			return
		}
		if m.indent > inside || strings.IndexByte("}])", text[m.start]) >= 0 {
			continue // the rest of a member that is no error
		}
		if b := nodeReadBlock(text, nodeSkipMarks(text, m.start, m.end), "", nodeNested); b.named && (b.framed || b.bracket) {
			c.nested(&b, id, nodeMember(n))
			pos = nodeLineAt(text, b.stop).next
		}
		n++
	}
}

// inlineMembers reads "[errors]: [ [Error: a], [Error] ]".
func (c *nodeCollector) inlineMembers(line string, id int) {
	_, line, _ = strings.Cut(line, ": [ ")
	line = strings.TrimSuffix(strings.TrimSuffix(line, ","), " ]")
	depth, start, n := 0, 0, 0
	for i := 0; i <= len(line); i++ {
		switch {
		case i == len(line), depth == 0 && strings.HasPrefix(line[i:], ", "):
			c.inlineMember(line[start:i], id, nodeMember(n))
			start, n = i+2, n+1
		case line[i] == '[':
			depth++
		case line[i] == ']':
			depth--
		}
	}
}

// inlineMember reads "[Error: a]"; what is no error is left out.
func (c *nodeCollector) inlineMember(item string, id int, source string) {
	if len(item) < 3 || item[0] != '[' || item[len(item)-1] != ']' {
		return
	}
	item = item[1 : len(item)-1]
	if name, ok := nodeNameAt(item, 0, len(item)); ok && name.certain {
		c.add(&nodeBlock{}, item[name.start:name.end], item[name.message:], id, source)
	}
}

// nodeMember names the place of a member in its group.
func nodeMember(n int) string { return "errors[" + strconv.Itoa(n) + "]" }

// pretty reads the cause and the members of the error whose stack stands in the line at stack of the object that pino-pretty printed.
func (c *nodeCollector) pretty(stack, end, id int) {
	text := c.text[:end]
	indent := nodeLineAt(text, stack).indent
	members := -1
	for pos := stack; pos < len(text); {
		l := nodeLineAt(text, pos)
		pos = l.next
		if l.indent < indent {
			break
		}
		switch line := text[l.start:l.end]; {
		case l.indent > indent:
		case line == `"cause": {`:
			c.prettyError(text, pos, indent+2, id, "cause")
		case line == `"aggregateErrors": [`:
			members = pos
		}
	}
	for n := -1; members >= 0 && members < len(text) && len(c.list) < MaxExceptions; {
		m := nodeLineAt(text, members)
		if m.indent <= indent {
			return
		}
		if m.indent == indent+2 && text[m.start] != '}' {
			if n++; text[m.start:m.end] == "{" {
				c.prettyError(text, m.next, indent+4, id, nodeMember(n))
			}
		}
		members = m.next
	}
}

// prettyError reads one nested object whose lines, the first of them at pos, have this indent.
func (c *nodeCollector) prettyError(text string, pos, indent, parent int, source string) {
	stack := nodePrettyStack(text, pos, indent)
	if stack < 0 {
		return
	}
	b := nodeReadBlock(text, nodeLineAt(text, nodeLineAt(text, stack).next).start, "", nodeNested)
	if !b.named {
		return
	}
	id := c.nested(&b, parent, source)
	if id < 0 {
		return
	}
	c.causes(&b, id, text)
	c.pretty(stack, nodeObjectEnd(text, stack, indent), id)
}

// causes reads the errors that are printed below another, each the cause of the one before: "caused by: ".
func (c *nodeCollector) causes(b *nodeBlock, id int, text string) {
	for pos := b.stop; id >= 0; {
		part, at := nodeNextPart(text, pos)
		if part != nodeCausePart {
			return
		}
		cause := nodeReadBlock(text, at, "", nodeOneLine)
		id, pos = c.nested(&cause, id, "cause"), cause.stop
	}
}
