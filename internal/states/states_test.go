package states

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/extension/xextension/storage"
)

// memory is a storage.
type memory struct {
	mu     sync.Mutex
	values map[string][]byte
	fail   error
}

func (m *memory) Get(ctx context.Context, key string) ([]byte, error) {
	op := storage.GetOperation(key)
	err := m.Batch(ctx, op)
	return op.Value, err
}

func (m *memory) Set(ctx context.Context, key string, value []byte) error {
	return m.Batch(ctx, storage.SetOperation(key, value))
}

func (m *memory) Delete(ctx context.Context, key string) error {
	return m.Batch(ctx, storage.DeleteOperation(key))
}

func (m *memory) Batch(_ context.Context, ops ...*storage.Operation) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	for _, op := range ops {
		switch op.Type {
		case storage.Get:
			op.Value = m.values[op.Key]
		case storage.Set:
			m.values[op.Key] = op.Value
		case storage.Delete:
			delete(m.values, op.Key)
		}
	}
	return nil
}

func reopen(t *testing.T, m *memory) (*Store, map[string][]byte) {
	t.Helper()
	var s Store
	values, err := s.Open(context.Background(), m)
	require.NoError(t, err)
	require.True(t, s.Enabled())
	return &s, values
}

func TestStore(t *testing.T) {
	ctx := context.Background()
	m := &memory{values: map[string][]byte{}}
	s, values := reopen(t, m)
	assert.Empty(t, values)
	want := map[string][]byte{}
	for n := range 300 {
		name, value := fmt.Sprintf("/pods/%d", n), []byte{byte(n), 1}
		require.NoError(t, s.Write(ctx, Change{name, value}))
		want[name] = value
	}
	require.NoError(t, s.Write(ctx, Change{"/pods/7", nil}, Change{"/pods/8", []byte("new")}, Change{"", []byte("no name")}))
	delete(want, "/pods/7")
	want["/pods/8"], want[""] = []byte("new"), []byte("no name")
	s, values = reopen(t, m)
	assert.Equal(t, want, values)
	for name := range want {
		require.NoError(t, s.Write(ctx, Change{Name: name}))
	}
	_, values = reopen(t, m)
	assert.Empty(t, values)
	for key, value := range m.values {
		assert.Empty(t, value, key)
	}
}

// TestFailedWrite: what could not be written is found once it could.
func TestFailedWrite(t *testing.T) {
	ctx := context.Background()
	m := &memory{values: map[string][]byte{}}
	s, _ := reopen(t, m)
	m.fail = errors.New("no space left on device")
	assert.ErrorIs(t, s.Write(ctx, Change{"a", []byte("1")}), m.fail)
	m.fail = nil
	require.NoError(t, s.Write(ctx, Change{"a", []byte("2")}))
	_, values := reopen(t, m)
	assert.Equal(t, map[string][]byte{"a": []byte("2")}, values)
}

func TestNothingIsKept(t *testing.T) {
	var s Store
	values, err := s.Open(context.Background(), storage.NewNopClient())
	require.NoError(t, err)
	assert.Empty(t, values)
	assert.False(t, s.Enabled())
	_, err = s.Open(context.Background(), nil)
	require.NoError(t, err)
	assert.False(t, s.Enabled())
	_, err = s.Open(context.Background(), &memory{fail: errors.New("closed")})
	assert.Error(t, err)
}

// TestManyWriters: the lists of names hold all that was written at once.
func TestManyWriters(t *testing.T) {
	m := &memory{values: map[string][]byte{}}
	s, _ := reopen(t, m)
	var wg sync.WaitGroup
	want := map[string][]byte{}
	for w := range 8 {
		for n := range 100 {
			want[fmt.Sprint(w, "/", n)] = []byte{1}
		}
		wg.Go(func() {
			for n := range 100 {
				assert.NoError(t, s.Write(context.Background(), Change{fmt.Sprint(w, "/", n), []byte{1}}))
			}
		})
	}
	wg.Wait()
	_, values := reopen(t, m)
	assert.True(t, maps.EqualFunc(want, values, func(a, b []byte) bool { return string(a) == string(b) }))
}

func TestDamagedList(t *testing.T) {
	list := []byte{1, 'a', 3, 'a', 'b', 'c', 200}
	assert.Equal(t, []string{"a", "abc"}, readList(list))
	assert.Equal(t, []string{"a"}, readList(list[:4]))
}
