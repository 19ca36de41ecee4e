package stacktrace

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/stanza/entry"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/stanza/fileconsumer/attrs"

	"github.com/otelcol-sentry/otelcol-sentry/internal/storagetest"
)

const podPath = "/var/log/pods/shop_cart-7f8c67c6d-4rb7q_ad27715f-eba7-4d09-98d7-3a43cae9f339/app/0.log"

func TestJoinsContainerLines(t *testing.T) {
	r := open(t, testConfig(), nil)
	long := strings.Repeat("L", 20000)
	var lines []string
	for i, l := range []string{
		"stdout|2026-11-21 INFO started",
		"stderr|2026-11-21 ERROR failed",
		"stdout|tick",
		"stderr|shop.CartException: no stock",
		"stdout|" + long,
		"stderr|\tat shop.Cart.pay(Cart.java:7)",
		"stderr|",
		"stderr|2026-11-21 INFO next",
	} {
		stream, text, _ := strings.Cut(l, "|")
		lines = append(lines, cri(i, stream, text, 16384)...)
	}
	r.feed(recordsOf(podPath, lines)...)
	r.clock.Turn(2 * time.Second)
	got := r.sink.take()
	require.Len(t, got, 5)
	var bodies []string
	for _, e := range got {
		bodies = append(bodies, e.Attributes[streamAttribute].(string)+"|"+e.Body.(string))
	}
	assert.ElementsMatch(t, []string{
		"stdout|2026-11-21 INFO started",
		"stdout|tick",
		"stdout|" + long,
		"stderr|2026-11-21 ERROR failed\nshop.CartException: no stock\n\tat shop.Cart.pay(Cart.java:7)\n",
		"stderr|2026-11-21 INFO next",
	}, bodies)
	for _, e := range got {
		if !strings.HasPrefix(e.Body.(string), "2026-11-21 ERROR") {
			continue
		}
		offset := int64(len(lines[0]) + 1)
		assert.Equal(t, map[string]any{attrs.LogFilePath: podPath, attrs.LogFileRecordOffset: offset, streamAttribute: "stderr"}, e.Attributes)
		assert.Equal(t, map[string]any{
			"k8s.namespace.name": "shop", "k8s.pod.name": "cart-7f8c67c6d-4rb7q", "k8s.pod.uid": "ad27715f-eba7-4d09-98d7-3a43cae9f339",
			"k8s.container.name": "app", "k8s.container.restart_count": "0",
		}, e.Resource)
		assert.Equal(t, time.Date(2026, 11, 21, 10, 0, 0, 1001, time.UTC), e.Timestamp)
		assert.Equal(t, time.Unix(1, 0).UTC(), e.ObservedTimestamp)
	}
	require.NoError(t, r.Stop())
}

// TestBehindContainerOperator: what other operators made of the lines stays as it is.
func TestBehindContainerOperator(t *testing.T) {
	r := open(t, testConfig(), nil)
	var entries []*entry.Entry
	for i, l := range []string{"ERROR failed", "shop.CartException: no stock", "\tat shop.Cart.pay(Cart.java:7)"} {
		e := record(podPath, int64(i*100), l)
		e.Attributes[streamAttribute], e.Attributes["logtag"] = "stdout", "P"
		e.Resource = map[string]any{"k8s.pod.uid": "u"}
		e.SeverityText, e.Severity = "error", entry.Error
		entries = append(entries, e)
	}
	other := record(podPath, 300, "")
	other.Body = map[string]any{"msg": "parsed"}
	other.Attributes[streamAttribute] = "stdout"
	r.feed(append(entries, other)...)
	require.NoError(t, r.Stop())
	got := r.sink.take()
	require.Len(t, got, 2)
	assert.Equal(t, "ERROR failed\nshop.CartException: no stock\n\tat shop.Cart.pay(Cart.java:7)", got[0].Body)
	assert.Equal(t, entry.Error, got[0].Severity)
	assert.Equal(t, map[string]any{"k8s.pod.uid": "u"}, got[0].Resource)
	assert.Equal(t, "P", got[0].Attributes["logtag"])
	assert.Equal(t, map[string]any{"msg": "parsed"}, got[1].Body)
}

