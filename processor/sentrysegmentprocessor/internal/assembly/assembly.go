// Package assembly puts the spans of each segment together as they come, and says which segments wait no longer.
//
// In: spans one after the other, in any order, with the time. Out: requests of whole segments, moved out of it.
// It must not know: the clock, goroutines, storage, who takes the requests.
//
// A group is what becomes one segment: the spans of one trace and one resource that hang together by their parents. A span joins the
// group of its parent, or waits beside others for a parent that has not come. So a span costs the same whatever came before it, and
// nothing is searched or sorted.
package assembly

import (
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/segment"
)

// Instant is a time on the caller's clock, as the duration since some moment. It must not go back.
type Instant = time.Duration

// Options of an Assembly.
type Options struct {
	// WaitAfterRoot is how long a segment waits for more spans once its root has come.
	WaitAfterRoot time.Duration
	// IdleTimeout is how long a segment without a root waits after its last span.
	IdleTimeout time.Duration
	// MaxSegmentBytes is the size at which a segment leaves at once.
	MaxSegmentBytes int64
	// Remember is how many spans that left are known again: at least half of it, at most all.
	Remember int
	// Places says that requests tell the places of their spans in the journal.
	Places bool
}

// Place is where a span stands in the journal.
type Place struct {
	Entry uint64 // the number of the request it came with
	Index uint32 // its position there
	Late  bool   // it left with the mark of a late span
}

// Arrival is a span that came.
type Arrival struct {
	Span     ptrace.Span // becomes the Assembly's
	Origin   *Origin
	Bytes    int64 // what it is counted as
	Place    Place
	Replayed bool // out of the journal
}

// Assembly holds the segments that are not complete. Not for use by several goroutines at once.
type Assembly struct {
	opts    Options
	nodes   []node
	free    int32 // first free node
	groups  []group
	unused  int32 // first free group
	index   map[spanKey]int32
	sent    remembered
	origins origins

	queues [3]list // each in order of time
	spans  int
	bytes  int64
}

// spanKey names a span.
type spanKey struct {
	trace pcommon.TraceID
	span  pcommon.SpanID
}

const none = -1

// maxSameID bounds how many resources one span id is looked up in: client and server may share an id, more than a few never do. Spans
// beyond are held, but nobody's parent.
const maxSameID = 8

// node is a span that is held, or a parent that has not come.
type node struct {
	span    ptrace.Span
	key     spanKey
	service uint64 // the identity of its resource
	origin  *Origin
	entry   uint64
	place   uint32
	group   int32
	next    int32 // in its group; of a free node: the next free one
	other   int32 // the next node with the same key, of another resource
	missing bool
	indexed bool
	late    bool
}

// group is the beginnings of a segment.
type group struct {
	first, last int32 // nodes
	nodes       int32
	spans       int32
	bytes       int64
	since       Instant // when its root came; without one, when its last span came
	queue       queue
	before      int32 // in its queue
	after       int32
	late        bool // below a span that left before
	replayed    bool
}

// queue says what a group waits for. The later ones come before the earlier ones where two groups become one.
type queue uint8

const (
	waiting queue = iota // for its root
	rooted               // for the rest of its spans
	urgent               // for nothing: it is too large
)

// Reason is why a segment left.
type Reason uint8

// The reasons.
const (
	Root     Reason = iota // its root came
	Idle                   // its last span was long ago, and there is no root
	Memory                 // to make room
	Shutdown               // the processor ends
	Replay                 // whatever it was: it came out of the journal
	Late                   // whatever it was: its segment left before
	reasons
)

// Reasons are all reasons by name.
var Reasons = [reasons]string{"root", "idle", "memory", "shutdown", "replay", "late"}

// New makes an Assembly.
func New(opts Options) *Assembly {
	return &Assembly{
		opts: opts, free: none, unused: none, index: make(map[spanKey]int32), sent: remembered{most: opts.Remember}, origins: newOrigins(),
		queues: [3]list{{first: none, last: none}, {first: none, last: none}, {first: none, last: none}},
	}
}

// Spans is how many spans are held.
func (a *Assembly) Spans() int { return a.spans }

// Bytes is what the spans that are held are counted as.
func (a *Assembly) Bytes() int64 { return a.bytes }

// Add takes a span in. Its trace id and span id are not zero.
func (a *Assembly) Add(now Instant, in Arrival) {
	key := spanKey{in.Span.TraceID(), in.Span.SpanID()}
	in.Origin.refs++
	a.spans++
	a.bytes += in.Bytes
	head, n, isCopy := a.place(key, in.Origin.resource.service, now)
	at := &a.nodes[n]
	at.span, at.origin, at.missing = in.Span, in.Origin, false
	at.entry, at.place = in.Place.Entry, in.Place.Index
	g := &a.groups[at.group]
	g.spans++
	g.bytes += in.Bytes
	g.replayed = g.replayed || in.Replayed
	if !isCopy {
		a.welcome(head, n, now)
		a.hang(n, now)
	}
	a.touch(a.nodes[n].group, now)
}

// place finds the node for a span: the one that waits for it, or a new one. head is the first of other resources with the same id. A copy
// of a span that is held goes to its group, and nobody hangs on it. The copy of a span that has left gets a group of its own: what else
// comes below that span must not become part of a transaction that Sentry knows already.
func (a *Assembly) place(key spanKey, service uint64, now Instant) (head, n int32, isCopy bool) {
	head, held := a.find(key, service)
	if held != none {
		if a.nodes[held].missing {
			return head, held, false
		}
		n = a.newNode(key, service)
		a.append(a.nodes[held].group, n)
		return head, n, true
	}
	n = a.newNode(key, service)
	g := a.newGroup(now)
	a.append(g, n)
	if a.sent.has(key, service) {
		a.enqueue(g, rooted, now)
		a.groups[g].late = true
		return head, n, true
	}
	a.enter(head, n)
	return head, n, false
}

