package stacktrace

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/stanza/entry"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/stanza/operator"

	"github.com/otelcol-sentry/otelcol-sentry/internal/storagetest"
)

func TestConfig(t *testing.T) {
	var cfg operator.Config
	require.NoError(t, confmap.NewFromStringMap(map[string]any{
		"type": "sentry_stacktrace", "id": "joiner", "output": []any{"next"}, "format": "cri", "add_metadata_from_filepath": false,
		"flush_after": "3s", "max_lines": 7, "max_bytes": "1KiB", "max_files": 9, "shutdown_timeout": "1m",
	}).Unmarshal(&cfg))
	want := NewConfig()
	want.OperatorID, want.OutputIDs, want.Format, want.AddMetadataFromFilePath = "joiner", []string{"next"}, "cri", false
	want.FlushAfter, want.MaxLines, want.MaxBytes, want.MaxFiles, want.ShutdownTimeout = 3*time.Second, 7, 1024, 9, time.Minute
	assert.Equal(t, want, cfg.Builder)
	op, err := cfg.Build(componenttest.NewNopTelemetrySettings())
	require.NoError(t, err)
	assert.Equal(t, "joiner", op.ID())
	assert.Equal(t, Type, op.Type())
	assert.True(t, op.CanProcess())
	assert.True(t, op.CanOutput())
}

func TestConfigErrors(t *testing.T) {
	cfg := NewConfig()
	cfg.Format, cfg.FlushAfter, cfg.MaxLines, cfg.MaxBytes, cfg.MaxFiles, cfg.ShutdownTimeout = "gelf", 0, -1, 0, 0, 0
	_, err := cfg.Build(componenttest.NewNopTelemetrySettings())
	for _, field := range []string{"'format' is \"gelf\"", "'flush_after'", "'max_lines'", "'max_bytes'", "'max_files'", "'shutdown_timeout'"} {
		assert.ErrorContains(t, err, field)
	}
}