func TestDockerLines(t *testing.T) {
	r := open(t, testConfig(), nil)
	r.feedLines("/var/lib/docker/containers/x/x-json.log", 0,
		`{"log":"ERROR failed\n","stream":"stderr","time":"2026-11-21T17:10:59.066445105Z"}`,
		`{"log":"shop.CartException: no ","stream":"stderr","time":"2026-11-21T17:10:59.066445106Z"}`,
		`{"log":"\u00e9clair\n","stream":"stderr","time":"2026-11-21T17:10:59.066445107Z"}`,
		`{"log":"\tat shop.Cart.pay(Cart.java:7)\n","stream":"stderr","attrs":{"a":"b"},"time":"2026-11-21T17:10:59.066445108Z"}`,
	)
	require.NoError(t, r.Stop())
	assert.Equal(t, []string{"ERROR failed\nshop.CartException: no éclair\n\tat shop.Cart.pay(Cart.java:7)"}, r.sink.bodies())
}

// TestComposePrefixes: each container's lines are a stream; what is joined has the prefix once.
func TestComposePrefixes(t *testing.T) {
	r := open(t, testConfig(), nil)
	r.feed(recordsOf("compose.log", corpusLines(t, "multi/mix-compose-prefix.log"))...)
	require.NoError(t, r.Stop())
	var multi []string
	count := 0
	for _, body := range r.sink.bodies() {
		count += 1 + strings.Count(body, "\n")
		if strings.Contains(body, "\n") {
			multi = append(multi, body)
		}
	}
	require.Len(t, multi, 1)
	assert.True(t, strings.HasPrefix(multi[0], "web-2  | 2026/11/21 19:39:30 checkout failed: sku A-17: want 9, have 3\nexample.com/shop/internal/stock.(*Shelf).Reserve\n\t/app/"))
	assert.Equal(t, 43, count)
}

// TestWaits: a line waits for flush_after, and not while the pipeline is slow.
func TestWaits(t *testing.T) {
	r := open(t, testConfig(), storagetest.New())
	next := r.feedLines("a.log", 0, "ERROR failed")
	r.clock.Turn(999 * time.Millisecond)
	assert.Empty(t, r.sink.bodies())
	r.clock.Turn(time.Millisecond)
	assert.Equal(t, []string{"ERROR failed"}, r.sink.bodies())

	// A batch that takes long: what it leaves has waited for nothing.
	next = r.feedLines("a.log", next, "ERROR failed again", "Traceback (most recent call last):")
	f := r.files["a.log"]
	f.mu.Lock()
	f.lag += time.Hour
	f.seen.Store(r.clock.Now().Add(time.Hour).UnixNano())
	f.mu.Unlock()
	r.clock.Turn(time.Hour)
	assert.Empty(t, r.sink.bodies())
	r.feedLines("a.log", next, `  File "a.py", line 7, in f`, "ValueError: bad")
	r.clock.Turn(time.Second)
	assert.Equal(t, []string{"ERROR failed again\nTraceback (most recent call last):\n  File \"a.py\", line 7, in f\nValueError: bad"}, r.sink.bodies())
	require.NoError(t, r.Stop())
}

// plan is a log as a receiver would read it: the records of a file in CRI frames, on one or two streams.
func plan(lines []string, rnd *rand.Rand) (records []string) {
	for i, l := range lines {
		if l = l[:min(len(l), 2000)]; len(records) > 160 {
			break
		}
		part := 0
		if rnd.IntN(8) == 0 {
			part = 20 + rnd.IntN(200)
		}
		if rnd.IntN(200) == 0 {
			part = 1
		}
		records = append(records, cri(i, "stdout", l, part)...)
	}
	return records
}

