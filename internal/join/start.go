package join

import "strings"

// recognise reports whether the line is the first of a stack trace, or the first proof that one began above. own is how many single
// records directly above are the trace's own: its head, the lines of its message.
func (s *Stream[L]) recognise(ln *line) (t trace, own int, ok bool) {
	if ln.blank() {
		return t, 0, false
	}
	switch ln.frame {
	case javaFrame:
		return trace{family: javaFamily, phase: javaFrames, intro: introLogged}, s.headAbove(), true
	case nodeFrame:
		return s.nodeFrames(ln)
	}
	if start := starts[ln.body[0]]; start != nil {
		if t, ok = start(ln); ok {
			own = s.ownAbove(&t)
			return t, own, t.family != nodeFamily || own > 0
		}
	}
	if strings.HasSuffix(ln.body, "Traceback "+pythonHead) {
		return pythonBegin(ln), 0, true
	}
	if ln.begins {
		return t, 0, false
	}
	if ln.indent > 0 && s.group < s.records.end() {
		if t, own, ok = s.golangPlace(ln); ok {
			return t, own, true
		}
		if last := s.records.at(s.records.end() - 1); last.shape.value && !last.gone {
			return trace{family: goFamily, phase: golangValue, intro: introNone}, 1, true
		}
	}
	if s.stackless(ln) { // Java's or Node's: the first frame tells
		return trace{family: javaFamily, phase: javaMessage, waits: true, intro: introLogged}, 0, true
	}
	return t, 0, false
}

// starts are the lines that say by themselves that a trace begins, by their first byte.
var starts = [256]func(*line) (trace, bool){
	'T': pythonStart, '+': pythonStart, 'S': startS, 'F': startF, 'E': startE, 'W': golangStart, 0xE2: pythonStart,
	'p': golangStart, 'f': golangStart, 'g': golangStart, 'u': golangStart, '"': javaDump, '<': xmlStart, '^': nodeCaret, '~': nodeCaret,
}

func startS(ln *line) (trace, bool) {
	if t, ok := golangStart(ln); ok {
		return t, true
	}
	return pythonStart(ln)
}

func startF(ln *line) (trace, bool) {
	if strings.HasPrefix(ln.body, "Full thread dump ") {
		return trace{family: javaFamily, phase: javaThreads, intro: introTime}, true
	}
	return pythonStart(ln)
}

func startE(ln *line) (trace, bool) {
	if ln.indent == 0 && strings.HasPrefix(ln.body, `Exception in thread "`) {
		return trace{family: javaFamily, phase: javaMessage, waits: true}, true
	}
	return trace{}, false
}

// ownAbove is how many lines above a trace that began by itself are its own.
func (s *Stream[L]) ownAbove(t *trace) int {
	switch {
	case t.family == nodeFamily: // place and source of an uncaught error
		if place := s.nth(2); place != nil && place.shape.head {
			return 2
		}
	case t.family == goFamily: // notes of the runtime, the rule above a race
		count := 0
		for num := s.up(s.records.end()); num >= 0 && s.isGoNote(num); num = s.up(num) {
			count++
		}
		return count
	}
	return 0
}

// isGoNote reports a line that Go's runtime prints before it says why the program dies.
func (s *Stream[L]) isGoNote(num int) bool {
	rec := s.records.at(num)
	if !rec.shape.head || rec.lines != 1 {
		return false
	}
	text := s.plainText(rec.last)
	return text[0] == '=' || strings.HasPrefix(text, "runtime: ")
}

// headAbove is how many lines above a frame belong to its exception: up to the line that names it, else the line directly above.
func (s *Stream[L]) headAbove() int {
	count := 0
	for num := s.up(s.records.end()); num >= 0; num = s.up(num) {
		count++
		rec := s.records.at(num)
		if rec.shape.begins {
			return count
		}
		if rec.shape.head {
			if _, cause := causeOf(s.plainText(rec.last)); !cause {
				return count
			}
		}
	}
	if last := s.nth(1); last == nil || last.shape.blank || last.shape.access {
		return 0
	}
	return 1
}

// stackless reports an exception directly below a logger's record, by its name: some have no frames, the frames of others come late.
func (s *Stream[L]) stackless(ln *line) bool {
	if c := ln.body[0]; ln.indent > 0 || !isLower(c) && !isUpper(c) {
		return false
	}
	rec := s.nth(1)
	if rec != nil && rec.shape.blank { // Spring Boot leaves a line empty
		rec = s.nth(2)
	}
	if rec == nil || !rec.shape.begins || rec.shape.access {
		return false
	}
	end := strings.IndexAny(ln.body, ": ")
	if end < 0 {
		end = len(ln.body)
	}
	name := ln.body[:end]
	dot := strings.LastIndexByte(name, '.')
	if name = name[dot+1:]; name == "" || !errorName(name) || !isTypeHead(ln.body) {
		return false
	}
	return dot > 0 || levelOf(s.plainText(rec.last)) == highLevel
}
