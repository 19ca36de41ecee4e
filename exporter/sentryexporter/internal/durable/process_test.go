package durable

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/config/configretry"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	storageID = component.MustNewID("file_storage")
	laneID    = component.MustNewIDWithName("sentry", "#default#events")
)

// host has one extension.
type host struct{ ext component.Component }

func (h host) GetExtensions() map[component.ID]component.Component {
	return map[component.ID]component.Component{storageID: h.ext}
}

// process is one life of a lane: the real exporterhelper queue over a storage extension, with or without a Guard.
type process struct {
	t     *testing.T
	guard *Guard // nil: the queue alone
	lane  exporter.Logs
	dead  func() bool // what the process does when it is dead does not count

	mu        sync.Mutex
	held      map[string]chan struct{} // requests whose delivery waits
	dies      chan struct{}
	delivered []string
	accepted  []string
}

// plan says how a process runs. The zero value has one consumer, room for 1000 requests, and no Guard.
type plan struct {
	guarded   bool
	options   Options
	consumers int
	queue     func(cfg *exporterhelper.QueueBatchConfig)
	retry     *configretry.BackOffConfig
	hold      []string // requests whose delivery waits until release or kill
	push      func(context.Context, plog.Logs) error
}

// launch makes a process. It is not started.
func launch(t *testing.T, p plan) *process {
	proc := &process{t: t, dead: func() bool { return false }, held: make(map[string]chan struct{}), dies: make(chan struct{})}
	for _, name := range p.hold {
		proc.held[name] = make(chan struct{})
	}
	if p.guarded {
		proc.guard = New(storageID, p.options)
	}
	cfg := exporterhelper.NewDefaultQueueConfig()
	cfg.StorageID = &storageID
	cfg.NumConsumers = max(1, p.consumers)
	if p.queue != nil {
		p.queue(&cfg)
	}
	options := []exporterhelper.Option{
		exporterhelper.WithQueue(configoptional.Some(cfg)),
		exporterhelper.WithTimeout(exporterhelper.TimeoutConfig{}),
	}
	if p.retry != nil {
		options = append(options, exporterhelper.WithRetry(*p.retry))
	}
	push := p.push
	if push == nil {
		push = proc.push
	}
	set := exportertest.NewNopSettings(laneID.Type())
	set.ID = laneID
	lane, err := exporterhelper.NewLogs(t.Context(), set, struct{}{}, push, options...)
	require.NoError(t, err)
	proc.lane = lane
	return proc
}

// start starts the lane on a storage extension.
func (p *process) start(ext component.Component) error {
	var h component.Host = host{ext}
	if p.guard != nil {
		h = p.guard.Host(h)
	}
	return p.lane.Start(context.Background(), h)
}

// run is launch and start.
func run(t *testing.T, ext storage.Extension, p plan) *process {
	proc := launch(t, p)
	if d, ok := ext.(*disk); ok {
		proc.dead = d.killed
		if proc.guard != nil {
			d.onDeath = proc.guard.Stop // the dead wait for nothing: virtual time could not go on
		}
	}
	if err := proc.start(ext); !proc.dead() {
		require.NoError(t, err)
	}
	return proc
}

func request(names ...string) plog.Logs {
	ld := plog.NewLogs()
	records := ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
	for _, name := range names {
		records.AppendEmpty().Body().SetStr(name)
	}
	return ld
}

func namesOf(ld plog.Logs) []string {
	var names []string
	for _, rl := range ld.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			for _, record := range sl.LogRecords().All() {
				names = append(names, record.Body().Str())
			}
		}
	}
	return names
}

// offer does what a lane does with a request of this name.
func (p *process) offer(name string) error { return p.offerAll(request(name)) }

func (p *process) offerAll(ld plog.Logs) error {
	if p.guard != nil {
		if err := p.guard.Ready(); err != nil {
			return err
		}
	}
	names := namesOf(ld)
	err := p.lane.ConsumeLogs(context.Background(), ld)
	if err == nil && !p.dead() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.accepted = append(p.accepted, names...)
	}
	return err
}

// push delivers a request, once it is let.
func (p *process) push(_ context.Context, ld plog.Logs) error {
	names := namesOf(ld)
	if len(names) == 0 {
		names = []string{"(empty)"}
	}
	for _, name := range names {
		p.mu.Lock()
		held := p.held[name]
		p.mu.Unlock()
		if held != nil {
			select {
			case <-held:
			case <-p.dies:
				return consumererror.NewPermanent(errKilled)
			}
		}
	}
	if p.dead() {
		return consumererror.NewPermanent(errKilled)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delivered = append(p.delivered, names...)
	return nil
}

// release lets a held delivery go on, and all that may follow from it happen.
func (p *process) release(names ...string) {
	p.mu.Lock()
	for _, name := range names {
		close(p.held[name])
		delete(p.held, name)
	}
	p.mu.Unlock()
	synctest.Wait()
}

// shutdown ends the lane as the exporter does.
func (p *process) shutdown() {
	p.t.Helper()
	if p.guard != nil {
		p.guard.Stop()
	}
	require.NoError(p.t, p.lane.Shutdown(context.Background()))
}

// bury ends the goroutines of a process whose storage takes nothing any more.
func (p *process) bury() {
	p.t.Helper()
	require.True(p.t, p.dead())
	close(p.dies)
	p.shutdown()
}

func (p *process) got() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.delivered)
}

// missing are those of the accepted requests that none of the processes delivered.
func missing(processes ...*process) []string {
	var lost []string
	for _, p := range processes {
		for _, name := range p.accepted {
			if !slices.ContainsFunc(processes, func(p *process) bool { return slices.Contains(p.got(), name) }) {
				lost = append(lost, name)
			}
		}
	}
	return lost
}

// both runs a test twice in virtual time: with the queue alone, and guarded.
func both(t *testing.T, test func(t *testing.T, guarded bool)) {
	for _, guarded := range []bool{false, true} {
		name := "queue alone"
		if guarded {
			name = "guarded"
		}
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { test(t, guarded) })
		})
	}
}

func numbered(from, to int) []string {
	var names []string
	for i := from; i < to; i++ {
		names = append(names, strconv.Itoa(i))
	}
	return names
}
