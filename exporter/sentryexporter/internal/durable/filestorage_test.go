package durable

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/storage/filestorage"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/otelcol-sentry/otelcol-sentry/internal/boltfile"
	"github.com/otelcol-sentry/otelcol-sentry/internal/storagefile"
)

// These tests run on the real file_storage.

const laneFile = "exporter_sentry_~0023default~0023events_logs"

func fileStorageIn(t *testing.T, directory string, configure ...func(cfg *filestorage.Config)) storage.Extension {
	factory := filestorage.NewFactory()
	cfg := factory.CreateDefaultConfig().(*filestorage.Config)
	cfg.Directory = directory
	cfg.Compaction.Directory = directory
	cfg.Recreate = true
	for _, c := range configure {
		c(cfg)
	}
	require.NoError(t, confmap.Validate(cfg))
	ext, err := factory.Create(t.Context(), extensiontest.NewNopSettings(factory.Type()), cfg)
	require.NoError(t, err)
	return ext.(storage.Extension)
}

// killed gives a directory of the outer test with the file as a kill leaves it now.
func killed(t, outer *testing.T, directory string) string {
	data, err := os.ReadFile(filepath.Join(directory, laneFile))
	require.NoError(t, err)
	next := outer.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(next, laneFile), data, 0o600))
	return next
}

func TestFileStorageKilled(t *testing.T) {
	outer, directory, next := t, t.TempDir(), ""
	var first *process
	synctest.Test(t, func(t *testing.T) {
		first = run(t, fileStorageIn(t, directory), plan{guarded: true, consumers: 3, hold: []string{"1", "4"}})
		for _, name := range numbered(0, 20) {
			require.NoError(t, first.offer(name))
			synctest.Wait()
		}
		next = killed(t, outer, directory)
		first.delivered = first.got() // what comes now does not count
		close(first.dies)
		first.shutdown()
	})
	require.NotContains(t, first.got(), "4")
	synctest.Test(t, func(t *testing.T) {
		second := run(t, fileStorageIn(t, next), plan{guarded: true})
		synctest.Wait()
		second.shutdown()
		assert.Equal(t, []string{"1", "4"}, second.got(), "in the order of acceptance, and nothing else again")
		assert.Empty(t, missing(first, second))
	})
}

// A file that may not grow: all that was accepted is delivered from it, and then all its room is free again.
func TestFileStorageFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ext := fileStorageIn(t, t.TempDir(), func(cfg *filestorage.Config) { cfg.MaxSize = 1 << 20 })
		p := run(t, ext, plan{guarded: true, hold: []string{"0"}})
		padding := strings.Repeat("x", 5000)
		require.NoError(t, p.offer("0"))
		synctest.Wait()
		accepted := 0
		for ; ; accepted++ {
			if err := p.offer(fmt.Sprint(accepted, padding[accepted:])); err != nil {
				require.ErrorIs(t, err, storage.ErrStorageFull)
				break
			}
		}
		require.Greater(t, accepted, 50)
		for i := range 50 { // smaller and smaller, until nothing fits
			time.Sleep(probeInterval)
			_ = p.offer(fmt.Sprint("small ", i, padding[100*i:]))
		}
		p.release("0")
		assert.Empty(t, missing(p))
		time.Sleep(probeInterval)
		for i := range 2 * accepted {
			require.NoError(t, p.offer(fmt.Sprint("again ", i, padding[i:])))
			synctest.Wait()
		}
		p.shutdown()
		assert.Empty(t, missing(p))
	})
}

// damages are ways a file can be damaged by a power failure, a copy on a full disk, a restore.
var damages = map[string]func(file []byte) []byte{
	"one byte":   func(file []byte) []byte { return file[:1] },
	"one page":   func(file []byte) []byte { return file[:os.Getpagesize()] },
	"two pages":  func(file []byte) []byte { return file[:2*os.Getpagesize()] },
	"half":       func(file []byte) []byte { return file[:len(file)/2] },
	"meta pages": func(file []byte) []byte { clear(file[:2*os.Getpagesize()]); return file },
	"data pages": func(file []byte) []byte { clear(file[2*os.Getpagesize():]); return file },
}

// stored makes a directory with a queue that holds requests, and gives its file's content.
func stored(t *testing.T) []byte {
	outer, directory, next := t, t.TempDir(), ""
	synctest.Test(t, func(t *testing.T) {
		p := run(t, fileStorageIn(t, directory), plan{guarded: true, hold: []string{"0"}})
		require.NoError(t, p.offer("0"))
		for i := range 60 {
			require.NoError(t, p.offer(strings.Repeat("x", 1+i*300)))
		}
		synctest.Wait()
		next = killed(t, outer, directory)
		p.release("0")
		p.shutdown()
	})
	data, err := os.ReadFile(filepath.Join(next, laneFile))
	require.NoError(t, err)
	return data
}

