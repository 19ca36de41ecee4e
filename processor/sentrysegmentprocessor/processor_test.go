package sentrysegmentprocessor

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor/processortest"
	"go.uber.org/multierr"

	"github.com/otelcol-sentry/otelcol-sentry/processor/sentrysegmentprocessor/internal/metadata"
)

func TestSegmentsLeaveInTime(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t, &sink{}, nil)
		r.give(s{id: 2, parent: 1}, s{id: 2, parent: 1, trace: 2})
		r.give(s{id: 3, parent: 2})
		pass(5 * time.Second)
		r.give(s{id: 1})
		pass(2*time.Second - tick)
		assert.Empty(t, r.got())
		pass(2 * tick)
		assert.Equal(t, [][]byte{{1, 2, 3}}, r.got())
		pass(23*time.Second - 2*tick)
		assert.Empty(t, r.got())
		pass(2 * tick)
		assert.Equal(t, [][]byte{{2}}, r.got(), "without a root, 30 s after its last span")

		r.give(s{id: 4, parent: 3})
		pass(2*time.Second + tick)
		late := r.gotTraces()
		require.Len(t, late, 1)
		assert.Equal(t, []byte{4}, marked(late[0]))

		assert.Equal(t, int64(1), r.value("segments", "root"))
		assert.Equal(t, int64(3), r.value("spans", "root"))
		assert.Equal(t, int64(1), r.value("segments", "idle"))
		assert.Equal(t, int64(1), r.value("segments", "late"))
		assert.Equal(t, int64(5), r.value("accepted_spans"))
		r.empty()
		r.balanced()
		r.shutdown()
	})
}

// What is due in one tick is one request, as far as its size allows; segments are not cut.
func TestOneRequestATick(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t, &sink{}, nil, func(cfg *Config) { cfg.MaxRequestBytes = 100_000 })
		for trace := range byte(9) {
			r.give(s{id: 1, trace: trace + 1}, s{id: 2, parent: 1, trace: trace + 1})
		}
		pass(2*time.Second + tick)
		assert.Len(t, r.got(), 1)
		for trace := range byte(9) {
			r.give(s{id: 3, trace: trace + 1, text: 12_000}, s{id: 4, parent: 3, trace: trace + 1, text: 12_000})
		}
		pass(2*time.Second + tick)
		got := r.got()
		assert.Len(t, got, 3, "without waiting for another tick")
		for _, ids := range got {
			assert.Len(t, ids, 6)
		}
		r.shutdown()
	})
}

func TestSpansWithoutIDsPass(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t, &sink{}, nil)
		untouched := requestOf(s{id: 7, nameless: true}, s{id: 0, parent: 1})
		want := ptrace.NewTraces()
		untouched.CopyTo(want)
		require.NoError(t, r.p.ConsumeTraces(t.Context(), untouched))
		assert.Equal(t, []ptrace.Traces{want}, r.gotTraces())

		r.give(s{id: 7, nameless: true, service: "b"}, s{id: 1}, s{id: 8, nameless: true})
		passed := r.gotTraces()
		require.Len(t, passed, 1)
		assert.Equal(t, []byte{7, 8}, idsOf(passed[0]))
		assert.Equal(t, 2, passed[0].ResourceSpans().Len())
		assert.Equal(t, int64(1), r.value("held_spans"))

		mixed := requestOf(s{id: 7, nameless: true}, s{id: 2, parent: 1})
		r.refuse(errBusy)
		require.ErrorIs(t, r.p.ConsumeTraces(t.Context(), mixed), errBusy)
		assert.Equal(t, 2, mixed.SpanCount(), "the sender still has all")
		assert.Equal(t, int64(1), r.value("held_spans"))
		r.accept()
		require.NoError(t, r.p.ConsumeTraces(t.Context(), mixed))
		assert.Equal(t, [][]byte{{7}}, r.got())
		pass(2*time.Second + tick)
		assert.Equal(t, [][]byte{{1, 2}}, r.got())
		assert.Equal(t, int64(5), r.value("passed_spans", "no_ids"))
		r.empty()
		r.balanced()
		r.shutdown()
	})
}

