package stacktrace

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func FuzzGolang(f *testing.F) {
	for _, glob := range []string{"testdata/golang/*.txt", golangCorpus + "go-*.log", golangCorpus + "mix-*.log"} {
		paths, err := filepath.Glob(glob)
		require.NoError(f, err)
		for _, path := range paths {
			text, err := os.ReadFile(path)
			require.NoError(f, err)
			f.Add(string(text[:min(len(text), 4<<10)]), "", "", strings.HasPrefix(filepath.Base(path), "pkg_"))
		}
	}
	f.Add("main.f\n\t/app/main.go:7", "*errors.withStack", "outer: root", true)
	for _, text := range []string{"0\nruntime.goexit\n .s:0\n0", "0\"A.\\n 0/.go:0\"0", "A.:0", "A.\n .go:0\nruntime.goexit\n .s:0\nruntime.goexit\n .s:0"} {
		f.Add(text, "", " ", true)
		f.Add(text, "", "0", false)
	}
	f.Add("goroutine 1 [running]:\nmain.f()\n\t/app/main.go:7", ".string", "text", true)
	f.Fuzz(func(t *testing.T, text, typ, message string, whole bool) {
		in := Input{Language: Go, Text: text, Type: typ, Message: message, Whole: whole}
		start, end := golangFind(text, whole)
		if start < 0 {
			return
		}
		if start > end || end > len(text) {
			t.Fatalf("bounds %d:%d of %d", start, end, len(text))
		}
		tr, ok := golangParse(in, start, end)
		key, keyOK := golangKey(in, start, end)
		if !ok {
			return
		}
		if tr.Start < start || tr.Start > tr.End || tr.End != end {
			t.Fatalf("found %d:%d, read %d:%d", start, end, tr.Start, tr.End)
		}
		if want := golangTraceKey(tr); keyOK != (want != Key{}) || key != want {
			t.Fatalf("key %+v, the trace's is %+v", key, want)
		}
		if len(tr.Exceptions) > MaxExceptions || len(tr.Threads) > MaxThreads+1 {
			t.Fatalf("%d exceptions, %d threads", len(tr.Exceptions), len(tr.Threads))
		}
		for _, e := range tr.Exceptions {
			golangCheckFrames(t, e.Frames)
		}
		for _, th := range tr.Threads {
			golangCheckFrames(t, th.Frames)
		}
	})
}

// golangBig are texts that a reader with a loop too many would not finish.
func golangBig(size int) map[string]string {
	fill := func(head, unit, tail string) string {
		return head + strings.Repeat(unit, max(1, (size-len(head)-len(tail))/len(unit))) + tail
	}
	call := "main.f(0x1)\n\t/app/main.go:7 +0x1d\n"
	own := "main.f\n\t/app/main.go:7\nruntime.goexit\n\t/usr/local/go/src/runtime/asm_amd64.s:1771\n"
	return map[string]string{
		"goroutines":         fill("panic: x\n\n", "goroutine 7 [select, 9 minutes]:\n"+call+"\n", ""),
		"one deep stack":     fill("panic: x\n\ngoroutine 1 [running]:\n", call, ""),
		"causes":             fill("root\n"+own, "layer\n"+own, ""),
		"causes, no stacks":  fill("", "layer\n", own),
		"stacks, no message": fill("root\n", own, ""),
		"nested panics":      fill("panic: first\n", "\tpanic: next [recovered]\n", "\ngoroutine 1 [running]:\n"+call),
		"one value":          fill("panic: ", "x", "\n\ngoroutine 1 [running]:\n"+call),
		"value of lines":     fill("panic: x\n", "\ty\n", "\ngoroutine 1 [running]:\n"+call),
		"heads":              fill("", "panic: x\n", ""),
		"fatal heads":        fill("", "fatal error: x\n", ""),
		"notes":              fill("", "runtime: x\n", "fatal error: y\n"),
		"signals":            fill("", "SIGQUIT: quit\n", ""),
		"headers":            fill("", "goroutine 1 [running]:\n", ""),
		"headers in a line":  fill("", "goroutine 1 [running]: ", ""),
		"halves of calls":    fill("", "main.f(0x1)\n", "\t/app/main.go:7\n"),
		"places":             fill("", "\t/app/main.go:7\n", ""),
		"anchors":            fill("", ".go: ", ""),
		"anchors, lines":     fill("", ".go:\n", ""),
		"quotes":             fill("", `".go:\n`, ""),
		"escapes":            fill("", `\n.go:`, ""),
		"backslashes":        fill(`".go:`, `\\`, `\n"`),
		"escaped chain":      fill(`err="root\n`, strings.NewReplacer("\n", `\n`, "\t", `\t`).Replace(own+"layer\n"), `"`),
		"colours":            fill("panic: ", "\x1b[31m", "\n"),
		"blanks":             fill("panic: x\n", " ", ".go:7\n"),
		"tabs":               fill("panic: x\n", "\t\n", "main.go:7\n"),
		"strangers":          fill("goroutine 1 [running]:\n"+call, "2026-11-21T10:00:00Z INFO x\n", call),
		"cockroach":          fill("m\n(1) a\n", "Wraps: (2) attached stack trace\n  -- stack trace:\n  | main.f\n  | \t/app/main.go:7\n  | [...repeated from below...]\n", "Wraps: (3) m\nError types: (1) *a.T (2) *b.T\n"),
		"cockroach's types":  fill("m\n(1) a\n  -- stack trace:\n  | main.f\n  | \t/app/main.go:7\nError types: ", "(1) *a.T ", ""),
		"cockroach's tree":   fill("m\n(1) attached stack trace\n  -- stack trace:\n  | main.f\n  | \t/app/main.go:7\n", "└─ Wraps: (2) x\n", "Error types: (1) *a.T"),
		"no cockroach":       fill("(1)\n", "  -- stack trace:\n  | main.f\n  | \t/app/main.go:7\n2026-11-21\n", ""),
		"eris":               fill("a\n", "\tmain.f:/app/main.go:7\nb\n", ""),
		"eris calls":         fill("a\n", "\tmain.f:/app/main.go:7\n", ""),
		"oops":               fill("Oops: a\nStacktrace:\n", "Thrown: a\n  --- at /app/main.go:7 f()\n", ""),
		"many oops":          fill("", "Oops: a\n  --- at /app/main.go:7 f()\n", ""),
		"sources":            fill("*errors.T x\n", "/app/main.go:7 (0x1)\n\tf: x\n", ""),
		"xerrors":            fill("a:\n", "    main.f\n        /app/main.go:7\n  - b:\n", ""),
		"juju":               fill("", "main.f:7: x\n", ""),
		"data":               fill(`[{"func":"f","source":"main.go","line":1}`, `,{"func":"f","source":"main.go","line":1}`, "]"),
		"data begins":        fill("", `[{"func":"`, ""),
		"races":              fill("WARNING: DATA RACE\n", "Read at 0x1 by goroutine 7:\n  main.f()\n      /app/main.go:7 +0x1\n\n", ""),
		"intros":             fill("2026-11-21 ", "x: ", "\n"+own),
		"stamps":             fill("", "2026-11-21 ERROR ", "\n"+own),
	}
}

