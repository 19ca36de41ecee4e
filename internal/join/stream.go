package join

// Limits bound what a stream holds. All are positive.
type Limits struct {
	// Lines and Bytes bound one record of several lines. What a longer trace has beyond is let through line by line.
	Lines, Bytes int
	// HeldLines and HeldBytes bound all that waits in a stream. When it is more, the oldest record is taken for complete.
	HeldLines, HeldBytes int
}

const (
	// maxGroup is how many lines between a log line and a stack trace may belong to both: the lines of a long message.
	maxGroup = 40
	// maxOpen is how many traces may be unfinished at once in a stream: several writers can crash together.
	maxOpen = 4
	// maxStrange is how many lines of other writers in a row an unfinished trace survives.
	maxStrange = 64
)

// Line is one line and what the caller keeps with it.
type Line[L any] struct {
	Text  string
	Value L
}

// node is a line that is held.
type node[L any] struct {
	Line[L]
	next int  // the record's next line, or -1
	gone bool // handed out
}

// record is a record that is held: a single line, or a stack trace with all that belongs to it. Records stand in the order of their
// first lines and leave in that order.
type record struct {
	first, last int   // lines
	lines       int   // how many
	bytes       int   // of the lines
	at          int64 // when the last line came
	closed      bool  // nothing will be added
	gone        bool  // its lines belong to another record
	weak        int   // the trace whose text this line may be, or -1
	shape       shape // of the last line
	trace       trace // zero: no stack trace
}

// shape is what is remembered of a line.
type shape struct {
	begins, access, head, blank, opens, closes, value bool
	indent                                            int
}

// Stream joins the lines of one stream. The zero value is not ready: NewStream. Not for concurrent use.
type Stream[L any] struct {
	limits  Limits
	lines   deque[node[L]]
	records deque[record]
	bytes   int

	open  []int // unfinished traces, oldest first
	group int   // first of the records at the end that may be the beginning of a stack trace
	cut   trace // what was cut off by Limits and still goes on

	ln      line
	scratch []byte
	aside   line
	other   []byte
	out     []Line[L]
}

// NewStream makes a stream.
func NewStream[L any](limits Limits) *Stream[L] {
	return &Stream[L]{limits: limits, open: make([]int, 0, maxOpen+1)}
}

// Push takes the next line, without its line end. now is the time in any unit (Expire). Then Next may have records.
func (s *Stream[L]) Push(text string, value L, now int64) {
	n := s.lines.push(node[L]{Line: Line[L]{text, value}, next: -1})
	s.bytes += len(text)
	s.scratch = s.ln.read(text, s.scratch)
	switch ln := &s.ln; {
	case ln.isJSON() && !s.isSource(n):
		s.single(n, now, -1)
		s.regroup(s.records.end())
	case s.cutOff(ln):
		s.single(n, now, -1)
		s.regroup(s.records.end())
	default:
		if weak, taken := s.offer(ln, n, now); !taken && !s.start(ln, n, now) {
			s.plain(ln, n, now, weak)
		}
	}
	s.bound()
}

// bound takes the oldest records for complete until what is not complete keeps to the limits.
func (s *Stream[L]) bound() {
	lines, bytes := s.lines.len()-s.limits.HeldLines, s.bytes-s.limits.HeldBytes
	for num := s.records.first; num < s.records.end() && (lines > 0 || bytes > 0); num++ {
		if rec := s.records.at(num); !rec.gone {
			s.close(num)
			s.group = max(s.group, num+1)
			lines, bytes = lines-rec.lines, bytes-rec.bytes
		}
	}
}

// PushWhole takes what is a record of its own, whatever stands in it.
func (s *Stream[L]) PushWhole(text string, value L, now int64) {
	n := s.lines.push(node[L]{Line: Line[L]{text, value}, next: -1})
	s.bytes += len(text)
	s.single(n, now, -1)
	s.regroup(s.records.end())
	s.bound()
}

// Next gives the lines of the oldest record if it is complete, in the order in which they came. They are valid until the next call.
func (s *Stream[L]) Next() ([]Line[L], bool) {
	for s.records.len() > 0 {
		rec := s.records.at(s.records.first)
		if !rec.gone && !rec.closed {
			return nil, false
		}
		gone := rec.gone
		if !gone {
			s.collect(rec)
		}
		s.records.drop()
		s.group = max(s.group, s.records.first)
		if !gone {
			return s.out, true
		}
	}
	return nil, false
}

// collect copies a record's lines to out and frees their places.
func (s *Stream[L]) collect(rec *record) {
	clear(s.out)
	s.out = s.out[:0]
	for n := rec.first; n >= 0; {
		nd := s.lines.at(n)
		s.out = append(s.out, nd.Line)
		s.bytes -= len(nd.Text)
		n, nd.gone = nd.next, true
	}
	for s.lines.len() > 0 && s.lines.at(s.lines.first).gone {
		s.lines.drop()
	}
}

// Expire takes every record for complete that has had no line since the given time.
func (s *Stream[L]) Expire(since int64) {
	for n := s.records.first; n < s.records.end(); n++ {
		if rec := s.records.at(n); !rec.gone && !rec.closed && rec.at <= since {
			s.close(n)
		}
	}
	for s.group < s.records.end() && s.records.at(s.group).closed {
		s.group++
	}
}

