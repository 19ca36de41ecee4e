package sentrystacktraceprocessor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/processor/processortest"

	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/storage/filestorage"

	"github.com/otelcol-sentry/otelcol-sentry/internal/clock"
	"github.com/otelcol-sentry/otelcol-sentry/internal/clock/clocktest"
	"github.com/otelcol-sentry/otelcol-sentry/processor/sentrystacktraceprocessor/internal/metadata"
	"github.com/otelcol-sentry/otelcol-sentry/processor/sentrystacktraceprocessor/internal/metadatatest"
)

// sink is the next consumer.
type sink struct {
	mu     sync.Mutex
	got    []string // "stream|body"
	refuse error
}

func (*sink) Capabilities() consumer.Capabilities { return consumer.Capabilities{} }

func (s *sink) ConsumeLogs(_ context.Context, logs plog.Logs) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse != nil {
		return s.refuse
	}
	for _, rl := range logs.ResourceLogs().All() {
		pod := attributeOf(rl.Resource().Attributes(), "k8s.pod.uid")
		for _, sl := range rl.ScopeLogs().All() {
			for _, rec := range sl.LogRecords().All() {
				s.got = append(s.got, pod+attributeOf(rec.Attributes(), "log.iostream")+"|"+rec.Body().AsString())
			}
		}
	}
	return nil
}

func attributeOf(attributes pcommon.Map, key string) string {
	v, ok := attributes.Get(key)
	if !ok {
		return ""
	}
	return v.AsString()
}

func (s *sink) setRefuse(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = err
}

func (s *sink) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	got := s.got
	s.got = nil
	return got
}

type host struct {
	extensions map[component.ID]component.Component
}

func (h host) GetExtensions() map[component.ID]component.Component { return h.extensions }

// rig is a processor with its surroundings.
type rig struct {
	*stacktraceProcessor
	t       testing.TB
	clock   *clocktest.Hand
	sink    *sink
	storage component.Component
	tel     *componenttest.Telemetry
}

// open starts a processor, with a storage in dir if it is not empty.
func open(t testing.TB, dir string, change func(*Config)) *rig {
	t.Helper()
	ctx := context.Background()
	cfg := createDefaultConfig().(*Config)
	if change != nil {
		change(cfg)
	}
	r := &rig{t: t, clock: clocktest.New(), sink: &sink{}, tel: componenttest.NewTelemetry()}
	h := host{map[component.ID]component.Component{}}
	if dir != "" {
		factory := filestorage.NewFactory()
		id := component.NewID(factory.Type())
		sc := factory.CreateDefaultConfig().(*filestorage.Config)
		sc.Directory = dir
		ext, err := factory.Create(ctx, extensiontest.NewNopSettings(factory.Type()), sc)
		require.NoError(t, err)
		require.NoError(t, ext.Start(ctx, h))
		r.storage, h.extensions[id], cfg.Storage = ext, ext, &id
	}
	require.NoError(t, cfg.Validate())
	set := metadatatest.NewSettings(r.tel)
	set.ID = component.NewID(metadata.Type)
	var err error
	r.stacktraceProcessor, err = newProcessor(set, cfg, r.sink, r.clock)
	require.NoError(t, err)
	require.NoError(t, r.Start(ctx, h))
	return r
}

func (r *rig) stop() {
	r.t.Helper()
	require.NoError(r.t, r.Shutdown(context.Background()))
	r.closeStorage()
}

// kill ends the processor as a kill does.
func (r *rig) kill() {
	r.cancel()
	r.wg.Wait()
	r.stacktraceProcessor.tel.Shutdown()
	if r.client != nil {
		require.NoError(r.t, r.client.Close(context.Background()))
	}
	r.closeStorage()
}

func (r *rig) closeStorage() {
	if r.storage != nil {
		require.NoError(r.t, r.storage.Shutdown(context.Background()))
	}
	require.NoError(r.t, r.tel.Shutdown(context.Background()))
}

