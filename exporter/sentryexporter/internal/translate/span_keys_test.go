package translate

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/conventions"
)

// What the reading of attributes relies on.
func TestSpanKeysAreConsistent(t *testing.T) {
	assert.LessOrEqual(t, len(currentKeys), maxCurrentKeys)
	seen := map[string]bool{}
	for i, key := range currentKeys {
		assert.False(t, seen[key], key)
		seen[key] = true
		assert.Equal(t, int16(i), spanKeys[key].self, key)
		assert.Equal(t, int16(-1), spanKeys[key].current, "a current key is not copied on: %s", key)
	}
	for key, u := range spanKeys {
		assert.True(t, isNamespaced(key), key)
		assert.True(t, u.slot == noSlot || u.slot < numSlots, key)
		assert.True(t, u.slot != noSlot || u.self >= 0 || u.current >= 0, "good for something: %s", key)
	}
}

// Every slot has a key that is its own: a key that two slots want would fill the first one only.
func TestEverySlotHasItsFirstKey(t *testing.T) {
	for f := conventions.Field(0); f < conventions.NumFields; f++ {
		assert.Equal(t, slot(f), spanKeys[f.Key()].slot, f.Key())
	}
	for s := slot(conventions.NumFields); s < numSlots; s++ {
		require.NotEmpty(t, slotKeys[s], s)
		for _, key := range slotKeys[s] {
			assert.Equal(t, s, spanKeys[key].slot, key)
		}
	}
}
