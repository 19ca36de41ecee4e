package stacktrace

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// nodeCheckAny holds what is true of every text.
func nodeCheckAny(t *testing.T, in Input) {
	t.Helper()
	start, end := nodeFind(in.Text, in.Whole)
	if start < 0 {
		return
	}
	if start > end || end > len(in.Text) {
		t.Fatalf("bounds [%d, %d) of %d bytes", start, end, len(in.Text))
	}
	trace, ok := nodeParse(in, start, end)
	key, keyOK := nodeKey(in, start, end)
	if ok != keyOK {
		t.Fatalf("parse %v, key %v: %q", ok, keyOK, in.Text)
	}
	if !ok {
		return
	}
	if len(trace.Exceptions) == 0 || len(trace.Exceptions) > MaxExceptions {
		t.Fatalf("%d exceptions", len(trace.Exceptions))
	}
	for i, e := range trace.Exceptions {
		if e.Type == "" && e.Value == "" {
			t.Fatalf("exception %d says nothing: %q", i, in.Text)
		}
		if len(e.Frames) > MaxFrames {
			t.Fatalf("%d frames", len(e.Frames))
		}
		for _, f := range e.Frames {
			if f.Filename == "" && f.Function == "" || f.Lineno < 0 || f.Colno < 0 {
				t.Fatalf("frame %+v", f)
			}
		}
		if m := e.Mechanism; m != nil && m.HasParent && (m.ParentID >= m.ExceptionID || m.ExceptionID != len(trace.Exceptions)-1-i) {
			t.Fatalf("exception %d: %+v", i, m)
		}
	}
	nodeCheckKey(t, trace, key)
}

func FuzzNode(f *testing.F) {
	names, err := filepath.Glob("testdata/node/*.txt")
	require.NoError(f, err)
	for _, name := range names {
		data, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(string(data), "", "", false)
		f.Add(string(data), "Error", "gone", true)
	}
	f.Fuzz(func(t *testing.T, text, typ, message string, whole bool) {
		nodeCheckAny(t, Input{Text: text, Type: typ, Message: message, Whole: whole})
		nodeCheckAny(t, Input{Language: Node, Text: text})
	})
}

// Long texts that lead each loop astray: time stays linear. The bound is some fifty times what a run takes; a quadratic loop takes hours.
func TestNodeBounded(t *testing.T) {
	size := 1 << 20
	fill := func(s string) string { return strings.Repeat(s, size/len(s)+1) }
	frame := "    at f (/a.js:1:2)\n"
	head := "Error: x\n" + frame
	texts := map[string]string{
		"frames":          "Error: x\n" + fill(frame),
		"causes":          head + fill("caused by: "+head),
		"causes bare":     head + fill("caused by: Error: x\n"),
		"causes nested":   "Error: x\n    at f (/a.js:1:2) {\n" + fill("  [cause]: Error: x\n      at f (/a.js:1:2) {\n"),
		"members":         "Error: x\n    at f (/a.js:1:2) {\n  [errors]: [\n" + fill("    Error: x\n        at f (/a.js:1:2),\n") + "  ]\n}",
		"members inline":  "Error: x\n    at f (/a.js:1:2) {\n  [errors]: [ " + fill("[Error: x], ") + " ]\n}",
		"inline open":     "Error: x\n    at f (/a.js:1:2) {\n  [errors]: [ " + fill("[[, "),
		"message":         "Error: x\n" + fill("one more line\n") + frame,
		"message frames":  "Error: x\n" + fill(frame+"no name\n"),
		"message headers": fill("Error: x\n") + frame,
		"decoys":          fill("Trace: x\n" + frame),
		"decoys apart":    fill("Trace: x\n\n" + frame),
		"headless":        fill("words\n" + frame),
		"carets":          fill("a.js:1\nx\n^\n"),
		"carets alone":    fill("^\n"),
		"carets line":     fill("^"),
		"arrows":          fill("/a.js:1\nx\n^\n") + head,
		"brackets":        fill("[Error: x "),
		"bracket lines":   fill("[Error: x\n"),
		"bracket closed":  fill("[Error: x] "),
		"tags":            fill("Error [x"),
		"words":           fill("Rejection "),
		"words glued":     fill("ErrorError"),
		"dots":            fill("a.Error: "),
		"colons":          fill(":1") + frame,
		"parens":          "    at f " + fill("(") + "\n",
		"parens apart":    "    at f " + fill(" (") + "\n",
		"at":              fill("at "),
		"at lines":        fill("at \n"),
		"at blanks":       fill(" ") + "at x",
		"blank lines":     "Error: x\n" + fill("\n") + frame,
		"colours":         fill("\x1b[3") + frame,
		"colour codes":    fill("\x1b[31m") + "Error: x\n" + frame,
		"digits m":        fill("1m;") + "Error: x\n" + frame,
		"pretty":          fill("\"stack\":\n"),
		"pretty line":     fill(`"stack":`),
		"pretty objects":  fill("err: {\n  \"stack\":\n    Error: x\n"),
		"pretty nested":   "err: {\n  \"stack\":\n    Error: x\n" + fill("  \"cause\": {\n    \"stack\":\n      Error: x\n  }\n"),
		"quoted":          fill(`stack: 'Error: x\n`),
		"quoted open":     fill(`stack: "`),
		"quoted joined":   "stack: 'Error: x\\n' +\n" + fill("'    at f (/a.js:1:2)\\n' +\n"),
		"folds":           head + fill("    ... 9 lines matching cause stack trace ...\n"),
		"folds repeat":    head + fill("    ... collapsed 9999 duplicate lines matching above 1 lines 9999 times...\n"),
		"thrown object":   "/a.js:1\nx\n^\n{ " + fill("a: {'") + "}",
		"command failed":  fill("Error: Command failed\n") + frame,
		"long line":       "Error: " + fill("x") + "\n" + frame,
		"zeros":           fill("\x00"),
		"name property":   "Error: x\n    at f (/a.js:1:2) {\n" + fill("  name: '\n"),
	}
	size = 8 << 20
	texts["8 MB of frames"] = "Error: x\n" + fill(frame)
	texts["8 MB of causes"] = head + fill("caused by: "+head)
	texts["8 MB of message"] = "Error: " + fill("one more line\n") + frame
	for name, text := range texts {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			for _, whole := range []bool{false, true} {
				nodeCheckAny(t, Input{Text: text, Whole: whole})
			}
			assert.Less(t, time.Since(began), 10*time.Second)
			t.Log(time.Since(began).Round(time.Millisecond))
		})
	}
}

func TestNodeManyCauses(t *testing.T) {
	text := "Error: 0\n    at f (/a.js:1:2)\n" + strings.Repeat("caused by: Error: n\n    at f (/a.js:1:2)\n", 100000)
	trace, ok := Parse(Input{Language: Node, Text: text, Whole: true})
	require.True(t, ok)
	assert.Len(t, trace.Exceptions, MaxExceptions)
	assert.Equal(t, len(text), trace.End)
	start, end := nodeFind("lead\n"+text+"tail", false)
	assert.Equal(t, 5, start)
	assert.Equal(t, 5+len(text)-1, end)
}