func TestFrames(t *testing.T) {
	at := time.Date(2026, 11, 21, 17, 10, 59, 66445105, time.UTC)
	for line, want := range map[string]*frame{
		"2026-11-21T17:10:59.066445105Z stdout F hello  there": {at, "stdout", false, "hello  there"},
		"2026-11-21T17:10:59.066445105Z stderr P \tat x":       {at, "stderr", true, "\tat x"},
		"2026-11-21T18:10:59.066445105+01:00 stdout F x":       {at, "stdout", false, "x"},
		"2026-11-21T16:40:59.066445105-00:30 stdout F x":       {at, "stdout", false, "x"},
		"2026-11-21T17:10:59.066445105Z stdout F ":             {at, "stdout", false, ""},
		"2026-11-21T17:10:59.066445105Z stdout F":              {at, "stdout", false, ""},
		"2026-11-21T17:10:59.066445105Z stdout P:tag x":        {at, "stdout", true, "x"},
		"2026-11-21T17:10:59Z stdout F x":                      {at.Truncate(time.Second), "stdout", false, "x"},
		"2026-11-21T17:10:59.066445105Z stdout X x":            nil,
		"2026-11-21T17:10:59.066445105Z stdlog F x":            nil,
		"2026-11-21T17:10:59.066445105 stdout F x":             nil,
		"2026-13-21T17:10:59.066445105Z stdout F x":            nil,
		"2026-11-21T17:10:59.066445105Z INFO stdout F x":       nil,
		"2026-11-21T17:10:59.0664451":                          nil,
		"2026-11-21 17:10:59.066445105Z stdout F x":            nil,
		"":  nil,
		"x": nil,
		`{"log":"a\n","stream":"stdout","time":"2026-11-21T17:10:59.066445105Z"}`:                              {at, "stdout", false, "a"},
		`{"log":"a","stream":"stderr","time":"2026-11-21T17:10:59.066445105Z"}`:                                {at, "stderr", true, "a"},
		`{"log":"\t\"\\\u00e9\ud83d\ude00\u003c\n","stream":"stdout","time":"2026-11-21T17:10:59.066445105Z"}`: {at, "stdout", false, "\t\"\\é😀<"},
		`{"log":"a\r\n","stream":"stdout","attrs":{"x":"y"},"time":"2026-11-21T17:10:59.066445105Z"}`:          {at, "stdout", false, "a"},
		`{"log":"a\n","stream":"stdin","time":"2026-11-21T17:10:59.066445105Z"}`:                               nil,
		`{"log":"a\n","stream":"stdout","time":"yesterday"}`:                                                   nil,
		`{"log":"a\n","stream":"stdout"}`:                                                                      nil,
		`{"log":"a`:                                                                                            nil,
		`{"log":"a\`:                                                                                           nil,
		`{"log":"a\u00`:                                                                                        nil,
		`{"log":"a\x"`:                                                                                         nil,
		`{"level":"info"}`:                                                                                     nil,
	} {
		got, ok := anyFrame(line)
		if want == nil {
			assert.False(t, ok, "%q", line)
			continue
		}
		assert.True(t, ok, "%q", line)
		assert.Equal(t, *want, got, "%q", line)
	}
}

func FuzzFrame(f *testing.F) {
	f.Add("2026-11-21T17:10:59.066445105Z stdout F hello")
	f.Add(`{"log":"\t\"\\\u00e9\ud83d\ude00\n","stream":"stdout","time":"2026-11-21T17:10:59.066445105Z"}`)
	f.Fuzz(func(t *testing.T, line string) {
		fr, ok := anyFrame(line)
		if !ok {
			return
		}
		if line[0] != '{' {
			assert.True(t, strings.HasSuffix(line, fr.log))
			return
		}
		var want struct{ Log string }
		if json.Unmarshal([]byte(line), &want) == nil && !strings.Contains(line, `"log":`+`"`+`"log"`) && strings.Count(line, `"log"`) == 1 && !strings.ContainsAny(want.Log, "\r\uFFFD") {
			assert.Equal(t, strings.TrimSuffix(want.Log, "\n"), fr.log)
		}
	})
}

func TestCutInACharacter(t *testing.T) {
	r := open(t, testConfig(), nil)
	var offset int64
	for _, line := range [][]string{cri(1, "stdout", "größer", 3), {cri(2, "stdout", "gr\xf6\xdfer", 0)[0]}} {
		offset = r.feedLines(podPath, offset, line...)
	}
	require.NoError(t, r.Stop())
	assert.Equal(t, []string{"größer", "gr\uFFFDer"}, r.sink.bodies())
}

func TestPodOf(t *testing.T) {
	want := map[string]any{
		"k8s.namespace.name": "shop", "k8s.pod.name": "cart-7f8c67c6d-4rb7q", "k8s.pod.uid": "ad27715f-eba7-4d09-98d7-3a43cae9f339",
		"k8s.container.name": "app", "k8s.container.restart_count": "12",
	}
	dir := "/var/log/pods/shop_cart-7f8c67c6d-4rb7q_ad27715f-eba7-4d09-98d7-3a43cae9f339/app/"
	for _, file := range []string{"12.log", "12.log.20261121-171634", "12.log.20261121-171634.gz"} {
		assert.Equal(t, want, podOf(dir+file), file)
	}
	assert.Equal(t, want, podOf(`C:\var\log\pods\shop_cart-7f8c67c6d-4rb7q_ad27715f-eba7-4d09-98d7-3a43cae9f339\app\12.log`))
	static := podOf("/var/log/pods/kube-system_etcd-node1_0a1b2c3d4e5f/etcd/0.log")
	assert.Equal(t, "0a1b2c3d4e5f", static["k8s.pod.uid"])
	for _, path := range []string{
		"", "app.log", "/var/log/app.log", dir + "app.log", dir + "12.logs", dir + "12", "/var/log/pods/shop_cart/app/0.log", "/var/log/pods/a_b_XYZ/app/0.log",
		"/var/log/pods/__0a/app/0.log", "/0.log", "//0.log",
	} {
		assert.Nil(t, podOf(path), path)
	}
}

func TestEntriesAreStoredWhole(t *testing.T) {
	e := entry.New()
	e.ObservedTimestamp = time.Unix(1, 2).UTC()
	e.Timestamp = time.Date(1960, 1, 1, 0, 0, 0, 5, time.UTC)
	e.Severity, e.SeverityText, e.ScopeName = entry.Error2, "E", "scope"
	e.TraceID, e.SpanID, e.TraceFlags = []byte("0123456789abcdef"), []byte("01234567"), []byte{1}
	e.Attributes = map[string]any{
		"string": "a\x00b", "int64": int64(math.MinInt64), "float": 1.5, "true": true, "false": false, "nil": nil, "bytes": []byte{0, 1},
		"map": map[string]any{"a": []any{int64(1), "b", map[string]any{}}}, "empty": []any{},
	}
	e.Resource = map[string]any{"r": "v"}
	e.Body = map[string]any{"msg": "x"}
	d := decoder{buf: appendEntry(nil, e)}
	got := d.entry()
	require.NoError(t, d.err)
	assert.Empty(t, d.buf)
	assert.Equal(t, e, got)

	// Other types become what the receiver makes of them.
	e.Attributes = map[string]any{"int": 7, "int32": int32(7), "uint64": uint64(7), "strings": []string{"a"}, "other": time.Second}
	d = decoder{buf: appendEntry(nil, e)}
	got = d.entry()
	require.NoError(t, d.err)
	assert.Equal(t, map[string]any{"int": int64(7), "int32": int64(7), "uint64": int64(7), "strings": []any{"a"}, "other": "1s"}, got.Attributes)

	whole := appendEntry(nil, e)
	for n := range whole { // cut short
		d = decoder{buf: whole[:n]}
		d.entry()
		assert.Error(t, d.err, "%d of %d bytes", n, len(whole))
	}
}

// FuzzRestore: whatever stands in the storage, nothing panics.
func FuzzRestore(f *testing.F) {
	r := open(f, testConfig(), storagetest.New())
	r.feedLines(podPath, 0, cri(1, "stdout", strings.Repeat("x", 50), 20)...)
	r.feedLines(podPath, 1000, traceLines...)
	f.Add(append([]byte(nil), r.files[podPath].append(nil)...))
	require.NoError(f, r.Stop())
	f.Fuzz(func(_ *testing.T, state []byte) {
		if file, err := restore(r.Operator, state, r.clock.Now()); err == nil {
			file.append(nil)
			file.flush(r.Operator, 0)
		}
	})
}

// TestLineAllocates nothing: what a batch allocates does not depend on how many lines it has.
func TestLineAllocates(t *testing.T) {
	r := open(t, testConfig(), nil)
	defer func() { require.NoError(t, r.Stop()) }()
	const runs = 20
	batches := make([][]*entry.Entry, 0, runs+2)
	for n := range runs + 2 {
		lines := make([]string, 200)
		for i := range lines {
			lines[i] = "2026-11-21T19:45:35.472Z INFO request"
		}
		batch := recordsOf("a.log", lines)
		for i, e := range batch {
			e.Attributes["log.file.record_offset"] = int64(n*100_000 + i*100)
		}
		batches = append(batches, batch)
	}
	take := func() {
		f := r.lock("a.log")
		f.take(r.Operator, "a.log", batches[0], 0)
		batches = batches[1:]
		clear(f.out)
		f.out = f.out[:0]
		f.mu.Unlock()
	}
	take()
	assert.Zero(t, testing.AllocsPerRun(runs, take))
}
