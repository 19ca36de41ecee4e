package stacktrace

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

var javaUpdate = flag.Bool("update.java", false, "write testdata/java/*.golden anew")

// javaGolden is what a case must give, in a form that a person can check against the text.
type javaGolden struct {
	Read       string // the part of the text that was read: its first and last line
	Level      sentry.Level
	Thread     string
	Exceptions []javaGoldenException
	Key        Key
}

type javaGoldenException struct {
	Is     string // id, what it is of which parent
	Type   string
	Module string
	Value  string
	Frames []string // innermost first, as in the text
}

// TestJavaCases reads testdata/java/<case>.txt, with the fields of <case>.json where there is one.
func TestJavaCases(t *testing.T) {
	paths, err := filepath.Glob("testdata/java/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".txt")
		t.Run(name, func(t *testing.T) {
			in := javaCase(t, path)
			trace, ok := javaTrace(in)
			got := "none\n"
			if ok {
				key, keyed := javaKeyed(in)
				require.True(t, keyed)
				b, err := json.MarshalIndent(javaGoldenOf(in, trace, key), "", " ")
				require.NoError(t, err)
				got = string(b) + "\n"
			}
			require.Equal(t, ok, !strings.HasPrefix(name, "none_"))
			golden := strings.TrimSuffix(path, ".txt") + ".golden"
			if *javaUpdate {
				require.NoError(t, os.WriteFile(golden, []byte(got), 0o600))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			require.Equal(t, string(want), got)
			if ok && trace.Start == 0 && !strings.HasPrefix(name, "known_") {
				in.Whole = true // is nothing new
				again, ok := javaTrace(in)
				require.True(t, ok)
				require.Equal(t, trace.Exceptions, again.Exceptions)
			}
		})
	}
}

func javaCase(t testing.TB, path string) Input {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	in := Input{Language: Java, Text: string(b)}
	if b, err = os.ReadFile(strings.TrimSuffix(path, ".txt") + ".json"); err == nil {
		require.NoError(t, json.Unmarshal(b, &in))
	}
	return in
}

// javaTrace and javaKeyed ask this reader only.
func javaTrace(in Input) (Trace, bool) {
	start, end := javaFind(in.Text, in.Whole)
	if start < 0 {
		return Trace{}, false
	}
	return javaParse(in, start, end)
}

func javaKeyed(in Input) (Key, bool) {
	start, end := javaFind(in.Text, in.Whole)
	if start < 0 {
		return Key{}, false
	}
	return javaKey(in, start, end)
}

func javaGoldenOf(in Input, trace Trace, key Key) javaGolden {
	read := in.Text[trace.Start:trace.End]
	first, _, _ := strings.Cut(read, "\n")
	g := javaGolden{Read: first + " ... " + read[strings.LastIndexByte(read, '\n')+1:], Level: trace.Level, Thread: trace.ThreadName, Key: key}
	for i := range trace.Exceptions {
		e := trace.Exceptions[len(trace.Exceptions)-1-i]
		x := javaGoldenException{Is: fmt.Sprintf("%d %s", e.Mechanism.ExceptionID, e.Mechanism.Type), Type: e.Type, Module: e.Module, Value: e.Value}
		if e.Mechanism.HasParent {
			x.Is += fmt.Sprintf(" of %d", e.Mechanism.ParentID)
		}
		for k := range e.Frames {
			f := e.Frames[len(e.Frames)-1-k]
			text := f.Module + " " + f.Function + " " + f.Filename
			if f.Lineno > 0 {
				text += fmt.Sprintf(":%d", f.Lineno)
			}
			if f.Native == sentry.True {
				text += " native"
			}
			x.Frames = append(x.Frames, text)
		}
		g.Exceptions = append(g.Exceptions, x)
	}
	return g
}

func TestJavaException(t *testing.T) {
	for class, want := range map[string]sentry.Exception{
		"java.lang.Error":                     {Type: "Error", Module: "java.lang"},
		"Boom":                                {Type: "Boom"},
		"":                                    {},
		"com.example.Errors$Slot":             {Type: "Errors$Slot", Module: "com.example"},
		"com.example.Errors.Slot":             {Type: "Errors$Slot", Module: "com.example"},
		"com.example.A.B.C":                   {Type: "A$B$C", Module: "com.example"},
		"A.B":                                 {Type: "A$B"},
		"com.example.Upper$Case.Kept":         {Type: "Kept", Module: "com.example.Upper$Case"},
		"com.example.ledger$anon":             {Type: "ledger$anon", Module: "com.example"},
		"kotlin.UninitializedAccessException": {Type: "UninitializedAccessException", Module: "kotlin"},
	} {
		want.Value = "m"
		require.Equal(t, want, JavaException(class, "m"), class)
	}
}

func TestJavaFrame(t *testing.T) {
	require.Equal(t, sentry.Frame{Module: "a.B$C", Function: "<init>", Filename: "B.java", Lineno: 7, Native: sentry.False}, JavaFrame("a.B$C", "<init>", "B.java", 7, false))
	require.Equal(t, sentry.Frame{Module: "a.B", Function: "c", Native: sentry.False}, JavaFrame("a.B", "c", "", -1, false))
	require.Equal(t, sentry.Frame{Module: "a.B", Function: "c", Native: sentry.True}, JavaFrame("a.B", "c", "", -2, true))
	require.Equal(t, "Net.java", JavaFrame("sun.nio.ch.Net", "pollConnect", "", -2, true).Filename)
	require.Empty(t, JavaFrame("sun.nio.ch.Net", "pollConnect", "", 0, false).Filename)
}

// The frames of a stack that is deeper than io.sentry sends are the innermost ones.
func TestJavaDeepStack(t *testing.T) {
	var b strings.Builder
	b.WriteString("java.lang.StackOverflowError\n")
	for i := range 1024 {
		fmt.Fprintf(&b, "\tat com.example.Deep.go(Deep.java:%d)\n", i+1)
	}
	b.WriteString("Caused by: java.lang.Error: x\n\tat com.example.Deep.top(Deep.java:9)\n\t... 1020 more\n")
	trace, ok := javaTrace(Input{Text: b.String()})
	require.True(t, ok)
	for i, newest := range []int{9, 1} {
		frames := trace.Exceptions[i].Frames
		require.Len(t, frames, javaMaxFrames)
		require.Equal(t, newest, frames[len(frames)-1].Lineno)
	}
	require.Equal(t, 5, trace.Exceptions[0].Frames[javaMaxFrames-2].Lineno, "1024-1020 of the exception around it are not its own")
}
