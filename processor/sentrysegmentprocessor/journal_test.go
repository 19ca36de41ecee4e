package sentrysegmentprocessor

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor/processortest"

	"github.com/otelcol-sentry/otelcol-sentry/internal/storagetest"
	"github.com/otelcol-sentry/otelcol-sentry/processor/sentrysegmentprocessor/internal/metadata"
)

var errDisk = errors.New("no space left on device")

// A process that dies while it waits for a root loses nothing, and the segment is still one.
func TestAKilledProcessLosesNothing(t *testing.T) {
	for _, shards := range []int{1, 4} {
		bubble(t, func(t *testing.T) {
			many := func(cfg *Config) { cfg.Shards = shards }
			store, to := storagetest.New(), &sink{}
			r := start(t, to, store, many)
			r.give(s{id: 1, trace: 2}, s{id: 2, parent: 1}, s{id: 5, parent: 4, trace: 3})
			r.give(s{id: 3, parent: 2})
			pass(2*time.Second + tick)
			assert.Equal(t, [][]byte{{1}}, to.got())
			assert.Equal(t, []string{"d/1", "meta", "r/1", "r/2"}, store.Keys())

			store = r.kill(store)
			again := start(t, to, store, many)
			assert.Equal(t, int64(3), again.value("held_spans"))
			assert.Equal(t, int64(3), again.value("replayed_spans"))
			again.give(s{id: 1})
			pass(2*time.Second + tick)
			assert.Equal(t, [][]byte{{1, 2, 3}}, to.got())
			assert.Equal(t, int64(1), again.value("segments", "replay"))
			pass(30 * time.Second)
			assert.Equal(t, [][]byte{{5}}, to.got())
			assert.Equal(t, []string{"meta"}, store.Keys())
			again.empty()
			again.balanced()
			again.shutdown()
		})
	}
}

// What was being handed on when the process died is handed on again as it was: what came since does not join it. So Sentry, which drops
// the repeat, drops nothing else with it.
func TestWhatWasOfferedIsOfferedAgainAsItWas(t *testing.T) {
	bubble(t, func(t *testing.T) {
		store, to := storagetest.New(), &sink{}
		r := start(t, to, store)
		r.give(s{id: 1}, s{id: 2, parent: 1}, s{id: 9, parent: 8, trace: 2})
		var after *storagetest.Storage
		to.answerWith(func(context.Context, ptrace.Traces) error {
			after = store.After() // it dies with the consumer's answer
			return nil
		})
		pass(2*time.Second + tick)
		assert.Equal(t, [][]byte{{1, 2}}, to.got())
		r.kill(store)

		again := start(t, to, after)
		again.give(s{id: 3, parent: 2})
		pass(tick)
		assert.Equal(t, [][]byte{{1, 2}}, to.got(), "at once")
		pass(2*time.Second + tick)
		late := to.gotTraces()
		require.Len(t, late, 1)
		assert.Equal(t, []byte{3}, marked(late[0]))
		again.shutdown()
		assert.Equal(t, [][]byte{{9}}, to.got())
		assert.Equal(t, []string{"meta"}, after.Keys())
	})
}

// A request that is refused and the process that holds it dies: it comes back as it was, with the marks of late spans.
func TestWhatWasRefusedIsOfferedAgainAsItWas(t *testing.T) {
	bubble(t, func(t *testing.T) {
		store, to := storagetest.New(), &sink{}
		r := start(t, to, store)
		r.give(s{id: 1})
		pass(2*time.Second + tick)
		to.refuse(errBusy)
		r.give(s{id: 2, parent: 1}, s{id: 1, trace: 2})
		pass(10 * time.Second)
		store = r.kill(store)
		to.got()

		again := start(t, to, store, func(cfg *Config) { cfg.Shards = 3 })
		pass(tick)
		got := to.gotTraces()
		require.Len(t, got, 1)
		assert.ElementsMatch(t, []byte{2, 1}, idsOf(got[0]))
		assert.Equal(t, []byte{2}, marked(got[0]))
		assert.Equal(t, int64(2), again.value("segments", "replay"))
		again.empty()
		again.balanced()
		again.shutdown()
		assert.Equal(t, []string{"meta"}, store.Keys())
	})
}

