package durable

import (
	"encoding/binary"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// message builds a PersistentMetadata, byte by byte.
type message []byte

func (m message) fixed64(number, value uint64) message {
	return binary.LittleEndian.AppendUint64(append(m, byte(number<<3|wireFixed64)), value)
}

func (m message) packed(number uint64, values ...uint64) message {
	m = append(m, byte(number<<3|wireBytes), byte(8*len(values)))
	for _, v := range values {
		m = binary.LittleEndian.AppendUint64(m, v)
	}
	return m
}

func TestUnreadAgain(t *testing.T) {
	sizes := slices.Clip(message{}.fixed64(1, 70).fixed64(2, 9000))
	tests := []struct {
		name     string
		stored   message
		want     message
		empty    []string // indexes known to be empty
		notEmpty []string
	}{
		{"new queue", nil, nil, nil, []string{"0"}},
		{"nothing in flight", sizes.fixed64(3, 6).fixed64(4, 10), sizes.fixed64(3, 6).fixed64(4, 10), nil, []string{"5", "6"}},
		{
			"the last ones", sizes.fixed64(3, 6).fixed64(4, 10).packed(5, 5, 4), sizes.fixed64(4, 10).fixed64(3, 4),
			nil,
			[]string{"3", "4", "5", "6"},
		},
		{
			"apart", sizes.fixed64(3, 9).fixed64(4, 10).packed(5, 7, 2), sizes.fixed64(4, 10).fixed64(3, 2),
			[]string{"3", "4", "5", "6", "8"},
			[]string{"1", "2", "7", "9", "10", bookkeepingKey, "-3", "99999999999999999999"},
		},
		{"the first one", sizes.fixed64(3, 1).fixed64(4, 1).packed(5, 0), sizes.fixed64(4, 1).fixed64(3, 0), nil, []string{"0", "1"}},
		{"one by one", message{}.fixed64(5, 2).fixed64(3, 4).fixed64(5, 3).fixed64(4, 4), message{}.fixed64(4, 4).fixed64(3, 2), nil, []string{"2", "3"}},
		{
			"fields of tomorrow", append(sizes, 6<<3|wireVarint, 0x96, 1, 7<<3|wireFixed32, 1, 2, 3, 4, 0xfa, 1, 1, 'x').fixed64(3, 2).fixed64(4, 2).packed(5, 1),
			append(sizes, 6<<3|wireVarint, 0x96, 1, 7<<3|wireFixed32, 1, 2, 3, 4, 0xfa, 1, 1, 'x').fixed64(4, 2).fixed64(3, 1), nil,
			[]string{"1"},
		},
		{"in flight, yet unread", message{}.fixed64(3, 2).fixed64(4, 5).packed(5, 3), message{}.fixed64(4, 5).fixed64(3, 2), nil, []string{"3"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := unreadAgain(tt.stored)
			require.NoError(t, err)
			assert.Equal(t, []byte(tt.want), got.bookkeeping)
			for _, key := range tt.empty {
				assert.True(t, got.gaps.hold(key), key)
			}
			for _, key := range tt.notEmpty {
				assert.False(t, got.gaps.hold(key), key)
			}
		})
	}
}

func TestSenselessBookkeeping(t *testing.T) {
	for name, stored := range map[string]message{
		"tag":            {0x80},
		"wire type":      {3<<3 | 3},
		"short number":   {3<<3 | wireFixed64, 1, 2},
		"short list":     {5<<3 | wireBytes, 16, 1},
		"endless length": {5<<3 | wireBytes, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1},
		"broken length":  {5<<3 | wireBytes, 0xff},
		"broken varint":  {9<<3 | wireVarint, 0xff},
		"odd list":       {5<<3 | wireBytes, 3, 1, 2, 3},
		"reads ahead":    message{}.fixed64(3, 5).fixed64(4, 4),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := unreadAgain(stored)
			require.ErrorIs(t, err, errBookkeeping)
		})
	}
}

func FuzzUnreadAgain(f *testing.F) {
	f.Add([]byte(message{}.fixed64(1, 1).fixed64(2, 2).fixed64(3, 9).fixed64(4, 10).packed(5, 7, 2)))
	f.Fuzz(func(t *testing.T, stored []byte) {
		got, err := unreadAgain(stored)
		if err != nil {
			return
		}
		again, err := unreadAgain(got.bookkeeping)
		require.NoError(t, err)
		assert.Equal(t, got.bookkeeping, again.bookkeeping, "what comes out has nothing in flight")
		assert.Equal(t, again.gaps.from, again.gaps.to)
		assert.LessOrEqual(t, got.gaps.from, got.gaps.to)
		assert.Equal(t, got.end, again.end)
	})
}
