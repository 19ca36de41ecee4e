package boltfile

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/storage/filestorage"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/collector/extension/xextension/storage"
)

const pageSize = 4096

var owner = component.MustNewIDWithName("sentry", "x")

// open opens the file of directory as the Collector does.
func open(t testing.TB, directory string) storage.Client {
	factory := filestorage.NewFactory()
	cfg := factory.CreateDefaultConfig().(*filestorage.Config)
	cfg.Directory = directory
	ext, err := factory.Create(t.Context(), extensiontest.NewNopSettings(factory.Type()), cfg)
	require.NoError(t, err)
	client, err := ext.(storage.Extension).GetClient(t.Context(), component.KindExporter, owner, "logs")
	require.NoError(t, err)
	return client
}

func fileIn(directory string) string { return filepath.Join(directory, "exporter_sentry_x_logs") }

// made gives the bytes of a file with values of growing size.
func made(t testing.TB, values int) []byte {
	directory := t.TempDir()
	client := open(t, directory)
	for i := range values {
		require.NoError(t, client.Set(t.Context(), strconv.Itoa(i), bytes.Repeat([]byte{'x'}, 10+i*30)))
	}
	require.NoError(t, client.Close(t.Context()))
	data, err := os.ReadFile(fileIn(directory))
	require.NoError(t, err)
	return data
}

func check(data []byte) error { return Check(bytes.NewReader(data), int64(len(data))) }

// What a queue does, and what else shapes a tree: nothing of it may pass for damage.
func TestSoundFiles(t *testing.T) {
	number := func(random *rand.Rand, n int) string { return strconv.Itoa(random.IntN(n)) }
	for name, change := range map[string]func(random *rand.Rand, step int) (set []string, size int, remove []string){
		"queue": func(random *rand.Rand, step int) ([]string, int, []string) {
			return []string{"qmv0", strconv.Itoa(step)}, random.IntN(2 * pageSize), []string{strconv.Itoa(step - random.IntN(100))}
		},
		"queue that empties": func(random *rand.Rand, step int) ([]string, int, []string) {
			return []string{strconv.Itoa(step % 100)}, random.IntN(10 * pageSize), []string{strconv.Itoa((step + step/100) % 100)}
		},
		"small values": func(random *rand.Rand, _ int) (set []string, _ int, remove []string) {
			for range random.IntN(40) {
				set, remove = append(set, number(random, 20000)), append(remove, number(random, 20000))
			}
			return set, random.IntN(20), remove
		},
		"large values": func(random *rand.Rand, _ int) ([]string, int, []string) {
			return []string{number(random, 200)}, random.IntN(20 * pageSize), []string{number(random, 200), number(random, 200)}
		},
		"long keys": func(random *rand.Rand, _ int) ([]string, int, []string) {
			key := fmt.Sprintf("%0*d", 1+random.IntN(900), random.IntN(500))
			return []string{key, number(random, 500)}, random.IntN(100), []string{number(random, 500)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			directory := t.TempDir()
			random := rand.New(rand.NewPCG(1, 2))
			client := open(t, directory)
			for step := range 500 {
				set, size, remove := change(random, step)
				var ops []*storage.Operation
				for _, key := range set {
					ops = append(ops, storage.SetOperation(key, make([]byte, size)))
				}
				for _, key := range remove {
					ops = append(ops, storage.DeleteOperation(key))
				}
				require.NoError(t, client.Batch(t.Context(), ops...))
				if step%150 == 100 {
					require.NoError(t, client.Close(t.Context()))
					client = open(t, directory)
				}
				if step%20 == 0 {
					data, err := os.ReadFile(fileIn(directory)) // what a kill would leave at this moment
					require.NoError(t, err)
					require.NoError(t, check(data), "step %d", step)
				}
			}
			require.NoError(t, client.Close(t.Context()))
		})
	}
	require.NoError(t, check(nil), "an empty file is a new one")
	require.NoError(t, check(made(t, 0)))
}

func TestManySmallKeysMakeBranches(t *testing.T) {
	directory := t.TempDir()
	client := open(t, directory)
	var ops []*storage.Operation
	for i := range 30000 {
		ops = append(ops, storage.SetOperation(strconv.Itoa(i), []byte("x")))
	}
	require.NoError(t, client.Batch(t.Context(), ops...))
	require.NoError(t, client.Close(t.Context()))
	data, err := os.ReadFile(fileIn(directory))
	require.NoError(t, err)
	require.NoError(t, check(data))
}

// pages gives the offsets of all pages of the tree with these flags.
func pages(t *testing.T, data []byte, flags uint16) []int {
	m, err := readMeta(bytes.NewReader(data), int64(len(data)))
	require.NoError(t, err)
	w := walker{file: bytes.NewReader(data), meta: m, seen: make([]bool, m.pages)}
	require.NoError(t, w.tree(m.root, bounds{}, 0))
	var offsets []int
	for id, seen := range w.seen {
		offset := id * pageSize
		if seen && order.Uint64(data[offset:]) == uint64(id) && order.Uint16(data[offset+8:]) == flags {
			offsets = append(offsets, offset)
		}
	}
	require.NotEmpty(t, offsets)
	return offsets
}

