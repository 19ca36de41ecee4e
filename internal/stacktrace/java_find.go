package stacktrace

import "strings"

// javaSearch is what the lines before the first frame said about where the exception begins.
type javaSearch struct {
	text  string
	whole bool
	// head is the line that begins like an exception, behind the last line that begins like a log record; early one before that record. -1: none.
	head, headEnd   int
	early, earlyEnd int
	sure            bool // head's name ends like an exception's
	record          int  // the last line that begins like a log record
	dump            bool // the lines are those of a thread in a thread dump
}

// javaFindLines finds the first trace of which each frame has its line. framed is false where it is an exception without a single frame.
func javaFindLines(text string, whole bool) (start, end int, framed bool) {
	s := javaSearch{text: text, whole: whole, head: -1, early: -1, record: -1}
	for at := 0; at < len(text); {
		l := javaReadLine(text, at)
		if s.begins(l) {
			start, end = s.start(l)
			if end < 0 {
				w := javaWalk{text: text, whole: whole}
				w.run(start)
				end = w.end
			}
			return start, end, true
		}
		s.see(l)
		at = l.next
	}
	for _, c := range [...]struct{ start, end int }{{s.early, s.earlyEnd}, {s.head, s.headEnd}} {
		if c.start >= 0 && javaAlone(text[c.start:c.end]) {
			if whole {
				if strings.TrimSpace(text[:c.start]) != "" {
					break
				}
				c.end = len(strings.TrimRight(text, "\r\n"))
			}
			return c.start, c.end, false
		}
	}
	return -1, -1, false
}

// begins reports whether a trace is under way at this line.
func (s *javaSearch) begins(l javaLine) bool {
	if s.dump {
		return false
	}
	switch l.mark {
	case javaCallLine:
		return true
	case javaCommon, javaLeftOut:
		return s.head >= 0
	case javaCausedBy, javaWrappedBy, javaSuppressed:
		caught := s.text[l.body:l.end]
		return s.head >= 0 && javaOpens(caught) || javaHeadLine(caught) != javaNot
	}
	return false
}

// see notes what a line may be that belongs to no trace yet.
func (s *javaSearch) see(l javaLine) {
	line := s.text[l.start:l.end]
	// A thread dump (SIGQUIT, jstack) is frames without an exception: each thread's end with an empty line.
	s.dump = l.body < l.end && (s.dump || strings.HasPrefix(s.text[l.body:l.end], "java.lang.Thread.State: "))
	if s.dump {
		s.head = -1
		return
	}
	kind := javaHeadAt(s.text, l)
	if l.mark == javaCircular {
		kind = javaSurely
	}
	switch {
	case kind != javaNot:
		if kind == javaSurely && s.alone(l) {
			s.early, s.earlyEnd, s.head = s.head, s.headEnd, -1
		}
		if s.head < 0 || !s.sure && kind == javaSurely {
			s.head, s.headEnd, s.sure = l.start, l.end, kind == javaSurely
		}
	case !s.whole && javaRecordStart(line):
		if s.head >= 0 && (s.early < 0 || !javaAlone(s.text[s.early:s.earlyEnd])) {
			s.early, s.earlyEnd = s.head, s.headEnd
		}
		s.head, s.record = -1, l.start
	}
}

// alone reports whether the line before this one, another exception's first, is all that is printed of an exception without frames: two were
// printed one after the other.
func (s *javaSearch) alone(l javaLine) bool {
	return !s.whole && s.head >= 0 && s.early < 0 && javaReadLine(s.text, s.head).next == l.start &&
		javaAlone(s.text[s.head:s.headEnd]) && !javaGoesOn(s.text[s.head:s.headEnd])
}

// javaGoesOn reports whether a message says by its last sign that the next line is its own, though that begins like an exception.
func javaGoesOn(message string) bool {
	message = strings.TrimRight(message, " \t\r\n")
	return message != "" && strings.IndexByte(":;,([{-=", message[len(message)-1]) >= 0
}

// start decides where the exception begins whose first frame (or caption) is l. end is -1, or set where an earlier one without frames goes first.
func (s *javaSearch) start(l javaLine) (start, end int) {
	head := s.head
	if head < 0 {
		head = s.inline(l)
	}
	if s.early >= 0 && (head < 0 || javaAlone(s.text[s.early:s.earlyEnd])) {
		if head >= 0 {
			return s.early, s.earlyEnd
		}
		return s.early, -1 // what looked like a log record is part of its message
	}
	if head >= 0 {
		return head, -1
	}
	// A toString of its own, or none: all that stands behind the record's first line.
	from := 0
	if s.record >= 0 {
		from = javaReadLine(s.text, s.record).next
	}
	begin := l.start
	for from < l.start {
		line := javaReadLine(s.text, from)
		name := s.text[from : from+javaClassEnd(s.text[from:line.end])]
		if strings.IndexByte(name, '.') > 0 { // of an obfuscated class
			return from, -1
		}
		if line.body < line.end {
			begin = min(begin, from)
		}
		from = line.next
	}
	return begin, -1
}

