package durable

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/config/configretry"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/pdata/plog"
)

// What a Guard cannot close, because it lies in the queue. Where such a test fails, the queue was mended: good news for the docs.

// A refused write stays counted in the queue's size until the queue has once been empty. Ready keeps it to one request each probeInterval.
func TestRefusedWritesStayCounted(t *testing.T) {
	both(t, func(t *testing.T, guarded bool) {
		d := newDisk()
		p := run(t, d, plan{guarded: guarded, hold: []string{"0"}, queue: func(cfg *exporterhelper.QueueBatchConfig) {
			cfg.Sizer, cfg.QueueSize = exporterhelper.RequestSizerTypeItems, 10
		}})
		require.NoError(t, p.offer("0"))
		synctest.Wait()
		d.setFault(full)
		var refused []error
		for range 20 {
			refused = append(refused, p.offerAll(request("a", "b", "c")))
			time.Sleep(probeInterval / 20)
		}
		d.setFault(nil)
		time.Sleep(probeInterval)
		room := 0
		for p.offer("x") == nil {
			room++
		}
		if !guarded {
			require.ErrorIs(t, refused[2], errFull)
			require.ErrorIs(t, refused[3], exporterhelper.ErrQueueIsFull, "three refused requests fill the queue")
			assert.Zero(t, room)
		} else {
			for _, err := range refused {
				require.ErrorIs(t, err, errFull)
			}
			assert.Equal(t, 10-1-3, room, "one refused request is counted")
		}

		p.release("0") // and all others: the queue is empty
		for _, name := range numbered(1, 11) {
			require.NoError(t, p.offer(name))
			synctest.Wait()
		}
		p.shutdown()
	})
}

// A request larger than the queue never fits: it is refused, or waits as long as its caller. Cut before offering.
func TestRequestLargerThanTheQueue(t *testing.T) {
	for _, blocks := range []bool{false, true} {
		both(t, func(t *testing.T, guarded bool) {
			p := run(t, newDisk(), plan{guarded: guarded, queue: func(cfg *exporterhelper.QueueBatchConfig) {
				cfg.Sizer, cfg.QueueSize, cfg.BlockOnOverflow = exporterhelper.RequestSizerTypeItems, 2, blocks
			}})
			ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour)
			defer cancel()
			err := p.lane.ConsumeLogs(ctx, request("a", "b", "c"))
			if blocks {
				require.ErrorIs(t, err, context.DeadlineExceeded)
			} else {
				require.ErrorIs(t, err, exporterhelper.ErrQueueIsFull)
			}
			p.shutdown()
		})
	}
}

// A request that was delivered in part when the process stops is stored as it was.
func TestPartialDeliveryComesBackWhole(t *testing.T) {
	both(t, func(t *testing.T, guarded bool) {
		d := newDisk()
		var sent []string
		retry := configretry.NewDefaultBackOffConfig()
		retry.MaxElapsedTime = 0
		first := run(t, d, plan{guarded: guarded, retry: &retry, push: func(_ context.Context, ld plog.Logs) error {
			sent = append(sent, namesOf(ld)...)
			return consumererror.NewLogs(exporterhelper.NewThrottleRetry(errors.New("429"), time.Hour), request("b"))
		}})
		require.NoError(t, first.offerAll(request("a", "b")))
		synctest.Wait()
		first.shutdown()
		require.Equal(t, []string{"a", "b"}, sent)

		second := run(t, d.next(), plan{guarded: guarded})
		synctest.Wait()
		second.shutdown()
		assert.Equal(t, []string{"a", "b"}, second.got(), "a was delivered before: its id must tell")
	})
}

// A value that cannot be decoded is dropped.
func TestDamagedValue(t *testing.T) {
	both(t, func(t *testing.T, guarded bool) {
		d := newDisk()
		first := run(t, d, plan{guarded: guarded, hold: []string{"0"}})
		for _, name := range numbered(0, 3) {
			require.NoError(t, first.offer(name))
		}
		synctest.Wait()
		d.kill()
		first.bury()

		d = d.next()
		d.data["1"] = slices.Repeat([]byte{0xff}, 20)
		second := run(t, d, plan{guarded: guarded})
		synctest.Wait()
		second.shutdown()
		assert.Equal(t, []string{"1"}, missing(first, second))
		assert.Empty(t, d.items(), "nothing gets stuck for it")
	})
}
