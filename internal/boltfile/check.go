package boltfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
)

// ErrDamaged is in the chain of every error that says the file is damaged; other errors say that it could not be read.
var ErrDamaged = errors.New("damaged")

var order = binary.NativeEndian

// Sizes, in bytes.
const (
	headerSize  = 16 // of a page: id u64, flags u16, count u16, overflow u32
	elementSize = 16 // leaf: flags, position, key size, value size u32; branch: position, key size u32, page u64
	metaSize    = 64 // magic, version, page size, flags u32; root bucket: page, sequence u64; freelist, pages, transaction, checksum u64
	bucketSize  = 16 // of a bucket's value: page, sequence u64
	idSize      = 8
	minPageSize = 1 << 10
	maxPageSize = 16 << 20
	maxKeySize  = 32768
)

const (
	magic        = 0xED0CDAED
	version      = 2
	branchPage   = 0x01 // flags of a page
	leafPage     = 0x02
	freelistPage = 0x10
	bucketFlag   = 0x01 // flag of an element
	noFreelist   = ^uint64(0)
	reservedPage = 2  // pages 0 and 1 are meta pages
	maxDepth     = 64 // of pages and buckets below each other
)

// Check walks a file of size bytes. It takes time by the number of pages and keys, and a byte of memory for each page.
func Check(file io.ReaderAt, size int64) error {
	if size == 0 {
		return nil // bbolt makes a new one of it
	}
	m, err := readMeta(file, size)
	if err != nil {
		return err
	}
	if m.pages > uint64(size)/uint64(m.pageSize) {
		return fmt.Errorf("%w: cut short, it has %d of %d pages", ErrDamaged, size/m.pageSize, m.pages)
	}
	w := walker{file: file, meta: m, seen: make([]bool, m.pages)}
	if err := w.freelist(); err != nil {
		return err
	}
	return w.tree(m.root, bounds{}, 0)
}

// meta is what a meta page says.
type meta struct {
	pageSize    int64
	root        uint64
	freelist    uint64
	pages       uint64 // how many are in use
	transaction uint64
}

// readMeta gives the valid meta page of the latest transaction, as bbolt chooses it.
func readMeta(file io.ReaderAt, size int64) (meta, error) {
	first, err := metaAt(file, size, 0)
	if err != nil && !errors.Is(err, ErrDamaged) {
		return meta{}, err
	}
	if err == nil {
		second, err := metaAt(file, size, first.pageSize)
		if err == nil && second.transaction > first.transaction {
			return second, nil
		}
		if err != nil && !errors.Is(err, ErrDamaged) {
			return meta{}, err
		}
		return first, nil
	}
	for pageSize := int64(minPageSize); pageSize <= maxPageSize; pageSize *= 2 { // only the first page could have told
		second, err := metaAt(file, size, pageSize)
		if err == nil && second.pageSize == pageSize {
			return second, nil
		}
		if err != nil && !errors.Is(err, ErrDamaged) {
			return meta{}, err
		}
	}
	return meta{}, fmt.Errorf("%w: no valid meta page", ErrDamaged)
}

func metaAt(file io.ReaderAt, size, offset int64) (meta, error) {
	var b [headerSize + metaSize]byte
	if err := readAt(file, size, offset, b[:]); err != nil {
		return meta{}, err
	}
	p := b[headerSize:]
	if order.Uint32(p) != magic || order.Uint32(p[4:]) != version || order.Uint64(p[metaSize-8:]) != checksum(p[:metaSize-8]) {
		return meta{}, fmt.Errorf("%w: invalid meta page", ErrDamaged)
	}
	m := meta{
		pageSize:    int64(order.Uint32(p[8:])),
		root:        order.Uint64(p[16:]),
		freelist:    order.Uint64(p[32:]),
		pages:       order.Uint64(p[40:]),
		transaction: order.Uint64(p[48:]),
	}
	if m.pageSize < minPageSize || m.pageSize > maxPageSize || m.pageSize&(m.pageSize-1) != 0 {
		return meta{}, fmt.Errorf("%w: page size %d", ErrDamaged, m.pageSize)
	}
	return m, nil
}

func checksum(b []byte) uint64 {
	sum := fnv.New64a()
	_, _ = sum.Write(b)
	return sum.Sum64()
}

// walker visits each page once.
type walker struct {
	file io.ReaderAt
	meta meta
	seen []bool
}

// area is a piece of the file that is laid out as a page: one or more pages, or an inline bucket within a value.
type area struct {
	page         uint64 // where it is, or begins
	inline       bool
	offset, size int64
	flags        uint16
	count        int
}

// bounds are those of the keys on a page and below: the first one is as the branch above says (node.spill keeps it so), all are less
// than the end. Nil is open.
type bounds struct{ first, end []byte }

// element is one entry of a page.
type element struct {
	key    []byte
	child  uint64 // branch: the page below
	bucket bool   // leaf: the value is a bucket
	value  int64  // leaf: where the value is, and its size
	size   int64
}

// open claims a page and what overflows from it.
func (w *walker) open(id uint64) (area, error) {
	if id < reservedPage || id >= w.meta.pages {
		return area{}, fmt.Errorf("%w: there is no page %d in %d", ErrDamaged, id, w.meta.pages)
	}
	a := area{page: id, offset: int64(id) * w.meta.pageSize}
	header, err := w.header(&a)
	if err != nil {
		return a, err
	}
	if order.Uint64(header[:]) != id {
		return a, a.damaged("it says it is page %d", order.Uint64(header[:]))
	}
	end := id + 1 + uint64(order.Uint32(header[12:]))
	if end > w.meta.pages {
		return a, a.damaged("it ends behind page %d", w.meta.pages)
	}
	for i := id; i < end; i++ {
		if w.seen[i] {
			return a, a.damaged("it is used twice")
		}
		w.seen[i] = true
	}
	a.size = int64(end-id) * w.meta.pageSize
	return a, nil
}