// Many lives that end before anything is handed on.
func TestManyDeaths(t *testing.T) {
	bubble(t, func(t *testing.T) {
		store, to := storagetest.New(), &sink{}
		to.refuse(errBusy)
		for life := range byte(5) {
			r := start(t, to, store)
			r.give(s{id: 2, parent: 1, trace: life + 1}, s{id: 1, trace: life + 1})
			pass(3 * time.Second)
			assert.Equal(t, 2*int64(life+1), r.value("held_spans"))
			store = r.kill(store)
			to.refuse(errBusy)
		}
		to.accept()
		r := start(t, to, store)
		pass(3 * time.Second)
		got := to.got()
		assert.Len(t, got, 5)
		for _, ids := range got {
			assert.Equal(t, []byte{1, 2}, ids)
		}
		r.empty()
		r.shutdown()
		assert.Equal(t, []string{"meta"}, store.Keys())
	})
}

func TestAStorageThatFailsRefuses(t *testing.T) {
	bubble(t, func(t *testing.T) {
		store, to := storagetest.New(), &sink{}
		r := start(t, to, store)
		r.give(s{id: 1}, s{id: 2, parent: 1})
		store.FailAll(errDisk)
		td := requestOf(s{id: 3, parent: 1})
		err := r.p.ConsumeTraces(t.Context(), td)
		require.ErrorIs(t, err, errDisk)
		assert.False(t, consumererror.IsPermanent(err))
		assert.Equal(t, 1, td.SpanCount())
		assert.Equal(t, int64(2), r.value("held_spans"))
		assert.Equal(t, int64(1), r.value("refused_requests", "storage"))
		assert.Equal(t, int64(1), r.value("journal_failures", "accept"))
		assert.Equal(t, []componentstatus.Status{componentstatus.StatusRecoverableError}, r.host.statuses())

		pass(2*time.Second + tick)
		assert.Equal(t, [][]byte{{1, 2}}, to.got(), "what was accepted is handed on all the same")
		assert.Equal(t, int64(1), r.value("journal_failures", "offer"))
		assert.NotZero(t, r.value("journal_failures", "done"))
		assert.Equal(t, []string{"meta", "r/1"}, store.Keys())

		store.FailAll(nil)
		require.NoError(t, r.p.ConsumeTraces(t.Context(), td))
		assert.Equal(t, []componentstatus.Status{componentstatus.StatusRecoverableError, componentstatus.StatusOK}, r.host.statuses())
		assert.Equal(t, []string{"meta", "r/2"}, store.Keys())
		pass(2*time.Second + tick)
		assert.Equal(t, [][]byte{{3}}, to.got())
		r.empty()
		r.balanced()
		r.shutdown()
		assert.Equal(t, []string{"meta"}, store.Keys())
	})
}

// Without traffic what is owed to the journal is made up for, too.
func TestWhatIsOwedIsWritten(t *testing.T) {
	bubble(t, func(t *testing.T) {
		store := storagetest.New()
		r := start(t, &sink{}, store)
		r.give(s{id: 1})
		store.FailAll(errDisk)
		pass(3 * time.Second)
		store.FailAll(nil)
		pass(2 * time.Second)
		assert.Equal(t, []string{"meta"}, store.Keys())
		r.shutdown()
	})
}

func TestWhatThereWasNoTimeForStaysStored(t *testing.T) {
	bubble(t, func(t *testing.T) {
		store, to := storagetest.New(), &sink{}
		r := start(t, to, store)
		r.give(s{id: 1}, s{id: 2, parent: 1}, s{id: 1, trace: 2, kind: ptrace.SpanKindServer})
		to.answerWith(refuseTrace(2))
		r.shutdown()
		assert.Zero(t, r.value("dropped_spans"))
		to.accept()
		r = start(t, to, store)
		r.shutdown()
		seen := map[byte]bool{}
		for _, td := range to.gotTraces() {
			for _, span := range spansOf(td) {
				seen[span.TraceID()[0]] = true
			}
		}
		assert.Contains(t, seen, byte(2))
		assert.Equal(t, []string{"meta"}, store.Keys())
	})
}

