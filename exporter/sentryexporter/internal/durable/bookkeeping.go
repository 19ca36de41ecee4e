package durable

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// bookkeepingKey is where the queue keeps a message PersistentMetadata (exporterhelper, internal/queue/meta.proto).
const bookkeepingKey = "qmv0"

// The fields of PersistentMetadata that matter here; all are fixed64.
const (
	fieldReadIndex  = 3 // the next item to be read
	fieldWriteIndex = 4 // where the next item will be stored
	fieldDispatched = 5 // repeated: the items in flight
)

// Protocol buffers' wire types.
const (
	wireVarint  = 0
	wireFixed64 = 1
	wireBytes   = 2
	wireFixed32 = 5
)

var errBookkeeping = errors.New("the queue's bookkeeping makes no sense")

// found is what an earlier run left.
type found struct {
	// bookkeeping to start with: reading begins at the oldest item that was in flight, and nothing is in flight. So a queue that starts has
	// nothing to move or to delete.
	bookkeeping []byte
	// gaps are the indexes in between that are done.
	gaps gaps
	// end is the index of the first item that this run will store.
	end uint64
}

// unreadAgain reads the bookkeeping of an earlier run.
func unreadAgain(stored []byte) (found, error) {
	var read, write uint64
	var inFlight []uint64
	rest := make([]byte, 0, len(stored)) // all other fields as they are
	for left := stored; len(left) > 0; {
		field, err := nextField(left)
		if err != nil {
			return found{}, err
		}
		switch {
		case field.number == fieldReadIndex && field.wire == wireFixed64:
			read = binary.LittleEndian.Uint64(field.payload)
		case field.number == fieldDispatched && (field.wire == wireFixed64 || field.wire == wireBytes):
			if len(field.payload)%8 != 0 {
				return found{}, errBookkeeping
			}
			for p := field.payload; len(p) > 0; p = p[8:] { // packed or one by one
				inFlight = append(inFlight, binary.LittleEndian.Uint64(p))
			}
		default:
			if field.number == fieldWriteIndex && field.wire == wireFixed64 {
				write = binary.LittleEndian.Uint64(field.payload)
			}
			rest = append(rest, left[:field.size]...)
		}
		left = left[field.size:]
	}
	if read > write {
		return found{}, fmt.Errorf("%w: it reads at %d and writes at %d", errBookkeeping, read, write)
	}
	if len(inFlight) == 0 {
		return found{bookkeeping: stored, end: write}, nil
	}
	known := gaps{from: min(read, slices.Min(inFlight)), to: read, inFlight: make(map[uint64]struct{}, len(inFlight))}
	for _, index := range inFlight {
		known.inFlight[index] = struct{}{}
	}
	rest = append(rest, fieldReadIndex<<3|wireFixed64)
	return found{bookkeeping: binary.LittleEndian.AppendUint64(rest, known.from), gaps: known, end: write}, nil
}

// field is one field of a message: its payload without tag and length, and its size with both, in bytes.
type field struct {
	number  uint64
	wire    uint64
	payload []byte
	size    int
}

func nextField(b []byte) (field, error) {
	tag, n := binary.Uvarint(b)
	if n <= 0 {
		return field{}, errBookkeeping
	}
	f := field{number: tag >> 3, wire: tag & 7}
	var length uint64
	switch f.wire {
	case wireFixed64:
		length = 8
	case wireFixed32:
		length = 4
	case wireVarint, wireBytes:
		value, m := binary.Uvarint(b[n:])
		if m <= 0 {
			return field{}, errBookkeeping
		}
		n += m
		if f.wire == wireBytes {
			length = value
		}
	default:
		return field{}, errBookkeeping
	}
	if length > uint64(len(b)-n) {
		return field{}, errBookkeeping
	}
	f.size = n + int(length)
	f.payload = b[n:f.size]
	return f, nil
}