// read runs a plan through one operator, or through many that are killed.
func read(t *testing.T, records []string, batch int, killed func() bool, rnd *rand.Rand) (out []string) {
	t.Helper()
	store, offsets := storagetest.New(), offsetsOf(records)
	path := onDiskPod(t, records)
	r := open(t, testConfig(), store)
	for at := 0; at < len(records); {
		end := min(at+batch, len(records))
		r.feedLines(path, offsets[at], records[at:end]...)
		at = end
		if killed != nil && killed() {
			r.kill()
			out = append(out, keys(r.sink.take())...)
			r = open(t, testConfig(), store)
			if rnd.IntN(4) == 0 {
				at = max(0, at-rnd.IntN(4)*batch) // the receiver's checkpoint is older than what was taken
			}
		}
	}
	r.clock.Turn(time.Hour)
	out = append(out, keys(r.sink.take())...)
	require.NoError(t, r.Stop())
	require.Empty(t, r.sink.take())
	return out
}

// onDiskPod writes a container's log.
func onDiskPod(t *testing.T, records []string) string {
	t.Helper()
	path := filepath.Join(podDir(t, t.TempDir(), 1), "0.log")
	require.NoError(t, os.WriteFile(path, []byte(strings.Join(records, "\n")+"\n"), 0o600))
	return path
}

// keys are the parts of entries that make their ids.
func keys(entries []*entry.Entry) (out []string) {
	for _, e := range entries {
		out = append(out, fmt.Sprintf("%v|%v|%v|%v|%v", e.Attributes[attrs.LogFileRecordOffset], e.Attributes[streamAttribute], e.Timestamp.Format(time.RFC3339Nano), e.Resource["k8s.pod.uid"], e.Body))
	}
	return out
}

// TestKilledAtEveryBatch: the same records come out with the same offsets and times, once, however often the process dies between batches,
// and however far back the receiver begins again.
func TestKilledAtEveryBatch(t *testing.T) {
	for i, name := range corpusLogs(t) {
		rnd := rand.New(rand.NewPCG(uint64(i), 1))
		lines := corpusLines(t, name)
		records := plan(lines, rnd)
		want := read(t, records, 100, nil, nil)
		equalRecords(t, want, read(t, records, 5+rnd.IntN(20), func() bool { return true }, rnd), name)
		equalRecords(t, want, read(t, records, 1+rnd.IntN(100), func() bool { return rnd.IntN(4) == 0 }, rnd), name)
	}
}

// TestKilledBeforeSaving: a process that dies after it handed records on and before it saved that repeats them as they were.
func TestKilledBeforeSaving(t *testing.T) {
	lines := corpusLines(t, "pynode/python-logging-basic-A.log")
	records := plan(lines, rand.New(rand.NewPCG(1, 1)))
	want := read(t, records, 100, nil, nil)
	known := map[string]bool{}
	for _, k := range want {
		known[k] = true
	}
	store, path := storagetest.New(), onDiskPod(t, records)
	seen := map[string]bool{}
	at := 0
	for at < len(records) {
		r := open(t, testConfig(), store.Copy())
		batch := recordsOf(path, records)
		for n := 0; n < 3 && at < len(records); n++ {
			store = r.store.Copy() // what is on disk before the batch
			end := min(at+9, len(records))
			r.feed(batch[at:end]...)
			at = end
		}
		r.kill()
		for _, k := range keys(r.sink.take()) {
			require.True(t, known[k], "%q is another record", k)
			seen[k] = true
		}
		if at < len(records) {
			at -= 9 // the batch that was not saved is read again
			r = open(t, testConfig(), store)
			r.feed(recordsOf(path, records)[at : at+9]...)
			at += 9
			r.kill()
			for _, k := range keys(r.sink.take()) {
				require.True(t, known[k], "%q is another record", k)
				seen[k] = true
			}
		}
	}
	r := open(t, testConfig(), store)
	r.feed(recordsOf(path, records)[len(records)-min(9, len(records)):]...)
	require.NoError(t, r.Stop())
	for _, k := range keys(r.sink.take()) {
		seen[k] = true
	}
	for _, k := range want {
		assert.True(t, seen[k], "lost: %q", k)
	}
}

