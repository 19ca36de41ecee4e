//go:generate go tool -modfile=../../internal/tools/go.mod go.opentelemetry.io/collector/cmd/mdatagen metadata.yaml

// Package sentrystacktraceprocessor joins the log records of a stack trace that a shipper sent line by line.
//
// In: plog.Logs whose records are lines, in the order in which they were written. Out: the same records, those of a stack trace as one.
//
// A request is taken as a whole or not at all: what of it is complete goes to the next consumer, together with what earlier requests left and
// is complete now; the rest is held (and stored, if there is a storage); then it is acknowledged. If the next consumer refuses, all is as it
// was before, and the sender repeats the request.
//
// It must not know which lines belong together (internal/join), nor what a stack trace says.
package sentrystacktraceprocessor
