package durable

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/extension/xextension/storage"
)

// What a run notes at its end the next one knows; a kill leaves the note before it.
func TestNote(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var recalled []string
		life := func(d *disk, note string, end func(q *process)) {
			q := run(t, d, plan{guarded: true, options: Options{
				Note:   func() []byte { return []byte(note) },
				Recall: func(note []byte) { recalled = append(recalled, string(note)) },
			}})
			require.NoError(t, q.offer(note))
			synctest.Wait()
			end(q)
		}
		d := newDisk()
		life(d, "first", func(q *process) { q.shutdown() })
		assert.Empty(t, recalled)
		d = d.next()
		life(d, "second", func(q *process) { d.kill(); q.bury() })
		d = d.next()
		life(d, "third", func(q *process) { d.setFault(full); q.shutdown() })
		d = d.next()
		life(d, "fourth", func(q *process) { q.shutdown() })
		d = d.next()
		life(d, "", func(q *process) { q.shutdown() })
		assert.Equal(t, []string{"first", "first", "first", "fourth"}, recalled)
		assert.Empty(t, d.items(), "the note is no item")
	})
}

// A note that cannot be read stops the start: the storage fails.
func TestUnreadableNote(t *testing.T) {
	d := newDisk()
	d.setFault(func(ops []*storage.Operation) error {
		if ops[0].Key == noteKey {
			return errIO
		}
		return nil
	})
	guard := New(storageID, Options{Recall: func([]byte) { t.Error("there is none") }})
	_, err := newClient(t.Context(), diskClient{d}, guard)
	require.ErrorIs(t, err, errIO)
}