func TestEmptyRequests(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t, &sink{}, nil)
		require.NoError(t, r.p.ConsumeTraces(t.Context(), ptrace.NewTraces()))
		td := ptrace.NewTraces()
		td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty()
		require.NoError(t, r.p.ConsumeTraces(t.Context(), td))
		assert.Zero(t, r.times())
		r.shutdown()
	})
}

// small makes a processor whose memory is full with about a hundred spans of 10 kB.
func small(cfg *Config) {
	cfg.MaxBytes = minMaxBytes
	cfg.MaxRequestBytes = minMaxBytes / 8
}

const big = 10_000

func TestMemoryTakesTheOldestSegments(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t, &sink{}, nil, small)
		for trace := range byte(200) {
			r.give(s{id: 2, parent: 1, trace: trace + 1, text: big})
			assert.LessOrEqual(t, r.value("held_bytes"), int64(minMaxBytes))
		}
		next := byte(1)
		for _, td := range r.gotTraces() {
			for _, span := range spansOf(td) {
				assert.Equal(t, next, span.TraceID()[0], "the oldest first")
				next++
			}
		}
		assert.Greater(t, next, byte(100))
		assert.Greater(t, r.value("held_bytes"), int64(minMaxBytes/2), "and no more than it takes")
		assert.Equal(t, int64(next-1), r.value("segments", "memory"))
		r.balanced()
		r.shutdown()
	})
}

func TestALargeSegmentLeavesEarly(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t, &sink{}, nil, small)
		for id := range byte(27) {
			r.give(s{id: id + 2, parent: 1, text: big})
		}
		pass(tick)
		got := r.got()
		require.Len(t, got, 1)
		assert.Greater(t, len(got[0]), 20)
		assert.Equal(t, int64(1), r.value("segments", "memory"))
		r.shutdown()
	})
}

func TestAFullProcessorRefuses(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t, &sink{}, nil, small)
		r.refuse(errBusy)
		given := int64(0)
		var err error
		for ; err == nil; given++ {
			err = r.offer(s{id: 1, trace: byte(1 + given), text: big})
		}
		given--
		require.ErrorIs(t, err, errFull)
		assert.False(t, consumererror.IsPermanent(err))
		assert.Equal(t, given, r.value("held_spans"))
		assert.LessOrEqual(t, r.value("held_bytes"), int64(minMaxBytes))
		assert.Equal(t, int64(1), r.value("refused_requests", "full"))

		r.accept()
		pass(lastPause + tick)
		require.NoError(t, r.offer(s{id: 1, trace: 250, text: big}))
		pass(2*time.Second + tick)
		seen := map[byte]int{}
		for _, td := range r.gotTraces() {
			for _, span := range spansOf(td) {
				seen[span.TraceID()[0]]++
			}
		}
		assert.Len(t, seen, int(given)+1)
		for trace, n := range seen {
			assert.Equal(t, 1, n, "trace %d", trace)
		}
		r.empty()
		r.balanced()
		r.shutdown()
	})
}

// A request that finds no room makes room for itself: the next try finds it.
func TestARefusedRequestFindsRoomTheNextTime(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t, &sink{}, nil, small)
		for trace := range byte(7) {
			r.give(s{id: 2, parent: 1, trace: trace + 1, text: 10 * big})
		}
		large := []s{{id: 1, trace: 98, text: 20 * big}, {id: 1, trace: 99, text: 20 * big}}
		require.ErrorIs(t, r.offer(large...), errFull)
		synctest.Wait()
		require.NoError(t, r.offer(large...))
		synctest.Wait()
		r.got()
		pass(time.Second)
		assert.Empty(t, r.got(), "no more room is made than was wanted")
		r.shutdown()
	})
}

