// Package distribution is the built distribution, for the tests that start it.
//
// In: bin/ as make build leaves it. Out: where the binary is, and a place for what it says. It must not know what is tested.
package distribution

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Path is that of the binary. Tests run in a folder of test/.
func Path(t testing.TB) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "bin", "otelcol-sentry"))
	require.NoError(t, err)
	_, err = os.Stat(path)
	require.NoError(t, err, "build it first: make build")
	return path
}

// Output is what a process writes while others read it. The zero value is empty.
type Output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

// String is all that was written so far.
func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// Reset forgets it.
func (o *Output) Reset() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.Reset()
}
