//go:generate go tool -modfile=../../internal/tools/go.mod go.opentelemetry.io/collector/cmd/mdatagen metadata.yaml

// Package offsetguard is the offset_guard extension: a storage for log receivers in front of another, which keeps a receiver that is stopped
// in the middle of its work from noting that it was done.
//
// In: what a receiver writes to its storage. Out: the same to the storage behind, until the receiver writes under a context that was
// cancelled; from then on nothing.
// It must not know: what the keys and values mean, files, logs.
//
// file_log moves its place in a file past a batch whatever became of the batch, and writes the places down as it stops. While the queue
// behind it is full, a batch is waiting to be taken; SIGTERM ends the wait, and the batch would be lost (docs/kubernetes.md, nothing is lost).
// With the guard such a stop is like kill -9: the next start reads again from the last place that is certain.
package offsetguard
