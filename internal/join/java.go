package join

import "strings"

// Java, Kotlin, Scala, Groovy: Throwable.printStackTrace and what loggers make of it, uncaught exceptions, thread dumps.
const (
	javaMessage phase = iota // the head came: its message may go on
	javaFrames
	javaThreads // a dump of all threads
)

// javaRing stands for an exception that was printed above: no frames follow.
const javaRing = "[CIRCULAR REFERENCE"

func javaStep(t *trace, ln *line) verdict {
	switch {
	case ln.blank():
		return maybe
	case ln.begins:
		return no
	case ln.frame == javaFrame:
		if t.phase == javaMessage {
			t.phase = javaFrames
		}
		t.waits = false
		return strong
	case ln.frame == nodeFrame && t.phase == javaMessage:
		t.family, t.phase, t.brace = nodeFamily, nodeStack, -1
		return nodeStep(t, ln)
	case isElided(ln.body):
		t.waits = false
		return strong
	}
	if rest, ok := causeOf(ln.body); ok {
		t.waits = !strings.Contains(rest, javaRing) && !strings.HasPrefix(ln.body, javaRing)
		return strong
	}
	if t.phase == javaThreads && javaThread(ln) {
		return strong
	}
	return maybe
}

func javaTail(t *trace, sh *shape) bool {
	return sh.blank || t.phase == javaMessage && t.logged && !sh.head
}

// causeOf cuts what stands before the head of a further exception: a cause, a suppressed one, a ring of causes.
func causeOf(body string) (string, bool) {
	for _, word := range [...]string{"Caused by: ", "Suppressed: ", "Wrapped by: ", javaRing, "caused by: "} {
		if body[0] == word[0] && strings.HasPrefix(body, word) {
			return body[len(word):], len(body) > len(word)
		}
	}
	return body, false
}

// isElided reports `... 12 more`, `... 3 common frames omitted`, `... 7 lines matching cause stack trace ...`.
func isElided(body string) bool {
	rest, ok := strings.CutPrefix(body, "... ")
	return ok && rest != "" && isDigit(rest[0]) && strings.IndexByte(rest, ' ') > 0
}

// javaDump begins a dump of threads without its head.
func javaDump(ln *line) (trace, bool) {
	return trace{family: javaFamily, phase: javaThreads}, ln.indent == 0 && javaThreadHead(ln.body)
}

// javaThreadHead reports `"main" #1 prio=5 os_prio=0 cpu=7ms tid=0x... nid=0x... runnable`.
func javaThreadHead(body string) bool {
	if body[0] != '"' {
		return false
	}
	end := strings.LastIndexByte(body, '"')
	return end > 0 && strings.Contains(body[end:], " tid=0x")
}

// javaThread reports a line of a dump of threads that is no frame.
func javaThread(ln *line) bool {
	b := ln.body
	if ln.indent == 0 {
		return javaThreadHead(b) || strings.HasPrefix(b, "JNI global ref") || strings.HasPrefix(b, "Found ") || strings.HasPrefix(b, "Java stack information") ||
			strings.Trim(b, "=") == "" || strings.HasPrefix(b, "Threads class SMR info") || strings.HasPrefix(b, "_java_thread_list=") || b == "}" || strings.HasPrefix(b, "0x")
	}
	return strings.HasPrefix(b, "java.lang.Thread.State: ") || strings.HasPrefix(b, "- ") || strings.HasPrefix(b, "Locked ownable") ||
		strings.HasPrefix(b, "waiting ") || strings.HasPrefix(b, "which is held by") || strings.HasPrefix(b, "No compile task") || strings.HasPrefix(b, "Compiling: ")
}

const (
	xmlOpen  = "<record>"
	xmlClose = "</record>"
)

func xmlStart(ln *line) (trace, bool) {
	return trace{family: xmlFamily}, ln.body == xmlOpen && ln.indent == 0
}

func xmlStep(t *trace, ln *line) verdict {
	switch {
	case ln.body == xmlClose:
		t.over = true
		return strong
	case ln.blank() || ln.frame != noFrame || !ln.begins && ln.body[0] == '<' && ln.body != xmlOpen:
		return strong
	case ln.begins || ln.body == xmlOpen:
		return no
	}
	return maybe // the text of a message or of an exception's head
}