func TestAFullProcessorMakesWait(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t, &sink{}, nil, small, blocking)
		r.refuse(errBusy)
		const senders = 150
		answers := make(chan error, senders)
		for i := range byte(senders) {
			go func() { answers <- r.offer(s{id: 1, trace: 1 + i, text: big}) }()
			synctest.Wait() // in this order
		}
		pass(time.Minute)
		accepted := len(answers)
		assert.Greater(t, accepted, 50)
		assert.Less(t, accepted, 110)
		assert.LessOrEqual(t, r.value("held_bytes"), int64(minMaxBytes))

		ctx, cancel := context.WithCancel(t.Context())
		impatient := make(chan error, 1)
		go func() { impatient <- r.p.ConsumeTraces(ctx, requestOf(s{id: 1, trace: 255, text: big})) }()
		synctest.Wait()
		cancel()
		require.ErrorIs(t, <-impatient, context.Canceled)

		r.accept()
		pass(lastPause + tick)
		assert.Len(t, answers, senders)
		for range senders {
			require.NoError(t, <-answers)
		}
		pass(3 * time.Second)
		spans := 0
		for _, ids := range r.got() {
			spans += len(ids)
		}
		assert.Equal(t, senders, spans)
		r.empty()
		r.balanced()
		r.shutdown()
	})
}

func TestARequestLargerThanAllPasses(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for _, o := range []option{func(*Config) {}, blocking} {
			r := start(t, &sink{}, nil, small, o)
			r.give(s{id: 1, text: 2 * minMaxBytes}, s{id: 2, parent: 1})
			assert.Equal(t, [][]byte{{1, 2}}, r.got())
			assert.Equal(t, int64(2), r.value("passed_spans", "too_large"))
			r.refuse(errBusy)
			require.ErrorIs(t, r.offer(s{id: 1, text: 2 * minMaxBytes}), errBusy)
			assert.Zero(t, r.value("held_bytes"))
			r.shutdown()
		}
	})
}

// What the next consumer refuses stays held and is offered again, as it was; what comes for it meanwhile is late.
func TestARefusedReleaseStaysHeld(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t, &sink{}, nil)
		r.give(s{id: 1}, s{id: 2, parent: 1})
		r.refuse(errBusy)
		pass(3 * time.Second)
		assert.Equal(t, int64(2), r.value("held_spans"))
		asked := r.times()
		assert.Greater(t, asked, 1)
		assert.Equal(t, int64(asked), r.value("refused_releases"))
		pass(time.Minute)
		assert.Less(t, r.times()-asked, 20, "with growing pauses")

		r.give(s{id: 3, parent: 2}, s{id: 1, trace: 2})
		pass(10 * time.Second)
		r.accept()
		pass(lastPause + tick)
		got := r.gotTraces()
		require.Len(t, got, 2)
		assert.Equal(t, []byte{1, 2}, idsOf(got[0]))
		assert.Empty(t, marked(got[0]))
		assert.ElementsMatch(t, []byte{3, 1}, idsOf(got[1]))
		assert.Equal(t, []byte{3}, marked(got[1]))
		r.empty()
		r.balanced()
		r.shutdown()
	})
}

// refuseTrace refuses the spans of a trace, as the exporter does for a project whose lane is full.
func refuseTrace(trace byte) func(context.Context, ptrace.Traces) error {
	return func(_ context.Context, td ptrace.Traces) error {
		rest := ptrace.NewTraces()
		td.CopyTo(rest)
		keepSpans(rest, func(span ptrace.Span) bool { return span.TraceID()[0] == trace })
		if rest.SpanCount() == 0 {
			return nil
		}
		return consumererror.NewTraces(errBusy, rest)
	}
}

// Where a part is refused, only that part is offered again, and it does not hold up others.
func TestAPartlyRefusedRelease(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t, &sink{}, nil)
		r.answerWith(refuseTrace(2))
		r.give(s{id: 1}, s{id: 1, trace: 2, text: big}, s{id: 2, parent: 1, trace: 2})
		pass(2*time.Second + tick)
		assert.Equal(t, int64(2), r.value("held_spans"))
		assert.Equal(t, int64(1), r.value("spans"))
		assert.Greater(t, r.value("held_bytes"), int64(big))
		for range 20 {
			r.give(s{id: 3, trace: 3, kind: ptrace.SpanKindServer}, s{id: 4, trace: 2, kind: ptrace.SpanKindServer})
			pass(2*time.Second + tick)
		}
		assert.Equal(t, int64(1+20), r.value("spans"), "the others went through, in time")
		assert.Equal(t, int64(2+20), r.value("held_spans"))
		r.balanced()

		r.accept()
		pass(lastPause + tick)
		assert.Zero(t, r.value("held_spans"))
		spans := 0
		for _, td := range r.gotTraces() {
			for _, span := range spansOf(td) {
				assert.Equal(t, byte(2), span.TraceID()[0], "nothing is offered twice")
				spans++
			}
		}
		assert.Equal(t, 22, spans)
		r.empty()
		r.balanced()
		r.shutdown()
	})
}

func TestAnErrorThatLeavesNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t, &sink{}, nil)
		r.refuse(consumererror.NewTraces(errBusy, ptrace.NewTraces()))
		r.give(s{id: 1})
		pass(3 * time.Second)
		assert.Equal(t, 1, r.times())
		assert.Equal(t, int64(1), r.value("segments", "root"))
		r.empty()
		r.shutdown()
	})
}

func TestWhatIsRefusedForGoodIsDropped(t *testing.T) {
	permanent := consumererror.NewPermanent(errBusy)
	part := func(id byte) error { return consumererror.NewTraces(errBusy, requestOf(s{id: id})) }
	for name, tt := range map[string]struct {
		err     error
		dropped bool
	}{
		"permanent": {permanent, true},
		// The Collector's fan-out joins errors with multierr.
		"by both behind a fan-out":   {multierr.Append(permanent, permanent), true},
		"by one, by the other not":   {multierr.Append(permanent, errBusy), false},
		"different parts by the two": {multierr.Append(part(1), part(2)), false},
		"a joined error":             {errors.Join(part(1), part(2)), false},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := start(t, &sink{}, nil)
				r.refuse(tt.err)
				r.give(s{id: 1}, s{id: 2, parent: 1})
				pass(2*time.Second + tick)
				if tt.dropped {
					assert.Equal(t, int64(2), r.value("dropped_spans", "refused"))
					assert.Zero(t, r.value("segments"))
				} else {
					assert.Equal(t, int64(2), r.value("held_spans"))
					r.accept()
					pass(lastPause)
					assert.Equal(t, [][]byte{{1, 2}}, r.got())
				}
				r.empty()
				r.balanced()
				r.shutdown()
			})
		})
	}
}

// A slow consumer does not stop what comes in.
func TestASlowConsumer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t, &sink{}, nil)
		r.answerWith(func(context.Context, ptrace.Traces) error {
			<-time.After(20 * time.Second)
			return nil
		})
		r.give(s{id: 1})
		pass(3 * time.Second)
		for trace := range byte(50) {
			r.give(s{id: 1, trace: 2 + trace})
		}
		assert.Equal(t, int64(51), r.value("held_spans"))
		pass(20 * time.Second)
		r.accept()
		pass(21 * time.Second)
		assert.Len(t, r.got(), 2)
		r.empty()
		r.shutdown()
	})
}

func TestShutdownHandsOnWhatIsHeld(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t, &sink{}, nil, func(cfg *Config) { cfg.Shards = 4; cfg.MaxRequestBytes = 2000 })
		for trace := range byte(40) {
			require.NoError(t, r.offer(s{id: 2, parent: 1, trace: trace + 1}, s{id: 3, parent: 1, trace: trace + 1}))
		}
		r.shutdown()
		spans := 0
		for _, ids := range r.got() {
			assert.Len(t, ids, 2)
			spans += len(ids)
		}
		assert.Equal(t, 80, spans)
		assert.Equal(t, int64(40), r.value("segments", "shutdown"))
		assert.ErrorIs(t, r.offer(s{id: 1}), errStopped)
		assert.Equal(t, int64(1), r.value("refused_requests", "stopped"))
		require.NoError(t, r.p.Shutdown(t.Context()), "a second time")
	})
}

// A consumer that refuses for a while gets it before the time is over.
func TestShutdownTriesAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t, &sink{}, nil)
		r.refuse(errBusy)
		r.give(s{id: 1})
		pass(time.Minute)
		r.give(s{id: 2, parent: 9})
		time.AfterFunc(3*time.Second, r.accept)
		begin := time.Now()
		r.shutdown()
		assert.Less(t, time.Since(begin), 10*time.Second)
		assert.Equal(t, [][]byte{{1}, {2}}, r.got())
	})
}

