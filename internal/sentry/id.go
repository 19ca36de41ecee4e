package sentry

import "encoding/hex"

// EventID names one event or transaction. On the wire: 32 lower-case hex digits; all zero is invalid (Relay refuses it).
type EventID [16]byte

// TraceID is the W3C trace id. All zero means "none".
type TraceID [16]byte

// SpanID is the W3C span id. All zero means "none".
type SpanID [8]byte

// IsZero reports whether the id is the invalid all-zero id.
func (id EventID) IsZero() bool { return id == EventID{} }

// String returns 32 lower-case hex digits.
func (id EventID) String() string { return hex.EncodeToString(id[:]) }

// IsZero reports whether there is no trace id.
func (id TraceID) IsZero() bool { return id == TraceID{} }

// String returns 32 lower-case hex digits.
func (id TraceID) String() string { return hex.EncodeToString(id[:]) }

// IsZero reports whether there is no span id.
func (id SpanID) IsZero() bool { return id == SpanID{} }

// String returns 16 lower-case hex digits.
func (id SpanID) String() string { return hex.EncodeToString(id[:]) }

// ParseEventID reads 32 hex digits.
func ParseEventID(s string) (EventID, bool) {
	var id EventID
	ok := parseHex(id[:], s)
	return id, ok && !id.IsZero()
}

// ParseTraceID reads 32 hex digits; the all-zero id is not one.
func ParseTraceID(s string) (TraceID, bool) {
	var id TraceID
	ok := parseHex(id[:], s)
	return id, ok && !id.IsZero()
}

// ParseSpanID reads 16 hex digits; the all-zero id is not one.
func ParseSpanID(s string) (SpanID, bool) {
	var id SpanID
	ok := parseHex(id[:], s)
	return id, ok && !id.IsZero()
}

func parseHex(dst []byte, s string) bool {
	if len(s) != hex.EncodedLen(len(dst)) {
		return false
	}
	_, err := hex.Decode(dst, []byte(s))
	return err == nil
}