func TestGolangBounds(t *testing.T) {
	large, texts := golangBig(10<<20), golangBig(1<<20)
	for _, name := range []string{"goroutines", "causes"} { // more than 100,000 of them
		texts[name] = large[name]
	}
	for name, text := range texts {
		t.Run(name, func(t *testing.T) {
			for _, whole := range []bool{false, true} {
				in := Input{Language: Go, Text: text, Whole: whole}
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				began := time.Now()
				start, end := golangFind(text, whole)
				if start >= 0 {
					tr, ok := golangParse(in, start, end)
					if ok {
						assert.LessOrEqual(t, len(tr.Exceptions), MaxExceptions)
						assert.LessOrEqual(t, len(tr.Threads), MaxThreads+1)
					}
					key, _ := golangKey(in, start, end)
					if ok {
						assert.Equal(t, golangTraceKey(tr), key)
					}
				}
				took := time.Since(began)
				runtime.ReadMemStats(&after)
				assert.Less(t, took, 15*time.Second, "for %d bytes", len(text))
				assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(200<<20), "bytes allocated")
			}
		})
	}
}

// TestGolangGarbage cuts and shuffles real traces: nothing may panic, whatever is found must hold together.
func TestGolangGarbage(t *testing.T) {
	for _, path := range golangCases(t) {
		in := golangCase(t, path)
		if len(in.Text) > 3000 {
			in.Text = in.Text[:3000]
		}
		for cut := 0; cut < len(in.Text); cut += 7 {
			for _, text := range []string{in.Text[:cut], in.Text[cut:], in.Text[cut:] + in.Text[:cut]} {
				tr, ok := Parse(Input{Language: Go, Text: text, Whole: in.Whole})
				if ok {
					golangCheckKey(t, Input{Language: Go, Text: text, Whole: in.Whole}, tr)
				}
			}
		}
	}
}

func BenchmarkGolang(b *testing.B) {
	for _, name := range []string{"plain_index", "panic_nilderef", "goroutines", "web_http", "pkg_new", "pkg_wrap3", "crdb_wrap", "crash_overflow", "zap_console"} {
		text, err := os.ReadFile("testdata/golang/" + name + ".txt")
		require.NoError(b, err)
		in := Input{Language: Go, Text: string(text)}
		start, end := golangFind(in.Text, false)
		require.GreaterOrEqual(b, start, 0)
		b.Run(fmt.Sprintf("parse/%s/%d", name, len(text)), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				golangParse(in, start, end)
			}
		})
		b.Run(fmt.Sprintf("find+key/%s/%d", name, len(text)), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				start, end := golangFind(in.Text, false)
				golangKey(in, start, end)
			}
		})
	}
	for _, none := range []string{
		"2026-11-21T19:39:33.364Z INFO tick 2 errors=0",
		`{"level":"info","ts":"2026-11-21T19:36:17.373Z","caller":"fileutil/purge.go:42","msg":"started to purge file","dir":"/app/snap","max":5}`,
	} {
		b.Run(fmt.Sprintf("find/nothing/%d", len(none)), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				golangFind(none, false)
			}
		})
	}
}

// TestGolangKeyAllocates nothing but the message of an error in layers, which stands in no one place.
func TestGolangKeyAllocates(t *testing.T) {
	for name, most := range map[string]float64{
		"plain_index": 0, "panic_nilderef": 0, "panic_literal": 0, "goroutines": 0, "web_http": 0, "printed_index": 0, "crash_quit": 0,
		"crash_chain": 0, "pkg_new": 0, "pkg_wrap": 1, "pkg_wrap3": 1, "hclog": 0, "logrus_printed": 0,
	} {
		text, err := os.ReadFile("testdata/golang/" + name + ".txt")
		require.NoError(t, err)
		in := Input{Language: Go, Text: string(text), Whole: strings.HasPrefix(name, "pkg_")}
		var ok bool
		allocs := testing.AllocsPerRun(20, func() {
			start, end := golangFind(in.Text, in.Whole)
			_, ok = golangKey(in, start, end)
		})
		assert.True(t, ok, name)
		assert.LessOrEqual(t, allocs, most, name)
	}
}