// TestFiftyFiles: interleaved batches of fifty files, each its own.
func TestFiftyFiles(t *testing.T) {
	names := corpusLogs(t)
	rnd := rand.New(rand.NewPCG(5, 5))
	r := open(t, testConfig(), storagetest.New())
	type reader struct {
		entries []*entry.Entry
		want    []string
		got     []string
	}
	readers := map[string]*reader{}
	var paths []string
	for n := range 50 {
		lines := corpusLines(t, names[n*len(names)/50])
		lines = lines[:min(len(lines), 300)]
		path := fmt.Sprintf("/var/log/app-%02d.log", n)
		one := open(t, testConfig(), nil)
		one.feed(recordsOf(path, lines)...)
		require.NoError(t, one.Stop())
		readers[path] = &reader{entries: recordsOf(path, lines), want: one.sink.bodies()}
		paths = append(paths, path)
	}
	for len(paths) > 0 {
		i := rnd.IntN(len(paths))
		rd := readers[paths[i]]
		n := min(len(rd.entries), 1+rnd.IntN(100))
		r.feed(rd.entries[:n]...)
		if rd.entries = rd.entries[n:]; len(rd.entries) == 0 {
			paths = append(paths[:i], paths[i+1:]...)
		}
	}
	require.NoError(t, r.Stop())
	for _, e := range r.sink.take() {
		rd := readers[e.Attributes[attrs.LogFilePath].(string)]
		rd.got = append(rd.got, e.Body.(string))
	}
	for path, rd := range readers {
		assert.Equal(t, rd.want, rd.got, path)
	}
}

var traceLines = []string{"ERROR failed", "shop.CartException: no stock", "\tat shop.Cart.pay(Cart.java:7)", "\tat shop.Main.main(Main.java:1)"}

// TestRotationInATrace: the rest of a trace stands in the next file, under the same path.
func TestRotationInATrace(t *testing.T) {
	r := open(t, testConfig(), storagetest.New())
	r.feedLines("/var/log/app.log", 5000, traceLines[:2]...)
	r.feedLines("/var/log/app.log", 0, traceLines[2:]...)
	require.NoError(t, r.Stop())
	got := r.sink.take()
	require.Len(t, got, 1)
	assert.Equal(t, strings.Join(traceLines, "\n"), got[0].Body)
	assert.Equal(t, int64(5000), got[0].Attributes[attrs.LogFileRecordOffset])
}

// TestRotatedFileIsReadOn: the receiver reads the rest of a file under its new name.
func TestRotatedFileIsReadOn(t *testing.T) {
	store := storagetest.New()
	r := open(t, testConfig(), store)
	next := r.feedLines("/pods/0.log", 5000, traceLines[:2]...)
	r.kill()
	r = open(t, testConfig(), store)
	// What was taken comes again under the new name, then what was not.
	r.feedLines("/pods/0.log.20261121-171634", 5000, traceLines[0])
	r.feedLines("/pods/0.log.20261121-171634", next, traceLines[2])
	r.feedLines("/pods/0.log", 0, traceLines[3], "INFO new file")
	require.NoError(t, r.Stop())
	assert.Equal(t, []string{strings.Join(traceLines, "\n"), "INFO new file"}, r.sink.bodies())
}