func TestDamage(t *testing.T) {
	whole := made(t, 200)
	m, err := readMeta(bytes.NewReader(whole), int64(len(whole)))
	require.NoError(t, err)
	newest := int(m.transaction%2) * pageSize // where bbolt writes it
	branch, leaf := pages(t, whole, branchPage)[0], pages(t, whole, leafPage)[1]
	u16, u32, u64 := order.PutUint16, order.PutUint32, order.PutUint64

	tests := []struct {
		name   string
		damage func(data []byte) []byte
		want   string
	}{
		{"one byte", func(d []byte) []byte { return d[:1] }, "no valid meta page"},
		{"one page", func(d []byte) []byte { return d[:pageSize] }, "cut short"},
		{"the meta pages", func(d []byte) []byte { return d[:2*pageSize] }, "cut short"},
		{"half", func(d []byte) []byte { return d[:len(d)/2] }, "cut short"},
		{"a page short", func(d []byte) []byte { return d[:int(m.pages-1)*pageSize] }, "cut short"},
		{"both meta pages", func(d []byte) []byte { clear(d[:2*pageSize]); return d }, "no valid meta page"},
		{"zeroes", func(d []byte) []byte { clear(d[leaf : leaf+pageSize]); return d }, "it says it is page 0"},
		{"another page", func(d []byte) []byte { copy(d[leaf:], d[branch:branch+pageSize]); return d }, "it says it is page"},
		{"flags", func(d []byte) []byte { u16(d[leaf+8:], 7); return d }, "it has flags 0x7"},
		{"count", func(d []byte) []byte { u16(d[leaf+10:], 60000); return d }, "60000 elements do not fit"},
		{"overflow", func(d []byte) []byte { u32(d[leaf+12:], 1<<31); return d }, "it ends behind"},
		{"overlap", func(d []byte) []byte { u32(d[leaf+12:], 60); return d }, "it is used twice"},
		{"empty branch", func(d []byte) []byte { u16(d[branch+10:], 0); return d }, "a branch without leaves"},
		{"child", func(d []byte) []byte { u64(d[branch+headerSize+8:], 1<<40); return d }, "there is no page 1099511627776"},
		{"meta as child", func(d []byte) []byte { u64(d[branch+headerSize+8:], 1); return d }, "there is no page 1 "},
		{"circle", func(d []byte) []byte { u64(d[branch+headerSize+8:], uint64(branch/pageSize)); return d }, "it is used twice"},
		{"key position", func(d []byte) []byte { u32(d[leaf+headerSize+4:], 1<<31); return d }, "element 0 does not fit"},
		{"key size", func(d []byte) []byte { u32(d[leaf+headerSize+8:], 1<<20); return d }, "element 0 does not fit"},
		{"no key", func(d []byte) []byte { u32(d[leaf+headerSize+8:], 0); return d }, "element 0 does not fit"},
		{"value size", func(d []byte) []byte { u32(d[leaf+headerSize+12:], 1<<31); return d }, "element 0 does not fit"},
		{"order", func(d []byte) []byte { d[leaf+headerSize+int(order.Uint32(d[leaf+headerSize+4:]))] = 0xff; return d }, "out of order"},
		{"first key", func(d []byte) []byte { u32(d[leaf+headerSize+8:], order.Uint32(d[leaf+headerSize+8:])+1); return d }, "key 0 is out of order"},
		{"bucket flag", func(d []byte) []byte { u32(d[leaf+headerSize:], bucketFlag); return d }, "damaged"},
		{"newest meta page alone", func(d []byte) []byte { clear(d[newest : newest+pageSize]); return d }, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := check(tt.damage(bytes.Clone(whole)))
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, ErrDamaged)
			require.ErrorContains(t, err, tt.want)
		})
	}
}

// A bucket with few items lies within a value of the root page.
func TestDamagedInlineBucket(t *testing.T) {
	whole := made(t, 1)
	require.NoError(t, check(whole))
	root := pages(t, whole, leafPage)[0]
	value := root + headerSize + int(order.Uint32(whole[root+headerSize+4:])) + len("default")
	inline := value + bucketSize
	for name, damage := range map[string]func(d []byte){
		"flags":   func(d []byte) { order.PutUint16(d[inline+8:], branchPage) },
		"count":   func(d []byte) { order.PutUint16(d[inline+10:], 99) },
		"element": func(d []byte) { order.PutUint32(d[inline+headerSize+12:], 1<<30) },
		"size":    func(d []byte) { order.PutUint32(d[root+headerSize+12:], bucketSize-1) },
		"no page": func(d []byte) { order.PutUint32(d[root+headerSize+12:], bucketSize) },
	} {
		t.Run(name, func(t *testing.T) {
			data := bytes.Clone(whole)
			damage(data)
			require.ErrorIs(t, check(data), ErrDamaged)
		})
	}
}

