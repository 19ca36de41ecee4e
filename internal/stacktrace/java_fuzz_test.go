package stacktrace

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// javaSound fails where what was read cannot be right, whatever the text.
func javaSound(t testing.TB, in Input) {
	t.Helper()
	start, end := javaFind(in.Text, in.Whole)
	if start < 0 {
		require.Equal(t, -1, end)
		return
	}
	require.LessOrEqual(t, start, end)
	require.LessOrEqual(t, end, len(in.Text))
	trace, ok := javaParse(in, start, end)
	key, keyed := javaKey(in, start, end)
	require.Equal(t, ok, keyed)
	if !ok {
		return
	}
	require.LessOrEqual(t, trace.Start, trace.End)
	require.LessOrEqual(t, trace.End, len(in.Text))
	require.NotEmpty(t, trace.Exceptions)
	require.LessOrEqual(t, len(trace.Exceptions), MaxExceptions)
	calls := strings.Count(in.Text, "at ") // each frame is printed once, the exceptions around it share it
	for i, e := range trace.Exceptions {
		require.LessOrEqual(t, len(e.Frames), min(javaMaxFrames, calls))
		require.Equal(t, len(trace.Exceptions)-1-i, e.Mechanism.ExceptionID)
		require.Equal(t, e.Mechanism.ExceptionID > 0, e.Mechanism.HasParent)
		if e.Mechanism.HasParent {
			require.Less(t, e.Mechanism.ParentID, e.Mechanism.ExceptionID)
		}
		for _, f := range e.Frames {
			require.NotEmpty(t, f.Function)
			require.NotEmpty(t, f.Module)
			require.GreaterOrEqual(t, f.Lineno, 0)
		}
	}
	require.Equal(t, javaWantedKey(trace), key)
}

func FuzzJava(f *testing.F) {
	paths, err := filepath.Glob("testdata/java/*.txt")
	require.NoError(f, err)
	for _, path := range paths {
		in := javaCase(f, path)
		f.Add(in.Text, in.Whole, in.Type, in.Message)
	}
	f.Fuzz(func(t *testing.T, text string, whole bool, class, message string) {
		javaSound(t, Input{Text: text, Whole: whole, Type: class, Message: message})
	})
}

// javaUgly are texts of at least the given size that are meant to make a reader slow, large or wrong.
func javaUgly(size int) map[string]string {
	frame := "\tat com.example.Foo.run(Foo.java:11)\n"
	many := func(s string) string { return strings.Repeat(s, size/len(s)+1) }
	nested := func(caption string) string {
		var b strings.Builder
		b.WriteString("java.lang.Error: x\n" + frame)
		for i := 0; b.Len() < size; i++ {
			b.WriteString(strings.Repeat("\t", min(i, 200)) + caption + "java.lang.Error: x\n\t... 1 more\n")
		}
		return b.String()
	}
	garbage := make([]byte, size)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range garbage {
		garbage[i] = byte(random.UintN(256))
	}
	return map[string]string{
		"frames":                 "java.lang.Error: x\n" + many(frame),
		"causes":                 "java.lang.Error: x\n" + many("Caused by: java.lang.Error: x\n\t... 9 more\n"),
		"causes with frames":     "java.lang.Error: x\n" + many("Caused by: java.lang.Error: java.lang.Error: x\n"+frame+"\t... 9 more\n"),
		"wrapped":                "java.lang.Error: x\n" + many("Wrapped by: java.lang.Error: x\n"+frame),
		"suppressed":             "java.lang.Error: x\n" + frame + many("\tSuppressed: java.lang.Error: x\n\t"+frame),
		"suppressed in another":  nested("Suppressed: "),
		"message":                "java.lang.Error: " + many("a line\n") + frame,
		"message of heads":       "java.lang.Error: " + many("java.lang.Error: ") + "\n" + frame,
		"message of traces":      "java.lang.Error: " + many("java.lang.Error: x\n"+frame+"\t... 2 more\n"),
		"message of ends":        "java.lang.Error: java.lang.Error: x\n" + many(frame+"end\n"),
		"heads":                  many("java.lang.Error: x\n"),
		"one line":               "java.lang.Error: x" + many("¦\tat com.example.Foo.run(Foo.java:11)"),
		"one line of blanks":     "java.lang.Error: x \tat com.example.Foo.run(Foo.java:11) \tat com.example.Foo.run(Foo.java:11)" + many(" "),
		"one line of brackets":   "java.lang.Error: x" + many(" at com.example.Foo.run(Foo.java:11) [a:b] [c:d]"),
		"one line of messages":   "java.lang.Error: x" + many(" Caused by: java.lang.Error: java.lang.Error: x at com.example.Foo.run(Foo.java:11)"),
		"at":                     many("at "),
		"at and stops":           many("at a.b "),
		"at and brackets":        many("at a.b("),
		"at and slashes":         "\tat " + many("a /"),
		"blanks":                 many(" "),
		"tabs":                   "java.lang.Error: x\n" + many("\t"),
		"line ends":              "java.lang.Error: x\n" + many("\n"),
		"escapes":                many("\x1b[31m") + "java.lang.Error: x\n" + many("\x1b[") + frame,
		"stops":                  many("a.") + "Error: x\n" + frame,
		"words":                  many("word: "),
		"records":                many("2026-11-21 10:00:00 ERROR x\n"),
		"records and heads":      many("2026-11-21 10:00:00 ERROR x\njava.lang.Failed: x\n"),
		"thread names":           "Exception in thread \"" + many("\" ") + "java.lang.Error: x\n" + frame,
		"elisions":               "java.lang.Error: x\n" + frame + many("\t... 1048576 more\n"),
		"left out":               "java.lang.Error: x\n" + many(frame+"\t... 1048576 frames excluded\n") + "Caused by: java.lang.Error: y\n\t... 9 more\n",
		"circular":               "java.lang.Error: x\n" + frame + many("Caused by: [CIRCULAR REFERENCE: java.lang.Error: x]\n"),
		"garbage":                string(garbage),
		"garbage between frames": "java.lang.Error: x\n" + frame + string(garbage) + frame,
	}
}

