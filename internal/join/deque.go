package join

// deque is a queue whose items keep their number while others leave at the front. It allocates only while it grows.
type deque[T any] struct {
	items []T
	head  int // of the first item in items
	first int // the first item's number
}

func (d *deque[T]) end() int { return d.first + len(d.items) - d.head }

func (d *deque[T]) len() int { return len(d.items) - d.head }

func (d *deque[T]) at(n int) *T { return &d.items[d.head+n-d.first] }

// push appends an item and gives its number.
func (d *deque[T]) push(item T) int {
	if d.head > 64 && d.head > len(d.items)/2 {
		kept := copy(d.items, d.items[d.head:])
		clear(d.items[kept:])
		d.items, d.head = d.items[:kept], 0
	}
	d.items = append(d.items, item)
	return d.end() - 1
}

// drop removes the first item.
func (d *deque[T]) drop() {
	var none T
	d.items[d.head] = none
	d.head++
	d.first++
	if d.head == len(d.items) {
		d.items, d.head = d.items[:0], 0
	}
}

// truncate removes the items from number n on.
func (d *deque[T]) truncate(n int) {
	kept := d.head + n - d.first
	clear(d.items[kept:])
	d.items = d.items[:kept]
}