// inline looks for an exception that is printed behind other text, in the lines since the record began.
func (s *javaSearch) inline(l javaLine) int {
	for at := max(s.record, 0); at < l.start; {
		line := javaReadLine(s.text, at)
		if i := strings.Index(s.text[at:line.end], javaInThread); i >= 0 {
			return at + i
		}
		if i, sure := javaInlineHead(s.text[at:line.end]); i >= 0 && (sure || line.next == l.start) {
			return at + i
		}
		for k := range javaToStrings {
			if i := strings.Index(s.text[at:min(len(s.text), line.end+2)], javaToStrings[k].prefix); i >= 0 {
				return at + i
			}
		}
		at = line.next
	}
	return -1
}

// javaKind is how surely a line begins an exception.
type javaKind uint8

const (
	javaNot    javaKind = iota
	javaMaybe           // a class name and a message
	javaSurely          // and the class is named like an exception
)

// javaHeadAt tells whether a line begins like an exception; what a toString is known by may end in the next one.
func javaHeadAt(text string, l javaLine) javaKind {
	return javaHeadLine(text[l.start:min(len(text), l.end+2)])
}

// javaHeadLine tells whether a line begins like an exception.
func javaHeadLine(s string) javaKind {
	if s == "" {
		return javaNot
	}
	if strings.HasPrefix(s, javaInThread) {
		return javaSurely
	}
	if strings.HasPrefix(s, javaLast) {
		if _, _, ok := javaLastWords(strings.TrimRight(s, "\r\n")); ok {
			return javaSurely
		}
	}
	for i := range javaToStrings {
		if strings.HasPrefix(s, javaToStrings[i].prefix) {
			return javaSurely
		}
	}
	s = s[javaHash(s):]
	n := javaNameEnd(s)
	if n == 0 {
		return javaNot
	}
	named, qualified := javaEnding(s[:n]), javaQualified(s[:n])
	switch full := javaClassEnd(s) == n; {
	case full && qualified && named, full && named && !javaIsEnding(s[:n]):
		return javaSurely
	case full && qualified:
		return javaMaybe
	case named && n < len(s) && (s[n] == '{' || s[n] == '[' || s[n] == '('): // toString of its own
		return javaSurely
	}
	return javaNot
}

// javaIsEnding: "Error: x" is everyone's.
func javaIsEnding(name string) bool {
	for _, ending := range javaEndings {
		if name == ending {
			return true
		}
	}
	return false
}

// javaAlone reports whether a line is an exception even if no frame follows.
func javaAlone(line string) bool {
	if strings.HasPrefix(line, javaInThread) {
		return true
	}
	if _, _, ok := javaLastWords(line); ok {
		return true
	}
	line = line[javaHash(line):]
	n := javaClassEnd(line)
	return n > 0 && javaStackless(line[:n])
}

// javaLevels are the words that loggers write for a level.
var javaLevels = [...]string{"ERROR", "WARN", "INFO", "DEBUG", "TRACE", "FATAL", "SEVERE", "WARNING", "CONFIG", "FINE", "FINER", "FINEST", "NOTICE", "CRITICAL"}

// javaRecordStart reports whether a line begins like a log record: a clock among its first words, or a level behind nothing but numbers and brackets.
func javaRecordStart(line string) bool {
	if strings.HasPrefix(line, "{\"") {
		return true
	}
	words := 0 // of letters, which no clock stands behind if there are three
	for i := 0; i < len(line) && i < 48; {
		b := line[i]
		switch {
		case b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z':
			n := javaNameEnd(line[i:])
			n = max(n, 1)
			if words == 0 || line[0] == '[' || line[0] >= '0' && line[0] <= '9' {
				for _, level := range javaLevels {
					if line[i:i+n] == level {
						return true
					}
				}
			}
			words++
			i += n
		case b >= '0' && b <= '9':
			if words < 3 && javaClock(line[i:]) {
				return true
			}
			_, n := javaNumber(line[i:])
			i += n
		default:
			i++
		}
	}
	return false
}

// javaClock: h:mm:ss
func javaClock(s string) bool {
	colon := strings.IndexByte(s[:min(len(s), 3)], ':')
	if colon < 1 || len(s) < colon+6 || s[colon+3] != ':' {
		return false
	}
	_, minutes := javaNumber(s[colon+1 : colon+3])
	_, seconds := javaNumber(s[colon+4 : colon+6])
	return minutes == 2 && seconds == 2
}
