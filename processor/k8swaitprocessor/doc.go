//go:generate go tool -modfile=../../internal/tools/go.mod go.opentelemetry.io/collector/cmd/mdatagen metadata.yaml

// Package k8swaitprocessor is the k8s_wait processor: it holds requests up whose pod k8s_attributes does not know yet.
//
// In: logs and traces behind k8s_attributes, in the same pipeline. Out: the same, untouched, or an error that asks for them once more.
// It must not know: Kubernetes, its API, what the attributes mean. It keeps no telemetry: what is refused waits where it came from, in
// the log file or in the app.
//
// k8s_attributes waits for its caches at the start (wait_for_metadata), and never again. A pod that it hears of late, because its watch was
// broken just then, would be the one whose first lines have no workload, no release and the wrong project: those of a crash at the start.
package k8swaitprocessor