// TestRotatedTailFirst: the new file's lines wait until the old one, which stands under another name, has been read to its end.
func TestRotatedTailFirst(t *testing.T) {
	var live, rotated string
	for name, run := range map[string]func(r *rig, read func(path string, from, to int) []*entry.Entry) *rig{
		"the new file comes first": func(r *rig, read func(string, int, int) []*entry.Entry) *rig {
			r.feed(read(live, 3, 5)...)
			assert.Empty(r.t, r.sink.bodies())
			r.feed(read(rotated, 1, 3)...)
			return r
		},
		"in pieces": func(r *rig, read func(string, int, int) []*entry.Entry) *rig {
			r.feed(read(live, 3, 4)...)
			r.feed(read(rotated, 1, 2)...)
			r.feed(read(live, 4, 5)...)
			r.feed(read(rotated, 2, 3)...)
			return r
		},
		"a kill between": func(r *rig, read func(string, int, int) []*entry.Entry) *rig {
			r.feed(read(live, 3, 5)...)
			r.kill()
			r = open(r.t, testConfig(), r.store)
			r.feed(read(rotated, 1, 3)...)
			return r
		},
		"the rest of the old file never comes": func(r *rig, read func(string, int, int) []*entry.Entry) *rig {
			r.feed(read(live, 3, 5)...)
			r.clock.Turn(time.Second)
			return r
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			live, rotated = filepath.Join(dir, "0.log"), filepath.Join(dir, "0.log.20261121-171634")
			lines := append(append([]string{}, traceLines...), "INFO next")
			require.NoError(t, os.WriteFile(live, []byte(strings.Join(lines[:3], "\n")+"\n"), 0o600))
			offsets := offsetsOf(lines)
			read := func(path string, from, to int) (out []*entry.Entry) {
				for n := from; n < to; n++ {
					offset := offsets[n]
					if path == live && n >= 3 {
						offset -= offsets[3]
					}
					out = append(out, record(path, offset, lines[n]))
				}
				return out
			}
			r := open(t, testConfig(), storagetest.New())
			r.feed(read(live, 0, 1)...)
			require.NoError(t, os.Rename(live, rotated))
			require.NoError(t, os.WriteFile(live, []byte(strings.Join(lines[3:], "\n")+"\n"), 0o600))
			r = run(r, read)
			require.NoError(t, r.Stop())
			bodies := r.sink.bodies()
			if name == "the rest of the old file never comes" {
				assert.Equal(t, []string{lines[0], lines[3], lines[4]}, bodies, "lines of files that are read at the same time never mix")
				return
			}
			assert.Equal(t, []string{strings.Join(traceLines, "\n"), "INFO next"}, bodies)
		})
	}
}

// TestNewFileAfterRestart: under the path of the file that was read stands another one, which may even begin as that did.
func TestNewFileAfterRestart(t *testing.T) {
	old := []string{"banner", "version 7", "ERROR a 1", "ERROR b 1"}
	for name, run := range map[string]struct{ file, want []string }{
		"another":              {[]string{"something else", "ERROR c", "ERROR d"}, []string{"something else", "ERROR c", "ERROR d"}},
		"the same beginning":   {[]string{"banner", "version 7", "ERROR c 2", "ERROR d 2"}, []string{"banner", "version 7", "ERROR c 2", "ERROR d 2"}},
		"the same, but longer": {[]string{"banner", "version 7", "ERROR a 1", "ERROR b 12"}, []string{"banner", "version 7", "ERROR a 1", "ERROR b 12"}},
		"the same file":        {append(old[:4:4], "INFO next"), []string{"INFO next"}},
		"shorter":              {[]string{"banner", "version 7"}, []string{"banner", "version 7"}},
	} {
		t.Run(name, func(t *testing.T) {
			store, path := storagetest.New(), filepath.Join(t.TempDir(), "app.log")
			r := open(t, testConfig(), store)
			r.feedLines(path, 0, old...)
			r.kill()
			assert.Equal(t, old[:3], r.sink.bodies())
			require.NoError(t, os.WriteFile(path, []byte(strings.Join(run.file, "\n")+"\n"), 0o600))
			r = open(t, testConfig(), store)
			r.feedLines(path, 0, run.file...)
			require.NoError(t, r.Stop())
			assert.Equal(t, append([]string{old[3]}, run.want...), r.sink.bodies())
		})
	}
}

// TestGoneAfterRestart: a file that was removed is read on in its middle only where it is the one that was read; at its beginning it may be
// another one, and its lines come again rather than not at all.
func TestGoneAfterRestart(t *testing.T) {
	lines := []string{"INFO a", "INFO b", "INFO c"}
	for _, begin := range []int{0, 1} {
		store, path := storagetest.New(), filepath.Join(t.TempDir(), "app.log")
		r := open(t, testConfig(), store)
		next := r.feedLines(path, 0, lines...)
		r.kill()
		assert.Equal(t, lines[:2], r.sink.bodies())
		r = open(t, testConfig(), store)
		r.feedLines(path, offsetsOf(lines)[begin], lines[begin:]...)
		r.feedLines(path, next, "INFO d")
		require.NoError(t, r.Stop())
		want := []string{"INFO c", "INFO d"}
		if begin == 0 {
			want = append(append([]string{"INFO c"}, lines...), "INFO d")
		}
		assert.Equal(t, want, r.sink.bodies())
	}
}

