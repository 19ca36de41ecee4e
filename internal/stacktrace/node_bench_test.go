package stacktrace

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// nodeBenchTexts are the usual kinds of text: a stack alone, one behind a logger's header with properties and causes, one in colours, none.
func nodeBenchTexts(tb testing.TB) map[string]Input {
	read := func(name string) string {
		data, err := os.ReadFile("testdata/node/" + name + ".txt")
		require.NoError(tb, err)
		return string(data)
	}
	return map[string]Input{
		"stack":   {Language: Node, Whole: true, Type: "Error", Message: "wrapped", Text: strings.Split(read("fold_cause"), " {")[0]},
		"inspect": {Text: "2026-03-01T10:00:00Z ERROR app - order 17 failed " + read("fold_cause")},
		"colours": {Text: read("colours")},
		"died":    {Text: read("node24_uncaught")},
	}
}

func BenchmarkNodeParse(b *testing.B) {
	for name, in := range nodeBenchTexts(b) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(in.Text)))
			for b.Loop() {
				start, end := nodeFind(in.Text, in.Whole)
				if _, ok := nodeParse(in, start, end); !ok {
					b.Fatal("no trace")
				}
			}
		})
	}
}

func BenchmarkNodeKey(b *testing.B) {
	for name, in := range nodeBenchTexts(b) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(in.Text)))
			for b.Loop() {
				start, end := nodeFind(in.Text, in.Whole)
				if _, ok := nodeKey(in, start, end); !ok {
					b.Fatal("no trace")
				}
			}
		})
	}
}

// A log line without a trace is what triage sees most.
func BenchmarkNodeFindNothing(b *testing.B) {
	line := `2026-03-01T10:00:00Z ERROR app - Error 502 from upstream at gateway-3: order 17 not placed, {"attempt":3,"path":"/orders/17"}`
	b.ReportAllocs()
	b.SetBytes(int64(len(line)))
	for b.Loop() {
		if start, _ := nodeFind(line, false); start >= 0 {
			b.Fatal("a trace")
		}
	}
}

func TestNodeKeyDoesNotAllocate(t *testing.T) {
	for name, in := range nodeBenchTexts(t) {
		allocs := testing.AllocsPerRun(20, func() {
			start, end := nodeFind(in.Text, in.Whole)
			_, _ = nodeKey(in, start, end)
		})
		require.Zero(t, allocs, name)
	}
}