// request makes a request of "pod|stream|line"s.
func request(lines ...string) plog.Logs {
	logs := plog.NewLogs()
	for _, l := range lines {
		parts := strings.SplitN(l, "|", 3)
		rl := logs.ResourceLogs().AppendEmpty()
		rl.Resource().Attributes().PutStr("k8s.pod.uid", parts[0])
		rec := rl.ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
		rec.Attributes().PutStr("log.iostream", parts[1])
		rec.Body().SetStr(parts[2])
	}
	return logs
}

func (r *rig) send(lines ...string) {
	r.t.Helper()
	require.NoError(r.t, r.ConsumeLogs(context.Background(), request(lines...)))
}

func TestJoinsAcrossRequests(t *testing.T) {
	r := open(t, "", nil)
	r.send("a|stderr|ERROR failed", "b|stderr|ERROR other", "a|stderr|shop.CartException: no stock")
	r.send("a|stdout|tick", "a|stderr|\tat shop.Cart.pay(Cart.java:7)")
	r.send("b|stderr|\tat shop.Cart.pay(Cart.java:8)")
	assert.Empty(t, r.sink.take())
	r.clock.Turn(time.Second)
	assert.ElementsMatch(t, []string{
		"astderr|ERROR failed\nshop.CartException: no stock\n\tat shop.Cart.pay(Cart.java:7)",
		"bstderr|ERROR other\n\tat shop.Cart.pay(Cart.java:8)",
		"astdout|tick",
	}, r.sink.take())
	got, err := r.tel.GetMetric("otelcol_processor_sentry_stacktrace_joined_records")
	require.NoError(t, err)
	assert.NotNil(t, got)
	assert.Zero(t, r.held.Load())
	r.stop()
}

// TestWholeRecordsPass: what a program made whole is never joined, and keeps its place.
func TestWholeRecordsPass(t *testing.T) {
	r := open(t, "", nil)
	logs := request("a|x|ERROR failed", "a|x|ERROR two\nlines", "a|x|\tat shop.Cart.pay(Cart.java:7)", `a|x|{"msg":"json"}`, "a|x|map", "a|x|in a span", "a|x|last")
	at := func(n int) plog.LogRecord { return logs.ResourceLogs().At(n).ScopeLogs().At(0).LogRecords().At(0) }
	at(4).Body().SetEmptyMap().PutStr("k", "v")
	at(5).SetSpanID([8]byte{1})
	at(6).Attributes().PutStr("exception.type", "E")
	before := plog.NewLogs()
	logs.CopyTo(before)
	require.NoError(t, r.ConsumeLogs(context.Background(), logs))
	assert.Equal(t, before, logs, "the request is its sender's")
	r.stop()
	assert.Equal(t, []string{"ax|ERROR failed", "ax|ERROR two\nlines", "ax|\tat shop.Cart.pay(Cart.java:7)", `ax|{"msg":"json"}`, `ax|{"k":"v"}`, "ax|in a span", "ax|last"}, r.sink.take())
}

// TestShippers: how Fluent Bit and the syslog receiver write a line.
func TestShippers(t *testing.T) {
	var got []plog.LogRecord
	next, err := consumer.NewLogs(func(_ context.Context, logs plog.Logs) error {
		for _, rl := range logs.ResourceLogs().All() {
			for _, rec := range rl.ScopeLogs().At(0).LogRecords().All() {
				c := plog.NewLogRecord()
				rec.CopyTo(c)
				got = append(got, c)
			}
		}
		return nil
	})
	require.NoError(t, err)
	clk := clocktest.New()
	p, err := newProcessor(processortest.NewNopSettings(metadata.Type), createDefaultConfig().(*Config), next, clk)
	require.NoError(t, err)
	require.NoError(t, p.Start(context.Background(), componenttest.NewNopHost()))
	logs := plog.NewLogs()
	records := logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
	for i, line := range []string{"ERROR failed", "Traceback (most recent call last):", `  File "a.py", line 7, in f`, "ValueError: bad"} {
		rec := records.AppendEmpty()
		rec.Body().SetStr(line + "\n")
		rec.Attributes().PutStr("fluent.tag", "kube.app")
		rec.Attributes().PutStr("time", strconv.Itoa(i)) // tells no streams apart
		rec = records.AppendEmpty()
		rec.Body().SetStr("<11>1 2026-11-21T10:00:00Z host app 7 - - " + line)
		rec.Attributes().PutStr("message", line)
		rec.Attributes().PutInt("priority", 11)
		rec.Attributes().PutStr("appname", "app")
	}
	require.NoError(t, p.ConsumeLogs(context.Background(), logs))
	require.NoError(t, p.Shutdown(context.Background()))
	require.Len(t, got, 2)
	whole := "ERROR failed\nTraceback (most recent call last):\n  File \"a.py\", line 7, in f\nValueError: bad"
	if _, syslog := got[0].Attributes().Get("message"); syslog {
		got[0], got[1] = got[1], got[0]
	}
	assert.Equal(t, whole, got[0].Body().Str())
	m, _ := got[1].Attributes().Get("message")
	assert.Equal(t, whole, m.Str())
	assert.Equal(t, "<11>1 2026-11-21T10:00:00Z host app 7 - - "+whole, got[1].Body().Str())
}

