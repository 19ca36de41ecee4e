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

	"github.com/otelcol-sentry/otelcol-sentry/internal/storagetest"
)

func reopen(t *testing.T, m *storagetest.Storage) (*Store, map[string][]byte) {
	t.Helper()
	var s Store
	values, err := s.Open(context.Background(), m.Client())
	require.NoError(t, err)
	require.True(t, s.Enabled())
	return &s, values
}

func TestStore(t *testing.T) {
	ctx := context.Background()
	m := storagetest.New()
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
	for _, key := range m.Keys() {
		value, err := m.Client().Get(ctx, key)
		require.NoError(t, err)
		assert.Empty(t, value, key)
	}
}

// TestFailedWrite: what could not be written is found once it could.
func TestFailedWrite(t *testing.T) {
	ctx := context.Background()
	m := storagetest.New()
	s, _ := reopen(t, m)
	full := errors.New("no space left on device")
	m.FailAll(full)
	assert.ErrorIs(t, s.Write(ctx, Change{"a", []byte("1")}), full)
	m.FailAll(nil)
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
	closed := storagetest.New()
	closed.FailAll(errors.New("closed"))
	_, err = s.Open(context.Background(), closed.Client())
	assert.Error(t, err)
}

// TestManyWriters: the lists of names hold all that was written at once.
func TestManyWriters(t *testing.T) {
	m := storagetest.New()
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
