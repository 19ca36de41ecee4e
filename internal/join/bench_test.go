package join

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func benchPush(b *testing.B, lines []string) {
	s := NewStream[int](wide)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		s.Push(lines[i%len(lines)], i, int64(i))
		for _, ok := s.Next(); ok; _, ok = s.Next() {
		}
		i++
	}
}

// BenchmarkPush is the cost of one line.
func BenchmarkPush(b *testing.B) {
	var java, python, golang, node []string
	for glob, lines := range map[string]*[]string{"java/log4j2-xex*.log": &java, "pynode/python-logging-f*.log": &python, "multi/go-runtime-*.log": &golang, "pynode/node-winston-p*.log": &node} {
		paths, err := filepath.Glob(corpus + glob)
		require.NoError(b, err)
		for _, path := range paths {
			*lines = append(*lines, readLines(b, path)...)
		}
	}
	b.Run("ordinary", func(b *testing.B) {
		benchPush(b, []string{
			"2026-11-21T19:39:28.623Z INFO tick 1 errors=0",
			"2026-11-21 19:45:35.472  INFO 28484 --- [inventory] [           main] com.example.inventory.CoreScenarios      : Inventory service starting",
			"INFO:orders.api:start job 0",
			`127.0.0.1 - - [21/Nov/2026:19:44:13 +0000] "GET /order/unicode HTTP/1.1" 500 910 "-" "node"`,
			"I1121 19:15:48.409575    8680 loggers.go:172] started",
		})
	})
	b.Run("json", func(b *testing.B) {
		benchPush(b, []string{`{"level":"info","ts":"2026-11-21T19:36:17.373Z","caller":"fileutil/purge.go:42","msg":"started to purge file","dir":"/app/snap","max":5}`})
	})
	b.Run("plain", func(b *testing.B) {
		benchPush(b, []string{"order 12 starting", "GET /ok 200", "all done, waiting for the next", "x"})
	})
	b.Run("long", func(b *testing.B) {
		benchPush(b, []string{"2026-11-21T19:39:28.623Z INFO " + strings.Repeat("word ", 200)})
	})
	b.Run("java", func(b *testing.B) { benchPush(b, java) })
	b.Run("python", func(b *testing.B) { benchPush(b, python) })
	b.Run("go", func(b *testing.B) { benchPush(b, golang) })
	b.Run("node", func(b *testing.B) { benchPush(b, node) })
}
