package stacktrace

import "strings"

// javaMark is what a line of a printed Throwable says.
type javaMark uint8

const (
	javaText       javaMark = iota // no mark: a message goes on, or the trace is over
	javaCallLine                   // at Class.method(Source)
	javaCommon                     // ... 3 more: the last frames of the enclosing trace follow
	javaLeftOut                    // ... 3 frames truncated: nobody printed them
	javaCausedBy                   // Caused by: ...
	javaWrappedBy                  // Wrapped by: ... (root cause first)
	javaSuppressed                 // Suppressed: ...
	javaCircular                   // [CIRCULAR REFERENCE: ...] without a caption
)

// The captions of Throwable.printStackTrace, of Logback's and Log4j's root-first printers; WebLogic writes "Caused By".
const (
	javaCircularText = "[CIRCULAR REFERENCE:"
	javaMaxCount     = 1 << 20 // no JVM prints a deeper stack: -XX:MaxJavaStackTraceDepth is 1024 by default
	javaMaxSource    = 4096    // bytes of a source's name: what a file system takes for a path
)

// javaLine is one line of the text; all offsets are into the text.
type javaLine struct {
	start, end int // without the line end
	next       int // where the next line starts, the text's length after the last
	indent     int // blanks before the first byte that is none
	body       int // behind the caption or the "at "; the first byte that is no blank where there is no mark
	count      int // javaCommon, javaLeftOut: frames; javaCallLine: frames skipped before it
	mark       javaMark
	packaged   bool // javaCallLine: the jar is named behind the frame
}

// javaReadLine reads the line that starts at the given offset.
func javaReadLine(text string, at int) javaLine {
	l := javaLine{start: at, end: len(text), next: len(text)}
	if n := strings.IndexByte(text[at:], '\n'); n >= 0 {
		l.end, l.next = at+n, at+n+1
	}
	if l.end > at && text[l.end-1] == '\r' {
		l.end--
	}
	l.body = at
	for l.body < l.end && (text[l.body] == '\t' || text[l.body] == ' ') {
		l.body++
	}
	l.indent = l.body - at
	if l.body < l.end {
		l.classify(text[l.body:l.end])
	}
	return l
}

func (l *javaLine) classify(s string) {
	switch s[0] {
	case 'a':
		if rest, ok := strings.CutPrefix(s, "at "); ok {
			if call, ok := javaParseCall(rest, false); ok {
				l.mark, l.count, l.packaged = javaCallLine, call.skipped, call.packaged
				l.body += len("at ")
			}
		}
	case '.':
		l.mark, l.count = javaElision(s)
	case 'C':
		l.caption(s, "Caused by: ", javaCausedBy)
		l.caption(s, "Caused By: ", javaCausedBy)
	case 'T':
		if s == "Truncated. see log file for complete stacktrace" { // WebLogic
			l.mark, l.count = javaLeftOut, 1
		}
	case 'W':
		l.caption(s, "Wrapped by: ", javaWrappedBy)
	case 'S':
		l.caption(s, "Suppressed: ", javaSuppressed)
	case '[':
		if strings.HasPrefix(s, javaCircularText) {
			l.mark = javaCircular
		}
	}
}

func (l *javaLine) caption(s, caption string, mark javaMark) {
	if strings.HasPrefix(s, caption) {
		l.mark, l.body = mark, l.body+len(caption)
	}
}

// javaElision reads "... 3 more" (JDK, Log4j, Spring), "... 3 common frames omitted" (Logback), and what stands for frames that are nowhere in
// the text: "... 3 frames truncated", "... 3 frames excluded" (logstash-logback-encoder), "... 3 filtered" (Spring), "... suppressed 3 lines" (Log4j).
func javaElision(s string) (javaMark, int) {
	s, ok := strings.CutPrefix(s, "... ")
	if !ok {
		return javaText, 0
	}
	s, suppressed := strings.CutPrefix(s, "suppressed ")
	n, digits := javaNumber(s)
	if digits == 0 || digits == len(s) || s[digits] != ' ' {
		return javaText, 0
	}
	rest := strings.TrimRight(s[digits+1:], " \t")
	switch {
	case suppressed && rest == "lines":
		return javaLeftOut, n
	case rest == "more", rest == "common frames omitted":
		return javaCommon, n
	case rest == "filtered", rest == "frames truncated", rest == "frames excluded", rest == "frames omitted",
		strings.HasPrefix(rest, "frames truncated (including "):
		return javaLeftOut, n
	}
	return javaText, 0
}

// javaNumber reads the digits that s begins with; what no stack can hold is cut to javaMaxCount.
func javaNumber(s string) (n, digits int) {
	for digits < len(s) && s[digits] >= '0' && s[digits] <= '9' {
		n = min(n*10+int(s[digits]-'0'), javaMaxCount)
		digits++
	}
	return n, digits
}

// javaCall is one StackTraceElement as StackTraceElement.toString prints it.
type javaCall struct {
	class, method string
	file          string // "" where the text has none
	line          int    // 0 where the text has none
	native        bool
	packaged      bool
	skipped       int // Logback's "[3 skipped]": frames that its filter took out before this one
	size          int // bytes of the text up to the closing bracket
}

