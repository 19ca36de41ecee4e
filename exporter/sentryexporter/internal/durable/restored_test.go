package durable

import (
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	xrequest "go.opentelemetry.io/collector/pdata/xpdata/request"
)

// What an earlier run has stored is told once, also what was in flight; what this run stores is not.
func TestRestored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		first := run(t, d, plan{guarded: true, hold: []string{"1"}})
		for _, name := range numbered(0, 4) {
			require.NoError(t, first.offer(name))
			synctest.Wait()
		}
		d.kill()
		first.bury()

		var mu sync.Mutex
		var restored []string
		d = d.next()
		second := run(t, d, plan{guarded: true, options: Options{Restored: func(value []byte) {
			_, ld, err := xrequest.UnmarshalLogs(value)
			mu.Lock()
			defer mu.Unlock()
			if assert.NoError(t, err) {
				restored = append(restored, namesOf(ld)...)
			}
		}}})
		synctest.Wait()
		require.NoError(t, second.offer("4"))
		synctest.Wait()
		second.shutdown()
		assert.Equal(t, numbered(1, 4), restored)
		assert.Equal(t, numbered(1, 5), second.got())
	})
}
