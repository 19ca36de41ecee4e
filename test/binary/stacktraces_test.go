package binary

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"

	"github.com/otelcol-sentry/otelcol-sentry/internal/join"
)

// joiningYAML reads kubelet's files and sends on what the operator joined.
func joiningYAML(reading, pods, state, endpoint string, flushAfter time.Duration) string {
	return strings.NewReplacer("$READING", reading, "$PODS", pods, "$STATE", state, "$ENDPOINT", endpoint, "$FLUSH", flushAfter.String()).Replace(`
extensions:
  file_storage: {directory: "$STATE", create_directory: true}
receivers:
  file_log:
    include: ["$PODS/*/*/*.log*"]
    start_at: beginning
    poll_interval: 20ms
    $READING
    force_flush_period: 0
    include_file_path: true
    include_file_record_offset: true
    storage: file_storage
    retry_on_failure: {enabled: true, max_elapsed_time: 0}
    operators:
      - {type: sentry_stacktrace, flush_after: $FLUSH}
exporters:
  otlp_http:
    endpoint: $ENDPOINT
    compression: none
    sending_queue: {enabled: false}
    retry_on_failure: {initial_interval: 50ms, max_interval: 100ms, max_elapsed_time: 0}
service:
  extensions: [file_storage]
  telemetry:
    metrics: {level: none}
    logs: {level: warn, disable_stacktrace: true}
  pipelines:
    logs: {receivers: [file_log], exporters: [otlp_http]}
`)
}

// podLog is the log of a container: what its program wrote, and how much of that is in the file.
type podLog struct {
	num     int
	name    string // in the corpus
	file    string
	lines   []string
	written int
	turns   []int // before which lines kubelet rotated the file
}

// epoch is the time of line 0 of file 0. A line's time is its number in microseconds later, its file's in nanoseconds.
var epoch = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)

// podLogs gives each log of the corpus, of the languages that are joined, a pod.
func podLogs(t *testing.T, pods string) []*podLog {
	var logs []*podLog
	for _, pattern := range []string{"java/*.log", "pynode/*.log", "multi/go-*.log", "multi/mix-*.log"} {
		files, err := filepath.Glob(filepath.Join(root, "testdata/corpus/logs", pattern))
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			num := len(logs)
			dir := filepath.Join(pods, fmt.Sprintf("shop_app-%d_00000000-0000-4000-8000-%012d", num, num), "app")
			require.NoError(t, os.MkdirAll(dir, 0o700))
			logs = append(logs, &podLog{
				num: num, name: filepath.Base(file), file: filepath.Join(dir, "0.log"), lines: strings.Split(strings.TrimSuffix(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n"), "\n"),
			})
		}
	}
	require.Greater(t, len(logs), 50)
	return logs
}

// write appends the next lines as the container runtime does: each with its time, cut at 16 KiB, and some cut anywhere.
func (l *podLog) write(t *testing.T, random *rand.Rand, lines int) {
	var out bytes.Buffer
	for ; lines > 0 && l.written < len(l.lines); lines-- {
		at := epoch.Add(time.Duration(l.written)*time.Microsecond + time.Duration(l.num)).Format("2006-01-02T15:04:05.000000000Z")
		text := l.lines[l.written]
		for {
			size := 16 << 10
			if random.IntN(4) == 0 {
				size = 1 + random.IntN(100)
			}
			if len(text) <= size {
				break
			}
			fmt.Fprintf(&out, "%s stdout P %s\n", at, text[:size])
			text = text[size:]
		}
		fmt.Fprintf(&out, "%s stdout F %s\n", at, text)
		l.written++
	}
	f, err := os.OpenFile(l.file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	defer f.Close()
	_, err = f.Write(out.Bytes())
	require.NoError(t, err)
}

// rotate is what kubelet does with a file that is large: the runtime opens a new one at once. The collector has begun to read the file.
func (l *podLog) rotate(t *testing.T, b *backend) {
	b.mu.Lock()
	begun := len(b.pieces[l.num]) > 0 && (len(l.turns) == 0 || last(b.pieces[l.num]).first >= last(l.turns))
	b.mu.Unlock()
	if !begun || l.written == len(l.lines) || len(l.turns) == 3 {
		return
	}
	l.turns = append(l.turns, l.written)
	require.NoError(t, os.Rename(l.file, fmt.Sprintf("%s.20261121-10000%d", l.file, len(l.turns))))
	require.NoError(t, os.WriteFile(l.file, nil, 0o600))
}

func last[T any](list []T) T { return list[len(list)-1] }

// piece is a record: the number of its first line, and its text.
type piece struct {
	first int
	text  string
}

// pieces are the records of what was written of a log, by their first lines, as the rules of joining have them. Those are held against what the
// programs of the corpus know they wrote where the rules are tested. complete is how many of the lines need no more to come.
func (l *podLog) pieces() (out []piece, complete int) {
	streams := map[string]*join.Stream[int]{}
	collect := func(prefix string) {
		for lines, ok := streams[prefix].Next(); ok; lines, ok = streams[prefix].Next() {
			p := piece{lines[0].Value, prefix + lines[0].Text}
			for _, line := range lines[1:] {
				p.text += "\n" + line.Text
			}
			out = append(out, p)
			complete += len(lines)
		}
	}
	for n, line := range l.lines[:l.written] {
		prefix, rest := join.Prefix(line)
		if streams[prefix] == nil {
			streams[prefix] = join.NewStream[int](join.Limits{Lines: 5000, Bytes: 512 << 10, HeldLines: 10_000, HeldBytes: 1 << 20})
		}
		streams[prefix].Push(rest, n, 0)
		collect(prefix)
	}
	released := complete
	for prefix, s := range streams {
		s.Flush()
		collect(prefix)
	}
	slices.SortFunc(out, func(a, b piece) int { return a.first - b.first })
	return out, released
}

// backend takes records, in the order in which they come, each once.
type backend struct {
	t      *testing.T
	mu     sync.Mutex
	pieces map[int][]piece // by file
	known  map[int64]string
	lines  int
}

func (b *backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil { // the collector was killed
		return
	}
	req := plogotlp.NewExportRequest()
	if !assert.NoError(b.t, req.UnmarshalProto(body)) {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, rl := range req.Logs().ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			for _, rec := range sl.LogRecords().All() {
				b.take(rec)
			}
		}
	}
	answer, err := plogotlp.NewExportResponse().MarshalProto()
	assert.NoError(b.t, err)
	w.Header().Set("Content-Type", "application/x-protobuf")
	_, _ = w.Write(answer)
}

// take notes a record. What comes again after a kill must be the same.
func (b *backend) take(rec plog.LogRecord) {
	at := rec.Timestamp().AsTime().Sub(epoch).Nanoseconds()
	text := rec.Body().AsString()
	if before, again := b.known[at]; again {
		assert.Equal(b.t, before, text)
		return
	}
	b.known[at] = text
	b.pieces[int(at%1000)] = append(b.pieces[int(at%1000)], piece{int(at / 1000), text})
	b.lines += 1 + strings.Count(text, "\n")
}

func (b *backend) taken() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lines
}

