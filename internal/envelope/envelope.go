package envelope

import (
	"strconv"
	"time"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// Header is the first line of an envelope. Zero members are left out.
type Header struct {
	EventID sentry.EventID // required with an event or transaction
	SentAt  time.Time      // the moment of sending, never an older one: Relay takes the difference to its own clock for the sender's error
	SDK     SDK
	DSC     []sentry.Tag // "trace", the dynamic sampling context: all values are strings on the wire
}

// Item is one item of an envelope. Its length is always written.
type Item struct {
	Type        string
	ContentType string
	ItemCount   int // of containers; 0: not written
	Payload     []byte
}

// The item types that this project writes, and the content types of containers.
const (
	TypeEvent        = "event"
	TypeTransaction  = "transaction"
	TypeLog          = "log"
	TypeSpan         = "span"
	TypeTraceMetric  = "trace_metric"
	TypeClientReport = "client_report"
	TypeCheckIn      = "check_in"

	ContentTypeLog         = "application/vnd.sentry.items.log+json"
	ContentTypeSpan        = "application/vnd.sentry.items.span.v2+json"
	ContentTypeTraceMetric = "application/vnd.sentry.items.trace-metric+json"
)

// sentAtFormat is RFC 3339 in UTC with milliseconds (envelope docs: sent_at).
const sentAtFormat = "2006-01-02T15:04:05.000Z"

// AppendEnvelope writes a whole envelope.
func AppendEnvelope(dst []byte, h Header, items ...Item) []byte {
	dst = append(dst, '{')
	if !h.EventID.IsZero() {
		dst = appendHex(appendMember(dst, `"event_id":`), h.EventID[:])
	}
	if !h.SentAt.IsZero() {
		dst = append(appendMember(dst, `"sent_at":`), '"')
		dst = append(h.SentAt.UTC().AppendFormat(dst, sentAtFormat), '"')
	}
	dst = appendSDK(dst, h.SDK)
	dst = appendDSC(dst, h.DSC)
	dst = append(dst, '}', '\n')
	for i := range items {
		dst = appendItem(dst, &items[i])
	}
	return dst
}

func appendDSC(dst []byte, members []sentry.Tag) []byte {
	if len(members) == 0 {
		return dst
	}
	dst = appendMember(dst, `"trace":{`)
	for i := range lastOnes(len(members), func(i int) string { return members[i].Key }) {
		if members[i].Value != "" {
			dst = AppendString(appendKey(dst, members[i].Key), members[i].Value)
		}
	}
	return append(dst, '}')
}

func appendItem(dst []byte, item *Item) []byte {
	dst = AppendString(append(dst, `{"type":`...), item.Type)
	dst = strconv.AppendInt(append(dst, `,"length":`...), int64(len(item.Payload)), 10)
	if item.ItemCount > 0 {
		dst = strconv.AppendInt(append(dst, `,"item_count":`...), int64(item.ItemCount), 10)
	}
	dst = appendText(dst, `"content_type":`, item.ContentType)
	dst = append(dst, '}', '\n')
	dst = append(dst, item.Payload...)
	return append(dst, '\n')
}
