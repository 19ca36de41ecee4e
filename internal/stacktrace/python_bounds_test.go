package stacktrace

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

const (
	pyRaisedText = "Traceback (most recent call last):\n  File \"/srv/shopapi/desk.py\", line 12, in bill\n    raise Declined(order)\n" +
		"shopapi.errors.Declined: order 17 declined\n"
	pyCauseText = "\nThe above exception was the direct cause of the following exception:\n\n"
)

// pyHuge are texts that a reader with a quadratic step or without a limit would choke on.
func pyHuge() map[string]string {
	sized := func(size int) func(head, unit, tail string) string {
		return func(head, unit, tail string) string { return head + strings.Repeat(unit, size/len(unit)) + tail }
	}
	fill, fill8 := sized(1<<20), sized(8<<20)
	nested := func(levels int) string {
		var b strings.Builder
		b.WriteString("  + Exception Group Traceback (most recent call last):\n  |   File \"a.py\", line 1, in f\n  | ExceptionGroup: g (1 sub-exception)\n")
		for i := range levels {
			in := strings.Repeat(" ", 2*i+2)
			b.WriteString(in + "+-+---------------- 1 ----------------\n" + in + "  | ExceptionGroup: g (1 sub-exception)\n")
		}
		return b.String()
	}
	return map[string]string{
		"message":          fill8(pyRaisedText, "more of the message, line by line\n", ""),
		"message line":     fill8(strings.TrimSuffix(pyRaisedText, "\n"), "x", ""),
		"message crlf":     fill(pyRaisedText, "more\r\n\r\n", ""),
		"blank lines":      fill(pyRaisedText, "\n", "end"),
		"calls":            fill8("Traceback (most recent call last):\n", "  File \"a.py\", line 1, in f\n    g()\n", "ValueError: x\n"),
		"repeats":          fill("Traceback (most recent call last):\n  File \"a.py\", line 1, in f\n", "  [Previous line repeated 99999999 more times]\n", "ValueError: x\n"),
		"causes":           strings.Repeat(pyRaisedText+pyCauseText, 100_000) + pyRaisedText,
		"nested classes":   strings.Repeat(strings.ReplaceAll(pyRaisedText, "Declined:", "Order.Declined:")+pyCauseText, 10_000) + pyRaisedText,
		"members":          fill("  + Exception Group Traceback (most recent call last):\n  | ExceptionGroup: g (9 sub-exceptions)\n  +-+---------------- 1 ----------------\n", "    | ValueError: x\n    +---------------- 2 ----------------\n", ""),
		"nested groups":    nested(3000),
		"headers":          fill("", "Traceback (most recent call last):\n", ""),
		"headers in line":  fill("", "Traceback (most recent call last):  ", ""),
		"words":            fill("", "Traceback ", ""),
		"boxes":            fill("", "╭─ Traceback (most recent call last) ─╮\n", ""),
		"boxes in line":    fill("", "╭─ Traceback (most recent call last) ", ""),
		"open boxes":       fill("╭─ Traceback (most recent call last) ─╮\n", "│ ╭─ locals ─╮ │\n", ""),
		"rich places":      fill("╭─ Traceback (most recent call last) ─╮\n", "│ /a/b/c │\n", ""),
		"rich source":      fill("╭─ Traceback (most recent call last) ─╮\n│ /a.py:3 in f │\n", "│ ❱ 3 │ x │\n│   4 │ y │\n", ""),
		"files":            fill("", "  File \"a.py\", line 1\n", ""),
		"files in line":    fill("", "  File \"a.py\", line 1", ""),
		"rules":            fill("", "  +-+---------------- 1 ----------------\n", ""),
		"rules below bars": fill("", "  | x\n  | y\n  +-+---------------- 1 ----------------\n", ""),
		"colours":          fill(strings.TrimSuffix(pyRaisedText, "\n"), "\x1b[31m", "\nx"),
		"open colour":      fill("\x1b", "[", "\n"+pyRaisedText),
		"wrapped":          fill("12:00:00 ERROR    failed                             a.py:1\n                  Traceback (most recent call last):        \n                    File \"a.py\", line 1, in f               \n                  ValueError: x                             \n", "                  aaaaaaaa bbbbbbbbb ccccccc ddddddd eeeee  \n", ""),
		"type":             fill("Traceback (most recent call last):\n  File \"a.py\", line 1, in f\n", "Aaaa.", "B: x"),
		"group sizes":      fill("  + Exception Group Traceback (most recent call last):\n  |   File \"a.py\", line 1, in f\n  | ExceptionGroup: ", " (1 sub-exception", "\n"),
		"fatal":            fill("Fatal Python error: x\n\n", "Thread 0x1 (most recent call first):\n  File \"a.py\", line 1 in f\n", ""),
		"garbage":          fill8("", "\x00\xff\xfe File \"| + ╭ \x1b[ Traceback (most\n", ""),
	}
}

