package durable

import (
	"fmt"
	"os"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.uber.org/zap"

	"github.com/otelcol-sentry/otelcol-sentry/internal/storagefile"
)

// CheckDirectory says what is wrong with the directory of a file_storage extension: others than its owner may enter it. It knows
// nothing of other extensions. file_storage creates its directory with 0750; the files in it are 0600.
func CheckDirectory(host component.Host, storageID component.ID) error {
	ext, ok := host.GetExtensions()[storageID].(storage.Extension)
	if !ok {
		return nil
	}
	set, ok := storagefile.SettingsOf(ext)
	if !ok {
		return nil
	}
	info, err := os.Stat(set.Directory)
	if err != nil {
		return err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("queue directory %s of %q is open to others than its owner (%#o): make it 0700 (directory_permissions: \"0700\")",
			set.Directory, storageID, mode)
	}
	return nil
}

// inspect looks at the file that the storage is about to open.
func (g *Guard) inspect(ext storage.Extension, client storagefile.Client) error {
	aside, err := storagefile.Inspect(ext, g.id, client)
	if aside == nil {
		return err
	}
	g.opts.Logger.Error("A queue file is damaged. It was put aside, and what it holds is not sent; the queue starts empty.",
		zap.Stringer("storage", g.id), zap.String("file", aside.File), zap.Error(aside.Damage))
	if g.opts.PutAside != nil {
		g.opts.PutAside(aside.File)
	}
	return nil
}
