package durable

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/extension/xextension/storage"
)

// BenchmarkBatch is what a Guard costs when nothing fails.
func BenchmarkBatch(b *testing.B) {
	for name, guarded := range map[string]bool{"alone": false, "guarded": true} {
		b.Run(name, func(b *testing.B) {
			var c storage.Client = diskClient{newDisk()}
			if guarded {
				wrapped, err := newClient(b.Context(), c, New(storageID, Options{}))
				require.NoError(b, err)
				c = wrapped
			}
			set, del := storage.SetOperation(bookkeepingKey, make([]byte, 50)), storage.DeleteOperation("1")
			for b.Loop() {
				if err := c.Batch(b.Context(), set, del); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// A request that waited while very many passed leaves a gap behind it; a start steps over it in memory.
func TestLongGap(t *testing.T) {
	const length = 200_000
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		first := run(t, d, plan{guarded: true, hold: []string{"0"}})
		require.NoError(t, first.offer("0"))
		require.NoError(t, first.offer("1"))
		synctest.Wait()
		d.kill()
		first.bury()

		d = d.next()
		d.data[bookkeepingKey] = message{}.fixed64(3, length).fixed64(4, length+1).packed(5, 0)
		d.data["200000"] = d.data["1"]
		delete(d.data, "1")
		second := run(t, d, plan{guarded: true, consumers: 2})
		synctest.Wait()
		calls := d.calls
		second.shutdown()
		assert.Equal(t, []string{"0", "1"}, second.got())
		assert.Empty(t, d.items())
		assert.Less(t, calls, 20, "the storage is not asked for what is known")
	})
}
