package store

import "iter"

// sized is a row that knows what it costs.
type sized interface{ size() int }

// shelf is a queue of rows of one kind, in order of arrival.
type shelf[T sized] struct {
	rows  []T
	first int // index of the oldest row; those before it are gone
	bytes int
	// removed is called with each row that leaves.
	removed func(T)
}

func (s *shelf[T]) len() int { return len(s.rows) - s.first }

func (s *shelf[T]) weight() int { return s.bytes }

func (s *shelf[T]) push(row T) {
	s.rows = append(s.rows, row)
	s.bytes += row.size()
}

// dropOldest must not be called on an empty shelf.
func (s *shelf[T]) dropOldest() {
	var none T
	row := s.rows[s.first]
	s.rows[s.first] = none
	s.first++
	s.bytes -= row.size()
	if s.first > len(s.rows)/2 { // move seldom, so that dropping stays cheap on average
		n := copy(s.rows, s.rows[s.first:])
		clear(s.rows[n:])
		s.rows, s.first = s.rows[:n], 0
	}
	if s.removed != nil {
		s.removed(row)
	}
}

// newest yields the rows, the one that came last first.
func (s *shelf[T]) newest() iter.Seq[T] {
	return func(yield func(T) bool) {
		for i := len(s.rows) - 1; i >= s.first; i-- {
			if !yield(s.rows[i]) {
				return
			}
		}
	}
}

// anyShelf is a shelf of whatever kind, as the bounds see it.
type anyShelf interface {
	len() int
	weight() int
	dropOldest()
}