func TestDamagedFile(t *testing.T) {
	whole := stored(t)
	for name, damage := range damages {
		directory := t.TempDir()
		path := filepath.Join(directory, laneFile)
		damaged := damage(bytes.Clone(whole))
		require.NoError(t, os.WriteFile(path, damaged, 0o600))

		t.Run(name+", queue alone", func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestOpenDamagedFile$", "-test.v")
			cmd.Env = append(os.Environ(), openDamaged+"="+directory)
			out, _ := cmd.CombinedOutput()
			assert.NotContains(t, string(out), "STARTED", "`recreate: true` did not help before")
			assert.NotContains(t, files(t, directory), ".backup")
			require.NoError(t, os.WriteFile(path, damaged, 0o600)) // it may have written before it died
		})
		t.Run(name+", recreate off", func(t *testing.T) {
			p := launch(t, plan{guarded: true})
			err := p.start(fileStorageIn(t, directory, func(cfg *filestorage.Config) { cfg.Recreate = false }))
			require.ErrorIs(t, err, boltfile.ErrDamaged)
			require.ErrorContains(t, err, path)
			p.shutdown()
			require.Equal(t, laneFile, files(t, directory), "left alone")
		})
		t.Run(name+", recreate on", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				core, logs := observer.New(zap.InfoLevel)
				var aside []string
				p := run(t, fileStorageIn(t, directory), plan{guarded: true, options: Options{
					Logger:   zap.New(core),
					PutAside: func(file string) { aside = append(aside, file) },
				}})
				require.NoError(t, p.offer("1"))
				synctest.Wait()
				p.shutdown()
				assert.Equal(t, []string{"1"}, p.got(), "the queue starts empty")
				require.Len(t, aside, 1)
				require.Equal(t, 1, logs.Len())
				assert.Equal(t, aside[0], logs.All()[0].ContextMap()["file"])
				kept, err := os.ReadFile(aside[0])
				require.NoError(t, err)
				assert.True(t, bytes.Equal(damaged, kept))
				assert.Regexp(t, laneFile+` `+laneFile+`\.\d{8}T\d{6}\.\d{3}Z\.backup`, files(t, directory))
			})
		})
	}
}

// files names what is in a directory.
func files(t *testing.T, directory string) string {
	entries, err := os.ReadDir(directory)
	require.NoError(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

const openDamaged = "DURABLE_OPEN_DAMAGED"

// TestOpenDamagedFile is the other process of TestDamagedFile: file_storage ends it.
func TestOpenDamagedFile(t *testing.T) {
	directory := os.Getenv(openDamaged)
	if directory == "" {
		return // not asked to
	}
	p := launch(t, plan{})
	require.NoError(t, p.start(fileStorageIn(t, directory)))
	fmt.Println("STARTED")
	p.shutdown()
}

// A file that another process has open may look damaged while that one writes. It is not looked at.
func TestFileInUse(t *testing.T) {
	directory := t.TempDir()
	first := run(t, fileStorageIn(t, directory), plan{guarded: true})
	require.NoError(t, os.Truncate(filepath.Join(directory, laneFile), 1))
	second := launch(t, plan{guarded: true})
	err := second.start(fileStorageIn(t, directory, func(cfg *filestorage.Config) { cfg.Timeout = time.Millisecond }))
	require.ErrorContains(t, err, "timeout")
	require.Equal(t, laneFile, files(t, directory))
	second.shutdown()
	require.NoError(t, os.Truncate(filepath.Join(directory, laneFile), 1<<16)) // or the next read ends this process
	first.shutdown()
}

func TestUnusableFiles(t *testing.T) {
	directory := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(directory, laneFile), 0o700))
	p := launch(t, plan{guarded: true})
	require.ErrorContains(t, p.start(fileStorageIn(t, directory)), laneFile)
	p.shutdown()
}

func TestCheckDirectory(t *testing.T) {
	parent := t.TempDir()
	create := func(permissions ...string) storage.Extension {
		return fileStorageIn(t, filepath.Join(parent, strings.Join(permissions, "")), func(cfg *filestorage.Config) {
			cfg.CreateDirectory = true
			for _, p := range permissions {
				cfg.DirectoryPermissions = p
			}
		})
	}
	parent = filepath.Join(parent, "x") // of the extension's making
	require.ErrorContains(t, CheckDirectory(host{create()}, storageID), "0750", "what file_storage does by itself")
	parent += "y"
	private := create("0700")
	require.NoError(t, CheckDirectory(host{private}, storageID))
	set, _ := storagefile.SettingsOf(private)
	require.NoError(t, os.Chmod(set.Directory, 0o701))
	require.ErrorContains(t, CheckDirectory(host{private}, storageID), set.Directory)
	require.NoError(t, os.Remove(set.Directory))
	require.ErrorIs(t, CheckDirectory(host{private}, storageID), os.ErrNotExist)

	require.NoError(t, CheckDirectory(host{newDisk()}, storageID), "unknown")
	require.NoError(t, CheckDirectory(host{nil}, storageID))
}

func TestFileMode(t *testing.T) {
	directory := t.TempDir()
	client, err := fileStorageIn(t, directory).GetClient(t.Context(), component.KindExporter, laneID, "logs")
	require.NoError(t, err)
	require.NoError(t, client.Close(t.Context()))
	info, err := os.Stat(filepath.Join(directory, laneFile))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}
