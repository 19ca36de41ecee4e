package assembly

// list is a doubly linked list of groups.
type list struct{ first, last int32 }

func (l *list) push(groups []group, g int32) {
	groups[g].before, groups[g].after = l.last, none
	if l.last == none {
		l.first = g
	} else {
		groups[l.last].after = g
	}
	l.last = g
}

func (l *list) remove(groups []group, g int32) {
	before, after := groups[g].before, groups[g].after
	if before == none {
		l.first = after
	} else {
		groups[before].after = after
	}
	if after == none {
		l.last = before
	} else {
		groups[after].before = before
	}
}

// replace puts a group that is in no list into the place of another.
func (l *list) replace(groups []group, old, g int32) {
	before, after := groups[old].before, groups[old].after
	groups[g].before, groups[g].after = before, after
	if before == none {
		l.first = g
	} else {
		groups[before].after = g
	}
	if after == none {
		l.last = g
	} else {
		groups[after].before = g
	}
}
