//go:generate go tool -modfile=../../internal/tools/go.mod go.opentelemetry.io/collector/cmd/mdatagen metadata.yaml

// Package sentrysegmentprocessor holds spans until their segment is complete, so that each segment becomes one transaction.
//
// In: ptrace.Traces from a pipeline. Out: ptrace.Traces of whole segments, to the next consumer.
//
// The way of a request: intake measures it and splits it over the shards by trace id; the budget has room for it, or it is refused; the
// journal, if there is one, stores it; then it is acknowledged. Each shard is a goroutine that owns its segments (internal/assembly)
// and builds requests of those that wait no longer; a second one hands them on, so that a slow consumer does not stop the first.
//
// The package itself knows configuration, lifecycle, goroutines, memory and errors. It must not know how spans hang together
// (internal/assembly), how they are stored (internal/journal), or Sentry.
package sentrysegmentprocessor
