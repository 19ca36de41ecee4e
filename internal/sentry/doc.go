// Package sentry is the model of what Sentry's ingestion protocol carries: events, transactions, spans and the values inside them.
//
// In: nothing; the types are filled by those who read telemetry (translate, stacktrace, fields).
// Out: plain structs that internal/envelope turns into bytes.
// It must not know: pdata, JSON, the network, the clock, the Collector.
//
// Strings are borrowed. A model value filled from pdata is valid only as long as the pdata it was read from; nothing in here copies.
package sentry