// kill ends the collector without warning.
func (c *collector) kill() {
	_ = c.cmd.Process.Signal(syscall.SIGKILL)
	<-c.exited
}

// TestStackTraces: the logs of the corpus, each in a file of its own and all written at once, a few lines here and a few there, with lines
// cut into parts, files rotated wherever they are, and the collector killed twice and stopped once meanwhile: every record comes whole, and
// in its place.
func TestStackTraces(t *testing.T) {
	t.Run("read as they are cut", func(t *testing.T) {
		testStackTraces(t, "encoding: utf8-raw\n    preserve_trailing_whitespaces: true", func(pieces []piece) []piece { return pieces })
	})
	t.Run("read as the receiver does else", func(t *testing.T) {
		testStackTraces(t, "encoding: utf-8", rightTrimmed)
	})
}

func testStackTraces(t *testing.T, reading string, compared func([]piece) []piece) {
	dir := t.TempDir()
	pods, state := filepath.Join(dir, "pods"), filepath.Join(dir, "state")
	logs := podLogs(t, pods)
	b := &backend{t: t, pieces: map[int][]piece{}, known: map[int64]string{}}
	server := httptest.NewServer(b)
	defer server.Close()
	total := 0
	for _, l := range logs {
		total += len(l.lines)
	}
	config := joiningYAML(reading, pods, state, server.URL, time.Hour) // nothing is completed by time
	c := launch(t, config)
	random := rand.New(rand.NewPCG(8, 1))
	for third := 1; third <= 3; third++ {
		writeLogs(t, logs, random, b, total*third/3)
		came(t, b, completeLines(logs))
		if third < 3 {
			writeLogs(t, logs, random, b, total*third/3+total/20) // it dies while it reads these,
			c.kill()
			writeLogs(t, logs, random, b, total*third/3+total/6) // and finds these when it comes back
			c = launch(t, config)
		}
	}
	rotations := 0
	for _, l := range logs {
		rotations += len(l.turns)
	}
	require.Greater(t, rotations, 50)
	c.stop()
	c = launch(t, joiningYAML(reading, pods, state, server.URL, 5*time.Second))
	came(t, b, total)
	c.stop()
	for _, l := range logs {
		want, _ := l.pieces()
		got := b.pieces[l.num]
		if l.name == "mix-compose-prefix.log" { // two streams, each in its own order
			slices.SortFunc(got, func(a, b piece) int { return a.first - b.first })
		}
		assert.Equal(t, compared(want), compared(got), l.name)
	}
}

// rightTrimmed leaves out the blanks at the ends of lines, which a receiver cuts off that is not told otherwise.
func rightTrimmed(pieces []piece) (out []piece) {
	for _, p := range pieces {
		lines := strings.Split(p.text, "\n")
		for i := range lines {
			lines[i] = strings.TrimRight(lines[i], " \t")
		}
		out = append(out, piece{p.first, strings.Join(lines, "\n")})
	}
	return out
}

// writeLogs writes some lines here and some there until so many are written.
func writeLogs(t *testing.T, logs []*podLog, random *rand.Rand, b *backend, lines int) {
	written := 0
	for _, l := range logs {
		written += l.written
	}
	for written < lines {
		for _, l := range logs {
			before := l.written
			l.write(t, random, 1+random.IntN(20))
			if random.IntN(4) == 0 {
				l.rotate(t, b)
			}
			written += l.written - before
		}
	}
}

func completeLines(logs []*podLog) (lines int) {
	for _, l := range logs {
		_, complete := l.pieces()
		lines += complete
	}
	return lines
}

func came(t *testing.T, b *backend, lines int) {
	t.Helper()
	eventually(t, func() string {
		if b.taken() >= lines {
			return ""
		}
		return fmt.Sprintf("%d of %d lines came", b.taken(), lines)
	})
}
