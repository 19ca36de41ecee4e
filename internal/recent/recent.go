// Package recent remembers what came lately, in bounded memory.
//
// In: keys, with a value each. Out: whether one came lately, and its value. It must not know what they are; it is not safe for concurrent use.
package recent

import "iter"

// Map remembers keys in two generations: the older one is forgotten when the younger is full, and its memory is used again. The zero value is
// empty.
type Map[K comparable, V any] struct{ young, old map[K]V }

// Put remembers a key. generation is how many keys one generation holds: the latest of these are remembered at least, twice as many at most.
func (m *Map[K, V]) Put(key K, value V, generation int) {
	if _, known := m.young[key]; !known && len(m.young) >= generation {
		m.young, m.old = m.old, m.young
		clear(m.young)
	}
	if m.young == nil {
		m.young = make(map[K]V)
	}
	m.young[key] = value
}

// Get gives the value that a key had last.
func (m *Map[K, V]) Get(key K) (value V, ok bool) {
	if value, ok = m.young[key]; !ok {
		value, ok = m.old[key]
	}
	return value, ok
}

// Has reports whether a key is remembered.
func (m *Map[K, V]) Has(key K) bool {
	_, ok := m.Get(key)
	return ok
}

// Delete forgets a key.
func (m *Map[K, V]) Delete(key K) {
	delete(m.young, key)
	delete(m.old, key)
}

// Len is how many keys there are; one that came in both generations counts twice.
func (m *Map[K, V]) Len() int { return len(m.young) + len(m.old) }

// Keys gives all, those of the older generation first.
func (m *Map[K, V]) Keys() iter.Seq[K] {
	return func(yield func(K) bool) {
		for _, generation := range []map[K]V{m.old, m.young} {
			for key := range generation {
				if !yield(key) {
					return
				}
			}
		}
	}
}
