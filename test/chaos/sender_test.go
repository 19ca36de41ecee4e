//go:build linux

package chaos

import (
	"context"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// What a sender does about a request that was not acknowledged: the same again after a pause that grows, for ever.
const (
	sendTimeout = 10 * time.Second // per attempt, as OTLP exporters have it
	firstPause  = 50 * time.Millisecond
	lastPause   = time.Second
)

// sender sends steps of load and keeps what was acknowledged. Each step's logs are acknowledged before its traces are sent.
type sender struct {
	t      testing.TB
	load   load
	rate   float64  // steps a second; 0: as many as are acknowledged
	most   int      // steps; 0: until it is stopped
	apps   []string // each step is made once for each
	conn   *grpc.ClientConn
	logs   plogotlp.GRPCClient
	traces ptraceotlp.GRPCClient

	begin     time.Time
	next      atomic.Int64
	stopping  atomic.Bool
	abandoned atomic.Bool
	wg        sync.WaitGroup

	logsAcked, tracesAcked atomic.Int64 // steps
	refused                atomic.Int64 // attempts that the receiver refused
	unreached              atomic.Int64 // attempts without an answer
	wrong                  atomic.Int64 // attempts answered with a code that forbids a repeat
	wrongCode              atomic.Value
}

func newSender(t testing.TB, address string, load load, rate float64, apps ...string) *sender {
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithConnectParams(grpc.ConnectParams{
		Backoff:           backoff.Config{BaseDelay: firstPause, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 500 * time.Millisecond},
		MinConnectTimeout: time.Second,
	}))
	require.NoError(t, err)
	s := &sender{
		t: t, load: load, apps: apps, rate: rate, conn: conn, logs: plogotlp.NewGRPCClient(conn), traces: ptraceotlp.NewGRPCClient(conn),
	}
	t.Cleanup(func() {
		s.abandoned.Store(true)
		s.stop()
		_ = conn.Close()
	})
	return s
}

// start sends with so many requests at once.
func (s *sender) start(workers int) {
	s.begin = time.Now()
	for range workers {
		s.wg.Go(func() {
			for !s.stopping.Load() {
				n := int(s.next.Add(1)) - 1
				if s.most > 0 && n >= s.most {
					return
				}
				s.await(n)
				s.step(n)
			}
		})
	}
}

// await waits for a step's time. A sender that is behind catches up.
func (s *sender) await(n int) {
	if s.rate > 0 {
		time.Sleep(time.Until(s.begin.Add(time.Duration(float64(n) / s.rate * float64(time.Second)))))
	}
}

// stop ends after the steps that were begun are acknowledged.
func (s *sender) stop() {
	s.stopping.Store(true)
	s.wg.Wait()
}

func (s *sender) step(n int) {
	if s.load.logs != nil {
		ld := plog.NewLogs()
		for _, app := range s.apps {
			s.load.logs(ld, app, n)
		}
		s.send(func(ctx context.Context) error {
			_, err := s.logs.Export(ctx, plogotlp.NewExportRequestFromLogs(ld))
			return err
		}, &s.logsAcked)
	}
	if s.load.traces != nil {
		td := ptrace.NewTraces()
		for _, app := range s.apps {
			s.load.traces(td, app, n)
		}
		s.send(func(ctx context.Context) error {
			_, err := s.traces.Export(ctx, ptraceotlp.NewExportRequestFromTraces(td))
			return err
		}, &s.tracesAcked)
	}
}

// send repeats a request until it is acknowledged.
func (s *sender) send(export func(context.Context) error, acked *atomic.Int64) {
	for pause := firstPause; !s.abandoned.Load(); pause = min(2*pause, lastPause) {
		ctx, cancel := context.WithTimeout(context.Background(), sendTimeout)
		err := export(ctx)
		cancel()
		if err == nil {
			acked.Add(1)
			return
		}
		s.note(err)
		time.Sleep(pause/2 + rand.N(pause))
	}
}

// note sorts the refusals of a receiver that is there from the silence of one that is not (OTLP specification: retryable codes).
func (s *sender) note(err error) {
	switch said := status.Convert(err); said.Code() {
	case codes.Unavailable, codes.ResourceExhausted:
		if strings.Contains(said.Message(), "queue") { // is full, or its storage fails; not the client's own words about a connection
			s.refused.Add(1)
		} else {
			s.unreached.Add(1)
		}
	case codes.Canceled, codes.DeadlineExceeded, codes.Aborted, codes.OutOfRange, codes.DataLoss:
		s.unreached.Add(1)
	default:
		s.wrong.Add(1)
		s.wrongCode.Store(said.Err())
	}
}

// accepted is how many things of a category were acknowledged for each app.
func (s *sender) accepted(c sentry.Category) int {
	return int(s.logsAcked.Load())*s.load.ofLogs[c] + int(s.tracesAcked.Load())*s.load.ofTraces[c]
}