// partsRequest is a request of one stream: each record its attributes and its body.
func partsRequest(records ...map[string]string) plog.Logs {
	logs := plog.NewLogs()
	to := logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
	for _, attributes := range records {
		rec := to.AppendEmpty()
		for k, v := range attributes {
			if k == "" {
				rec.Body().SetStr(v)
			} else {
				rec.Attributes().PutStr(k, v)
			}
		}
	}
	return logs
}

// TestParts: lines that a shipper cut are whole before they are joined, whatever dies or refuses in between.
func TestParts(t *testing.T) {
	docker := func(text, last string) map[string]string {
		return map[string]string{"": text, "partial_message": "true", "partial_id": "7f", "partial_ordinal": "1", "partial_last": last}
	}
	cri := func(text, tag string) map[string]string {
		return map[string]string{"": text, "stream": "stderr", "logtag": tag}
	}
	const trace = "|ERROR failed\nshop.CartException: no stock\n\tat shop.Cart.pay(Cart.java:7)"
	for _, tc := range []struct {
		name    string
		records []map[string]string
		want    []string
	}{
		{"docker", []map[string]string{
			docker("ERROR fai", "false"), docker("led", "true"),
			{"": "shop.CartException: no stock\n"},
			docker("\tat shop.Cart", "false"), docker(".pay(", "false"),
			docker("Cart.java:7)", "true"),
		}, []string{trace}},
		{"cri", []map[string]string{
			cri("ERROR fai", "P"), cri("led", "F"), cri("shop.CartException: no stock", "F"), cri("\tat shop.Cart", "P"), cri(".pay(", "P:x"), cri("Cart.java:7)", "F"),
		}, []string{trace}},
		{"without an end", []map[string]string{docker("half", "false"), {"": "INFO next"}}, []string{"|half", "|INFO next"}},
		{"a collector's own", []map[string]string{
			{"": "whole", "log.iostream": "x", "logtag": "P"}, {"": "INFO next", "log.iostream": "x", "logtag": "F"},
		}, []string{"x|whole", "x|INFO next"}},
		{"too long", []map[string]string{
			cri(strings.Repeat("a", 1<<19), "P"), cri(strings.Repeat("b", 1<<19), "P"), cri("c", "F"),
		}, []string{"|" + strings.Repeat("a", 1<<19), "|" + strings.Repeat("b", 1<<19), "|c"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := open(t, "", nil)
			require.NoError(t, r.ConsumeLogs(context.Background(), partsRequest(tc.records...)))
			r.clock.Turn(time.Second)
			assert.Equal(t, tc.want, r.sink.take(), "by time")
			r.stop()

			dir := t.TempDir()
			var got []string
			for _, rec := range tc.records {
				r = open(t, dir, nil)
				require.NoError(t, r.ConsumeLogs(context.Background(), partsRequest(rec)))
				got = append(got, r.sink.take()...)
				r.kill()
			}
			r = open(t, dir, nil)
			r.sink.setRefuse(errors.New("the queue is full"))
			r.clock.Turn(time.Second)
			r.sink.setRefuse(nil)
			r.stop()
			assert.Equal(t, tc.want, append(got, r.sink.take()...), "killed after every record")
		})
	}
}

