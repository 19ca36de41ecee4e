// Package binary tests bin/otelcol-sentry as its users run it: as a process with a configuration file, fed over OTLP and from log files,
// in front of a strict fake Sentry. It imports none of the components (docs/adr/0004). `make test` builds the binary first.
package binary
