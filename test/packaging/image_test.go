package packaging

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentrytest"
)

// maxUnpacked is how large an image may be, in bytes.
const maxUnpacked = 130_000_000

// image is what is in dist/image.tar.
type image struct {
	config struct {
		Architecture string
		Config       struct {
			User                  string
			Env, Entrypoint, Cmd  []string
			Volumes, ExposedPorts map[string]any
			Labels                map[string]string
		}
		Rootfs struct {
			Diffs []string `json:"diff_ids"`
		}
	}
	layers [][]byte // not compressed
}

// descriptor points to a blob of the layout.
type descriptor struct {
	Digest string
	Size   int
}

func readImage(t testing.TB, file string) (out image) {
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	files := untar(t, f)
	assert.JSONEq(t, `{"imageLayoutVersion":"1.0.0"}`, string(files["oci-layout"].content))
	blob := func(d descriptor) []byte {
		content := files["blobs/sha256/"+strings.TrimPrefix(d.Digest, "sha256:")].content
		require.Len(t, content, d.Size)
		require.Equal(t, d.Digest, digest(content))
		return content
	}
	var index struct{ Manifests []descriptor }
	require.NoError(t, json.Unmarshal(files["index.json"].content, &index))
	require.Len(t, index.Manifests, 1)
	var manifest struct {
		Config descriptor
		Layers []descriptor
	}
	require.NoError(t, json.Unmarshal(blob(index.Manifests[0]), &manifest))
	require.NoError(t, json.Unmarshal(blob(manifest.Config), &out.config))
	for i, layer := range manifest.Layers {
		z, err := gzip.NewReader(bytes.NewReader(blob(layer)))
		require.NoError(t, err)
		plain, err := io.ReadAll(z)
		require.NoError(t, err)
		assert.Equal(t, out.config.Rootfs.Diffs[i], digest(plain))
		out.layers = append(out.layers, plain)
	}
	return out
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// entry of a tar.
type entry struct {
	tar.Header
	content []byte
}

func untar(t testing.TB, r io.Reader) map[string]entry {
	out := map[string]entry{}
	in := tar.NewReader(r)
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		require.NoError(t, err)
		content, err := io.ReadAll(in)
		require.NoError(t, err)
		out[h.Name] = entry{*h, content}
	}
}

// files of all layers.
func (i image) files(t testing.TB) map[string]entry {
	out := map[string]entry{}
	for _, layer := range i.layers {
		maps.Copy(out, untar(t, bytes.NewReader(layer)))
	}
	return out
}

func TestImageHolds(t *testing.T) {
	i := readImage(t, built(t, "image.tar"))
	files := i.files(t)
	size := 0
	for name, f := range files {
		size += len(f.content)
		assert.Zero(t, f.Gid, name)
		assert.Zero(t, f.Mode&0o022, "%s: others may write", name)
	}
	t.Logf("%d bytes unpacked", size)
	assert.Less(t, size, maxUnpacked)
	assert.Equal(t, 10001, files["var/lib/otelcol-sentry/"].Uid)
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(files["etc/ssl/certs/ca-certificates.crt"].content))
	assert.Greater(t, bytes.Count(files["etc/ssl/certs/ca-certificates.crt"].content, []byte("BEGIN CERTIFICATE")), 100)
	shipped, err := os.ReadFile(filepath.Join(root, "packaging", "config.yaml"))
	require.NoError(t, err)
	assert.Equal(t, string(shipped), string(files["etc/otelcol-sentry/config.yaml"].content))
}

// TestImageIsTheDockerfiles: whoever builds with a daemon gets an image that runs alike.
func TestImageIsTheDockerfiles(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	require.NoError(t, err)
	_, final, ok := strings.Cut(strings.ReplaceAll(string(text), "\\\n", " "), "\nFROM scratch\n")
	require.True(t, ok)
	instruction := func(name string) string {
		m := regexp.MustCompile(`(?m)^` + name + ` (.*)$`).FindStringSubmatch(final)
		require.NotNil(t, m, name)
		return m[1]
	}
	list := func(name string) (out []string) {
		require.NoError(t, json.Unmarshal([]byte(instruction(name)), &out))
		return out
	}
	c := readImage(t, built(t, "image.tar")).config.Config
	assert.Equal(t, instruction("USER"), c.User)
	assert.Equal(t, instruction("ENV"), strings.Join(c.Env, " "))
	assert.Equal(t, list("ENTRYPOINT"), c.Entrypoint)
	assert.Equal(t, list("CMD"), c.Cmd)
	assert.Equal(t, []string{instruction("VOLUME")}, slices.Collect(maps.Keys(c.Volumes)))
	for _, port := range strings.Fields(instruction("EXPOSE")) {
		assert.Contains(t, c.ExposedPorts, port+"/tcp")
	}
	for _, m := range regexp.MustCompile(`([\w.]+)="([^"]*)"`).FindAllStringSubmatch(instruction("LABEL"), -1) {
		if assert.Contains(t, c.Labels, m[1]) && !strings.HasPrefix(m[2], "$") {
			assert.Equal(t, m[2], c.Labels[m[1]])
		}
	}
}

// TestImageIsReproducible: made twice, it is the same file.
func TestImageIsReproducible(t *testing.T) {
	first, err := os.ReadFile(built(t, "image.tar"))
	require.NoError(t, err)
	again := t.TempDir()
	cmd := exec.Command(filepath.Join(root, "packaging", "image.sh"))
	cmd.Env = append(os.Environ(), "OUT="+again)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	second, err := os.ReadFile(filepath.Join(again, "image.tar"))
	require.NoError(t, err)
	assert.Equal(t, digest(first), digest(second))
}

// TestImageRuns: on a read-only file system, not as root, without capabilities; an error becomes an event.
func TestImageRuns(t *testing.T) {
	i := readImage(t, built(t, "image.tar"))
	folder := t.TempDir()
	for _, layer := range i.layers {
		cmd := exec.Command("tar", "-x", "-C", folder)
		cmd.Stdin = bytes.NewReader(layer)
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, string(out))
	}
	require.NoError(t, os.Chmod(folder, 0o755))
	p := newPlace(t, folder)
	fake := sentrytest.Start(t)
	c := i.config.Config
	// Not the image's OTELCOL_LISTEN: the ports of this machine are not ours alone.
	p.run([]string{"SENTRY_DSN=" + fake.DSN("7"), "OTELCOL_LISTEN=" + p.ip}, append(c.Entrypoint, c.Cmd...)...)
	p.sendsAnEvent(fake)
}