// pyCheckTrace holds for whatever text a trace was read from.
func pyCheckTrace(t testing.TB, in Input, trace Trace) {
	t.Helper()
	require.True(t, 0 <= trace.Start && trace.Start <= trace.End && trace.End <= len(in.Text))
	require.NotEmpty(t, trace.Exceptions)
	require.LessOrEqual(t, len(trace.Exceptions), MaxExceptions)
	require.LessOrEqual(t, len(trace.Threads), MaxThreads)
	for i, e := range trace.Exceptions {
		require.NotEmpty(t, e.Type)
		require.LessOrEqual(t, len(e.Frames), MaxFrames)
		for _, f := range e.Frames {
			require.True(t, f.Filename != "" || f.Function != "")
			require.GreaterOrEqual(t, f.Lineno, 0)
		}
		if len(trace.Exceptions) > 1 {
			m := e.Mechanism
			require.NotNil(t, m)
			require.Equal(t, len(trace.Exceptions)-1-i, m.ExceptionID)
			require.True(t, m.HasID && m.HasParent == (m.ExceptionID > 0) && m.ParentID <= m.ExceptionID)
		}
		if m := e.Mechanism; m != nil {
			require.NotEmpty(t, m.Type)
		}
	}
}

func TestPythonBounds(t *testing.T) {
	for name, text := range pyHuge() {
		for _, whole := range []bool{false, true} {
			in := Input{Language: Python, Text: text, Whole: whole}
			begun := time.Now()
			start, end := pythonReader.find(text, whole)
			if start >= 0 {
				trace, ok := pythonReader.parse(in, start, end)
				key, keyed := pythonReader.key(in, start, end)
				assert.Equal(t, ok, keyed, name)
				if ok {
					pyCheckTrace(t, in, trace)
					assert.Equal(t, pyKeyOf(trace), key, name)
				}
			}
			took := time.Since(begun)
			assert.Less(t, took, 30*time.Second, name) // a quadratic step would take hours
			if took > 300*time.Millisecond {
				t.Logf("%s, whole %t: %s", name, whole, took)
			}
		}
	}
}

// TestPythonChainKeepsThrown: of a chain that is too long what was thrown and what is nearest to it stays.
func TestPythonChainKeepsThrown(t *testing.T) {
	trace, ok := Parse(Input{Text: strings.Repeat(pyRaisedText+pyCauseText, 130) + "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\nRuntimeError: thrown\n"})
	require.True(t, ok)
	require.Len(t, trace.Exceptions, MaxExceptions)
	assert.Equal(t, "RuntimeError", trace.Exceptions[MaxExceptions-1].Type)
	assert.Equal(t, 0, trace.Exceptions[MaxExceptions-1].Mechanism.ExceptionID)
}

// TestPythonRecursionKeepsNewest: of too many calls those nearest to the failure stay.
func TestPythonRecursionKeepsNewest(t *testing.T) {
	trace, ok := Parse(Input{Text: "Traceback (most recent call last):\n  File \"a.py\", line 9, in main\n    f()\n  File \"a.py\", line 1, in f\n    f()\n" +
		"  [Previous line repeated 970 more times]\n  File \"a.py\", line 2, in f\n    raise E\nE: deep\n"})
	require.True(t, ok)
	frames := trace.Exceptions[0].Frames
	require.Len(t, frames, MaxFrames)
	assert.Equal(t, sentry.Frame{Function: "f", Filename: "a.py", AbsPath: "a.py", Lineno: 1, ContextLine: "f()", InApp: sentry.True}, frames[MaxFrames-2])
	assert.Equal(t, 2, frames[MaxFrames-1].Lineno)
}

