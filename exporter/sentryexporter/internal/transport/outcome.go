package transport

import (
	"net/http"
	"time"
)

// Verdict is what became of one request.
type Verdict uint8

// The verdicts.
const (
	// Delivered: the server took the envelope.
	Delivered Verdict = iota
	// Refused: the server will never take this envelope; trying again is useless.
	Refused
	// TooLarge: as Refused, but a smaller envelope may pass (413).
	TooLarge
	// Limited: a rate limit holds for the envelope's category; it is to be sent again after Outcome.Wait.
	Limited
	// Failed: nobody knows; the same envelope is to be sent again (5xx, network).
	Failed
)

// Outcome is the result of one Send.
type Outcome struct {
	Verdict Verdict
	// Status is the HTTP status, 0 where no answer came.
	Status int
	// Wait is how long to wait at least before the next try; 0: not known.
	Wait time.Duration
	// Reason is what the server or the network says, cut to a line. Never holds the DSN.
	Reason string
}

// classify maps a status to a verdict (sentry-docs, SDK > Transport; 5xx is retried because a durable queue stands behind us:
// Relay answers 503 when it is overloaded and means "later").
func classify(status int) Verdict {
	switch {
	case status >= 200 && status < 300:
		return Delivered
	case status == http.StatusTooManyRequests:
		return Limited
	case status == http.StatusRequestEntityTooLarge:
		return TooLarge
	case status == http.StatusRequestTimeout:
		return Failed
	case status >= 400 && status < 500:
		return Refused
	default:
		// 5xx, and redirects: those are never followed (they could lead the key elsewhere) and usually mean a proxy in the way.
		return Failed
	}
}
