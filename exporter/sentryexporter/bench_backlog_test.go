//go:build unix

package sentryexporter

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/pdata/plog"
)

// slowSentry answers so many envelopes as it is told to, each after a delay.
type slowSentry struct {
	*httptest.Server
	delay    atomic.Int64 // ns
	answered atomic.Int64

	tickets chan struct{} // one an answer; closed: as many as come
}

func newSlowSentry() *slowSentry {
	s := &slowSentry{tickets: make(chan struct{}, 1<<20)}
	s.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		_, _ = io.Copy(io.Discard, req.Body) // the client may be gone
		<-s.tickets
		time.Sleep(time.Duration(s.delay.Load()))
		s.answered.Add(1)
	}))
	return s
}

func (s *slowSentry) answer(n int, delay time.Duration) {
	s.delay.Store(int64(delay))
	for range n {
		s.tickets <- struct{}{}
	}
}

func (s *slowSentry) dsn() configopaque.String {
	return configopaque.String(strings.Replace(s.URL, "://", "://public-key@", 1) + "/7")
}

// cpuTime is what this process has used of the processors, the fake Sentry's share included.
func cpuTime() time.Duration {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used) // it cannot fail for the process itself
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// BenchmarkBacklog measures what one request costs to accept and to deliver while others are queued: 1,000 to 100,000 events, each in a
// request of its own, in front of a server that answers after 1 ms or after 1 s. The figure is cpu-µs/item: the processor time of the
// whole process, the server included; ns/op is mostly the server's. Run it with -benchtime 2000x: each run fills the queue first.
func BenchmarkBacklog(b *testing.B) {
	for _, storage := range []string{"memory", "file"} {
		for _, delay := range []time.Duration{time.Millisecond, time.Second} {
			for _, queued := range []int{1_000, 10_000, 100_000} {
				b.Run(fmt.Sprintf("%s/%s/%d", storage, delay, queued), func(b *testing.B) {
					q := fillBacklog(b, storage, queued)
					b.ReportAllocs()
					b.ResetTimer()
					used := q.cost(b, delay, b.N)
					b.StopTimer()
					b.ReportMetric(float64(used.Microseconds())/float64(b.N), "cpu-µs/item")
					q.stop(b)
				})
			}
		}
	}
}

// What a request costs does not depend on how many are queued. The processor's time says so too (BenchmarkBacklog), but not in a test.
// The file is a tree, which becomes one level deeper.
func TestCostPerItemDoesNotGrowWithTheBacklog(t *testing.T) {
	for storage, bound := range map[string]float64{"memory": 1.5, "file": 2} {
		t.Run(storage, func(t *testing.T) {
			var allocated [2]float64
			for i, queued := range []int{300, 3_000} {
				q := fillBacklog(t, storage, queued)
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				q.cost(t, 0, 300)
				runtime.ReadMemStats(&after)
				allocated[i] = float64(after.Mallocs - before.Mallocs)
				q.stop(t)
			}
			assert.Less(t, allocated[1]/allocated[0], bound, "allocations of 300 requests, with 3,000 queued to those with 300")
		})
	}
}

// backlog is an exporter whose queue holds requests that a Sentry does not take yet.
type backlog struct {
	sentry *slowSentry
	logs   exporter.Logs
	next   int
}

func fillBacklog(t testing.TB, storage string, queued int) *backlog {
	ctx := context.Background()
	q := &backlog{sentry: newSlowSentry()}
	host := componenttest.NewNopHost()
	cfg := createDefaultConfig().(*Config)
	cfg.DSN = q.sentry.dsn()
	cfg.Events.Budget.Enabled = false
	cfg.Queue.Get().QueueSize = 4 << 30
	cfg.Queue.Get().NumConsumers = 100 // in front of a server that takes a second these are 100 events a second
	cfg.HTTP.Keepalive.Get().MaxIdleConnsPerHost = 100
	if storage == "file" {
		id := component.MustNewID("file_storage")
		cfg.Queue.Get().StorageID = &id
		host = storageHost(t)
	}
	var err error
	q.logs, err = NewFactory().CreateLogs(ctx, settings(), cfg)
	require.NoError(t, err)
	require.NoError(t, q.logs.Start(ctx, host))
	for range queued {
		q.offer(t)
	}
	return q
}

func (q *backlog) offer(t testing.TB) {
	require.NoError(t, q.logs.ConsumeLogs(context.Background(), numberedError(q.next)))
	q.next++
}

// cost offers n requests more, while Sentry takes as many. It gives the processor's time.
func (q *backlog) cost(t testing.TB, delay time.Duration, n int) time.Duration {
	before := cpuTime()
	q.sentry.answer(n, delay)
	for range n {
		q.offer(t)
	}
	for q.sentry.answered.Load() < int64(n) {
		time.Sleep(100 * time.Microsecond)
	}
	return cpuTime() - before
}

// stop ends it; what is left in memory is delivered.
func (q *backlog) stop(t testing.TB) {
	q.sentry.delay.Store(0)
	close(q.sentry.tickets)
	require.NoError(t, q.logs.Shutdown(context.Background()))
	q.sentry.Close()
}

func numberedError(n int) plog.Logs {
	ld := errorLogs(1, fmt.Sprint("boom ", n))
	ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Attributes().PutInt("n", int64(n))
	return ld
}
