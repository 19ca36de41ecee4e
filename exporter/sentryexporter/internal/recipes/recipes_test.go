// Package recipes runs the processors of configs/recipes as they stand there, and asks what Sentry will make of what they let through.
package recipes

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/probabilisticsamplerprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/tailsamplingprocessor"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/memorylimiterprocessor"
	"go.opentelemetry.io/collector/processor/processortest"

	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/translate"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

var factories = map[string]processor.Factory{
	"probabilistic_sampler": probabilisticsamplerprocessor.NewFactory(),
	"tail_sampling":         tailsamplingprocessor.NewFactory(),
	"memory_limiter":        memorylimiterprocessor.NewFactory(),
}

func read(t *testing.T, name string) *confmap.Conf {
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "configs", "recipes", name))
	require.NoError(t, err)
	retrieved, err := confmap.NewRetrievedFromYAML(text)
	require.NoError(t, err)
	conf, err := retrieved.AsConf()
	require.NoError(t, err)
	return conf
}

// run sends requests through the recipe's pipelines of traces and gives what each exporter gets.
func run(t *testing.T, conf *confmap.Conf, requests []ptrace.Traces) map[string]*consumertest.TracesSink {
	sinks := map[string]*consumertest.TracesSink{}
	pipelines, err := conf.Sub("service::pipelines")
	require.NoError(t, err)
	for name, pipeline := range pipelines.ToStringMap() {
		if name != "traces" && !strings.HasPrefix(name, "traces/") {
			continue
		}
		for _, exporter := range list(pipeline, "exporters") {
			if sinks[exporter] == nil {
				sinks[exporter] = new(consumertest.TracesSink)
			}
			send(t, conf, list(pipeline, "processors"), sinks[exporter], requests)
		}
	}
	return sinks
}

func list(pipeline any, key string) (out []string) {
	for _, name := range pipeline.(map[string]any)[key].([]any) {
		out = append(out, name.(string))
	}
	return out
}

// send sends requests through processors. What these hold back comes out when they stop.
func send(t *testing.T, conf *confmap.Conf, processors []string, to consumer.Traces, requests []ptrace.Traces) {
	ctx := context.Background()
	var started []component.Component
	for _, name := range slices.Backward(processors) {
		kind, _, _ := strings.Cut(name, "/")
		require.Contains(t, factories, kind)
		factory := factories[kind]
		cfg := factory.CreateDefaultConfig()
		sub, err := conf.Sub("processors::" + name)
		require.NoError(t, err)
		require.NoError(t, sub.Unmarshal(cfg))
		require.NoError(t, confmap.Validate(cfg))
		p, err := factory.CreateTraces(ctx, processortest.NewNopSettings(factory.Type()), cfg, to)
		require.NoError(t, err)
		require.NoError(t, p.Start(ctx, componenttest.NewNopHost()))
		started, to = append(started, p), p
	}
	for _, td := range requests {
		own := ptrace.NewTraces()
		td.CopyTo(own)
		require.NoError(t, to.ConsumeTraces(ctx, own))
	}
	for _, p := range slices.Backward(started) {
		require.NoError(t, p.Shutdown(ctx))
	}
}

// traffic is n traces of two spans, every twentieth of them with an error on its second span.
func traffic(n int) (requests []ptrace.Traces, failed map[pcommon.TraceID]bool) {
	r := rand.New(rand.NewPCG(5, 7))
	failed = map[pcommon.TraceID]bool{}
	for i := range n {
		td := ptrace.NewTraces()
		spans := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
		var id pcommon.TraceID
		for k := range id {
			id[k] = byte(r.Uint32())
		}
		for k := range byte(2) {
			span := spans.AppendEmpty()
			span.SetTraceID(id)
			span.SetSpanID(pcommon.SpanID{k + 1})
			span.SetParentSpanID(pcommon.SpanID{k})
			span.SetEndTimestamp(1)
		}
		if i%20 == 0 {
			failed[id] = true
			spans.At(1).Status().SetCode(ptrace.StatusCodeError)
		}
		requests = append(requests, td)
	}
	return requests, failed
}

// rates are the sample rates that Sentry is told, of the traces that arrived.
func rates(t *testing.T, sink *consumertest.TracesSink) map[pcommon.TraceID]float64 {
	dsn, err := sentry.ParseDSN("https://k@o1.ingest.sentry.io/1")
	require.NoError(t, err)
	dsc := translate.NewDSC(dsn)
	out := map[pcommon.TraceID]float64{}
	for _, td := range sink.AllTraces() {
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, span := range ss.Spans().All() {
					for _, m := range dsc.OfSpan(sentry.TraceID(span.TraceID()), span) {
						if m.Key != "sample_rate" {
							continue
						}
						rate, err := strconv.ParseFloat(m.Value, 64)
						require.NoError(t, err)
						if before, ok := out[span.TraceID()]; ok {
							require.Equal(t, before, rate, "the same on every span of a trace")
						}
						out[span.TraceID()] = rate
					}
				}
			}
		}
	}
	return out
}

const traces = 4000

func TestHeadSampling(t *testing.T) {
	requests, _ := traffic(traces)
	sinks := run(t, read(t, "head-sampling.yaml"), requests)
	assert.Equal(t, 2*traces, sinks["sentry/issues"].SpanCount(), "issues come from all traces")
	counted := 0.0
	for _, rate := range rates(t, sinks["sentry"]) {
		assert.InDelta(t, 0.1, rate, 0.0001)
		counted += 1 / rate
	}
	assert.InEpsilon(t, traces, counted, 0.1, "Sentry counts all")
}

func TestTailSampling(t *testing.T) {
	requests, failed := traffic(traces)
	sinks := run(t, read(t, "tail-sampling.yaml"), requests)
	kept := rates(t, sinks["sentry"])
	assert.Equal(t, 2*len(kept), sinks["sentry"].SpanCount(), "each trace whole, and once")
	errors, others := 0.0, 0.0
	for id, rate := range kept {
		if failed[id] {
			assert.Equal(t, 1.0, rate)
			errors += 1 / rate
		} else {
			assert.InDelta(t, 0.1, rate, 0.0001)
			others += 1 / rate
		}
	}
	assert.Equal(t, float64(len(failed)), errors, "every error is kept, and counts once")
	assert.InEpsilon(t, traces-len(failed), others, 0.1, "Sentry counts all others")
	assert.Less(t, len(kept), traces/5)
}
