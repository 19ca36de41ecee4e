// Package transport sends the envelopes of one DSN.
//
// In: an envelope header and its items (internal/envelope). Out: an Outcome: delivered, refused, limited, or to be tried again.
// It knows HTTP, the rate limits of this DSN and how answers read; it must not know pdata, translation, queues or retries.
package transport
