package stacktrace

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// javaPrinter prints a truth as a library does, so that every scenario is read in every layout. The rules are those of the libraries' sources.
type javaPrinter struct {
	rootFirst bool   // Wrapped by: instead of Caused by:
	null      bool   // "Class: null", and getMessage instead of toString (Logback, logstash-logback-encoder)
	common    string // what stands behind "... n "
	depth     int    // frames of each exception, 0: all
	cut       string // what stands behind "... n " for those that depth leaves out; "": nothing is printed
	against   bool   // frames in common are counted against the thrown exception, and none are for suppressed ones (Log4j before 2.25)
	packaged  string // packaging data
	plain     bool   // no loader and module (logstash-logback-encoder)

	r       *javaTruthRecord
	lines   []string
	printed map[int]int // frames of each exception
}

func (p *javaPrinter) print(r *javaTruthRecord) string {
	p.r, p.lines, p.printed = r, nil, map[int]int{}
	p.one(&r.Exceptions[0], "", "", nil)
	return strings.Join(p.lines, "\n") + "\n"
}

func (p *javaPrinter) line(indent, format string, args ...any) {
	p.lines = append(p.lines, indent+fmt.Sprintf(format, args...))
}

func (p *javaPrinter) head(e *javaTruthException) string {
	switch {
	case p.null && e.Value == nil:
		return e.Class + ": null"
	case p.null:
		return e.Class + ": " + *e.Value
	case e.ToString != nil:
		return *e.ToString
	case e.Localized != nil:
		return e.Class + ": " + *e.Localized
	case e.Value == nil:
		return e.Class
	}
	return e.Class + ": " + *e.Value
}

func (p *javaPrinter) one(e *javaTruthException, indent, caption string, around *javaTruthException) {
	if e.Circular != nil {
		p.line(indent, "%s[CIRCULAR REFERENCE: %s]", caption, p.head(&p.r.Exceptions[*e.Circular]))
		return
	}
	cause := p.find(func(c *javaTruthException) bool { return c.CauseOf != nil && *c.CauseOf == e.ID })
	if p.rootFirst && cause != nil {
		p.one(cause, indent, caption, e)
		caption = "Wrapped by: "
	}
	p.line(indent, "%s%s", caption, p.head(e))
	p.frames(e, indent, around)
	for i := range p.r.Exceptions {
		if s := &p.r.Exceptions[i]; s.Suppressed != nil && *s.Suppressed == e.ID {
			p.one(s, indent+"\t", "Suppressed: ", e)
		}
	}
	if !p.rootFirst && cause != nil {
		p.one(cause, indent, "Caused by: ", e)
	}
}

func (p *javaPrinter) find(is func(*javaTruthException) bool) *javaTruthException {
	if i := slices.IndexFunc(p.r.Exceptions, func(e javaTruthException) bool { return is(&e) }); i >= 0 {
		return &p.r.Exceptions[i]
	}
	return nil
}

func (p *javaPrinter) frames(e *javaTruthException, indent string, around *javaTruthException) {
	n := 0
	if p.against && e.Suppressed == nil && around != nil {
		around = &p.r.Exceptions[0]
	}
	if around != nil && (!p.against || e.Suppressed == nil) {
		for n < len(e.Frames) && n < len(around.Frames) && e.Frames[len(e.Frames)-1-n] == around.Frames[len(around.Frames)-1-n] {
			n++
		}
	}
	own := e.Frames[:len(e.Frames)-n]
	silent := p.depth > 0 && p.cut == "" && len(e.Frames) >= p.depth // Logback's %ex{6}
	if silent {
		own, n = e.Frames[:p.depth], 0
	}
	left := 0
	if p.depth > 0 && len(own) > p.depth {
		left, own = len(own)-p.depth, own[:p.depth]
	}
	p.printed[e.ID] = len(own)
	for _, f := range own {
		p.line(indent, "\tat %s%s", p.frame(f), p.packaged)
	}
	switch {
	case left > 0 && strings.HasPrefix(p.cut, "frames truncated") && n > 0:
		p.line(indent, "\t... %d frames truncated (including %d common frames)", left+n, n)
		return
	case left > 0:
		p.line(indent, "\t... %d %s", left, p.cut)
	}
	if n > 0 {
		p.line(indent, "\t... %d %s", n, p.common)
	}
}

