package sentry

import "slices"

// Arena is memory for list values that is used again: where List allocates for each value, an Arena that was used before does not. What it gives is
// valid until the next Reset. Not for use by several goroutines at once. The zero value is ready.
type Arena struct {
	nested []nested
	values []Value
}

// keepArena is how many entries are kept from one use to the next; a use with more gives its memory back.
const keepArena = 1 << 14

// Reset takes back everything that was given.
func (a *Arena) Reset() {
	if cap(a.values) > keepArena || cap(a.nested) > keepArena {
		*a = Arena{}
	}
	a.nested, a.values = a.nested[:0], a.values[:0]
}

// List makes an array value of n null elements, and gives those to fill.
func (a *Arena) List(n int) (list Value, elements []Value) {
	// Where the memory has to move, what was given before keeps the old one.
	from := len(a.values)
	a.values = slices.Grow(a.values, n)[:from+n]
	elements = a.values[from : from+n : from+n]
	clear(elements)
	a.nested = append(a.nested, nested{list: elements})
	return Value{kind: KindList, nested: &a.nested[len(a.nested)-1]}, elements
}
