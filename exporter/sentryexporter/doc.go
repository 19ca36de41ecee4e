//go:generate go tool -modfile=../../internal/tools/go.mod go.opentelemetry.io/collector/cmd/mdatagen metadata.yaml

// Package sentryexporter turns OTLP logs and spans into Sentry issues, logs and transactions.
//
// In: pdata from a pipeline. Out: envelopes on the way to the DSNs of the configuration.
//
// The way of a record: triage decides what becomes an event and gives it its id; the router picks the project; a lane
// (one project, one kind) queues it; after the queue translate, envelope and transport are pure and repeatable. What triage
// decided becomes final (commit) only once the lane has taken it.
//
// The package itself knows configuration, lifecycle, queues and errors. It must not know how telemetry is read (translate, triage)
// nor how bytes are made (internal/envelope).
package sentryexporter
