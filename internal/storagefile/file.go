package storagefile

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

	"github.com/otelcol-sentry/otelcol-sentry/internal/boltfile"
)

// fileStorage is the package of the one storage extension whose files are looked after.
const fileStorage = "github.com/open-telemetry/opentelemetry-collector-contrib/extension/storage/filestorage"

// maxFileName is the longest file name that file systems take, in bytes.
const maxFileName = 255

// Settings are those of file_storage that matter here.
type Settings struct {
	Directory string
	Recreate  bool
}

// SettingsOf reads the configuration of a file_storage extension, for which it has no interface. It knows none for other extensions,
// nor if file_storage is built differently one day: then nothing is looked after, and a test says so.
func SettingsOf(ext storage.Extension) (Settings, bool) {
	v := reflect.ValueOf(ext)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct || v.Elem().Type().PkgPath() != fileStorage {
		return Settings{}, false
	}
	cfg := v.Elem().FieldByName("cfg")
	if cfg.Kind() != reflect.Pointer || cfg.IsNil() || cfg.Elem().Kind() != reflect.Struct {
		return Settings{}, false
	}
	directory, recreate := cfg.Elem().FieldByName("Directory"), cfg.Elem().FieldByName("Recreate")
	if directory.Kind() != reflect.String || recreate.Kind() != reflect.Bool {
		return Settings{}, false
	}
	return Settings{Directory: directory.String(), Recreate: recreate.Bool()}, true
}

// Client names a client of a storage extension, as its GetClient does.
type Client struct {
	Kind  component.Kind
	Owner component.ID
	Name  string
}

// Aside is a damaged file that was renamed, so that the client starts with an empty one.
type Aside struct {
	File   string // its new name
	Damage error
}

// Inspect looks at the file that the extension, configured as id, is about to open for a client. A damaged one is put aside where
// `recreate` is set; else the error names it, and has boltfile.ErrDamaged in its chain.
func Inspect(ext storage.Extension, id component.ID, client Client) (*Aside, error) {
	set, ok := SettingsOf(ext)
	if !ok {
		return nil, nil
	}
	path := filepath.Join(set.Directory, client.fileName())
	damage, err := damageOf(path)
	switch {
	case err != nil:
		return nil, err
	case damage == nil:
		return nil, nil
	case !set.Recreate:
		return nil, fmt.Errorf("storage file %s cannot be used: %w; move it away, or set `recreate: true` for %q", path, damage, id)
	}
	aside := path + "." + time.Now().UTC().Format("20060102T150405.000Z0700") + ".backup" // as `recreate` would
	if err := os.Rename(path, aside); err != nil {
		return nil, fmt.Errorf("storage file %s is damaged (%w) and cannot be put aside: %w", path, damage, err)
	}
	return &Aside{File: aside, Damage: damage}, nil
}

func damageOf(path string) (damage, err error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if !lockShared(file) {
		return nil, nil // somebody is writing; file_storage will say that it is locked
	}
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	err = boltfile.Check(file, info.Size())
	if errors.Is(err, boltfile.ErrDamaged) {
		return err, nil
	}
	if err != nil {
		return nil, fmt.Errorf("storage file %s: %w", path, err)
	}
	return nil, nil
}

// fileName is the name that file_storage gives a client's file.
func (c Client) fileName() string {
	raw := strings.ToLower(c.Kind.String()) + "_" + c.Owner.Type().String() + "_" + c.Owner.Name()
	if c.Name != "" {
		raw += "_" + c.Name
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
