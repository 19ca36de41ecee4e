package storagefile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/storage/filestorage"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/collector/extension/xextension/storage"

	"github.com/otelcol-sentry/otelcol-sentry/internal/boltfile"
)

var (
	storageID = component.MustNewID("file_storage")
	queue     = Client{component.KindExporter, component.MustNewIDWithName("sentry", "#a/b c~d#é"), "logs"}
)

// fileStorageIn is the real one.
func fileStorageIn(t *testing.T, directory string, recreate bool) storage.Extension {
	factory := filestorage.NewFactory()
	cfg := factory.CreateDefaultConfig().(*filestorage.Config)
	cfg.Directory, cfg.Recreate = directory, recreate
	ext, err := factory.Create(t.Context(), extensiontest.NewNopSettings(factory.Type()), cfg)
	require.NoError(t, err)
	return ext.(storage.Extension)
}

// use opens a client's file, writes and closes it.
func use(t *testing.T, ext storage.Extension, c Client) {
	client, err := ext.GetClient(t.Context(), c.Kind, c.Owner, c.Name)
	require.NoError(t, err)
	require.NoError(t, client.Set(t.Context(), "key", []byte("value")))
	require.NoError(t, client.Close(t.Context()))
}

// onlyFile is the name of the one file in a directory.
func onlyFile(t *testing.T, directory string) string {
	entries, err := os.ReadDir(directory)
	require.NoError(t, err)
	require.Len(t, entries, 1)
	return entries[0].Name()
}

// file_storage has no interface for what is asked of it here; a new version may call it differently.
func TestFileStorageIsUnderstood(t *testing.T) {
	for _, recreate := range []bool{false, true} {
		directory := t.TempDir()
		set, ok := SettingsOf(fileStorageIn(t, directory, recreate))
		require.True(t, ok)
		assert.Equal(t, Settings{Directory: directory, Recreate: recreate}, set)
	}
	for _, owner := range []component.ID{
		queue.Owner,
		component.MustNewID("sentry"),
		component.MustNewIDWithName("sentry", strings.Repeat("#", 100)),
		component.MustNewIDWithName("sentry", strings.Repeat("x", 300)),
	} {
		for _, name := range []string{"logs", "traces", ""} {
			directory := t.TempDir()
			c := Client{component.KindProcessor, owner, name}
			use(t, fileStorageIn(t, directory, false), c)
			assert.Equal(t, c.fileName(), onlyFile(t, directory))
		}
	}
}

type otherStorage struct{ storage.Extension }

func TestOtherExtensionsAreLeftAlone(t *testing.T) {
	for _, other := range []storage.Extension{otherStorage{}, &otherStorage{}, nil, (*otherStorage)(nil)} {
		_, ok := SettingsOf(other)
		assert.False(t, ok)
		aside, err := Inspect(other, storageID, queue)
		require.NoError(t, err)
		assert.Nil(t, aside)
	}
}

func TestInspect(t *testing.T) {
	inspect := func(directory string, recreate bool) (*Aside, error) {
		return Inspect(fileStorageIn(t, directory, recreate), storageID, queue)
	}
	sound := func(t *testing.T) (directory, path string) {
		directory = t.TempDir()
		use(t, fileStorageIn(t, directory, false), queue)
		return directory, filepath.Join(directory, queue.fileName())
	}
	t.Run("no file", func(t *testing.T) {
		aside, err := inspect(t.TempDir(), true)
		require.NoError(t, err)
		assert.Nil(t, aside)
	})
	t.Run("sound", func(t *testing.T) {
		directory, path := sound(t)
		aside, err := inspect(directory, true)
		require.NoError(t, err)
		assert.Nil(t, aside)
		assert.FileExists(t, path)
	})
	t.Run("damaged", func(t *testing.T) {
		directory, path := sound(t)
		require.NoError(t, os.Truncate(path, 1))
		aside, err := inspect(directory, false)
		assert.Nil(t, aside)
		require.ErrorIs(t, err, boltfile.ErrDamaged)
		require.ErrorContains(t, err, path)
		require.ErrorContains(t, err, "recreate: true")
		assert.Equal(t, queue.fileName(), onlyFile(t, directory), "left alone")

		aside, err = inspect(directory, true)
		require.NoError(t, err)
		require.ErrorIs(t, aside.Damage, boltfile.ErrDamaged)
		assert.Equal(t, filepath.Base(aside.File), onlyFile(t, directory))
		assert.Regexp(t, `\.\d{8}T\d{6}\.\d{3}Z\.backup$`, aside.File)
	})
	t.Run("in use", func(t *testing.T) {
		directory, path := sound(t)
		client, err := fileStorageIn(t, directory, true).GetClient(t.Context(), queue.Kind, queue.Owner, queue.Name)
		require.NoError(t, err)
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.NoError(t, os.Truncate(path, 1))
		aside, err := inspect(directory, true)
		require.NoError(t, err)
		assert.Nil(t, aside, "it may look damaged while somebody writes")
		require.NoError(t, os.Truncate(path, info.Size()))
		require.NoError(t, client.Close(t.Context()))
	})
	t.Run("no file but a directory", func(t *testing.T) {
		directory := t.TempDir()
		require.NoError(t, os.Mkdir(filepath.Join(directory, queue.fileName()), 0o700))
		_, err := inspect(directory, true)
		require.ErrorContains(t, err, queue.fileName())
	})
}