// TestCompressedAfterRestart: what was read of a file that is compressed meanwhile does not come again.
func TestCompressedAfterRestart(t *testing.T) {
	lines := []string{"INFO a", "INFO b", "INFO c", "INFO d"}
	dir, store := t.TempDir(), storagetest.New()
	path := filepath.Join(dir, "app.log")
	r := open(t, testConfig(), store)
	r.feedLines(path, 0, lines[:3]...)
	r.kill()
	assert.Equal(t, lines[:2], r.sink.bodies())
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := w.Write([]byte(strings.Join(lines, "\n") + "\n"))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	require.NoError(t, os.WriteFile(path, []byte("INFO live\n"), 0o600))
	require.NoError(t, os.WriteFile(path+".1.gz", packed.Bytes(), 0o600))
	r = open(t, testConfig(), store)
	next := r.feedLines(path+".1.gz", offsetsOf(lines)[1], lines[1:3]...)
	r.feedLines(path+".1.gz", next, lines[3])
	r.clock.Turn(time.Hour)
	require.NoError(t, r.Stop())
	assert.Equal(t, lines[2:], r.sink.bodies())
}

// TestTruncatedFile begins again at its beginning, in one run.
func TestTruncatedFile(t *testing.T) {
	r := open(t, testConfig(), storagetest.New())
	r.feedLines("app.log", 0, "one", "two", "three")
	r.feedLines("app.log", 0, "one", "two")
	require.NoError(t, r.Stop())
	assert.Equal(t, []string{"one", "two", "three", "one", "two"}, r.sink.bodies())
}

// TestRefusedAtShutdown: what the pipeline does not take while the collector stops comes first after the restart, in its order.
func TestRefusedAtShutdown(t *testing.T) {
	store := storagetest.New()
	r := open(t, testConfig(), store)
	next := r.feedLines("a.log", 0, "one", "two")
	assert.Equal(t, []string{"one"}, r.sink.bodies())
	r.sink.refuses, r.sink.blocked = true, make(chan struct{}, 10)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- r.ProcessBatch(ctx, []*entry.Entry{record("a.log", next, "three"), record("a.log", next+6, "four")})
	}()
	<-r.sink.blocked
	cancel() // the receiver stops
	require.NoError(t, <-done)
	// It may still hand over what it had read.
	require.NoError(t, r.ProcessBatch(ctx, []*entry.Entry{record("a.log", next+11, "five")}))
	require.NoError(t, r.Stop())
	assert.Empty(t, r.sink.bodies())

	r = open(t, testConfig(), store)
	r.clock.Turn(time.Second)
	assert.Equal(t, []string{"two", "three", "four"}, r.sink.bodies(), "even if the file does not come again")
	r.kill()
	r = open(t, testConfig(), store)
	r.feedLines("a.log", next+16, "six")
	require.NoError(t, r.Stop())
	assert.Equal(t, []string{"five", "six"}, r.sink.bodies())
}

// TestAcceptedAtShutdown: a write that is slow but done in time is no refusal.
func TestAcceptedAtShutdown(t *testing.T) {
	cfg := testConfig()
	cfg.ShutdownTimeout = time.Minute
	store := storagetest.New()
	r := open(t, cfg, store)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.NoError(t, r.ProcessBatch(ctx, []*entry.Entry{record("a.log", 0, "one"), record("a.log", 4, "two")}))
	assert.Equal(t, []string{"one"}, r.sink.bodies())
	require.NoError(t, r.Stop())
	assert.Equal(t, []string{"two"}, r.sink.bodies())
	r = open(t, testConfig(), store)
	require.NoError(t, r.Stop())
	assert.Empty(t, r.sink.bodies())
}

// TestStopWithoutStorage lets all go.
func TestStopWithoutStorage(t *testing.T) {
	r := open(t, testConfig(), nil)
	r.feedLines("a.log", 0, traceLines...)
	assert.Empty(t, r.sink.bodies())
	require.NoError(t, r.Stop())
	assert.Equal(t, []string{strings.Join(traceLines, "\n")}, r.sink.bodies())
}

