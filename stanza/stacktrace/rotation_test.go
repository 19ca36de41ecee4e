package stacktrace

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/stanza/entry"

	"github.com/otelcol-sentry/otelcol-sentry/internal/storagetest"
)

// disk is a log file, those that it was rotated to, and a receiver of them.
type disk struct {
	t        *testing.T
	random   *rand.Rand
	dir      string
	numbered bool // app.log.1 is the newest; else each has a name of its own
	fast     bool // rotation goes by faster than the receiver reads
	files    []*diskFile
	turns    int
	written  int
}

// diskFile is one of them, the newest last.
type diskFile struct {
	path        string
	lines       []string
	read, saved int // lines that the receiver has handed over, and has noted
}

func (d *disk) live() *diskFile { return d.files[len(d.files)-1] }

func (d *disk) create() {
	d.files = append(d.files, &diskFile{path: filepath.Join(d.dir, "app.log")})
	require.NoError(d.t, os.WriteFile(d.live().path, nil, 0o600))
}

func (d *disk) write(line string) {
	f := d.live()
	f.lines = append(f.lines, line)
	file, err := os.OpenFile(f.path, os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(d.t, err)
	_, err = file.WriteString(line + "\n")
	require.NoError(d.t, err)
	require.NoError(d.t, file.Close())
	d.written++
	at := time.Unix(1_800_000_000+int64(d.written), 0) // a file system's clock is too coarse for such a haste
	require.NoError(d.t, os.Chtimes(f.path, at, at))
}

// rotate goes by only where a receiver that polls often can follow, unless it is fast: the file has been begun, the one before it has been
// read, and of all before that one it was noted.
func (d *disk) rotate() {
	for i, f := range d.files {
		if d.fast {
			break
		}
		switch older := len(d.files) - 1 - i; {
		case f.read == 0, older > 0 && f.read < len(f.lines), older > 1 && f.saved < len(f.lines):
			return
		}
	}
	d.turns++
	for i, f := range d.files {
		name := filepath.Join(d.dir, fmt.Sprintf("app.log.%d", len(d.files)-i))
		if !d.numbered {
			name = filepath.Join(d.dir, fmt.Sprintf("app.log.20261121-%06d", d.turns))
		}
		if f == d.live() || d.numbered {
			require.NoError(d.t, os.Rename(f.path, name))
			f.path = name
		}
	}
	if old := d.files[0]; len(d.files) > 5 && old.saved == len(old.lines) {
		require.NoError(d.t, os.Remove(old.path))
		d.files = d.files[1:]
	}
	d.create()
}

// poll hands over some lines of some files, in any order.
func (d *disk) poll(r *rig, all bool) {
	for again := true; again; {
		again = false
		for _, i := range d.random.Perm(len(d.files)) {
			f := d.files[i]
			n := min(1+d.random.IntN(4), len(f.lines)-f.read)
			if n == 0 || !all && d.random.IntN(3) == 0 {
				continue
			}
			r.feed(recordsOf(f.path, f.lines)[f.read : f.read+n]...)
			f.read += n
			again = all
		}
	}
}

// run writes 60 traces, with kills wherever they are worst, and gives their lines and what came of them.
func (d *disk) run() (lines, got []string) {
	d.create()
	store, cfg := storagetest.New(), testConfig()
	cfg.ShutdownTimeout = time.Minute
	r := open(d.t, cfg, store)
	for n := range 60 {
		for _, line := range []string{
			fmt.Sprintf("ERROR %d failed", n), fmt.Sprintf("shop.CartException: no stock of %d", n),
			fmt.Sprintf("\tat shop.Cart.pay(Cart.java:%d)", n), fmt.Sprintf("\tat shop.Main.main(Main.java:%d)", n),
		} {
			d.write(line)
			lines = append(lines, line)
			switch d.random.IntN(12) {
			case 0:
				d.rotate()
			case 1:
				d.poll(r, true)
			case 2:
				for _, f := range d.files {
					f.saved = f.read
				}
			case 3:
				r.kill()
				got = append(got, r.sink.bodies()...)
				for _, f := range d.files {
					f.read = f.saved
				}
				r = open(d.t, cfg, store)
			case 4, 5, 6:
				d.poll(r, false)
			}
		}
	}
	d.poll(r, true)
	r.clock.Turn(time.Hour) // what waits for another file's lines is joined now,
	r.clock.Turn(time.Hour) // and goes out
	require.NoError(d.t, r.Stop())
	return lines, append(got, r.sink.bodies()...)
}

// TestRotations of all kinds: the records come as if all lines stood in one file that was read in one go.
func TestRotations(t *testing.T) {
	for seed := range uint64(60) {
		d := &disk{t: t, random: rand.New(rand.NewPCG(seed, 8)), dir: t.TempDir(), numbered: seed%2 == 1}
		lines, got := d.run()
		var want []string
		for trace := range slices.Chunk(lines, 4) {
			want = append(want, strings.Join(trace, "\n"))
		}
		for n := range min(len(want), len(got)) {
			require.Equal(t, want[n], got[n], "seed %d", seed)
		}
		require.Len(t, got, len(want), "seed %d", seed)
	}
}

// TestFastRotations: where files are rotated before they are read, a trace may come in pieces, and where they are read again after a kill that
// many rotations ago were read already, they may come again. But no record has a line that is not its own, and none is lost.
func TestFastRotations(t *testing.T) {
	for seed := range uint64(60) {
		d := &disk{t: t, random: rand.New(rand.NewPCG(seed, 9)), dir: t.TempDir(), fast: true}
		lines, got := d.run()
		came := map[string]bool{}
		for _, text := range got {
			record := strings.Split(text, "\n")
			first := slices.Index(lines, record[0])
			require.GreaterOrEqual(t, first, 0, "seed %d", seed)
			require.Equal(t, lines[first:first+len(record)], record, "seed %d", seed)
			for _, line := range record {
				came[line] = true
			}
		}
		for _, line := range lines {
			require.True(t, came[line], "seed %d: %s %q", seed, line, got)
		}
	}
}

// TestManyLinesOfBoth: the reader of a new file waits while the one of the file before has much to read.
func TestManyLinesOfBoth(t *testing.T) {
	const lines = 4 * maxWaiting
	dir := t.TempDir()
	live, rotated := filepath.Join(dir, "app.log"), filepath.Join(dir, "app.log.1")
	write := func(path string, lines []string) {
		require.NoError(t, os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600))
	}
	var old, fresh, want []string
	for n := range lines {
		old = append(old, fmt.Sprintf("INFO %d", n))
		fresh = append(fresh, fmt.Sprintf("INFO %d", lines+n))
	}
	want = append(append(append(want, old...), strings.Join(traceLines, "\n")), fresh...)
	write(rotated, append(old, traceLines[:2]...))
	write(live, append(slices.Clone(traceLines[2:]), fresh...))
	feed := func(r *rig, path string, lines []string) {
		for batch := range slices.Chunk(recordsOf(path, lines), 100) {
			r.feed(batch...)
		}
	}

	t.Run("one after the other", func(t *testing.T) {
		r := open(t, testConfig(), storagetest.New())
		done := make(chan struct{})
		go func() {
			feed(r, live, append(slices.Clone(traceLines[2:]), fresh...))
			close(done)
		}()
		require.Eventually(t, func() bool { return isWaiting(r, live) }, wait, tick)
		feed(r, rotated, append(old, traceLines[:2]...))
		<-done
		require.NoError(t, r.Stop())
		equalRecords(t, want, r.sink.bodies(), "")
	})
	write(live, fresh)
	t.Run("the file before is not read", func(t *testing.T) {
		r := open(t, testConfig(), storagetest.New())
		done := make(chan struct{})
		go func() {
			feed(r, live, fresh)
			close(done)
		}()
		require.Eventually(t, func() bool { return isWaiting(r, live) }, wait, tick)
		r.clock.Turn(time.Second)
		<-done
		require.NoError(t, r.Stop())
		equalRecords(t, fresh, r.sink.bodies(), "")
	})
	t.Run("the collector stops", func(t *testing.T) {
		store := storagetest.New()
		r := open(t, testConfig(), store)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		var left []*entry.Entry
		go func() {
			defer close(done)
			for left = recordsOf(live, fresh); ctx.Err() == nil; left = left[100:] {
				assert.NoError(t, r.ProcessBatch(ctx, left[:100]))
			}
		}()
		require.Eventually(t, func() bool { return isWaiting(r, live) }, wait, tick)
		cancel()
		<-done
		require.NoError(t, r.Stop())
		assert.Empty(t, r.sink.bodies(), "the file before may come")
		require.NoError(t, os.Remove(rotated))
		r = open(t, testConfig(), store)
		r.feed(left...)
		require.NoError(t, r.Stop())
		equalRecords(t, fresh, r.sink.bodies(), "")
	})
}

// isWaiting reports whether a reader of the path waits.
func isWaiting(r *rig, path string) bool {
	f := r.lock(path)
	defer f.mu.Unlock()
	return f.isFull(path)
}