func TestShutdownEnds(t *testing.T) {
	for name, answer := range map[string]func(ctx context.Context, td ptrace.Traces) error{
		"refused": func(context.Context, ptrace.Traces) error { return errBusy },
		"blocked": func(ctx context.Context, _ ptrace.Traces) error {
			<-ctx.Done()
			return ctx.Err()
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := start(t, &sink{}, nil, func(cfg *Config) { cfg.ShutdownTimeout = 4 * time.Second })
				r.answerWith(answer)
				r.give(s{id: 1}, s{id: 2, parent: 9})
				pass(3 * time.Second)
				begin := time.Now()
				require.ErrorContains(t, r.p.Shutdown(t.Context()), "2 spans could not be handed on")
				assert.Equal(t, 4*time.Second, time.Since(begin))
				assert.Equal(t, int64(2), r.value("dropped_spans", "shutdown"))
			})
		})
	}
}

func TestShutdownEndsWithItsContext(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t, &sink{}, nil)
		r.refuse(errBusy)
		r.give(s{id: 1})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin := time.Now()
		require.Error(t, r.p.Shutdown(ctx))
		assert.Equal(t, time.Second, time.Since(begin))
	})
}

// A consumer that does not even listen to its context is left behind.
func TestShutdownEndsWithoutTheConsumer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t, &sink{}, nil, func(cfg *Config) { cfg.ShutdownTimeout = 4 * time.Second })
		let := make(chan struct{})
		r.answerWith(func(context.Context, ptrace.Traces) error {
			<-let
			return errBusy
		})
		r.give(s{id: 1})
		pass(3 * time.Second)
		begin := time.Now()
		require.Error(t, r.p.Shutdown(t.Context()))
		assert.Equal(t, 4*time.Second+grace, time.Since(begin))
		close(let)
	})
}

func TestShutdownRefusesWhoWaits(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t, &sink{}, nil, small, blocking)
		r.refuse(errBusy)
		r.give(s{id: 1, text: 60 * big})
		answer := make(chan error, 1)
		go func() { answer <- r.offer(s{id: 1, trace: 2, text: 60 * big}) }()
		synctest.Wait()
		time.AfterFunc(time.Second, r.accept)
		r.shutdown()
		assert.ErrorIs(t, <-answer, errStopped)
		assert.Equal(t, [][]byte{{1}}, r.got())
	})
}

func TestNotStarted(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := create(t, processortest.NewNopSettings(metadata.Type), createDefaultConfig().(*Config), &sink{})
		assert.ErrorIs(t, p.ConsumeTraces(t.Context(), requestOf(s{id: 1})), errStopped)
		require.NoError(t, p.Shutdown(t.Context()))
	})
}

// The contract of processors: nothing comes out after the shutdown, and all that went in has come out.
func TestVerifyShutdown(t *testing.T) {
	processortest.VerifyShutdown(t, NewFactory(), createDefaultConfig())
}

// It keeps what it gets; so it says that it changes it, and the fan-out gives others a copy.
func TestCapabilities(t *testing.T) {
	p := create(t, processortest.NewNopSettings(metadata.Type), createDefaultConfig().(*Config), &sink{})
	assert.True(t, p.Capabilities().MutatesData)
}

func TestStorageOfTheHost(t *testing.T) {
	for name, tt := range map[string]struct {
		host *host
		want string
	}{
		"none":       {&host{}, `there is no extension "memory"`},
		"no storage": {&host{storage: nopComponent{}, id: storageID}, `the extension "memory" is no storage`},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := createDefaultConfig().(*Config)
			cfg.Storage = &storageID
			p := create(t, processortest.NewNopSettings(metadata.Type), cfg, &sink{})
			assert.ErrorContains(t, p.Start(t.Context(), tt.host), tt.want)
			require.NoError(t, p.Shutdown(t.Context()))
		})
	}
}
