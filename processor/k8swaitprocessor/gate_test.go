package k8swaitprocessor

import (
	"context"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/otelcol-sentry/otelcol-sentry/processor/k8swaitprocessor/internal/metadatatest"
)

const uid = "0b6f9a52-0f0e-4b8e-9d39-5d3b6a1c7e11"

// bench is a gate with a clock that stands still.
type bench struct {
	*gate
	now  time.Time
	tel  *componenttest.Telemetry
	logs *observer.ObservedLogs
}

func newBench(t testing.TB) *bench {
	b := &bench{now: time.Unix(1_700_000_000, 0), tel: componenttest.NewTelemetry()}
	t.Cleanup(func() { assert.NoError(t, b.tel.Shutdown(context.Background())) })
	set := b.tel.NewTelemetrySettings()
	core, logs := observer.New(zap.WarnLevel)
	set.Logger, b.logs = zap.New(core), logs
	cfg := createDefaultConfig().(*Config)
	cfg.Attributes = append(cfg.Attributes, "namespace")
	g, err := newGate(cfg, set, func() time.Time { return b.now })
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, g.shutdown(context.Background())) })
	b.gate = g
	return b
}

func records(n int, attributes ...string) plog.Logs {
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	for i := 0; i < len(attributes); i += 2 {
		rl.Resource().Attributes().PutStr(attributes[i], attributes[i+1])
	}
	sl := rl.ScopeLogs().AppendEmpty()
	for range n {
		sl.LogRecords().AppendEmpty().Body().SetStr("x")
	}
	return ld
}

func (b *bench) put(ctx context.Context, ld plog.Logs) error {
	_, err := b.gate.logs(ctx, ld)
	return err
}

func from(ip string) context.Context {
	return client.NewContext(context.Background(), client.Info{Addr: &net.TCPAddr{IP: net.ParseIP(ip), Port: 4711}})
}

func (b *bench) counts(t *testing.T, refused, incomplete int64) {
	if refused > 0 {
		metadatatest.AssertEqualProcessorK8sWaitRefused(t, b.tel, []metricdata.DataPoint[int64]{{Value: refused}}, metricdatatest.IgnoreTimestamp())
	}
	if incomplete > 0 {
		metadatatest.AssertEqualProcessorK8sWaitIncomplete(t, b.tel, []metricdata.DataPoint[int64]{{Value: incomplete}}, metricdatatest.IgnoreTimestamp())
	}
}

func TestCompletePasses(t *testing.T) {
	b := newBench(t)
	require.NoError(t, b.put(t.Context(), records(2, "k8s.pod.uid", uid, "k8s.node.name", "n", "namespace", "shop")))
}

func TestUnknownPodIsWaitedFor(t *testing.T) {
	b := newBench(t)
	err := b.put(t.Context(), records(2, "k8s.pod.uid", uid, "k8s.node.name", "n"))
	require.EqualError(t, err, "the metadata of the pod "+uid+" is not known yet")
	assert.False(t, consumererror.IsPermanent(err), "it must come again")
	b.now = b.now.Add(defaultTimeout - 1)
	require.Error(t, b.put(t.Context(), records(2, "k8s.pod.uid", uid)))
	require.NoError(t, b.put(t.Context(), records(2, "k8s.pod.uid", uid, "k8s.node.name", "n", "namespace", "shop")), "it became known")
	b.counts(t, 2, 0)
}

func TestWaitingEnds(t *testing.T) {
	b := newBench(t)
	require.Error(t, b.put(t.Context(), records(2, "k8s.pod.uid", uid, "k8s.pod.name", "cart-1")))
	b.now = b.now.Add(defaultTimeout)
	require.NoError(t, b.put(t.Context(), records(2, "k8s.pod.uid", uid, "k8s.pod.name", "cart-1")))
	require.NoError(t, b.put(t.Context(), records(3, "k8s.pod.uid", uid, "k8s.pod.name", "cart-1")))
	b.counts(t, 1, 5)
	require.Equal(t, 1, b.logs.Len(), "named once")
	assert.Equal(t, "cart-1", b.logs.All()[0].ContextMap()["name"])
	b.now = b.now.Add(memory)
	require.NoError(t, b.put(t.Context(), records(1, "k8s.pod.uid", uid)), "remembered while it is in use")
	b.now = b.now.Add(memory)
	require.NoError(t, b.put(t.Context(), records(1, "k8s.pod.uid", "another", "k8s.node.name", "n", "namespace", "shop")))
	b.now = b.now.Add(2 * memory)
	require.Error(t, b.put(t.Context(), records(1, "k8s.pod.uid", "third")))
	b.now = b.now.Add(memory)
	require.Error(t, b.put(t.Context(), records(1, "k8s.pod.uid", "fourth")))
	require.Error(t, b.put(t.Context(), records(1, "k8s.pod.uid", uid)), "forgotten")
}

func TestByConnection(t *testing.T) {
	b := newBench(t)
	require.EqualError(t, b.put(from("10.0.0.7"), records(1)), "the metadata of the pod 10.0.0.7 is not known yet")
	b.now = b.now.Add(defaultTimeout)
	require.NoError(t, b.put(from("10.0.0.7"), records(1)))
	require.Error(t, b.put(from("10.0.0.8"), records(1)), "each has its own wait")
}

func TestNothingToWaitFor(t *testing.T) {
	b := newBench(t)
	require.NoError(t, b.put(t.Context(), records(4)))
	b.counts(t, 0, 4)
}

func TestTraces(t *testing.T) {
	b := newBench(t)
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	_, err := b.traces(from("10.0.0.7"), td)
	require.Error(t, err)
	b.now = b.now.Add(defaultTimeout)
	_, err = b.traces(from("10.0.0.7"), td)
	require.NoError(t, err)
	b.counts(t, 1, 1)
	rs.Resource().Attributes().PutStr("k8s.node.name", "n")
	rs.Resource().Attributes().PutStr("namespace", "shop")
	_, err = b.traces(from("10.0.0.8"), td)
	require.NoError(t, err)
}

func TestMemoryIsBounded(t *testing.T) {
	b := newBench(t)
	for i := range 5 * maxWaits {
		require.Error(t, b.put(t.Context(), records(1, "k8s.pod.uid", fmt.Sprint("pod ", i))))
	}
	assert.LessOrEqual(t, len(b.waits.recent), maxWaits)
	assert.LessOrEqual(t, len(b.waits.older), maxWaits)
}

func TestCompleteAllocatesNothing(t *testing.T) {
	b := newBench(t)
	ld := records(10, "k8s.pod.uid", uid, "k8s.node.name", "n", "namespace", "shop")
	ctx := context.Background()
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		if _, err := b.gate.logs(ctx, ld); err != nil {
			panic(err)
		}
	}))
}

func TestConfig(t *testing.T) {
	assert.NoError(t, createDefaultConfig().(*Config).Validate())
	assert.ErrorContains(t, (&Config{Timeout: 1}).Validate(), "'attributes' must say")
	assert.ErrorContains(t, (&Config{Attributes: []string{"a"}}).Validate(), "'timeout' must be above 0")
}