// javaByte says what a byte can be in what stands before the source of a frame.
var javaByte = func() (table [256]byte) {
	const never, odd = 1, 2
	for b := range 0x20 {
		table[b] = never
	}
	for _, b := range "[]{};)\x7f" {
		table[b] = never
	}
	for _, b := range " \"'," { // in a method of Kotlin's, or in the name of a loader
		table[b] = odd
	}
	table['.'], table['/'], table['('] = '.', '/', '('
	return table
}()

// javaParseCall reads [loader/][module@version/]class.method(source), with Logback's and Log4j's packaging data behind it.
// Spaces in a method name are Kotlin's: they are read only where the source leaves no doubt, and not at all where the frame is searched for
// inside a line (inline).
func javaParseCall(s string, inline bool) (javaCall, bool) {
	var c javaCall
	dot, slash, odd, open := -1, -1, -1, -1
scan:
	for i := 0; i < len(s); i++ {
		switch javaByte[s[i]] {
		case 0:
		case '.':
			dot = i
		case '/':
			slash, odd = i, -1
		case '(':
			open = i
			break scan
		case 2:
			if inline {
				return c, false
			}
			if dot < 0 && strings.IndexByte(s[i:], '/') < 0 {
				return c, false
			}
			if dot < 0 {
				i += strings.IndexByte(s[i:], '/') - 1
			} else if odd < 0 {
				odd = i
			}
		default:
			return javaBoundary(s)
		}
	}
	if open < 0 || dot <= 0 || dot < slash || dot+1 == open || s[open-1] == ' ' || odd >= 0 && odd < dot {
		return c, false
	}
	closing := strings.IndexByte(s[open:min(len(s), open+javaMaxSource)], ')')
	if closing < 0 {
		return c, false
	}
	closing += open
	source := s[open+1 : closing]
	if nested := strings.IndexByte(source, '('); nested >= 0 { // J9: (Thread.java:811(Compiled Code))
		source = source[:nested]
		if closing+1 < len(s) && s[closing+1] == ')' {
			closing++
		}
	}
	c.class, c.method, c.size = javaClassOf(s[:dot], slash), s[dot+1:open], closing+1
	if c.class == "" || !c.source(source, odd > dot) {
		return c, false
	}
	return c, inline || closing+1 == len(s) || c.tail(s[closing+1:])
}

// javaClassOf cuts what StackTraceElement.toString prints before the class: loader, module, version, up to the last slash. A hidden class keeps
// its "/0x...".
func javaClassOf(s string, slash int) string {
	if slash >= 0 && slash+1 < len(s) && s[slash+1] >= '0' && s[slash+1] <= '9' {
		slash = strings.LastIndexByte(s[:slash], '/')
	}
	return s[slash+1:]
}

// source reads what stands in the brackets. sure: only a source that no prose holds is taken.
func (c *javaCall) source(s string, sure bool) bool {
	switch s {
	case "Native Method":
		c.native = true
		return true
	case "Unknown Source", "Compiled Code":
		return true
	}
	if colon := strings.LastIndexByte(s, ':'); colon >= 0 {
		number := strings.TrimPrefix(s[colon+1:], "-") // Android prints (Foo.java:-2)
		n, digits := javaNumber(number)
		if digits == 0 || digits != len(number) {
			return false
		}
		if file := s[:colon]; file != "Unknown Source" {
			if at := strings.LastIndexByte(file, ':'); at >= 0 {
				if _, column := javaNumber(file[at+1:]); column > 0 {
					return false // file:line:column is V8's
				}
			}
			c.file = file
		}
		if len(number) == len(s)-colon-1 {
			c.line = n
		}
		return true
	}
	switch {
	case s == "", strings.IndexByte(s, ' ') >= 0, strings.IndexByte(s, ',') >= 0:
		return false
	case s == "SourceFile", s == "NO_SOURCE_FILE", s[0] == '<' && s[len(s)-1] == '>':
		c.file = s
		return !sure
	}
	dot := strings.LastIndexByte(s, '.')
	c.file = s
	return dot > 0 && dot+1 < len(s) && (s[dot+1] < '0' || s[dot+1] > '9')
}

// tail reads what stands behind the source: nothing, "[jar:version]", "~[jar:version]" and "[3 skipped]".
func (c *javaCall) tail(s string) bool {
	for s = strings.TrimRight(s, " \t"); s != ""; {
		if s[0] != ' ' {
			return false
		}
		s = strings.TrimLeft(s, " ")
		s = strings.TrimPrefix(s, "~")
		closing := strings.IndexByte(s, ']')
		if closing < 0 || s[0] != '[' {
			return false
		}
		n, digits := javaNumber(s[1:closing])
		if digits > 0 && s[1+digits:closing] == " skipped" {
			c.skipped = n
		} else {
			c.packaged = true
		}
		s = s[closing+1:]
	}
	return true
}

// javaBoundary reads the frame that kotlinx.coroutines before 1.6 put between a coroutine's recovered stack and its own; it rubs out the "at ".
func javaBoundary(s string) (javaCall, bool) {
	s, ok := strings.CutPrefix(s, "\b\b\b(")
	if !ok {
		return javaCall{}, false
	}
	name, _, ok := strings.Cut(s, ".\b(")
	return javaCall{class: name, method: name}, ok && name != ""
}
