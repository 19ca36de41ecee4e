package sentrysegmentprocessor

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/storage/filestorage"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/groupbytraceprocessor"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processortest"
)

// counter is a next consumer that only counts.
type counter struct{ spans, requests atomic.Int64 }

func (c *counter) Capabilities() consumer.Capabilities { return consumer.Capabilities{} }

func (c *counter) ConsumeTraces(_ context.Context, td ptrace.Traces) error {
	c.spans.Add(int64(td.SpanCount()))
	c.requests.Add(1)
	return nil
}

// BenchmarkProcessor sends 6,000 traces of ten spans through, from the first request until the shutdown has handed on the last span,
// beside contrib's groupbytrace with emit_strategy: service. With -cpu 1 the time is what all goroutines need together.
func BenchmarkProcessor(b *testing.B) {
	const batchesOf100 = 60
	segments := func(change option) func(testing.TB, consumer.Traces) processor.Traces {
		return func(t testing.TB, next consumer.Traces) processor.Traces {
			cfg := createDefaultConfig().(*Config)
			cfg.BlockOnOverflow = true
			cfg.WaitAfterRoot = 100 * time.Millisecond
			change(cfg)
			p, err := NewFactory().CreateTraces(t.Context(), processortest.NewNopSettings(NewFactory().Type()), cfg, next)
			require.NoError(t, err)
			return p
		}
	}
	for name, create := range map[string]func(testing.TB, consumer.Traces) processor.Traces{
		"sentry_segment":           segments(func(*Config) {}),
		"sentry_segment, 2 shards": segments(func(cfg *Config) { cfg.Shards = 2 }),
		"sentry_segment, journal":  segments(func(cfg *Config) { cfg.Storage = &fileID }),
		"groupbytrace": func(t testing.TB, next consumer.Traces) processor.Traces {
			f := groupbytraceprocessor.NewFactory()
			cfg := f.CreateDefaultConfig().(*groupbytraceprocessor.Config)
			cfg.EmitStrategy = groupbytraceprocessor.EmitStrategyService
			cfg.WaitDuration = 100 * time.Millisecond
			cfg.NumTraces = 100_000
			p, err := f.CreateTraces(t.Context(), processortest.NewNopSettings(f.Type()), cfg, next)
			require.NoError(t, err)
			return p
		},
	} {
		b.Run(name, func(b *testing.B) {
			w := workload{text: "some text of the length of others", lost: func(int) bool { return false }}
			spans := 0
			var to counter
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				var all []ptrace.Traces
				for i := range batchesOf100 {
					requests, n := w.requests(i * traceBatch)
					all = append(all, requests[:]...)
					spans += n
				}
				p := create(b, &to)
				h := &host{storage: fileStorage(b, b.TempDir()), id: fileID}
				require.NoError(b, p.Start(b.Context(), h))
				runtime.GC()
				b.StartTimer()
				for _, td := range all {
					require.NoError(b, p.ConsumeTraces(b.Context(), td))
				}
				require.NoError(b, p.Shutdown(b.Context()))
			}
			require.Equal(b, int64(spans), to.spans.Load())
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(spans), "ns/span")
			b.ReportMetric(float64(to.requests.Load())/float64(b.N), "requests/op")
		})
	}
}

var fileID = component.MustNewID("file_storage")

// fileStorage is contrib's, as it is by default: safe against kill -9, not against a power failure.
func fileStorage(t testing.TB, directory string, change ...func(*filestorage.Config)) component.Component {
	f := filestorage.NewFactory()
	cfg := f.CreateDefaultConfig().(*filestorage.Config)
	cfg.Directory = directory
	for _, c := range change {
		c(cfg)
	}
	ext, err := f.Create(t.Context(), extensiontest.NewNopSettings(f.Type()), cfg)
	require.NoError(t, err)
	require.NoError(t, ext.Start(t.Context(), componenttest.NewNopHost()))
	t.Cleanup(func() { _ = ext.Shutdown(context.Background()) })
	return ext
}
