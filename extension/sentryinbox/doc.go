//go:generate go tool -modfile=../../internal/tools/go.mod go.opentelemetry.io/collector/cmd/mdatagen metadata.yaml

// Package sentryinbox is the sentry_inbox extension: an embedded Sentry for people who try the product, and for their CI.
//
// In: Sentry envelopes over HTTP, from any SDK or from the sentry exporter.
// Out: Sentry's answers, a JSON API under /api/0/, and a page that shows issues, transactions, traces, logs and what the strict check found.
// It must not know: pdata, pipelines, the exporter. It never opens a connection of its own, and writes nothing to disk.
//
// The parts, each importing only those before it: internal/payload reads what is inside the items, internal/grouping makes issues of events,
// internal/waterfall orders spans, internal/store keeps it all within bounds, internal/page holds the page, internal/server speaks HTTP.
package sentryinbox
