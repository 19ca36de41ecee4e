package join

import (
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// checkedStream pushes lines and holds what comes out to the promises of the package.
type checkedStream struct {
	t      testing.TB
	s      *Stream[int]
	pushed int
	seen   []bool
	last   int // the first line of the last record
}

func newChecked(t testing.TB, limits Limits) *checkedStream {
	return &checkedStream{t: t, s: NewStream[int](limits), last: -1}
}

func (c *checkedStream) push(text string, now int64) {
	c.s.Push(text, c.pushed, now)
	c.pushed++
	c.seen = append(c.seen, false)
	c.drain()
}

func (c *checkedStream) drain() {
	for rec, ok := c.s.Next(); ok; rec, ok = c.s.Next() {
		require.NotEmpty(c.t, rec)
		require.Greater(c.t, rec[0].Value, c.last, "records leave in the order of their first lines")
		c.last = rec[0].Value
		for i, l := range rec {
			require.False(c.t, c.seen[l.Value], "a line comes once")
			c.seen[l.Value] = true
			if i > 0 {
				require.Greater(c.t, l.Value, rec[i-1].Value, "lines of a record stay in order")
			}
		}
	}
}

func (c *checkedStream) finish() {
	c.s.Flush()
	c.drain()
	require.NotContains(c.t, c.seen, false, "no line is lost")
	require.Zero(c.t, c.s.Len())
	require.Zero(c.t, c.s.Bytes())
}

// TestStreamAnyOrder shuffles the lines of all logs: nothing is lost, repeated or reordered, whatever the order.
func TestStreamAnyOrder(t *testing.T) {
	paths, err := filepath.Glob(corpus + "*/*.log")
	require.NoError(t, err)
	var all []string
	for _, path := range paths {
		all = append(all, readLines(t, path)...)
	}
	for seed := range uint64(40) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		limits := Limits{Lines: 1 + rnd.IntN(60), Bytes: 1 + rnd.IntN(5000), HeldLines: 1 + rnd.IntN(200), HeldBytes: 1 + rnd.IntN(20000)}
		c := newChecked(t, limits)
		for now := int64(0); c.pushed < 4000; now++ {
			at := rnd.IntN(len(all))
			for n := rnd.IntN(30); n >= 0; n-- {
				c.push(all[(at+n)%len(all)], now)
				require.LessOrEqual(t, c.s.Len(), limits.HeldLines+1)
			}
			if rnd.IntN(10) == 0 {
				c.s.Expire(now - int64(rnd.IntN(3)))
				c.drain()
			}
		}
		c.finish()
	}
}

// TestStreamHeldAgain stops after any number of lines and goes on in a new stream with what was held: the records are the same.
func TestStreamHeldAgain(t *testing.T) {
	paths, err := filepath.Glob(corpus + "*/*.log")
	require.NoError(t, err)
	for _, path := range paths {
		lines := readLines(t, path)
		want := joined(lines)
		for _, every := range []int{1, 2, 3, 7, 50} {
			s := NewStream[int](wide)
			var got []span
			drain := func() {
				for rec, ok := s.Next(); ok; rec, ok = s.Next() {
					var sp span
					for _, l := range rec {
						sp = append(sp, l.Value)
					}
					got = append(got, sp)
				}
			}
			for i, line := range lines {
				s.Push(line, i+1, int64(i))
				drain()
				if i%every == 0 {
					next := NewStream[int](wide)
					for l := range s.Held {
						next.Push(l.Text, l.Value, int64(i))
					}
					s = next
					drain()
				}
			}
			s.Flush()
			drain()
			require.Equal(t, want, got, "%s, every %d lines", filepath.Base(path), every)
		}
	}
}