func (p *javaPrinter) frame(f javaTruthFrame) string {
	source, prefix := f.Filename, f.Prefix
	switch {
	case p.plain && f.Filename == "":
		source = "Unknown Source"
	case p.plain:
	case f.Native:
		source = "Native Method"
	case f.Filename == "":
		source = "Unknown Source"
	}
	if f.Lineno > 0 && (p.plain || f.Filename != "") {
		source += fmt.Sprintf(":%d", f.Lineno)
	}
	if p.plain {
		prefix = ""
	}
	return prefix + f.Module + "." + f.Function + "(" + source + ")"
}

// javaLayoutTest is one layout: how a record's line is built around the trace.
type javaLayoutTest struct {
	name   string
	print  javaPrinter
	record func(r *javaTruthRecord, trace string) Input
}

func javaRecord(format string) func(*javaTruthRecord, string) Input {
	return func(r *javaTruthRecord, trace string) Input {
		return Input{Text: strings.NewReplacer("%p", r.Level, "%c", r.Logger, "%t", r.Thread, "%m", r.Message, "%e", trace).Replace(format)}
	}
}

var (
	javaJDK     = javaPrinter{common: "more"}
	javaLogback = javaPrinter{common: "common frames omitted", null: true}
	javaXEx     = javaPrinter{common: "more", null: true, against: true, packaged: " ~[hotel-core-2.1.jar:2.1]"}
)

