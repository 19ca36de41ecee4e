package join

// family is a group of languages whose traces look alike.
type family uint8

const (
	noFamily family = iota
	javaFamily
	pythonFamily
	goFamily
	nodeFamily
	xmlFamily // java.util.logging's XMLFormatter
)

// verdict is what a grammar says of a line.
type verdict uint8

const (
	no     verdict = iota // not of this trace: another writer's, or the trace is at its end
	maybe                 // free text: of this trace if more of it comes below
	likely                // of this trace, unless it may be the text of a later one
	strong                // of this trace
)

// trace is where an unfinished stack trace stands in its grammar.
type trace struct {
	family family
	phase  phase
	intro  intro
	base   int  // the indent of its outermost lines
	brace  int  // Node: the indent at which an object that is being printed ends, or -1
	logged bool // a logger's record introduced it: what follows up to the next record is its text
	colon  bool // Python: the message goes on in the next line
	source bool // Python: the line of source of a frame is next
	over   bool // nothing more can come
	waits  bool // the head of an exception came, its frames have not
	apart  bool // a line of another writer came since the trace's last
	// strange counts the lines in a row that were not of this trace.
	strange int
}

// phase is a state of one family's machine.
type phase uint8

// grammar is the state machine of a family.
type grammar struct {
	// step judges the next line and moves on where it is strong.
	step func(*trace, *line) verdict
	// tail reports whether a line that was `maybe`, directly below the trace's last, is its text when the trace ends.
	tail func(*trace, *shape) bool
}

var grammars = [...]grammar{
	javaFamily:   {javaStep, javaTail},
	pythonFamily: {pythonStep, pythonTail},
	goFamily:     {golangStep, golangTail},
	nodeFamily:   {nodeStep, nodeTail},
	xmlFamily:    {xmlStep, func(*trace, *shape) bool { return false }},
}

// needsHead reports a line that always stands below the name of an exception: a frame, a cause, what was left out. When such a name came
// since the trace's last line, the line is that exception's.
func (t *trace) needsHead(ln *line) bool {
	switch t.family {
	case javaFamily, nodeFamily:
		if ln.frame != noFrame || ln.blank() {
			return ln.frame != noFrame
		}
		_, cause := causeOf(ln.body)
		return cause || isElided(ln.body)
	case goFamily:
		return t.phase >= golangErrors && ln.indent > 0
	}
	return false
}

// shapeOf keeps of a line what may matter when a trace begins below it.
func shapeOf(ln *line) shape {
	sh := shape{begins: ln.begins, blank: ln.blank(), indent: ln.indent}
	if sh.blank {
		return sh
	}
	switch ln.body[len(ln.body)-1] {
	case '{', '[':
		sh.opens = !sh.begins
	case '<':
		sh.value = len(ln.body) > 1 && ln.body[len(ln.body)-2] == '='
	case '}', ']', ',':
		sh.closes = ln.body[0] == '}' || ln.body[0] == ']'
	}
	if sh.begins {
		sh.access = isAccess(ln.body)
		return sh
	}
	sh.head = isHead(ln)
	return sh
}