// TestRefused: nothing is taken of a request that the next consumer refuses, and nothing that was held before is lost.
func TestRefused(t *testing.T) {
	r := open(t, t.TempDir(), nil)
	r.send("a|x|ERROR one", "b|x|ERROR b")
	busy := errors.New("the queue is full")
	r.sink.setRefuse(busy)
	again := request("a|x|ERROR two", "a|x|ERROR three")
	for range 3 {
		require.ErrorIs(t, r.ConsumeLogs(context.Background(), again), busy)
		assert.EqualValues(t, 2, r.held.Load())
	}
	r.clock.Turn(2 * time.Second)
	assert.EqualValues(t, 2, r.held.Load())
	r.sink.setRefuse(nil)
	require.NoError(t, r.ConsumeLogs(context.Background(), again))
	assert.Equal(t, []string{"ax|ERROR one", "ax|ERROR two"}, r.sink.take())
	r.clock.Turn(2 * time.Second)
	assert.ElementsMatch(t, []string{"ax|ERROR three", "bx|ERROR b"}, r.sink.take())
	r.stop()
}

// TestRefusedForGood: what the next consumer will never take is not offered again.
func TestRefusedForGood(t *testing.T) {
	r := open(t, "", nil)
	r.send("a|x|ERROR one")
	r.sink.setRefuse(consumererror.NewPermanent(errors.New("bad")))
	assert.True(t, consumererror.IsPermanent(r.ConsumeLogs(context.Background(), request("a|x|ERROR two"))))
	r.sink.setRefuse(nil)
	r.stop()
	assert.Equal(t, []string{"ax|ERROR two"}, r.sink.take())
}

// TestSurvives a kill between any two requests.
func TestSurvives(t *testing.T) {
	dir := t.TempDir()
	lines := []string{"ERROR failed", "shop.CartException: no stock", "\tat shop.Cart.pay(Cart.java:7)", "Caused by: shop.E: x", "\tat shop.Main.main(Main.java:1)"}
	for _, l := range lines {
		r := open(t, dir, nil)
		r.send("a|x|" + l)
		r.kill()
		assert.Empty(t, r.sink.take())
	}
	r := open(t, dir, nil)
	r.send("a|x|INFO next")
	r.stop()
	assert.Equal(t, []string{"ax|" + strings.Join(lines, "\n"), "ax|INFO next"}, r.sink.take())
	r = open(t, dir, nil)
	r.stop()
	assert.Empty(t, r.sink.take())
}

// TestShutdownRefused: with a storage what is held waits for the next start; without one it is counted as lost.
func TestShutdownRefused(t *testing.T) {
	dir := t.TempDir()
	r := open(t, dir, nil)
	r.send("a|x|ERROR one")
	r.sink.setRefuse(errors.New("the queue is full"))
	r.stop()
	r = open(t, dir, nil)
	r.clock.Turn(time.Second)
	assert.Equal(t, []string{"ax|ERROR one"}, r.sink.take())
	r.stop()

	r = open(t, "", nil)
	r.send("a|x|ERROR one")
	r.sink.setRefuse(errors.New("the queue is full"))
	require.NoError(t, r.Shutdown(context.Background()))
	lost, err := r.tel.GetMetric("otelcol_processor_sentry_stacktrace_lost_records")
	require.NoError(t, err)
	assert.NotNil(t, lost)
	r.closeStorage()
}

// TestForgets streams that are quiet, and the quietest where there are too many.
func TestForgets(t *testing.T) {
	r := open(t, t.TempDir(), func(cfg *Config) { cfg.MaxStreams = 10 })
	for n := range 30 {
		r.clock.Pass(time.Millisecond)
		r.send(fmt.Sprintf("%02d|x|ERROR %d", n, n))
	}
	r.clock.Turn(time.Millisecond)
	got := r.sink.take()
	require.Len(t, got, 20, "the quietest let go at once")
	assert.Equal(t, "00x|ERROR 0", got[0])
	assert.Len(t, r.all(), 10)
	r.clock.Turn(time.Second)
	assert.Len(t, r.sink.take(), 10)
	r.clock.Turn(2 * forgetAfter)
	assert.Empty(t, r.all())
	r.stop()
}

