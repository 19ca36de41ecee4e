package stacktrace

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/stanza/entry"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/stanza/operator"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/stanza/operator/helper"

	"github.com/otelcol-sentry/otelcol-sentry/internal/clock"
	"github.com/otelcol-sentry/otelcol-sentry/internal/join"
	"github.com/otelcol-sentry/otelcol-sentry/internal/states"
)

// Operator joins stack traces.
type Operator struct {
	helper.WriterOperator

	framing         framing
	addMetadata     bool
	limits          join.Limits
	flushAfter      time.Duration
	maxFiles        int
	shutdownTimeout time.Duration
	clock           clock.Clock
	store           states.Store

	mu    sync.RWMutex
	files map[string]*file // by path; a rotated file is found under each of its paths

	// writes ends when the pipeline has had its time after the collector began to stop. A write that returns before was accepted: the
	// receiver retries for as long as the write may last, and its error never comes back (pkg/stanza's emitters return none).
	writes       context.Context
	refuse       context.CancelFunc
	beginOnce    sync.Once
	grace        *time.Timer
	stop         chan struct{}
	wg           sync.WaitGroup
	storeFailing atomic.Bool
}

// forgetAfter is how long a file is remembered of which nothing is held.
const forgetAfter = 5 * time.Minute

func newOperator(c *Config, writer helper.WriterOperator, clk clock.Clock) *Operator {
	o := &Operator{
		WriterOperator: writer,
		framing:        framings[c.Format],
		addMetadata:    c.AddMetadataFromFilePath,
		limits: join.Limits{
			Lines: c.MaxLines, Bytes: int(c.MaxBytes),
			HeldLines: 2 * c.MaxLines, HeldBytes: 2 * int(c.MaxBytes),
		},
		flushAfter:      c.FlushAfter,
		maxFiles:        c.MaxFiles,
		shutdownTimeout: c.ShutdownTimeout,
		clock:           clk,
		files:           map[string]*file{},
		stop:            make(chan struct{}),
	}
	o.writes, o.refuse = context.WithCancel(context.Background())
	return o
}

// CanProcess is true: other operators may write to this one.
func (*Operator) CanProcess() bool { return true }

// Start reads what was held when the collector ended, and begins to let go what has waited for long enough.
func (o *Operator) Start(persister operator.Persister) error {
	ctx := context.Background()
	saved, err := o.store.Open(ctx, persister)
	if err != nil {
		return err
	}
	o.restore(saved)
	ticks, stopTicks := o.clock.Ticks(max(o.flushAfter/4, 10*time.Millisecond))
	o.wg.Go(func() {
		defer stopTicks()
		for {
			select {
			case <-ticks:
				o.tick()
			case <-o.stop:
				return
			}
		}
	})
	return nil
}

func (o *Operator) restore(saved map[string][]byte) {
	for path, value := range saved {
		f, err := restore(o, value, o.clock.Now())
		if err != nil {
			o.Logger().Error("a saved state cannot be read: lines that were held are lost", zap.String("path", path), zap.Error(err))
		}
		if f == nil {
			continue
		}
		o.files[f.path] = f
		for _, c := range f.cursors {
			o.files[c.path] = f
		}
	}
}

// Process takes one entry.
func (o *Operator) Process(ctx context.Context, e *entry.Entry) error {
	return o.ProcessBatch(ctx, []*entry.Entry{e})
}

// ProcessBatch takes entries; those of one file come in their order.
func (o *Operator) ProcessBatch(ctx context.Context, entries []*entry.Entry) error {
	// The receiver's context ends when the collector stops. A write goes on for a while after that: it may still be accepted.
	defer context.AfterFunc(ctx, o.begin)()
	var errs error
	for len(entries) > 0 {
		n, path := 1, pathOf(entries[0])
		for n < len(entries) && pathOf(entries[n]) == path {
			n++
		}
		errs = errors.Join(errs, o.process(ctx, path, entries[:n]))
		entries = entries[n:]
	}
	return errs
}

// process takes entries of one file. It returns only when what waits for another file's lines is little enough.
func (o *Operator) process(ctx context.Context, path string, entries []*entry.Entry) error {
	f := o.lock(path)
	defer f.mu.Unlock()
	f.untrim(o, path, entries)
	f.take(o, path, entries, f.now(o.clock.Now()))
	err := o.advance(f)
	if f.isFull(path) {
		defer context.AfterFunc(ctx, f.wake)()
	}
	for f.isFull(path) && ctx.Err() == nil {
		f.released.Wait()
	}
	return err
}

