package durable

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// story is what became of requests over three lives of a lane: the first two die at a call of their storage, the last may finish.
type story struct {
	lost       []string // accepted, never delivered
	left       []int    // items that stay in the storage for ever
	firstDied  bool
	secondDied bool
}

// live tells the story. In the first life two of three consumers wait with a request each while others pass, so that what is in
// flight lies apart.
func live(t *testing.T, guarded bool, firstDeath, secondDeath int) (s story) {
	d := newDisk()
	d.killAt = firstDeath
	first := run(t, d, plan{guarded: guarded, consumers: 3, hold: []string{"1", "4"}})
	for _, name := range numbered(0, 8) {
		synctest.Wait()
		if !d.killed() {
			_ = first.offer(name)
		}
	}
	synctest.Wait()
	s.firstDied = d.killed()
	d.kill()
	first.bury()

	d = d.next()
	d.killAt = secondDeath
	second := run(t, d, plan{guarded: guarded, consumers: 2, hold: []string{"8"}})
	for _, name := range numbered(8, 11) {
		synctest.Wait()
		if !d.killed() {
			_ = second.offer(name)
		}
	}
	synctest.Wait()
	s.secondDied = d.killed()
	d.kill()
	second.bury()

	d = d.next()
	third := run(t, d, plan{guarded: guarded, consumers: 2})
	synctest.Wait()
	require.NoError(t, third.offer("11"))
	synctest.Wait()
	third.shutdown()
	s.lost = missing(first, second, third)
	s.left = d.items()
	assert.NotContains(t, third.got(), "(empty)", "what was refused is not delivered as an empty request")
	return s
}

// everyDeath tells all stories: each life ends at each of its calls, until it has none left to die at.
func everyDeath(t *testing.T, guarded bool, judge func(when string, s story)) {
	stories := 0
	for first := 1; ; first++ {
		firstDied := false
		for second := 1; ; second++ {
			var s story
			synctest.Test(t, func(t *testing.T) {
				s = live(t, guarded, first, second)
			})
			stories++
			judge(fmt.Sprintf("deaths at calls %d and %d", first, second), s)
			firstDied = s.firstDied
			if !s.secondDied {
				break
			}
			require.Less(t, second, 1000)
		}
		if !firstDied {
			break
		}
		require.Less(t, first, 1000)
	}
	require.Greater(t, stories, 200)
	t.Logf("%d stories", stories)
}

func TestKilledAtAnyMoment(t *testing.T) {
	t.Run("queue alone", func(t *testing.T) {
		losses := 0
		everyDeath(t, false, func(_ string, s story) {
			if len(s.lost) > 0 {
				losses++
			}
		})
		t.Logf("%d of them lose what was accepted", losses)
		assert.Positive(t, losses, "the queue deletes what was in flight before it stores it anew: is that mended?")
	})
	t.Run("guarded", func(t *testing.T) {
		everyDeath(t, true, func(when string, s story) {
			assert.Empty(t, s.lost, when)
			assert.Empty(t, s.left, when)
		})
	})
}