// TestStorageFails: lines go on; what is saved later is the whole state.
func TestStorageFails(t *testing.T) {
	store := storagetest.New()
	r := open(t, testConfig(), store)
	store.FailAll(errors.New("no space left on device"))
	next := r.feedLines("a.log", 0, "one", "two")
	store.FailAll(nil)
	next = r.feedLines("a.log", next, "three")
	r.kill()
	assert.Equal(t, []string{"one", "two"}, r.sink.bodies())
	r = open(t, testConfig(), store)
	r.feedLines("a.log", next, "four")
	require.NoError(t, r.Stop())
	assert.Equal(t, []string{"three", "four"}, r.sink.bodies())
}

// TestUnreadableState: one that cannot be read costs no other.
func TestUnreadableState(t *testing.T) {
	store := storagetest.New()
	r := open(t, testConfig(), store)
	r.feedLines("a.log", 0, "one")
	r.feedLines("b.log", 0, "two")
	r.kill()
	store.Change("state/a.log", func(value []byte) []byte { return append([]byte{99}, value...) })
	r = open(t, testConfig(), store)
	require.NoError(t, r.Stop())
	assert.Equal(t, []string{"two"}, r.sink.bodies())
}

// TestForgets files that are quiet, in memory and in the storage.
func TestForgets(t *testing.T) {
	store := storagetest.New()
	r := open(t, testConfig(), store)
	for n := range 100 {
		r.feedLines(fmt.Sprintf("/pods/%d.log", n), 0, "one")
	}
	r.clock.Turn(2 * time.Second)
	assert.Len(t, r.sink.take(), 100)
	assert.Len(t, r.files, 100)
	r.clock.Turn(2 * forgetAfter)
	assert.Empty(t, r.files)
	for _, key := range store.Keys() {
		value, err := store.Client().Get(t.Context(), key)
		require.NoError(t, err)
		assert.Empty(t, value, key)
	}
	require.NoError(t, r.Stop())
}

// TestMaxFiles: the one that was quiet for longest lets go what it holds and leaves.
func TestMaxFiles(t *testing.T) {
	cfg := testConfig()
	cfg.MaxFiles = 3
	r := open(t, cfg, storagetest.New())
	for n := range 5 {
		r.clock.Pass(time.Millisecond)
		r.feedLines(fmt.Sprintf("%d.log", n), 0, fmt.Sprint("line ", n))
	}
	assert.Equal(t, []string{"line 0", "line 1"}, r.sink.bodies())
	assert.Len(t, r.files, 3)
	require.NoError(t, r.Stop())
	assert.Equal(t, []string{"line 2", "line 3", "line 4"}, r.sink.bodies())
}

// TestLimits: a record is never longer than allowed, and no line is lost.
func TestLimits(t *testing.T) {
	cfg := testConfig()
	cfg.MaxLines, cfg.MaxBytes = 10, 500
	r := open(t, cfg, nil)
	lines := append([]string{"ERROR failed", "java.lang.StackOverflowError"}, strings.Split(strings.Repeat("\tat shop.Cart.pay(Cart.java:7)\n", 100), "\n")...)
	lines[len(lines)-1] = "INFO next"
	r.feedLines("a.log", 0, lines...)
	require.NoError(t, r.Stop())
	var all []string
	for _, body := range r.sink.bodies() {
		assert.LessOrEqual(t, len(body), 500)
		all = append(all, strings.Split(body, "\n")...)
	}
	equalRecords(t, lines, all, "a.log")

	// A line that the runtime cut and that is longer than a record may be.
	r = open(t, cfg, nil)
	r.feedLines("b.log", 0, cri(1, "stdout", strings.Repeat("x", 1600), 100)...)
	require.NoError(t, r.Stop())
	bodies := r.sink.bodies()
	assert.Len(t, bodies, 4)
	assert.Equal(t, strings.Repeat("x", 1600), strings.Join(bodies, ""))
}
