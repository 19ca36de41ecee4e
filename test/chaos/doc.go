// Package chaos runs bin/otelcol-sentry under faults and keeps its books from outside.
//
// In: the built binary (it imports none of the components, docs/adr/0004), a load of logs and traces over OTLP that is repeated until it
// is acknowledged, as an SDK or a Collector does, and a fake Sentry that is slow, down, limited, lying or gone. Out: a table with one row
// per fault: what was acknowledged, what arrived, what client reports said, what is missing.
//
// It runs as `make chaos`, and for longer as `make chaos CHAOS=long`; `go test` alone runs none of it. It needs Linux: it reads the
// process's memory in /proc. Rows that need a mount are skipped, and say so, where none is permitted.
package chaos
