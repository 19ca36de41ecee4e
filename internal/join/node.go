package join

import "strings"

// Node: stacks as V8 prints them, errors inside printed objects, what Node prints of an uncaught one.
const (
	nodeStack    phase = iota
	nodeUncaught       // a caret below a line of source: the error and `Node.js v20` follow
)

// nodeFrames begins a trace at its first frame.
func (s *Stream[L]) nodeFrames(ln *line) (trace, int, bool) {
	t := trace{family: nodeFamily, intro: introError, brace: -1}
	if strings.HasSuffix(ln.body, "{") {
		t.brace = max(0, ln.indent-4)
	}
	own := s.headAbove()
	if own > 0 && s.nth(own).shape.indent > 0 {
		own = s.objectAbove(&t, own)
	}
	return t, own, true
}

// objectAbove goes up from an error that is indented to the object in which it is printed.
func (s *Stream[L]) objectAbove(t *trace, own int) int {
	indent := s.nth(own).shape.indent
	for n := own + 1; n <= maxGroup; n++ {
		rec := s.nth(n)
		if rec == nil {
			break
		}
		sh := &rec.shape
		if sh.opens && sh.indent < indent {
			indent, own, t.brace = sh.indent, n, sh.indent
		}
		if sh.begins && !sh.access {
			return n
		}
		if sh.indent == 0 && !sh.blank {
			break
		}
	}
	return own
}

// nodeCaret is the mark below the line of source that threw.
func nodeCaret(ln *line) (trace, bool) {
	return trace{family: nodeFamily, phase: nodeUncaught, waits: true, brace: -1}, strings.Trim(ln.body, "^") == ""
}

func nodeStep(t *trace, ln *line) verdict {
	b := ln.body
	switch {
	case ln.blank():
		return maybe
	case t.brace >= 0 && ln.indent > t.brace:
		return strong
	case t.brace >= 0 && ln.indent == t.brace && (b[0] == '}' || b[0] == ']'):
		if last := b[len(b)-1]; last != '{' && last != '[' {
			t.brace = -1
		}
		return strong
	case ln.begins:
		return no
	case ln.frame == nodeFrame:
		t.waits = false
		if t.brace < 0 && b[len(b)-1] == '{' {
			t.brace = max(0, ln.indent-4)
		}
		return strong
	case t.waits && (b[len(b)-1] == '{' || b[len(b)-1] == '['): // an error without frames of its own
		t.brace = ln.indent
		return likely
	case t.phase == nodeUncaught && strings.HasPrefix(b, "Node.js v"):
		t.over = true
		return strong
	case isElided(b), strings.HasPrefix(b, "[cause]: "), strings.HasPrefix(b, "Emitted 'error' event"), t.waits && strings.Trim(b, "^") == "":
		return strong
	}
	if _, ok := causeOf(b); ok {
		return strong
	}
	return maybe
}

func nodeTail(t *trace, sh *shape) bool {
	return sh.blank || t.logged && (sh.indent > 0 || sh.closes)
}
