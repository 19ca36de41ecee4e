package budget

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

const issue = 7

func newBudget() *Budget { return New(Config{First: 10, Every: 5 * time.Minute}, start) }

// occur lets an issue occur n times at once and says what went out, and the count that the last ticket carried.
func occur(b *Budget, n int, at time.Time) (out, heldBack int) {
	held := 0
	for range n {
		if t, ok := b.Reserve(issue, at); ok {
			out++
			heldBack += t.HeldBack
		} else {
			held++
		}
	}
	b.HoldBack(issue, held)
	return out, heldBack
}

func TestTheFirstThenOneEverySoOften(t *testing.T) {
	b := newBudget()
	for _, step := range []struct {
		at            time.Duration
		n             int
		out, heldBack int
	}{
		{0, 7, 7, 0},
		{time.Second, 100, 3, 0},
		{time.Minute, 50, 0, 0},
		{5*time.Minute + time.Second - 1, 1, 0, 0},
		{5*time.Minute + time.Second, 10, 1, 97 + 50 + 1},
		{9 * time.Minute, 1, 0, 0},
		{12 * time.Minute, 1, 1, 9 + 1},
		{17 * time.Minute, 1, 1, 0},
	} {
		out, heldBack := occur(b, step.n, start.Add(step.at))
		assert.Equal(t, step.out, out, step.at)
		assert.Equal(t, step.heldBack, heldBack, step.at)
	}
}

func TestWhatWasQuietStartsAfresh(t *testing.T) {
	b := newBudget()
	occur(b, 15, start)
	out, heldBack := occur(b, 20, start.Add(quietFactor*5*time.Minute+1))
	assert.Equal(t, 10, out)
	assert.Equal(t, 5, heldBack, "what was held back before is said now")

	b = newBudget()
	occur(b, 15, start)
	out, _ = occur(b, 20, start.Add(quietFactor*5*time.Minute))
	assert.Equal(t, 1, out, "not quiet for long enough")
}

func TestNoFirstEvents(t *testing.T) {
	b := New(Config{First: 0, Every: time.Minute}, start)
	out, _ := occur(b, 3, start)
	assert.Equal(t, 1, out)
}

func TestATicketGivenBackIsFreeAtOnce(t *testing.T) {
	b := newBudget()
	first, ok := b.Reserve(issue, start)
	require.True(t, ok)
	out, _ := occur(b, 20, start)
	assert.Equal(t, 9, out)
	b.GiveBack(first)
	out, heldBack := occur(b, 20, start)
	assert.Equal(t, 1, out)
	assert.Equal(t, 11, heldBack)

	later := start.Add(6 * time.Minute)
	periodic, ok := b.Reserve(issue, later)
	require.True(t, ok)
	assert.Equal(t, 19, periodic.HeldBack)
	out, _ = occur(b, 4, later)
	assert.Zero(t, out)
	b.GiveBack(periodic)
	out, heldBack = occur(b, 3, later)
	assert.Equal(t, 1, out, "the place, once")
	assert.Equal(t, 19+4, heldBack, "with the count that it carried, and what was held back meanwhile")
}

func TestATicketOfAnEarlierRoundFreesNoPlace(t *testing.T) {
	b := newBudget()
	first, _ := b.Reserve(issue, start)
	later := start.Add(time.Hour)
	out, _ := occur(b, 20, later)
	require.Equal(t, 10, out)
	b.GiveBack(first)
	out, _ = occur(b, 20, later)
	assert.Zero(t, out)
}

func TestTheLeastRecentlySeenLeavesFirst(t *testing.T) {
	b := New(Config{First: 1, Every: time.Hour}, start)
	b.issues.limit = 3
	for i := uint64(1); i <= 3; i++ {
		_, ok := b.Reserve(i, start)
		require.True(t, ok)
		_, ok = b.Reserve(i, start)
		require.False(t, ok)
		b.HoldBack(i, int(i*100))
	}
	_, ok := b.Reserve(1, start) // seen again
	require.False(t, ok)
	_, ok = b.Reserve(4, start)
	require.True(t, ok)
	assert.Equal(t, 200, b.TakeForgotten(), "2 left with its count")
	assert.Zero(t, b.TakeForgotten())
	_, ok = b.Reserve(1, start)
	assert.False(t, ok, "1 is still known")

	b.HoldBack(2, 5)
	assert.Equal(t, 5, b.TakeForgotten(), "nobody will say it")
	b.GiveBack(Ticket{issue: 2, HeldBack: 6})
	assert.Equal(t, 6, b.TakeForgotten())
	assert.Len(t, b.issues.of, 3)
	assert.Len(t, b.issues.states, 4)
}

// TestNothingIsLostOrDoubled: many holders, some of whom give back what they took, over more issues than there is room for. In the end
// each occurrence went out, or was told of, or was counted as forgotten.
func TestNothingIsLostOrDoubled(t *testing.T) {
	b := New(Config{First: 3, Every: 50 * time.Millisecond}, start)
	b.issues.limit = 11
	var mu sync.Mutex
	var out, held, told int
	var wg sync.WaitGroup
	const workers, rounds = 8, 3000
	for w := range workers {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(w)))
			for i := range rounds {
				key := random.Uint64N(12)
				ticket, ok := b.Reserve(key, start.Add(time.Duration(i)*time.Millisecond))
				undo := random.IntN(3) == 0
				switch {
				case ok && undo:
					b.GiveBack(ticket)
				case ok:
					mu.Lock()
					out++
					told += ticket.HeldBack
					mu.Unlock()
				case !undo:
					b.HoldBack(key, 1)
					mu.Lock()
					held++
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	left := 0
	for _, i := range b.issues.of {
		left += b.issues.states[i].heldBack
	}
	assert.Equal(t, held, told+left+b.TakeForgotten())
	assert.Positive(t, out)
	assert.Positive(t, told)
}

// TestTwoNeverTakeOnePlace: as many tickets as places, whoever asks.
func TestTwoNeverTakeOnePlace(t *testing.T) {
	b := newBudget()
	var mu sync.Mutex
	out := 0
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			for range 10 {
				if _, ok := b.Reserve(issue, start); ok {
					mu.Lock()
					out++
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	assert.Equal(t, 10, out)
}

func TestHoldingBackAllocatesNothing(t *testing.T) {
	b := newBudget()
	occur(b, 10, start)
	assert.Zero(t, testing.AllocsPerRun(100, func() { occur(b, 1, start) }))

	key := uint64(0)
	for range maxIssues {
		key++
		b.Reserve(key, start)
	}
	assert.Zero(t, testing.AllocsPerRun(10_000, func() { key++; b.Reserve(key, start) }), "nor does an issue that takes another's place")
}

func BenchmarkReserve(bench *testing.B) {
	b := newBudget()
	bench.ReportAllocs()
	for bench.Loop() {
		if _, ok := b.Reserve(issue, start); !ok {
			b.HoldBack(issue, 1)
		}
	}
}
