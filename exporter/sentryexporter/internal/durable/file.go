package durable

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.uber.org/zap"

	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/durable/boltfile"
)

// fileStorage is the package of the one storage extension whose files are looked after.
const fileStorage = "github.com/open-telemetry/opentelemetry-collector-contrib/extension/storage/filestorage"

// maxFileName is the longest file name that file systems take, in bytes.
const maxFileName = 255

// settings are those of file_storage that matter here.
type settings struct {
	directory string
	recreate  bool
}

// settingsOf reads the configuration of a file_storage extension, for which it has no interface. It knows none for other extensions,
// nor if file_storage is built differently one day: then nothing is looked after, and a test says so.
func settingsOf(ext storage.Extension) (settings, bool) {
	v := reflect.ValueOf(ext)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct || v.Elem().Type().PkgPath() != fileStorage {
		return settings{}, false
	}
	cfg := v.Elem().FieldByName("cfg")
	if cfg.Kind() != reflect.Pointer || cfg.IsNil() || cfg.Elem().Kind() != reflect.Struct {
		return settings{}, false
	}
	directory, recreate := cfg.Elem().FieldByName("Directory"), cfg.Elem().FieldByName("Recreate")
	if directory.Kind() != reflect.String || recreate.Kind() != reflect.Bool {
		return settings{}, false
	}
	return settings{directory: directory.String(), recreate: recreate.Bool()}, true
}

// CheckDirectory says what is wrong with the directory of a file_storage extension: others than its owner may enter it. It knows
// nothing of other extensions. file_storage creates its directory with 0750; the files in it are 0600.
func CheckDirectory(host component.Host, storageID component.ID) error {
	ext, ok := host.GetExtensions()[storageID].(storage.Extension)
	if !ok {
		return nil
	}
	set, ok := settingsOf(ext)
	if !ok {
		return nil
	}
	info, err := os.Stat(set.directory)
	if err != nil {
		return err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("queue directory %s of %q is open to others than its owner (%#o): make it 0700 (directory_permissions: \"0700\")",
			set.directory, storageID, mode)
	}
	return nil
}

// inspect looks at the file that file_storage is about to open. A damaged one ends the process inside bbolt, again at every start.
func (g *Guard) inspect(ext storage.Extension, kind component.Kind, owner component.ID, name string) error {
	set, ok := settingsOf(ext)
	if !ok {
		return nil
	}
	path := filepath.Join(set.directory, fileName(kind, owner, name))
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	if !lockShared(file) {
		return nil // somebody is writing; file_storage will say that it is locked
	}
	info, err := file.Stat()
	if err != nil {
		return err
	}
	damage := boltfile.Check(file, info.Size())
	switch {
	case damage == nil:
		return nil
	case !errors.Is(damage, boltfile.ErrDamaged):
		return fmt.Errorf("queue file %s: %w", path, damage)
	case !set.recreate:
		return fmt.Errorf("queue file %s cannot be used: %w; move it away, or set `recreate: true` for %q", path, damage, g.id)
	}
	return g.putAside(path, damage)
}

// putAside renames a file as file_storage's `recreate` would.
func (g *Guard) putAside(path string, damage error) error {
	aside := path + "." + time.Now().UTC().Format("20060102T150405.000Z0700") + ".backup"
	if err := os.Rename(path, aside); err != nil {
		return fmt.Errorf("queue file %s is damaged (%w) and cannot be put aside: %w", path, damage, err)
	}
	g.opts.Logger.Error("A queue file is damaged. It was put aside, and what it holds is not sent; the queue starts empty.",
		zap.Stringer("storage", g.id), zap.String("file", aside), zap.Error(damage))
	if g.opts.PutAside != nil {
		g.opts.PutAside(aside)
	}
	return nil
}

// fileName is the name that file_storage gives a client's file.
func fileName(kind component.Kind, owner component.ID, name string) string {
	raw := strings.ToLower(kind.String()) + "_" + owner.Type().String() + "_" + owner.Name()
	if name != "" {
		raw += "_" + name
	}
	var b strings.Builder
	for _, r := range raw {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '-', r == '_':
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, "~%04X", r)
		}
	}
	if b.Len() > maxFileName {
		sum := sha256.Sum256([]byte(b.String()))
		return hex.EncodeToString(sum[:])
	}
	return b.String()
}