func FuzzPython(f *testing.F) {
	for _, path := range pyCasePaths(f) {
		data, err := os.ReadFile(path)
		require.NoError(f, err)
		if len(data) < 8<<10 {
			f.Add(string(data), strings.HasSuffix(path, ".whole.txt"))
		}
	}
	seeds, err := filepath.Glob("../../testdata/stacktraces/*.txt")
	require.NoError(f, err)
	for _, path := range seeds {
		data, err := os.ReadFile(path)
		require.NoError(f, err)
		f.Add(string(data), true)
	}
	f.Add("Fatal Python error: 0\nCurrent thread 0x(most recent call first):\nFile \"\", line 0", false)
	f.Fuzz(func(t *testing.T, text string, whole bool) {
		in := Input{Language: Python, Text: text, Whole: whole}
		start, end := pythonReader.find(text, whole)
		if start < 0 {
			return
		}
		trace, ok := pythonReader.parse(in, start, end)
		key, keyed := pythonReader.key(in, start, end)
		require.Equal(t, ok, keyed)
		if !ok {
			return
		}
		pyCheckTrace(t, in, trace)
		require.Equal(t, pyKeyOf(trace), key)
		if utf8.ValidString(text) {
			for _, e := range trace.Exceptions {
				require.True(t, utf8.ValidString(e.Type) && utf8.ValidString(e.Value), "%q %q", e.Type, e.Value)
			}
		}
	})
}

// pyBenchText is a usual record of a web framework: a logger's line, a cause, 30 calls.
func pyBenchText() string {
	var b strings.Builder
	b.WriteString("2031-04-17 20:34:53,150 ERROR shop.api: order 17 failed\n")
	b.WriteString(pyRaisedText + pyCauseText + "Traceback (most recent call last):\n")
	for range 25 {
		b.WriteString("  File \"/srv/venv/lib/python3.11/site-packages/starlette/middleware/errors.py\", line 164, in __call__\n" +
			"    await self.app(scope, receive, _send)\n    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n")
	}
	for range 5 {
		b.WriteString("  File \"/srv/shopapi/orders/billing.py\", line 164, in charge\n    raise Declined(order, \"no credit\")\n")
	}
	b.WriteString("shopapi.errors.Declined: order 17 declined:\n  no credit\n")
	return b.String()
}

func TestPythonKeyDoesNotAllocate(t *testing.T) {
	for _, in := range []Input{
		{Text: pyBenchText()},
		{Text: pyBenchText()[strings.Index(pyBenchText(), "Traceback"):], Whole: true, Language: Python},
	} {
		assert.Zero(t, testing.AllocsPerRun(20, func() {
			start, end := pythonReader.find(in.Text, in.Whole)
			_, ok := pythonReader.key(in, start, end)
			if !ok {
				t.Error("no key")
			}
		}))
	}
}

func BenchmarkPythonParse(b *testing.B) {
	in := Input{Text: pyBenchText(), Language: Python}
	b.SetBytes(int64(len(in.Text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := Parse(in); !ok {
			b.Fatal("no trace")
		}
	}
}

func BenchmarkPythonKey(b *testing.B) {
	in := Input{Text: pyBenchText(), Language: Python}
	b.SetBytes(int64(len(in.Text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := IssueKey(in); !ok {
			b.Fatal("no key")
		}
	}
}

// BenchmarkPythonNone is what a log line without a trace costs.
func BenchmarkPythonNone(b *testing.B) {
	text := strings.Repeat("2031-04-17 20:34:53,150 ERROR shop.api: order 17 failed, customer c-7, depot north\n", 3)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if start, _ := pythonReader.find(text, false); start >= 0 {
			b.Fatal("a trace")
		}
	}
}
