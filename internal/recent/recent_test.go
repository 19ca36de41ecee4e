package recent

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestMap(t *testing.T) {
	const generation = 10
	var m Map[int, string]
	assert.False(t, m.Has(1))
	for n := range 100 {
		m.Put(n, "first", generation)
		m.Put(n, "again", generation)
		assert.LessOrEqual(t, m.Len(), 2*generation)
		for _, lately := range []int{n, max(0, n-generation+1)} {
			value, ok := m.Get(lately)
			assert.True(t, ok, lately)
			assert.Equal(t, "again", value)
		}
		assert.False(t, m.Has(n-2*generation))
	}
	keys := slices.Collect(m.Keys())
	assert.Len(t, keys, m.Len())
	assert.Less(t, slices.Max(keys[:generation]), slices.Min(keys[generation:]), "the older ones first")
	m.Delete(99)
	m.Delete(85)
	assert.False(t, m.Has(99))
	assert.False(t, m.Has(85))
	for key := range m.Keys() {
		assert.Contains(t, keys, key)
		break
	}
}

// TestMapReusesMemory: what is full allocates nothing more.
func TestMapReusesMemory(t *testing.T) {
	var m Map[int, struct{}]
	n := 0
	put := func() {
		m.Put(n, struct{}{}, 100)
		n++
	}
	for range 1000 {
		put()
	}
	assert.Zero(t, testing.AllocsPerRun(1000, put))
}
