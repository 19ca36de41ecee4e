package offsetguard

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/collector/extension/xextension/storage"

	"github.com/otelcol-sentry/otelcol-sentry/extension/offsetguard/internal/metadata"
)

var behind = component.MustNewID("file_storage")

// memory is a storage that remembers.
type memory struct {
	component.StartFunc
	component.ShutdownFunc
	values map[string]string
	asked  []string
	fail   error
}

func (m *memory) GetClient(_ context.Context, kind component.Kind, id component.ID, name string) (storage.Client, error) {
	m.asked = append(m.asked, kind.String()+" "+id.String()+" "+name)
	return m, m.fail
}

func (m *memory) Get(_ context.Context, key string) ([]byte, error) {
	return []byte(m.values[key]), nil
}

func (m *memory) Set(_ context.Context, key string, value []byte) error {
	m.values[key] = string(value)
	return nil
}

func (m *memory) Delete(_ context.Context, key string) error {
	delete(m.values, key)
	return nil
}

func (m *memory) Batch(ctx context.Context, ops ...*storage.Operation) error {
	for _, op := range ops {
		switch op.Type {
		case storage.Get:
			op.Value, _ = m.Get(ctx, op.Key)
		case storage.Set:
			_ = m.Set(ctx, op.Key, op.Value)
		case storage.Delete:
			_ = m.Delete(ctx, op.Key)
		}
	}
	return nil
}

func (m *memory) Close(context.Context) error { return nil }

type host map[component.ID]component.Component

func (h host) GetExtensions() map[component.ID]component.Component { return h }

func start(t *testing.T, m component.Component) (*guard, error) {
	x, err := create(t.Context(), extensiontest.NewNopSettings(metadata.Type), &Config{Storage: behind})
	require.NoError(t, err)
	g := x.(*guard)
	t.Cleanup(func() { assert.NoError(t, g.Shutdown(context.Background())) })
	return g, g.Start(t.Context(), host{behind: m})
}

func TestGuard(t *testing.T) {
	m := &memory{values: map[string]string{}}
	g, err := start(t, m)
	require.NoError(t, err)
	assert.Equal(t, []component.ID{behind}, g.Dependencies())
	c, err := g.GetClient(t.Context(), component.KindReceiver, component.MustNewID("filelog"), "x")
	require.NoError(t, err)
	assert.Equal(t, []string{"Receiver filelog x"}, m.asked, "the names of the storage behind stay as they are")

	ctx, cancel := context.WithCancel(t.Context())
	require.NoError(t, c.Set(ctx, "a", []byte("1")))
	require.NoError(t, c.Batch(ctx, storage.SetOperation("b", []byte("1")), storage.SetOperation("c", []byte("1"))))
	require.NoError(t, c.Delete(ctx, "c"))
	assert.Equal(t, map[string]string{"a": "1", "b": "1"}, m.values)

	cancel()
	_, err = c.Get(ctx, "a")
	require.NoError(t, err)
	require.NoError(t, c.Batch(ctx, storage.GetOperation("a")))
	require.NoError(t, c.Set(t.Context(), "a", []byte("2")), "reading does not close it")
	require.NoError(t, c.Batch(ctx, storage.SetOperation("a", []byte("3")), storage.DeleteOperation("b")))
	get := storage.GetOperation("a")
	require.NoError(t, c.Batch(t.Context(), storage.SetOperation("a", []byte("4")), get))
	assert.Equal(t, "2", string(get.Value), "it still reads")
	require.NoError(t, c.Set(t.Context(), "a", []byte("5")))
	require.NoError(t, c.Delete(t.Context(), "a"))
	assert.Equal(t, map[string]string{"a": "2", "b": "1"}, m.values, "nothing more is written, under any context")
}

func TestClientsAreApart(t *testing.T) {
	m := &memory{values: map[string]string{}}
	g, err := start(t, m)
	require.NoError(t, err)
	one, err := g.GetClient(t.Context(), component.KindReceiver, component.MustNewID("filelog"), "")
	require.NoError(t, err)
	other, err := g.GetClient(t.Context(), component.KindReceiver, component.MustNewID("journald"), "")
	require.NoError(t, err)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, one.Set(cancelled, "a", []byte("1")))
	require.NoError(t, other.Set(t.Context(), "a", []byte("2")))
	assert.Equal(t, map[string]string{"a": "2"}, m.values)
}

func TestNoStorage(t *testing.T) {
	x, err := create(t.Context(), extensiontest.NewNopSettings(metadata.Type), &Config{Storage: behind})
	require.NoError(t, err)
	assert.EqualError(t, x.Start(t.Context(), componenttest.NewNopHost()), "storage extension 'file_storage' not found")
	_, err = start(t, &guard{})
	require.NoError(t, err, "another guard is a storage")
	_, err = start(t, component.Component(nil))
	assert.EqualError(t, err, "extension 'file_storage' is no storage")
	g, err := start(t, &memory{fail: errors.New("no disk")})
	require.NoError(t, err)
	_, err = g.GetClient(t.Context(), component.KindReceiver, component.MustNewID("filelog"), "")
	assert.EqualError(t, err, "no disk")
}

func TestConfig(t *testing.T) {
	assert.ErrorContains(t, createDefaultConfig().(*Config).Validate(), "'storage' must name")
	assert.NoError(t, (&Config{Storage: behind}).Validate())
}