func TestJavaUgly(t *testing.T) {
	for name, text := range javaUgly(64 << 10) {
		for _, whole := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/%v", name, whole), func(t *testing.T) {
				javaSound(t, Input{Text: text, Whole: whole})
				javaSound(t, Input{Text: text, Whole: whole, Type: "java.lang.Error", Message: "x"})
			})
		}
	}
}

// Work and memory grow as the text does.
func TestJavaLinear(t *testing.T) {
	const small, factor = 1 << 16, 8
	large := javaUgly(small * factor)
	for name, text := range javaUgly(small) {
		t.Run(name, func(t *testing.T) {
			var quick, slow time.Duration
			for range 5 { // while others use the machine, a run takes several times as long
				var few, many uint64
				quick, few = javaCost(Input{Text: text})
				slow, many = javaCost(Input{Text: large[name]})
				require.Less(t, many, 2*factor*few+64*uint64(len(text)), "memory")
				if slow < 4*factor*max(quick, 2*time.Millisecond) {
					return
				}
			}
			require.Fail(t, "time", "%v for %d bytes, %v for %d", quick, small, slow, small*factor)
		})
	}
}

// javaCost is the shortest of three runs, and the bytes that one allocates.
func javaCost(in Input) (time.Duration, uint64) {
	best, bytes := time.Hour, uint64(0)
	for range 3 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		from := time.Now()
		javaTrace(in)
		javaKeyed(in)
		best = min(best, time.Since(from))
		runtime.ReadMemStats(&after)
		bytes = after.TotalAlloc - before.TotalAlloc
	}
	return best, bytes
}

func TestJavaHuge(t *testing.T) {
	ugly := javaUgly(8 << 20)
	for _, name := range []string{"frames", "causes with frames", "message", "message of traces", "garbage"} {
		javaSound(t, Input{Text: ugly[name], Whole: true})
	}
}

func TestJavaManyCauses(t *testing.T) {
	text := "java.lang.Error: 0\n\tat com.example.Foo.run(Foo.java:11)\n" + strings.Repeat("Caused by: java.lang.Error: n\n\t... 1 more\n", 100_000)
	trace, ok := javaTrace(Input{Text: text, Whole: true})
	require.True(t, ok)
	require.Len(t, trace.Exceptions, MaxExceptions)
	require.Equal(t, "0", trace.Exceptions[MaxExceptions-1].Value)
	require.Equal(t, len(text)-1, trace.End)
	for _, e := range trace.Exceptions {
		require.Len(t, e.Frames, 1)
	}
	root := "java.lang.Error: n\n" + strings.Repeat("Wrapped by: java.lang.Error: n\n", 100_000) + "Wrapped by: java.lang.Error: thrown\n\tat com.example.Foo.run(Foo.java:11)\n"
	trace, ok = javaTrace(Input{Text: root})
	require.True(t, ok)
	require.Equal(t, "thrown", trace.Exceptions[MaxExceptions-1].Value)
	require.Len(t, trace.Exceptions[MaxExceptions-1].Frames, 1)
}