// Flush takes every record for complete.
func (s *Stream[L]) Flush() {
	for num := s.records.first; num < s.records.end(); num++ {
		s.close(num)
	}
	s.group, s.cut = s.records.end(), trace{}
}

// Len is how many lines are held, Bytes how long they are.
func (s *Stream[L]) Len() int { return s.lines.len() }

// Bytes is how long the held lines are.
func (s *Stream[L]) Bytes() int { return s.bytes }

// Held yields the lines that are held, in the order in which they came. Pushed into a new stream, they make the same records.
func (s *Stream[L]) Held(yield func(Line[L]) bool) {
	for n := s.lines.first; n < s.lines.end(); n++ {
		if nd := s.lines.at(n); !nd.gone && !yield(nd.Line) {
			return
		}
	}
}

// offer asks the unfinished traces, the latest first, whether the line is theirs. weak is the trace whose text it may be.
func (s *Stream[L]) offer(ln *line, n int, now int64) (weak int, taken bool) {
	weak = -1
	for i := len(s.open) - 1; i >= 0; i-- {
		num := s.open[i]
		rec := s.records.at(num)
		if rec.trace.needsHead(ln) && s.introduced(n, num) {
			continue
		}
		switch grammars[rec.trace.family].step(&rec.trace, ln) {
		case likely:
			if weak >= 0 {
				continue
			}
			fallthrough
		case strong:
			s.adopt(num)
			s.append(num, n, now)
			if rec.trace.over || s.isFull(rec) {
				s.finish(num, rec)
			}
			return weak, true
		case maybe:
			if weak < 0 && !rec.trace.apart {
				weak = num
			}
		case no:
			rec.trace.apart = true
		}
	}
	for i := len(s.open) - 1; i >= 0; i-- {
		num := s.open[i]
		if rec := s.records.at(num); rec.trace.strange >= maxStrange {
			s.close(num)
		} else {
			rec.trace.strange++
		}
	}
	if weak >= 0 && s.records.at(weak).closed {
		weak = -1
	}
	return weak, false
}

// finish closes a trace that ended, or that has grown too long.
func (s *Stream[L]) finish(num int, rec *record) {
	if !rec.trace.over {
		s.cut = rec.trace
	}
	s.close(num)
}

func (s *Stream[L]) isFull(rec *record) bool {
	return rec.lines >= s.limits.Lines || rec.bytes >= s.limits.Bytes
}

// cutOff reports whether the line goes on with a trace that has grown too long.
func (s *Stream[L]) cutOff(ln *line) bool {
	if s.cut.family == noFamily {
		return false
	}
	if v := grammars[s.cut.family].step(&s.cut, ln); v == strong && !s.cut.over {
		return true
	} else if v == no || s.cut.over {
		s.cut = trace{}
	}
	return false
}

// start makes a trace that begins with this line, or of which this line is the first proof.
func (s *Stream[L]) start(ln *line, n int, now int64) bool {
	t, own, ok := s.recognise(ln)
	if !ok {
		return false
	}
	from := s.back(s.records.end(), own)
	from = s.header(&t, from)
	if from == s.records.end() {
		s.records.push(record{first: n, last: n, lines: 1, bytes: len(ln.text), at: now, weak: -1, trace: t})
	} else {
		s.merge(from)
		rec := s.records.at(from)
		rec.trace, rec.weak = t, -1
		s.append(from, n, now)
	}
	for num := s.group; num < from; num++ {
		s.close(num)
	}
	s.group = s.records.end()
	s.open = append(s.open, from)
	if len(s.open) > maxOpen {
		s.close(s.open[0])
	}
	if t.over {
		s.close(from)
	}
	return true
}

// up is the record above record num that may be part of a trace to come, or -1.
func (s *Stream[L]) up(num int) int {
	for num--; num >= s.group; num-- {
		if !s.records.at(num).gone {
			return num
		}
	}
	return -1
}

// back is the record that stands `count` records above record num, or the topmost that may be part of a trace to come.
func (s *Stream[L]) back(num, count int) int {
	for ; count > 0; count-- {
		above := s.up(num)
		if above < 0 {
			break
		}
		num = above
	}
	return num
}

// nth is the n-th record from the end, 1 being the last, or nil.
func (s *Stream[L]) nth(n int) *record {
	num := s.records.end()
	for ; n > 0; n-- {
		if num = s.up(num); num < 0 {
			return nil
		}
	}
	return s.records.at(num)
}

// merge joins the records from num on.
func (s *Stream[L]) merge(num int) {
	rec := s.records.at(num)
	for i := num + 1; i < s.records.end(); i++ {
		if next := s.records.at(i); !next.gone {
			s.link(rec, next)
		}
	}
	s.records.truncate(num + 1)
}

// link puts a record's lines behind another's.
func (s *Stream[L]) link(rec, next *record) {
	s.lines.at(rec.last).next = next.first
	rec.last = next.last
	rec.lines += next.lines
	rec.bytes += next.bytes
	rec.at = next.at
	rec.shape = next.shape
}

