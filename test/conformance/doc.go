// Package conformance holds our events against judges that nobody here wrote: what Sentry's own SDKs send for the same crash
// (testdata/parity and test/conformance/parity), Relay's normaliser, and Bugsink in strict mode.
//
// In: an SDK's event and ours, as decoded JSON. Out: every place that can be compared, field by field, and whether both say the same.
// It must not know how an event is made: it reads only what leaves the exporter.
//
// `make test` compares the recorded pairs and needs nothing but Go; `make conformance` runs the pinned SDKs and the judges.
package conformance
