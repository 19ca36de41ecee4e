package sentry_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// lists makes n lists, the i-th of the numbers below i%4.
func lists(a *sentry.Arena, out []sentry.Value) {
	for i := range out {
		list, elements := a.List(i % 4)
		for k := range elements {
			elements[k] = sentry.Int(int64(k))
		}
		out[i] = list
	}
}

// What was given stays as it is while the memory grows and moves.
func TestArena(t *testing.T) {
	var a sentry.Arena
	for _, n := range []int{5, 1000, 20_000, 3} {
		a.Reset()
		out := make([]sentry.Value, n)
		lists(&a, out)
		for i, v := range out {
			require.Equal(t, sentry.KindList, v.Kind())
			require.Len(t, v.ListVal(), i%4)
			for k, element := range v.ListVal() {
				require.Equal(t, sentry.Int(int64(k)), element)
			}
		}
	}
	_, elements := a.List(3)
	assert.Equal(t, make([]sentry.Value, 3), elements, "nothing of what was there before")
}

func TestArenaDoesNotAllocate(t *testing.T) {
	var a sentry.Arena
	out := make([]sentry.Value, 100)
	use := func() {
		a.Reset()
		lists(&a, out)
	}
	use()
	use()
	assert.Zero(t, testing.AllocsPerRun(20, use))
}