// What was refused for good, and what had no ids, is not stored either.
func TestWhatIsNotHeldIsNotStored(t *testing.T) {
	bubble(t, func(t *testing.T) {
		store, to := storagetest.New(), &sink{}
		r := start(t, to, store)
		r.give(s{id: 7, nameless: true}, s{id: 1}, s{id: 8, nameless: true}, s{id: 2, parent: 1})
		to.refuse(consumererror.NewPermanent(errBusy))
		pass(3 * time.Second)
		assert.Equal(t, []string{"meta"}, store.Keys())
		assert.Equal(t, int64(2), r.value("dropped_spans", "refused"))
		to.accept()
		to.got()

		r.give(s{id: 7, nameless: true}, s{id: 1, trace: 2}, s{id: 8, nameless: true}, s{id: 2, parent: 1, trace: 2})
		to.got()
		store = r.kill(store)
		again := start(t, to, store)
		pass(3 * time.Second)
		assert.Equal(t, [][]byte{{1, 2}}, to.got())
		again.shutdown()
	})
}

func TestDamagedEntries(t *testing.T) {
	bubble(t, func(t *testing.T) {
		store, to := storagetest.New(), &sink{}
		r := start(t, to, store)
		r.give(s{id: 1})
		r.give(s{id: 1, trace: 2})
		store = r.kill(store)
		store.Change("r/1", func(v []byte) []byte { return v[:len(v)-3] })
		again := start(t, to, store)
		assert.Equal(t, int64(1), again.value("damaged_entries"))
		again.shutdown()
		assert.Equal(t, [][]byte{{1}}, to.got())
		assert.Equal(t, []string{"meta"}, store.Keys())
	})
}

func TestAStorageThatCannotBeUsedStopsTheStart(t *testing.T) {
	for name, tt := range map[string]struct {
		spoil func(*storagetest.Storage)
		want  string
	}{
		"in use": {func(s *storagetest.Storage) {
			_, _ = s.GetClient(context.Background(), component.KindProcessor, storageID, "")
		}, "in one pipeline only"},
		"unreadable":   {func(s *storagetest.Storage) { s.FailAll(errDisk) }, "reading the journal"},
		"damaged meta": {func(s *storagetest.Storage) { s.Change("meta", func([]byte) []byte { return []byte("?") }) }, `key "meta"`},
	} {
		t.Run(name, func(t *testing.T) {
			store := storagetest.New()
			tt.spoil(store)
			cfg := createDefaultConfig().(*Config)
			cfg.Storage = &storageID
			p := create(t, processortest.NewNopSettings(metadata.Type), cfg, &sink{})
			require.ErrorContains(t, p.Start(t.Context(), &host{storage: store, id: storageID}), tt.want)
			require.NoError(t, p.Shutdown(t.Context()))
		})
	}
}

// A smaller max_bytes than that of the process before: what is stored is held all the same, and leaves early.
func TestAJournalLargerThanTheMemory(t *testing.T) {
	bubble(t, func(t *testing.T) {
		store, to := storagetest.New(), &sink{}
		r := start(t, to, store)
		for trace := range byte(200) {
			r.give(s{id: 2, parent: 1, trace: trace + 1, text: big})
		}
		store = r.kill(store)
		again := start(t, to, store, small)
		pass(2 * tick)
		assert.LessOrEqual(t, again.value("held_bytes"), int64(minMaxBytes))
		again.shutdown()
		spans := 0
		for _, ids := range to.got() {
			spans += len(ids)
		}
		assert.Equal(t, 200, spans)
		again.balanced()
	})
}

// A disk that is full refuses what comes and lets go what leaves.
func TestAFullDisk(t *testing.T) {
	bubble(t, func(t *testing.T) {
		store, to := storagetest.New(), &sink{}
		r := start(t, to, store)
		r.give(s{id: 1})
		store.Fail(func(ops []*storage.Operation) error {
			for _, op := range ops {
				if op.Type == storage.Set && strings.HasPrefix(op.Key, "r/") {
					return errDisk
				}
			}
			return nil
		})
		require.ErrorIs(t, r.offer(s{id: 1, trace: 2}), errDisk)
		pass(3 * time.Second)
		assert.Equal(t, []string{"meta"}, store.Keys())
		r.shutdown()
	})
}
