// Package translate turns OpenTelemetry's data into the model of Sentry's protocol (internal/sentry): log records into events and logs, segments of spans
// into transactions, resources into what all items share.
//
// In: pdata, and what was decided before the queue (ids, times).
// Out: model values that borrow their strings from the pdata and, where a type says so, from its scratch memory.
// It must not know: the network (no net/http), logging (no zap), the clock (no time.Now), the Collector's helpers (no exporterhelper). It is pure: the
// same input gives the same output, so that a retry, or a restart with a durable queue, sends the same again.
package translate
