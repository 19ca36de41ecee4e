package journal

import (
	"encoding/binary"
	"errors"
	"strconv"

	"github.com/cespare/xxhash/v2"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/processor/sentrysegmentprocessor/internal/assembly"
)

const metaKey = "meta"

func requestKey(n uint64) string { return "r/" + strconv.FormatUint(n, 10) }
func doneKey(n uint64) string    { return "d/" + strconv.FormatUint(n, 10) }
func offerKey(m uint64) string   { return "o/" + strconv.FormatUint(m, 10) }

// version is the first byte of every value; a checksum of what comes behind both follows.
const (
	version    = 1
	headerSize = 1 + 8
)

var errDamaged = errors.New("the stored value is damaged")

// seal puts the header before a value that was written behind headerSize bytes.
func seal(value []byte) []byte {
	value[0] = version
	binary.LittleEndian.PutUint64(value[1:], xxhash.Sum64(value[headerSize:]))
	return value
}

// open is the value behind the header.
func open(value []byte) ([]byte, error) {
	if len(value) < headerSize || value[0] != version || binary.LittleEndian.Uint64(value[1:]) != xxhash.Sum64(value[headerSize:]) {
		return nil, errDamaged
	}
	return value[headerSize:], nil
}

// span is a range of numbers.
type span struct{ first, next uint64 }

// meta says which numbers are in use.
type meta struct{ requests, offers span }

func (m meta) encode() []byte {
	value := make([]byte, headerSize, headerSize+4*8)
	for _, n := range [...]uint64{m.requests.first, m.requests.next, m.offers.first, m.offers.next} {
		value = binary.LittleEndian.AppendUint64(value, n)
	}
	return seal(value)
}

func decodeMeta(value []byte) (meta, error) {
	body, err := open(value)
	if err != nil || len(body) != 4*8 {
		return meta{}, errDamaged
	}
	number := func(i int) uint64 { return binary.LittleEndian.Uint64(body[8*i:]) }
	m := meta{requests: span{number(0), number(1)}, offers: span{number(2), number(3)}}
	if m.requests.first > m.requests.next || m.offers.first > m.offers.next {
		return meta{}, errDamaged
	}
	return m, nil
}

// encodeRequest copies what the marshaler gives; there is no way to have it write behind a header.
func encodeRequest(td ptrace.Traces) ([]byte, error) {
	var marshaler ptrace.ProtoMarshaler
	body, err := marshaler.MarshalTraces(td)
	if err != nil {
		return nil, err
	}
	value := make([]byte, headerSize, headerSize+len(body))
	return seal(append(value, body...)), nil
}

func decodeRequest(value []byte) (ptrace.Traces, error) {
	body, err := open(value)
	if err != nil {
		return ptrace.Traces{}, err
	}
	var unmarshaler ptrace.ProtoUnmarshaler
	return unmarshaler.UnmarshalTraces(body)
}

// Bits are a set of small numbers.
type Bits []uint64

// Has reports whether i is in the set.
func (b Bits) Has(i uint32) bool { return int(i/64) < len(b) && b[i/64]&(1<<(i%64)) != 0 }

// add puts i in, and reports whether it was not.
func (b Bits) add(i uint32) bool {
	had := b.Has(i)
	b[i/64] |= 1 << (i % 64)
	return !had
}

func newBits(n int) Bits { return make(Bits, (n+63)/64) }

func (b Bits) encode() []byte {
	value := make([]byte, headerSize, headerSize+8*len(b))
	for _, word := range b {
		value = binary.LittleEndian.AppendUint64(value, word)
	}
	return seal(value)
}

func decodeBits(value []byte, n int) (Bits, error) {
	body, err := open(value)
	b := newBits(n)
	if err != nil || len(body) != 8*len(b) {
		return nil, errDamaged
	}
	for i := range b {
		b[i] = binary.LittleEndian.Uint64(body[8*i:])
	}
	return b, nil
}

// Offer is what was about to be handed on together.
type Offer struct {
	Number   uint64
	Segments int
	Places   []assembly.Place
}

// encode writes the number of segments, then each place as its distance to the one before.
func (o Offer) encode() []byte {
	value := make([]byte, headerSize, headerSize+8+4*len(o.Places))
	value = binary.AppendUvarint(value, uint64(o.Segments))
	entry := uint64(0)
	for _, p := range o.Places {
		value = binary.AppendVarint(value, int64(p.Entry-entry))
		entry = p.Entry
		index := uint64(p.Index) << 1
		if p.Late {
			index |= 1
		}
		value = binary.AppendUvarint(value, index)
	}
	return seal(value)
}

func decodeOffer(number uint64, value []byte) (Offer, error) {
	body, err := open(value)
	if err != nil {
		return Offer{}, err
	}
	segments, n := binary.Uvarint(body)
	if n <= 0 {
		return Offer{}, errDamaged
	}
	o := Offer{Number: number, Segments: int(segments)}
	entry := uint64(0)
	for body = body[n:]; len(body) > 0; {
		step, n := binary.Varint(body)
		if n <= 0 {
			return Offer{}, errDamaged
		}
		index, k := binary.Uvarint(body[n:])
		if k <= 0 {
			return Offer{}, errDamaged
		}
		body = body[n+k:]
		entry += uint64(step)
		o.Places = append(o.Places, assembly.Place{Entry: entry, Index: uint32(index >> 1), Late: index&1 != 0})
	}
	return o, nil
}