func TestFreshFile(t *testing.T) {
	// As bbolt lays out a new file: the freelist is stored until the first change.
	data := made(t, 0)
	for page := range 2 {
		p := data[page*pageSize+headerSize:]
		order.PutUint64(p[32:], 2)
		sealMeta(p)
	}
	copy(data[2*pageSize:], header(2, freelistPage))
	require.NoError(t, check(data))
	copy(data[2*pageSize:], header(2, leafPage))
	require.ErrorContains(t, check(data), "no list of free pages")
}

func header(id uint64, flags uint16) []byte {
	b := make([]byte, headerSize)
	order.PutUint64(b, id)
	order.PutUint16(b[8:], flags)
	return b
}

// failingReader is a disk that cannot be read from somewhere on.
type failingReader struct {
	*bytes.Reader
	from int64
}

var errDisk = errors.New("input/output error")

func (r failingReader) ReadAt(b []byte, offset int64) (int, error) {
	if offset+int64(len(b)) > r.from {
		return 0, errDisk
	}
	return r.Reader.ReadAt(b, offset)
}

func TestUnreadableIsNotDamaged(t *testing.T) {
	data := made(t, 50)
	for _, from := range []int64{0, pageSize, 2 * pageSize, 3 * pageSize} {
		err := Check(failingReader{bytes.NewReader(data), from}, int64(len(data)))
		require.ErrorIs(t, err, errDisk)
		require.NotErrorIs(t, err, ErrDamaged)
	}
}

// TestPassedFilesOpen damages files at random. Those that pass are opened, read and changed in a process of their own, which must live.
func TestPassedFilesOpen(t *testing.T) {
	whole := made(t, 200)
	parent := t.TempDir()
	random := rand.New(rand.NewPCG(3, 4))
	found, passed := 0, 0
	for i := range 600 {
		data := bytes.Clone(whole)
		damageAtRandom(data, random)
		if check(data) != nil {
			found++
			continue
		}
		passed++
		directory := filepath.Join(parent, strconv.Itoa(i))
		require.NoError(t, os.Mkdir(directory, 0o700))
		require.NoError(t, os.WriteFile(fileIn(directory), data, 0o600))
	}
	t.Logf("%d damaged files were found, %d passed", found, passed)
	assert.Positive(t, found)
	assert.Positive(t, passed)

	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestOpenAll$", "-test.v")
	cmd.Env = append(os.Environ(), openAll+"="+parent)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), fmt.Sprintf("opened %d files", passed))
}

// damageAtRandom writes garbage where it hurts: into headers, tables, anywhere.
func damageAtRandom(data []byte, random *rand.Rand) {
	for range 1 + random.IntN(3) {
		page := (2 + random.IntN(len(data)/pageSize-2)) * pageSize
		switch random.IntN(4) {
		case 0:
			clear(data[page : page+pageSize])
		case 1:
			data[page+8+random.IntN(8)] = byte(random.IntN(256))
		case 2:
			data[page+headerSize+random.IntN(64)] ^= 1 << random.IntN(8)
		default:
			for i := range pageSize {
				data[page+i] = byte(random.IntN(256))
			}
		}
	}
}

const openAll = "BOLTFILE_OPEN_ALL"

// TestOpenAll is the other process of TestPassedFilesOpen.
func TestOpenAll(t *testing.T) {
	parent := os.Getenv(openAll)
	if parent == "" {
		return // not asked to
	}
	directories, err := os.ReadDir(parent)
	require.NoError(t, err)
	for _, d := range directories {
		client := open(t, filepath.Join(parent, d.Name()))
		for i := range 210 {
			_, err := client.Get(t.Context(), strconv.Itoa(i))
			require.NoError(t, err)
		}
		for i := range 40 { // all over the tree
			require.NoError(t, client.Batch(t.Context(),
				storage.SetOperation(strconv.Itoa(i*5+1), make([]byte, 3000)), storage.DeleteOperation(strconv.Itoa(i*5+2))))
		}
		require.NoError(t, client.Close(t.Context()))
	}
	fmt.Printf("opened %d files\n", len(directories))
}

func FuzzCheck(f *testing.F) {
	for _, values := range []int{0, 20} { // small: only the pages in use
		data := made(f, values)
		m, err := readMeta(bytes.NewReader(data), int64(len(data)))
		require.NoError(f, err)
		f.Add(data[:int(m.pages)*pageSize])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) >= 2*pageSize { // let the fuzzer past the checksum
			sealMeta(data[headerSize:])
			sealMeta(data[pageSize+headerSize:])
		}
		if err := check(data); err != nil && !errors.Is(err, ErrDamaged) {
			t.Errorf("memory can be read: %v", err)
		}
	})
}

// sealMeta makes a meta page valid.
func sealMeta(p []byte) {
	sum := checksum(p[:metaSize-8])
	order.PutUint64(p[metaSize-8:], sum)
}
