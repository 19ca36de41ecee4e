package durable

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

// reportingHost takes reports of status.
type reportingHost struct {
	host
	events []*componentstatus.Event
}

func (h *reportingHost) Report(e *componentstatus.Event) { h.events = append(h.events, e) }

func TestHost(t *testing.T) {
	d := newDisk()
	outer := &reportingHost{host: host{d}}
	guarded := New(storageID, Options{}).Host(outer)

	event := componentstatus.NewEvent(componentstatus.StatusOK)
	componentstatus.ReportStatus(guarded, event)
	assert.Equal(t, []*componentstatus.Event{event}, outer.events)

	assert.NotEqual(t, component.Component(d), guarded.GetExtensions()[storageID])
	assert.Equal(t, component.Component(d), outer.GetExtensions()[storageID], "the host's own map stays as it is")

	other := New(component.MustNewID("redis_storage"), Options{}).Host(outer)
	assert.Equal(t, outer.GetExtensions(), other.GetExtensions(), "another extension is not touched")

	componentstatus.ReportStatus(New(storageID, Options{}).Host(host{d}), event) // a host that takes no reports
}

func TestHostWithoutStorage(t *testing.T) {
	for name, ext := range map[string]component.Component{"none": nil, "no storage": noStorage{}} {
		t.Run(name, func(t *testing.T) {
			p := launch(t, plan{guarded: true})
			require.Error(t, p.start(ext), "the queue says what is missing")
			p.shutdown()
		})
	}
	p := launch(t, plan{guarded: true})
	require.Error(t, p.lane.Start(t.Context(), p.guard.Host(componenttest.NewNopHost())))
	p.shutdown()
}

type noStorage struct {
	component.StartFunc
	component.ShutdownFunc
}

// closedExtension hands out no clients.
type closedExtension struct{ *disk }

func (closedExtension) GetClient(context.Context, component.Kind, component.ID, string) (storage.Client, error) {
	return nil, errIO
}

func TestNoClient(t *testing.T) {
	p := launch(t, plan{guarded: true})
	require.ErrorIs(t, p.start(closedExtension{newDisk()}), errIO)
	p.shutdown()
}

func TestReadyAndReports(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var changes []error
		var writes, reads atomic.Int64
		core, logs := observer.New(zap.InfoLevel)
		d := newDisk()
		p := run(t, d, plan{guarded: true, hold: []string{"0", "1"}, options: Options{
			Logger:      zap.New(core),
			WriteFailed: func() { writes.Add(1) },
			ReadFailed:  func() { reads.Add(1) },
			Changed:     func(err error) { changes = append(changes, err) },
		}})
		require.NoError(t, p.guard.Ready())
		require.NoError(t, p.offer("0"))
		require.NoError(t, p.offer("1"))
		synctest.Wait()
		require.Empty(t, changes)

		d.setFault(full)
		require.ErrorIs(t, p.lane.ConsumeLogs(t.Context(), request("x")), errFull)
		assert.EqualValues(t, 1, writes.Load())
		assert.Equal(t, []error{errFull}, changes)
		require.ErrorContains(t, p.guard.Ready(), `queue storage "file_storage" fails: no space left on device`)
		time.Sleep(probeInterval)
		require.NoError(t, p.guard.Ready(), "one may try")
		require.Error(t, p.guard.Ready(), "one")
		require.ErrorIs(t, p.lane.ConsumeLogs(t.Context(), request("x")), errFull)
		assert.Len(t, changes, 1, "no change")

		d.setFault(nil)
		p.release("0") // its deletion works, which does not say that there is room for more
		require.ErrorIs(t, p.guard.Ready(), errFull)
		assert.Len(t, changes, 1)
		time.Sleep(probeInterval)
		require.NoError(t, p.offer("2"))
		require.NoError(t, p.guard.Ready())
		assert.Equal(t, []error{errFull, nil}, changes)

		d.setFault(unreadable)
		p.release("1") // and the next read waits
		assert.Positive(t, reads.Load())
		time.Sleep(2 * probeInterval)
		require.ErrorIs(t, p.guard.Ready(), errIO, "nobody may wait for the queue's lock to see")
		d.setFault(nil)
		time.Sleep(lastPause)
		synctest.Wait()
		require.NoError(t, p.guard.Ready(), "what was read was finished, too")
		require.NoError(t, p.offer("3"))
		synctest.Wait()
		p.shutdown()
		assert.Equal(t, []error{errFull, nil, errIO, nil}, changes)
		var texts []string
		for _, entry := range logs.All() {
			texts = append(texts, entry.Message)
		}
		require.Len(t, texts, 4, "one line for each change, not for each failure: %s", strings.Join(texts, "\n"))
	})
}

func TestReadsAreTriedLessAndLess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var reads atomic.Int64
		d := newDisk()
		p := run(t, d, plan{guarded: true, hold: []string{"0"}, options: Options{ReadFailed: func() { reads.Add(1) }}})
		require.NoError(t, p.offer("0"))
		require.NoError(t, p.offer("1"))
		synctest.Wait()
		d.setFault(unreadable)
		p.release("0")
		assert.EqualValues(t, 1, reads.Load())
		time.Sleep(time.Hour)
		synctest.Wait()
		assert.InDelta(t, float64(time.Hour/lastPause), reads.Load(), 10)
		p.guard.Stop()
		p.guard.Stop() // twice is once
		synctest.Wait()
		d.setFault(nil)
		require.ErrorIs(t, p.guard.Ready(), errIO, "the storage is left as it is")
		require.ErrorIs(t, p.lane.ConsumeLogs(t.Context(), request("2")), errSealed)
		p.shutdown()
		assert.Equal(t, []int{0, 1}, d.items())
	})
}

func TestClient(t *testing.T) {
	ctx := t.Context()
	d := newDisk()
	guard := New(storageID, Options{})
	c, err := newClient(ctx, diskClient{d}, guard)
	require.NoError(t, err)
	require.NoError(t, c.Set(ctx, "a", []byte("1")))
	value, err := c.Get(ctx, "a")
	require.NoError(t, err)
	assert.Equal(t, []byte("1"), value)
	require.NoError(t, c.Delete(ctx, "a"))
	value, err = c.Get(ctx, "a")
	require.NoError(t, err)
	assert.Nil(t, value, "what is not there is no error")
	get := storage.GetOperation("b")
	require.NoError(t, c.Batch(ctx, storage.SetOperation("b", []byte("2")), get))
	assert.Equal(t, []byte("2"), get.Value)

	d.setFault(full)
	require.ErrorIs(t, c.Batch(ctx, storage.GetOperation("b"), storage.DeleteOperation("b")), errFull, "not half of it")
	d.setFault(nil)
	require.NoError(t, c.Set(ctx, "b", []byte("2")))
	get = storage.GetOperation("b")
	require.NoError(t, c.Batch(ctx, get, storage.DeleteOperation("b")))
	assert.Equal(t, []byte("2"), get.Value)
	require.NoError(t, c.Set(ctx, "b", []byte("2")))

	d.setFault(unreadable)
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	_, err = c.Get(cancelled, "b")
	require.ErrorIs(t, err, errIO)
	d.setFault(nil)
	_, err = c.Get(ctx, "b")
	require.ErrorIs(t, err, errSealed)
	require.ErrorIs(t, c.Set(ctx, "b", nil), errSealed)
	require.NoError(t, c.Delete(ctx, "b"))
	require.NoError(t, c.Close(ctx))
	assert.Equal(t, []byte("2"), d.data["b"], "not done")
}