// advance takes what need not wait any more, hands on what is complete and saves the rest.
func (o *Operator) advance(f *file) error {
	began := o.clock.Now()
	now := f.now(began)
	f.resume(o, now, now-int64(o.flushAfter))
	err := o.send(f)
	o.save(f)
	ended := o.clock.Now()
	f.seen.Store(ended.UnixNano())
	f.lag += ended.Sub(began)
	return err
}

// lock finds or makes a path's file and locks it.
func (o *Operator) lock(path string) *file {
	for {
		o.mu.RLock()
		f := o.files[path]
		o.mu.RUnlock()
		if f == nil {
			f = o.add(path)
		}
		f.mu.Lock()
		if !f.gone {
			return f
		}
		f.mu.Unlock()
	}
}

// add makes a path's file, or finds that of the path before it was rotated.
func (o *Operator) add(path string) *file {
	o.mu.Lock()
	defer o.mu.Unlock()
	if f := o.files[path]; f != nil {
		return f
	}
	base := o.base(path)
	f := o.files[base]
	if f == nil {
		if len(o.files) >= o.maxFiles && o.writes.Err() == nil {
			o.evict()
		}
		f = newFile(base, o.clock.Now())
		o.files[base] = f
	}
	o.files[path] = f
	return f
}

// base gives the path of a file before it was rotated: rotation appends to the name (0.log.20261121-171634, app.log.1).
func (o *Operator) base(path string) string {
	name := len(path) - len(filepath.Base(path))
	for end := len(path); ; {
		if end = strings.LastIndexAny(path[:end], ".-"); end <= name {
			return path
		}
		base := path[:end]
		if o.files[base] != nil {
			return base
		}
		if info, err := os.Stat(base); err == nil && info.Mode().IsRegular() {
			return base
		}
	}
}

// evict lets go and forgets the file that was quiet for longest. Files that are being worked on stay.
func (o *Operator) evict() {
	files := o.all()
	slices.SortFunc(files, func(a, b *file) int { return cmp.Compare(a.seen.Load(), b.seen.Load()) })
	for _, f := range files {
		if f.mu.TryLock() {
			f.flush(o, f.now(o.clock.Now()))
			o.forget(f)
			o.letGo([]*file{f})
			return
		}
	}
}

// all gives each file once. The caller holds mu.
func (o *Operator) all() []*file {
	files := make([]*file, 0, len(o.files))
	for path, f := range o.files {
		if path == f.path {
			files = append(files, f)
		}
	}
	return files
}

// forget removes a file. The caller holds its lock and mu.
func (o *Operator) forget(f *file) {
	f.gone = true
	delete(o.files, f.path)
	for _, c := range f.cursors {
		if o.files[c.path] == f {
			delete(o.files, c.path)
		}
	}
}

// forgetPath forgets one path of a file.
func (o *Operator) forgetPath(f *file, path string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.files[path] == f {
		delete(o.files, path)
	}
}

// send hands on what is complete.
func (o *Operator) send(f *file) error {
	batch := o.stage(nil, f)
	if len(batch) == 0 {
		return nil
	}
	err := o.WriteBatch(o.writes, batch)
	o.settle(f)
	return err
}

// stage gives what is to be handed on: what was refused before, then what is complete. The file keeps it, encoded, until the pipeline has
// it: entries that are handed on are used again for others. Nothing is given once the pipeline's time is over.
func (o *Operator) stage(batch []*entry.Entry, f *file) []*entry.Entry {
	if refused := o.writes.Err() != nil; !refused {
		if len(f.unsent) > 0 {
			batch = o.decode(batch, f)
		}
		batch = append(batch, f.out...)
	}
	for _, e := range f.out {
		f.unsent = appendEntry(f.unsent, e)
	}
	clear(f.out)
	f.out = f.out[:0]
	return batch
}

// settle forgets what was handed on, if the pipeline took it.
func (o *Operator) settle(f *file) {
	if o.writes.Err() == nil {
		f.unsent = f.unsent[:0]
	}
}

// decode gives the entries that were refused.
func (o *Operator) decode(entries []*entry.Entry, f *file) []*entry.Entry {
	d := decoder{buf: f.unsent}
	for len(d.buf) > 0 && d.err == nil {
		if e := d.entry(); d.err == nil {
			entries = append(entries, e)
		}
	}
	if d.err != nil {
		o.Logger().Error("a saved state cannot be read: lines that were held are lost", zap.String("path", f.path), zap.Error(d.err))
	}
	return entries
}

