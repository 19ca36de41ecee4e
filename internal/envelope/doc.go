// Package envelope turns the protocol model into envelope bytes, reads envelopes back, and holds the rule book of what may be in one.
//
// In: values of internal/sentry to write; bytes of an envelope to read.
// Out: JSON payloads and whole envelopes, appended to the caller's buffer (AppendEvent, AppendTransaction, AppendEnvelope, FitEvent, FitTransaction);
// items of a parsed envelope (Parse) and what is wrong with them (Check).
// It must not know: pdata, HTTP, compression, logging, the clock, the Collector.
//
// The writer enforces the limits of the protocol, so that nothing leaves that Relay would cut, null or refuse. The reader is strict: it is the judge of
// the writer in all tests and of strangers in the inbox. Both take their limits from limits.go.
package envelope
