package sentrysegmentprocessor

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/storage/filestorage"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/processor/processortest"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

// A file that is damaged ends the process inside bbolt, unless it is found before: put aside, or named.
func TestADamagedFile(t *testing.T) {
	directory := t.TempDir()
	core, logs := observer.New(zap.ErrorLevel)
	launch := func(recreate bool) (*segmentProcessor, error) {
		cfg := createDefaultConfig().(*Config)
		cfg.Storage = &fileID
		set := processortest.NewNopSettings(NewFactory().Type())
		set.Logger = zap.New(core)
		p := create(t, set, cfg, &sink{})
		return p, p.Start(t.Context(), &host{
			id: fileID, storage: fileStorage(t, directory, func(cfg *filestorage.Config) { cfg.Recreate = recreate }),
		})
	}
	files := func() []string {
		found, err := filepath.Glob(filepath.Join(directory, "*"))
		require.NoError(t, err)
		return found
	}
	p, err := launch(true)
	require.NoError(t, err)
	require.NoError(t, p.ConsumeTraces(t.Context(), requestOf(s{id: 2, parent: 1})))
	require.NoError(t, p.Shutdown(t.Context()))
	require.Len(t, files(), 1)
	file := files()[0]
	require.NoError(t, os.Truncate(file, int64(2*os.Getpagesize())))

	p, err = launch(false)
	require.ErrorContains(t, err, file)
	require.NoError(t, p.Shutdown(t.Context()))
	require.Len(t, files(), 1)
	assert.Zero(t, logs.Len())

	p, err = launch(true)
	require.NoError(t, err)
	require.NoError(t, p.Shutdown(t.Context()))
	require.Len(t, files(), 2)
	require.Equal(t, 1, logs.Len())
	assert.Equal(t, files()[1], logs.All()[0].ContextMap()["file"])
}