// TestManySenders at once: each stream's lines stay in their order, none is lost.
func TestManySenders(t *testing.T) {
	r := open(t, "", nil)
	stop := make(chan struct{})
	var ticking sync.WaitGroup
	ticking.Go(func() {
		for r.clock.Tick(stop) {
		}
	})
	var wg sync.WaitGroup
	const senders, each = 8, 200
	for n := range senders {
		wg.Go(func() {
			for i := range each {
				lines := []string{fmt.Sprintf("%d|x|INFO %d", n, i), fmt.Sprintf("%d|y|ERROR %d", n, i), fmt.Sprintf("%d|y|\tat shop.Cart.pay(Cart.java:%d)", n, i)}
				assert.NoError(t, r.ConsumeLogs(context.Background(), request(lines...)))
			}
		})
	}
	wg.Wait()
	close(stop)
	ticking.Wait()
	r.stop()
	next := map[string]int{}
	for _, got := range r.sink.take() {
		stream, body, _ := strings.Cut(got, "|")
		word := "INFO"
		want := fmt.Sprintf("INFO %d", next[stream])
		if strings.HasSuffix(stream, "y") {
			word, want = "ERROR", fmt.Sprintf("ERROR %d\n\tat shop.Cart.pay(Cart.java:%d)", next[stream], next[stream])
		}
		assert.Equal(t, want, body, word)
		next[stream]++
	}
	assert.Len(t, next, 2*senders)
	for stream, n := range next {
		assert.Equal(t, each, n, stream)
	}
}

func TestConfig(t *testing.T) {
	cfg := createDefaultConfig().(*Config)
	id := component.MustNewID("file_storage")
	require.NoError(t, confmap.NewFromStringMap(map[string]any{
		"flush_after": "3s", "max_lines": 7, "max_bytes": 9, "max_streams": 11, "storage": "file_storage", "stream_attributes": []any{"a"},
	}).Unmarshal(cfg))
	assert.Equal(t, &Config{StreamAttributes: []string{"a"}, FlushAfter: 3 * time.Second, MaxLines: 7, MaxBytes: 9, MaxStreams: 11, Storage: &id}, cfg)
	err := (&Config{}).Validate()
	for _, key := range []string{"flush_after", "max_lines", "max_bytes", "max_streams"} {
		assert.ErrorContains(t, err, key)
	}
}

func TestNoSuchStorage(t *testing.T) {
	cfg := createDefaultConfig().(*Config)
	id := component.MustNewID("file_storage")
	cfg.Storage = &id
	p, err := newProcessor(processortest.NewNopSettings(metadata.Type), cfg, &sink{}, clock.System{})
	require.NoError(t, err)
	assert.ErrorContains(t, p.Start(context.Background(), componenttest.NewNopHost()), "file_storage")
	require.NoError(t, p.Shutdown(context.Background()))
}

// TestReadme: the configuration in it is valid.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	for _, key := range []string{"stream_attributes", "flush_after", "max_lines", "max_bytes", "max_streams", "storage"} {
		assert.Contains(t, string(text), "| `"+key+"` |")
	}
}

// ordinary is a request of 100 ordinary lines of one stream.
func ordinary() plog.Logs {
	var records []map[string]string
	for n := range 100 {
		records = append(records, map[string]string{"": fmt.Sprintf("2026-11-21T10:00:00Z INFO line %d", n), "log.iostream": "x"})
	}
	return partsRequest(records...)
}

// TestAllocations: a line costs its copy and what notes that it is held; a request costs a bounded number more.
func TestAllocations(t *testing.T) {
	r := open(t, "", nil)
	r.next = consumertest.NewNop()
	logs := ordinary()
	copied := testing.AllocsPerRun(100, func() { logs.CopyTo(plog.NewLogs()) })
	got := testing.AllocsPerRun(100, func() { _ = r.ConsumeLogs(context.Background(), logs) })
	assert.LessOrEqual(t, got, copied+float64(logs.LogRecordCount())+50)
	r.stop()
}

func BenchmarkConsumeLogs(b *testing.B) {
	r := open(b, "", nil)
	r.next = consumertest.NewNop()
	logs := ordinary()
	b.ReportAllocs()
	for b.Loop() {
		if err := r.ConsumeLogs(context.Background(), logs); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	r.stop()
}