// append puts the line just pushed behind a record.
func (s *Stream[L]) append(num, n int, now int64) {
	rec := s.records.at(num)
	s.lines.at(rec.last).next = n
	rec.last = n
	rec.lines++
	rec.bytes += len(s.lines.at(n).Text)
	rec.at = now
	rec.trace.strange, rec.trace.apart = 0, false
}

// adopt gives a trace the lines since its last one that could be its text, now that more of it has come.
func (s *Stream[L]) adopt(num int) {
	rec := s.records.at(num)
	from := s.records.end()
	for from > num+1 && s.records.at(from-1).first > rec.last {
		from--
	}
	for i := from; i < s.records.end(); i++ {
		if next := s.records.at(i); !next.gone && next.weak == num {
			s.link(rec, next)
			next.gone = true
		}
	}
}

// adoptTail gives a trace that ended the lines right behind its last one that are its text by the way in which the stream is written.
func (s *Stream[L]) adoptTail(num int) {
	rec := s.records.at(num)
	for i := num + 1; i < s.records.end(); i++ {
		next := s.records.at(i)
		if next.gone {
			continue
		}
		if next.weak != num || next.first != rec.last+1 || !grammars[rec.trace.family].tail(&rec.trace, &next.shape) {
			return
		}
		s.link(rec, next)
		next.gone = true
	}
}

// close ends a record.
func (s *Stream[L]) close(num int) {
	rec := s.records.at(num)
	if rec.closed || rec.gone {
		return
	}
	rec.closed = true
	for i, open := range s.open {
		if open == num {
			s.open = append(s.open[:i], s.open[i+1:]...)
			s.adoptTail(num)
			break
		}
	}
}

// single adds a line as a record of its own.
func (s *Stream[L]) single(n int, now int64, weak int) {
	s.records.push(record{first: n, last: n, lines: 1, bytes: len(s.lines.at(n).Text), at: now, weak: weak})
}

// plain adds a line that is no part of a trace so far, and decides what of the lines above it may still become one.
func (s *Stream[L]) plain(ln *line, n int, now int64, weak int) {
	sh := shapeOf(ln)
	if sh.begins && s.isSecondHalf(ln, n) {
		num := s.records.end() - 1
		s.append(num, n, now)
		s.records.at(num).shape = sh
		return
	}
	s.single(n, now, weak)
	num := s.records.end() - 1
	s.records.at(num).shape = sh
	switch {
	case sh.begins || sh.access:
		s.regroup(num)
	case s.leads() && num-s.group < maxGroup:
	case sh.head || sh.opens || continuesHeader(ln.body):
		s.regroup(s.back(num, 1))
	default:
		s.regroup(num)
	}
}

// leads reports whether the group begins with a line that further lines may follow before the trace.
func (s *Stream[L]) leads() bool {
	for num := s.group; num < s.records.end()-1; num++ {
		sh := &s.records.at(num).shape
		if sh.begins || sh.head || sh.opens {
			return true
		}
		if num > s.group { // a header without a mark, then its head
			return false
		}
	}
	return false
}

// regroup lets only the records from num on become part of a trace to come.
func (s *Stream[L]) regroup(num int) {
	for ; s.group < num; s.group++ {
		s.close(s.group)
	}
}

// isSecondHalf reports whether the line is the second of a record's head: java.util.logging and tinylog put the level and the message
// below the time and the method.
func (s *Stream[L]) isSecondHalf(ln *line, n int) bool {
	num := s.records.end() - 1
	if num < s.group {
		return false
	}
	rec := s.records.at(num)
	return !rec.gone && rec.last == n-1 && rec.lines == 1 && rec.shape.begins && isLevelHead(ln.body) && isPlaceHead(s.lines.at(rec.first).Text)
}

// isSource reports whether line n stands below the place of an uncaught error of Node: it is a line of its source, whatever it looks like.
func (s *Stream[L]) isSource(n int) bool {
	rec := s.nth(1)
	return rec != nil && rec.last == n-1 && rec.shape.head && isScriptPlace(s.plainText(rec.last))
}

// introduced reports whether the lines between a trace and line n name another exception: line n is then that one's, and does not go on
// with the trace.
func (s *Stream[L]) introduced(n, num int) bool {
	t := &s.records.at(num).trace
	own := t.waits || t.logged // what is directly below is the trace's own text
	for i := s.records.end() - 1; i >= s.group && i > num; i-- {
		rec := s.records.at(i)
		if rec.gone {
			continue
		}
		if rec.closed || rec.last != n-1 {
			return false
		}
		n = rec.first
		if own && rec.weak == num {
			continue
		}
		if rec.shape.head {
			return true
		}
		text := s.plainText(rec.last)
		if rec.shape.begins {
			return levelOf(text) == highLevel || namesError(text)
		}
		if i == s.records.end()-1 && namesError(text) {
			return true
		}
	}
	return false
}

// plainText is a held line without colours, valid until the next call.
func (s *Stream[L]) plainText(n int) string {
	text := s.lines.at(n).Text
	s.other = s.aside.read(text, s.other)
	return s.aside.body
}