func (w *walker) header(a *area) (header [headerSize]byte, err error) {
	err = w.read(a.offset, header[:])
	a.flags, a.count = order.Uint16(header[8:]), int(order.Uint16(header[10:]))
	return header, err
}

// freelist looks at the list that a file has until its first change.
func (w *walker) freelist() error {
	if w.meta.freelist == noFreelist {
		return nil
	}
	a, err := w.open(w.meta.freelist)
	if err == nil && (a.flags != freelistPage || headerSize+int64(a.count)*idSize > a.size) {
		err = a.damaged("it is no list of free pages")
	}
	return err
}

// tree visits a page and all below it.
func (w *walker) tree(id uint64, keys bounds, depth int) error {
	a, err := w.open(id)
	if err != nil {
		return err
	}
	return w.visit(a, keys, depth)
}

func (w *walker) visit(a area, keys bounds, depth int) error {
	if depth > maxDepth {
		return a.damaged("it lies too deep")
	}
	elements, err := w.elements(a)
	if err != nil {
		return err
	}
	for i, e := range elements {
		if i == 0 && keys.first != nil && !bytes.Equal(e.key, keys.first) ||
			i > 0 && bytes.Compare(elements[i-1].key, e.key) >= 0 || keys.end != nil && bytes.Compare(e.key, keys.end) >= 0 {
			return a.damaged("key %d is out of order", i)
		}
	}
	for i, e := range elements {
		switch {
		case a.flags == branchPage:
			below := bounds{first: e.key, end: keys.end}
			if i+1 < len(elements) {
				below.end = elements[i+1].key
			}
			err = w.tree(e.child, below, depth+1)
		case e.bucket:
			err = w.bucket(a, e, depth)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// bucket visits what a bucket's value leads to: a tree of pages, or a page within the value.
func (w *walker) bucket(a area, e element, depth int) error {
	if e.size < bucketSize {
		return a.damaged("a bucket does not fit")
	}
	var root [bucketSize]byte
	if err := w.read(e.value, root[:]); err != nil {
		return err
	}
	if id := order.Uint64(root[:]); id != 0 {
		return w.tree(id, bounds{}, depth+1)
	}
	inline := area{page: a.page, inline: true, offset: e.value + bucketSize, size: e.size - bucketSize}
	if inline.size < headerSize {
		return inline.damaged("it does not fit")
	}
	if _, err := w.header(&inline); err != nil {
		return err
	}
	if inline.flags != leafPage {
		return inline.damaged("it is not a leaf")
	}
	return w.visit(inline, bounds{}, depth+1)
}

// elements reads the entries of a page, with their keys.
func (w *walker) elements(a area) ([]element, error) {
	switch {
	case a.flags != branchPage && a.flags != leafPage:
		return nil, a.damaged("it has flags %#x", a.flags)
	case a.flags == branchPage && a.count == 0:
		return nil, a.damaged("it is a branch without leaves")
	case headerSize+int64(a.count)*elementSize > a.size:
		return nil, a.damaged("%d elements do not fit", a.count)
	}
	table := make([]byte, a.count*elementSize)
	if err := w.read(a.offset+headerSize, table); err != nil {
		return nil, err
	}
	elements := make([]element, a.count)
	room := a.size - headerSize - int64(len(table)) // nothing overlaps: all keys together are no longer than the page
	for i := range elements {
		e, b := &elements[i], table[i*elementSize:]
		var position, keySize int64
		if a.flags == branchPage {
			position, keySize, e.child = int64(order.Uint32(b)), int64(order.Uint32(b[4:])), order.Uint64(b[8:])
		} else {
			e.bucket = order.Uint32(b)&bucketFlag != 0
			position, keySize, e.size = int64(order.Uint32(b[4:])), int64(order.Uint32(b[8:])), int64(order.Uint32(b[12:]))
		}
		start := headerSize + int64(i)*elementSize + position // positions count from the element
		room -= keySize + e.size
		if keySize < 1 || keySize > maxKeySize || room < 0 || start+keySize+e.size > a.size {
			return nil, a.damaged("element %d does not fit", i)
		}
		e.value = a.offset + start + keySize
		e.key = make([]byte, keySize)
		if err := w.read(a.offset+start, e.key); err != nil {
			return nil, err
		}
	}
	return elements, nil
}

func (a area) damaged(format string, args ...any) error {
	where := "page"
	if a.inline {
		where = "the bucket on page"
	}
	return fmt.Errorf("%w: %s %d: %s", ErrDamaged, where, a.page, fmt.Sprintf(format, args...))
}

func (w *walker) read(offset int64, b []byte) error {
	return readAt(w.file, int64(w.meta.pages)*w.meta.pageSize, offset, b)
}

// readAt reads what must lie within a file of this size.
func readAt(file io.ReaderAt, size, offset int64, b []byte) error {
	if offset+int64(len(b)) > size {
		return fmt.Errorf("%w: cut short", ErrDamaged)
	}
	n, err := file.ReadAt(b, offset)
	if n == len(b) {
		return nil
	}
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: cut short", ErrDamaged)
	}
	return err
}