// save keeps what is held, and how far the file was taken, for the time after a kill: what was handed on does not come a second time.
func (o *Operator) save(f *file) {
	if o.store.Enabled() {
		o.saved(o.store.Write(context.Background(), f.state()))
	}
}

// saved reports an error of the storage, once until it works again.
func (o *Operator) saved(err error) bool {
	if failing := err != nil; o.storeFailing.Swap(failing) != failing {
		if failing {
			o.Logger().Error("the storage fails: lines that are held would be lost by a kill", zap.Error(err))
		} else {
			o.Logger().Info("the storage works again")
		}
	}
	return err == nil
}

// tickFiles is how many files one write of the storage takes in.
const tickFiles = 64

// tick lets go what has waited for long enough, and forgets files that have long been quiet. Files that are being worked on are passed over.
func (o *Operator) tick() {
	now := o.clock.Now()
	o.mu.RLock()
	files := o.all()
	o.mu.RUnlock()
	var due []*file
	for _, f := range files {
		if !f.mu.TryLock() {
			continue
		}
		switch {
		case f.gone:
		case f.holds():
			if f.expire(o, f.now(now), f.now(now.Add(-o.flushAfter))); len(f.out) > 0 || len(f.unsent) > 0 {
				if due = append(due, f); len(due) == tickFiles {
					o.letGo(due)
					due = due[:0]
				}
				continue
			}
		case now.Sub(f.seenAt()) >= forgetAfter:
			o.remove(f)
		}
		f.mu.Unlock()
	}
	o.letGo(due)
}

// letGo hands on what is complete of files that are locked, saves them and unlocks them.
func (o *Operator) letGo(files []*file) {
	var batch []*entry.Entry
	for _, f := range files {
		batch = o.stage(batch, f)
	}
	if len(batch) > 0 {
		if err := o.WriteBatch(o.writes, batch); err != nil {
			o.Logger().Error("cannot hand on what was held", zap.Error(err))
		}
	}
	var changes []states.Change
	for _, f := range files {
		o.settle(f)
		if o.store.Enabled() {
			changes = append(changes, f.state())
		}
	}
	if len(changes) > 0 {
		o.saved(o.store.Write(context.Background(), changes...))
	}
	for _, f := range files {
		f.mu.Unlock()
	}
}

// remove forgets a file of which nothing is held, in memory and in the storage.
func (o *Operator) remove(f *file) {
	if o.store.Enabled() && !o.saved(o.store.Write(context.Background(), states.Change{Name: f.path})) {
		return
	}
	o.mu.Lock()
	o.forget(f)
	o.mu.Unlock()
}

// begin gives the pipeline its time to accept what is on its way.
func (o *Operator) begin() {
	o.beginOnce.Do(func() { o.grace = time.AfterFunc(o.shutdownTimeout, o.refuse) })
}

// Stop lets go what is held, unless the file has more lines: then it waits with them for the restart. What the pipeline refuses is kept.
func (o *Operator) Stop() error {
	o.begin()
	close(o.stop)
	o.wg.Wait()
	o.grace.Stop()
	refused := o.writes.Err() != nil
	o.refuse()
	if refused && o.store.Enabled() {
		return nil // all is saved already
	}
	o.writes, o.refuse = context.WithTimeout(context.Background(), o.shutdownTimeout)
	defer o.refuse()
	o.mu.Lock()
	files := o.all()
	o.mu.Unlock()
	slices.SortFunc(files, func(a, b *file) int { return cmp.Compare(a.path, b.path) })
	for _, f := range files {
		f.mu.Lock()
		if now := f.now(o.clock.Now()); o.store.Enabled() {
			f.flushEnded(o, now)
		} else {
			f.flush(o, now)
		}
	}
	for len(files) > 0 {
		n := min(len(files), tickFiles)
		o.letGo(files[:n])
		files = files[n:]
	}
	return nil
}

// flushEnded lets go what no line can belong to any more that has not been taken.
func (f *file) flushEnded(o *Operator, now int64) {
	f.resume(o, now, now-int64(o.flushAfter))
	for i, c := range f.cursors {
		if c.holds() && !c.waits && !f.hasMore(c, i == len(f.cursors)-1) {
			f.flushCursor(o, c, now)
		}
	}
}

// hasMore reports whether there are lines that have not been taken, and that may belong to what is held of a file.
func (f *file) hasMore(c *cursor, newest bool) bool {
	path := f.find(c)
	if path != "" && f.unread(path, c) {
		return true
	}
	return newest && path != f.path && len(textAt(f.path, 0)) > 0 // another file is begun
}