func javaLayoutTests() []javaLayoutTest {
	root, six, rootX := javaLogback, javaLogback, javaXEx
	root.rootFirst, six.depth, rootX.rootFirst = true, 6, true
	dated := "2026-11-21 19:45:20.400 %p [%t] %c - %m\n%e"
	oneLine := func(format, sep string) func(*javaTruthRecord, string) Input {
		return func(r *javaTruthRecord, trace string) Input {
			return javaRecord(format)(r, strings.ReplaceAll(strings.TrimRight(trace, "\n"), "\n", sep))
		}
	}
	with := func(edit func(string) string) func(*javaTruthRecord, string) Input {
		return func(r *javaTruthRecord, trace string) Input {
			in := javaRecord(dated)(r, trace)
			in.Text = edit(in.Text)
			return in
		}
	}
	return []javaLayoutTest{
		{"logback ex", javaLogback, javaRecord("19:45:20.400 [%t] %p %c - %m\n%e")},
		{"logback pipes", javaLogback, javaRecord("2026-11-21T19:45:20.400+01:00 ¦ %p ¦ %t ¦ %c ¦ tenant=7 ¦ %m ¦ \n%e")},
		{"logback ex{6}", six, javaRecord("2026-11-21 19:45:20,400 [%t] %p %c - %m\n%e")},
		{"logback rEx relative", root, javaRecord("1234  %p [%t] CoreScenarios  - %m\n%e")},
		{"logback xEx bracketed date", javaPrinter{common: "common frames omitted", null: true, packaged: " ~[na:na]"}, javaRecord("[21.11.2026 19:45:20] %p %c [%t] %m\n%e")},
		{"logstash short", javaPrinter{common: "common frames omitted", null: true, plain: true, depth: 5, cut: "frames truncated"}, javaRecord("%e")},
		{"logstash root first", javaPrinter{common: "common frames omitted", null: true, plain: true, rootFirst: true}, javaRecord("%e")},
		{"spring root first, depth 12", javaPrinter{common: "more", rootFirst: true, depth: 12, cut: "filtered"}, javaRecord("%e")},
		{"log4j2 xEx", javaXEx, javaRecord("19:45:20,400 %p %c - %m\n%e")},
		{"log4j2 highlight", javaXEx, javaRecord("\x1b[31m19:45:20,400 %p %c - %m\n%e\x1b[m ")},
		{"log4j2 rEx epoch", rootX, javaRecord("1795290325573 %p %t %c: %m\n%e")},
		{"log4j2 pipes", javaJDK, javaRecord("2026-11-21 19:45:20,400123¦%p¦%t¦c.e.i.CoreScenarios¦¦%m¦ %e\n")},
		{"log4j2 separator", javaJDK, oneLine("2026-11-21T19:45:20,400 %p %c %m %e\n", "¦")},
		{"log4j2 separator |", javaJDK, oneLine("2026-11-21T19:45:20,400 %p %c %m %e\n", "|")},
		{"line separator character", javaLogback, oneLine("2026-11-21T19:45:20,400 %p %c : %m %e\n", "\u2028")},
		{"carriage return", javaLogback, oneLine("2026-11-21T19:45:20,400 %p %c : %m\r%e\n", "\r")},
		{"escaped line break", javaLogback, oneLine("2026-11-21T19:45:20,400 %p %c : %m %e\n", "\\n")},
		{"jul one line", javaJDK, javaRecord("2026-11-21 19:45:20.400 SEVERE  [%c] %m \n%e\n")},
		{"jul two lines, German", javaJDK, javaRecord("Nov. 21, 2026 7:45:26 PM JulMain lambda$main$0\nSCHWERWIEGEND: %m\n%e\n")},
		{"slf4j dated", javaJDK, javaRecord("2026-11-21 19:45:20:400 +0000 [%t] %p %c - %m\n%e")},
		{"message before", javaJDK, javaRecord("%m %e")},
		{"nothing before", javaJDK, javaRecord("%e")},
		{"uncaught", javaJDK, javaRecord("Exception in thread \"%t\" %e")},
		{"CRLF", javaJDK, with(func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") })},
		{"four blanks", javaJDK, with(func(s string) string { return strings.ReplaceAll(s, "\t", "    ") })},
		{"coloured frames", javaJDK, with(func(s string) string {
			return strings.ReplaceAll(strings.ReplaceAll(s, "\tat ", "\t\x1b[33mat\x1b[0m \x1b[36m"), "(", "\x1b[0m(")
		})},
	}
}

// javaUnprinted says why a scenario is left out in a layout.
func javaUnprinted(layout string, p *javaPrinter, r *javaTruthRecord) string {
	inline := strings.HasPrefix(layout, "log4j2 pipes") || strings.HasPrefix(layout, "log4j2 sep") || layout == "line separator character" ||
		layout == "escaped line break" || layout == "message before"
	switch {
	case len(r.Exceptions) == 0:
		return "no exception"
	case len(r.Exceptions) == 1 && len(r.Exceptions[0].Frames) == 0 && (inline || strings.HasPrefix(layout, "carriage")):
		return "a message and the name of an exception on one line are a message"
	case !p.null && slices.ContainsFunc(r.Exceptions, func(e javaTruthException) bool {
		return e.ToString != nil && !strings.HasPrefix(*e.ToString, e.Class) && !slices.ContainsFunc(javaToStrings[:], func(known struct{ prefix, class, suffix string }) bool { return known.class == e.Class })
	}):
		return "a toString of its own"
	case layout == "four blanks" && strings.Contains(javaJDK.print(r), "could not execute"),
		layout == "four blanks" && strings.Contains(r.Scenario, "quoted"), layout == "four blanks" && strings.Contains(r.Scenario, "reactor"):
		return "the message holds tabs"
	case layout == "coloured frames" && strings.Contains(r.Scenario, "quoted"), layout == "coloured frames" && strings.Contains(r.Scenario, "reactor"):
		return "the message holds frames"
	}
	return ""
}

func TestJavaLayouts(t *testing.T) {
	var records []javaTruthRecord
	for _, name := range []string{"logback-default", "exotic-logback-default", "kotlin-stderr", "scala-stderr", "groovy-stderr", "uncaught-hidden-frames"} {
		records = append(records, javaLoadTruth(t, filepath.Join(javaCorpus, name+".expect.json")).Records...)
	}
	t.Logf("%-28s %s", "layout", javaScoreHead)
	for _, layout := range javaLayoutTests() {
		t.Run(layout.name, func(t *testing.T) {
			var score javaScore
			for i := range records {
				r := records[i]
				if r.Thread == "" {
					r.Thread, r.Level, r.Logger = "main", "ERROR", "com.example.hotel.Desk"
				}
				if javaUnprinted(layout.name, &layout.print, &r) != "" {
					continue
				}
				in := layout.record(&r, layout.print.print(&r))
				trace, ok := javaTrace(in)
				javaKeyAgrees(t, in)
				if layout.print.depth > 0 {
					javaKeepPrinted(&r, trace, layout.print.printed)
				}
				score.compare(&r, trace.Exceptions, ok)
			}
			t.Logf("%-28s %s", layout.name, score.String())
			for _, d := range append(score.unfound, score.differences...) {
				// Logback's %ex{6} prints six frames of an exception that has more without a word: "2 common frames omitted" of its
				// suppressed ones are then not in the text.
				cut := layout.name == "logback ex{6}" && strings.Contains(d, "reactor-multiple: frame")
				// What a message itself has of the separator cannot be told from a line break.
				bars := layout.name == "log4j2 separator |" && strings.Contains(d, "value:") && strings.Contains(d, "|")
				if !strings.Contains(d, "(:1)") && !cut && !bars {
					t.Error(d)
				}
			}
		})
	}
}

// javaKeepPrinted takes from the truth the frames that a layout with a limit printed nowhere: what was read must still come in the truth's order.
func javaKeepPrinted(r *javaTruthRecord, trace Trace, printed map[int]int) {
	r.Exceptions = slices.Clone(r.Exceptions)
	sent := r.sent()
	for i := range sent {
		k := len(trace.Exceptions) - 1 - i
		if k < 0 {
			return
		}
		got, kept := trace.Exceptions[k].Frames, []javaTruthFrame(nil)
		j := len(got) - 1
		for _, f := range sent[i].Frames {
			if j >= 0 && got[j].Module == f.Module && got[j].Function == f.Function && got[j].Lineno == f.Lineno {
				kept = append(kept, f)
				j--
			}
		}
		for x := range r.Exceptions {
			if r.Exceptions[x].ID == sent[i].ID && r.Exceptions[x].Circular == nil && len(kept) >= printed[sent[i].ID] {
				r.Exceptions[x].Frames = kept
			}
		}
	}
}

// Where separate fields say type and message, the thrown exception is theirs, whatever its toString prints and its message quotes.
func TestJavaKnownMessage(t *testing.T) {
	records := javaLoadTruth(t, filepath.Join(javaCorpus, "logback-default.expect.json")).Records
	value := "rule 7 failed\n\tat com.example.rules.Rule.apply(Rule.groovy:7)\nend of rule"
	records = append(records, javaTruthRecord{Scenario: "quoted-without-a-head", Exceptions: []javaTruthException{
		{Relation: "thrown", Class: "com.example.Rules$Broken", Value: &value, Frames: []javaTruthFrame{{Module: "com.example.Rules", Function: "run", Filename: "Rules.java", Lineno: 3}}},
	}})
	jdk, logback := javaJDK, javaLogback
	for _, print := range []*javaPrinter{&jdk, &logback} {
		for _, format := range []string{"%e", "2026-11-21 19:45:20.400 %p [%t] %c - %m\n%e"} {
			var score javaScore
			for i := range records {
				r := records[i]
				if len(r.Exceptions) == 0 {
					continue
				}
				in := javaRecord(format)(&r, print.print(&r))
				in.Whole, in.Type = format == "%e", strings.ReplaceAll(r.Exceptions[0].Class, "$", ".")
				if v := r.Exceptions[0].Value; v != nil {
					in.Message = *v
				}
				trace, ok := javaTrace(in)
				javaKeyAgrees(t, in)
				score.compare(&r, trace.Exceptions, ok)
			}
			for _, d := range append(score.unfound, score.differences...) {
				t.Error(d)
			}
		}
	}
}