// welcome tells those that wait for this span in other resources that it is here: they begin a segment below it.
func (a *Assembly) welcome(head, n int32, now Instant) {
	for i := head; i != none; i = a.nodes[i].other {
		if i != n && a.nodes[i].missing {
			a.root(a.nodes[i].group, now)
		}
	}
}

// hang puts a span below its parent.
func (a *Assembly) hang(n int32, now Instant) {
	at := &a.nodes[n]
	if segment.Starts(at.span) {
		a.root(at.group, now)
		return
	}
	key := spanKey{at.key.trace, at.span.ParentSpanID()}
	head, parent := a.find(key, at.service)
	if parent != none {
		a.merge(a.nodes[parent].group, at.group)
		return
	}
	if a.sent.has(key, at.service) {
		at.late = true
		a.groups[at.group].late = true
		a.root(at.group, now)
		return
	}
	service, g := at.service, at.group
	m := a.newNode(key, service)
	a.nodes[m].missing = true
	a.append(g, m)
	a.enter(head, m)
	for i := head; i != none; i = a.nodes[i].other {
		if !a.nodes[i].missing {
			a.root(g, now) // the parent is in another service
			return
		}
	}
}

// root notes that nothing above is waited for.
func (a *Assembly) root(g int32, now Instant) {
	if a.groups[g].queue == waiting {
		a.enqueue(g, rooted, now)
	}
}

// touch notes that a group grew.
func (a *Assembly) touch(g int32, now Instant) {
	switch at := &a.groups[g]; {
	case at.queue != urgent && at.bytes >= a.opts.MaxSegmentBytes:
		a.enqueue(g, urgent, now)
	case at.queue == waiting:
		a.enqueue(g, waiting, now)
	}
}

// enqueue moves a group to the end of a queue.
func (a *Assembly) enqueue(g int32, q queue, now Instant) {
	at := &a.groups[g]
	a.queues[at.queue].remove(a.groups, g)
	at.queue, at.since = q, now
	a.queues[q].push(a.groups, g)
}

// merge makes one group of two. The smaller one moves, so that a span moves at most as often as its group doubles.
func (a *Assembly) merge(x, y int32) {
	if x == y {
		return
	}
	if a.groups[x].nodes < a.groups[y].nodes {
		x, y = y, x
	}
	keep, gone := &a.groups[x], &a.groups[y]
	for i := gone.first; i != none; i = a.nodes[i].next {
		a.nodes[i].group = x
	}
	a.nodes[keep.last].next = gone.first
	keep.last = gone.last
	keep.nodes += gone.nodes
	keep.spans += gone.spans
	keep.bytes += gone.bytes
	keep.late = keep.late || gone.late
	keep.replayed = keep.replayed || gone.replayed
	if gone.queue > keep.queue || gone.queue == keep.queue && gone.since < keep.since {
		a.queues[keep.queue].remove(a.groups, x)
		a.queues[gone.queue].replace(a.groups, y, x)
		keep.queue, keep.since = gone.queue, gone.since
	} else {
		a.queues[gone.queue].remove(a.groups, y)
	}
	a.freeGroup(y)
}

// find looks a span up: the first node with this key, and the one of this service among them.
func (a *Assembly) find(key spanKey, service uint64) (head, n int32) {
	head, ok := a.index[key]
	if !ok {
		return none, none
	}
	for n = head; n != none && a.nodes[n].service != service; {
		n = a.nodes[n].other
	}
	return head, n
}

// enter puts a node into the index, behind head, which is the first with its key.
func (a *Assembly) enter(head, n int32) {
	if head == none {
		a.index[a.nodes[n].key] = n
		a.nodes[n].indexed = true
		return
	}
	last := head
	for i := 2; a.nodes[last].other != none; i++ {
		if i == maxSameID {
			return
		}
		last = a.nodes[last].other
	}
	a.nodes[last].other = n
	a.nodes[n].indexed = true
}

// leave takes a node out of the index.
func (a *Assembly) leave(n int32) {
	at := &a.nodes[n]
	if !at.indexed {
		return
	}
	head := a.index[at.key]
	switch {
	case head != n:
		for a.nodes[head].other != n {
			head = a.nodes[head].other
		}
		a.nodes[head].other = at.other
	case at.other == none:
		delete(a.index, at.key)
	default:
		a.index[at.key] = at.other
	}
}

func (a *Assembly) newNode(key spanKey, service uint64) int32 {
	n := a.free
	if n == none {
		n = int32(len(a.nodes))
		a.nodes = append(a.nodes, node{})
	} else {
		a.free = a.nodes[n].next
	}
	a.nodes[n] = node{key: key, service: service, next: none, other: none}
	return n
}

func (a *Assembly) freeNode(n int32) {
	a.nodes[n] = node{next: a.free}
	a.free = n
}

// newGroup makes an empty group that waits for its root.
func (a *Assembly) newGroup(now Instant) int32 {
	g := a.unused
	if g == none {
		g = int32(len(a.groups))
		a.groups = append(a.groups, group{})
	} else {
		a.unused = a.groups[g].first
	}
	a.groups[g] = group{first: none, last: none, since: now}
	a.queues[waiting].push(a.groups, g)
	return g
}

func (a *Assembly) freeGroup(g int32) {
	a.groups[g] = group{first: a.unused}
	a.unused = g
}

func (a *Assembly) append(g, n int32) {
	at := &a.groups[g]
	a.nodes[n].group = g
	if at.last == none {
		at.first = n
	} else {
		a.nodes[at.last].next = n
	}
	at.last = n
	at.nodes++
}
