package envelope

import (
	"strconv"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// Sizes in bytes of JSON that logs are kept below. Relay's own limits (MaxLogBytes, MaxContainerBytes) are higher, but others stand before it: the product
// docs name 1 MiB for a log, and SDKs flush at 5 MB.
const (
	TargetLogBytes  = 1 << 20
	TargetLogsBytes = 5 << 20
)

// LogFit says what became of a log that was to be added to a container.
type LogFit uint8

// The outcomes of LogContainer.Add.
const (
	LogAdded   LogFit = iota // whole
	LogTrimmed               // added, with values or the body cut to TargetLogBytes
	LogFull                  // not added: the container has no room left; begin another
	LogInvalid               // not added, never will be: it has no trace id
)

// logsHead begins a container; version 2 without ingest_settings keeps Relay from taking the sender of the envelope for the user's browser.
const (
	logsHead = `{"version":2,"items":[`
	logsTail = `]}`
)

// LogContainer is the item of an envelope that holds logs, written as they are added: at most MaxContainerLogs, and TargetLogsBytes. Call Reset
// before use. Adding allocates nothing, but where its buffer has to grow.
type LogContainer struct {
	buf   []byte
	count int
	bytes int
	done  bool // the tail is written
}

// Reset empties the container. It writes into the memory of buf from now on; the container's earlier item is the caller's.
func (c *LogContainer) Reset(buf []byte) {
	*c = LogContainer{buf: append(buf[:0], logsHead...)}
}

// Len is the number of logs in the container.
func (c *LogContainer) Len() int { return c.count }

// Bytes is the size of the logs in the data category log_byte, as Relay counts it (relay-ourlogs/src/size.rs): the bytes of body, attribute keys and
// attribute values, 8 for a number, 1 for a boolean.
func (c *LogContainer) Bytes() int { return c.bytes }

// Item closes the container. Its payload is valid until the next Reset with the same memory.
func (c *LogContainer) Item() Item {
	if !c.done {
		c.buf = append(c.buf, logsTail...)
		c.done = true
	}
	return Item{Type: TypeLog, ContentType: ContentTypeLog, ItemCount: c.count, Payload: c.buf}
}

// Add writes l, with the attributes that it shares with others (nil: none), behind the logs that are in the container.
func (c *LogContainer) Add(l *sentry.Log, shared *SharedAttributes) LogFit {
	switch {
	case l.TraceID.IsZero():
		return LogInvalid
	case c.count >= MaxContainerLogs || c.done:
		return LogFull
	case shared == nil:
		shared = &noSharedAttributes
	}
	mark, fit := len(c.buf), LogAdded
	w := itemWriter{dst: comma(c.buf)}
	start := len(w.dst)
	w.log(l, shared)
	if len(w.dst)-start > TargetLogBytes {
		w = itemWriter{dst: w.dst[:start]}
		w.fitted(l, shared)
		fit = LogTrimmed
	}
	c.buf = w.dst
	if c.count > 0 && len(c.buf) > TargetLogsBytes-len(logsTail) {
		c.buf = c.buf[:mark]
		return LogFull
	}
	c.count++
	c.bytes += w.size
	return fit
}

var noSharedAttributes SharedAttributes

// itemWriter appends one log or streamed span. size counts what a log holds by Relay's rule.
type itemWriter struct {
	dst  []byte
	size int
}

func (w *itemWriter) log(l *sentry.Log, shared *SharedAttributes) {
	w.head(l)
	w.dst = append(w.dst, `,"body":`...)
	w.text(l.Body, noLimit)
	w.attributes(l.Attributes, shared, noLimit, noLimit)
	w.dst = append(w.dst, '}')
}

// head writes what comes before the body.
func (w *itemWriter) head(l *sentry.Log) {
	w.dst = AppendTime(append(w.dst, `{"timestamp":`...), l.Timestamp)
	w.dst = appendHex(append(w.dst, `,"trace_id":`...), l.TraceID[:])
	if !l.SpanID.IsZero() {
		w.dst = appendHex(append(w.dst, `,"span_id":`...), l.SpanID[:])
	}
	level, first := logLevelOf(l.Level)
	w.dst = append(append(append(w.dst, `,"level":"`...), level...), '"')
	if n := l.SeverityNumber; first <= n && n < first+4 {
		w.dst = strconv.AppendInt(append(w.dst, `,"severity_number":`...), int64(n), 10)
	}
}

// logLevelOf gives the level to write, and the first of its four severity numbers.
func logLevelOf(l sentry.LogLevel) (level sentry.LogLevel, first int) {
	switch l {
	case sentry.LogTrace:
		return l, 1
	case sentry.LogDebug:
		return l, 5
	case sentry.LogWarn:
		return l, 13
	case sentry.LogError:
		return l, 17
	case sentry.LogFatal:
		return l, 21
	}
	return sentry.LogInfo, 9
}

// valueRooms are the bytes that one value may have, tried one after the other where attributes have to give way: so the largest do first.
var valueRooms = [...]int{256 << 10, 128 << 10, 64 << 10, 32 << 10, 16 << 10, 8 << 10, 4 << 10, 2 << 10, 1 << 10}

// fitted writes a log that would be too large. Attributes get half of the room, and what the body leaves of its half: their values are cut, the
// largest first, and if that is not enough the last ones are left out. Then the body is cut.
func (w *itemWriter) fitted(l *sentry.Log, shared *SharedAttributes) {
	start := len(w.dst)
	end := start + TargetLogBytes - len("}")
	w.head(l)
	w.dst = append(w.dst, `,"body":`...)
	body, mark := len(w.dst), w.size
	w.dst, _ = appendWithin(w.dst, l.Body, end-body)
	attributes := max(TargetLogBytes/2, end-len(w.dst))
	w.dst = w.dst[:body]
	for _, room := range valueRooms {
		w.dst, w.size = w.dst[:body], mark
		w.attributes(l.Attributes, shared, noLimit, room)
		if len(w.dst)-body <= attributes {
			break
		}
	}
	if len(w.dst)-body > attributes {
		w.dst, w.size = w.dst[:body], mark
		w.attributes(l.Attributes, shared, body+attributes, valueRooms[len(valueRooms)-1])
	}
	// The body is written behind the attributes, then the two change places: how long the one is says how long the other may be.
	w.bodyBefore(l.Body, body, end)
	w.dst = append(w.dst, '}')
}

// bodyBefore writes the body before what stands behind at, so that all ends at end.
func (w *itemWriter) bodyBefore(body string, at, end int) {
	behind := len(w.dst)
	w.text(body, end-behind)
	w.dst = append(w.dst, w.dst[at:behind]...)
	copy(w.dst[at:], w.dst[behind:])
	w.dst = w.dst[:len(w.dst)-(behind-at)]
}
