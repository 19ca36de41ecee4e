package payload

import (
	"slices"
	"strings"
	"time"
)

// Event is what an error or message event says about itself.
type Event struct {
	ID          string // 32 lower-case hex digits, "" where there is no valid one
	Timestamp   time.Time
	Platform    string
	Level       string // "error" where none was sent, as in Sentry
	Logger      string
	Transaction string
	Release     string
	Environment string
	ServerName  string
	Message     Message
	Exceptions  []Exception // as sent: innermost cause first, the thrown one last
	Threads     []Thread
	Fingerprint []string
	Tags        []Tag // sorted by key
	TraceID     string
	SpanID      string
	// User is the first of id, email, username, name and address that is known.
	User string
	// Stacktrace is the raw text that came along where no frames could be read from it.
	Stacktrace string
}

// Message is the text of a message event.
type Message struct {
	Formatted string
	Template  string // with its parameters left out; "" where the same as Formatted
}

// Exception is one link of a chain.
type Exception struct {
	Type      string
	Value     string
	Module    string
	Synthetic bool // the type is made up: not for titles, not for grouping
	Unhandled bool
	Frames    []Frame
}

// Frame is one call; the crashing frame is the last of a list.
type Frame struct {
	Function string
	Module   string
	Filename string
	Lineno   int
	InApp    bool
}

// Thread is one thread of the process.
type Thread struct {
	Name    string
	Crashed bool
	Current bool
	Frames  []Frame
}

// RawStacktraceKey is the member of "extra" that carries a stack trace nobody could read frames from (its name in OpenTelemetry).
const RawStacktraceKey = "exception.stacktrace"

// ReadEvent reads an event. The error is that of the JSON.
func ReadEvent(raw []byte) (Event, error) {
	o, err := decode(raw)
	if err != nil {
		return Event{}, err
	}
	trace := o.object("contexts").object("trace")
	ev := Event{
		ID:          eventID(o.text("event_id")),
		Timestamp:   o.time("timestamp"),
		Platform:    o.text("platform"),
		Level:       level(o.text("level"), "error"),
		Logger:      o.text("logger"),
		Transaction: o.text("transaction"),
		Release:     o.text("release"),
		Environment: o.text("environment"),
		ServerName:  o.text("server_name"),
		Message:     readMessage(o),
		Fingerprint: o.texts("fingerprint"),
		Tags:        sortedTags(o),
		TraceID:     traceID(trace.text("trace_id")),
		SpanID:      spanID(trace.text("span_id")),
		User:        readUser(o.object("user")),
		Stacktrace:  o.object("extra").text(RawStacktraceKey),
	}
	for _, e := range o.objects("exception") {
		ev.Exceptions = append(ev.Exceptions, readException(e))
	}
	for _, t := range o.objects("threads") {
		ev.Threads = append(ev.Threads, Thread{
			Name:    t.text("name"),
			Crashed: t.is("crashed"),
			Current: t.is("current"),
			Frames:  readFrames(t),
		})
	}
	return ev, nil
}

// level makes Sentry's spelling of the other ones in use.
func level(s, absent string) string {
	switch s = strings.ToLower(s); s {
	case "":
		return absent
	case "warn":
		return "warning"
	case "critical":
		return "fatal"
	}
	return s
}

// readMessage knows the three places of a message: "logentry", "message" as an object, and "message" as text.
func readMessage(o object) Message {
	entry := o.object("logentry")
	if entry == nil {
		entry = o.object("message")
	}
	m := Message{Formatted: entry.text("formatted"), Template: entry.text("message")}
	if m.Formatted == "" {
		m.Formatted = o.text("message")
	}
	if m.Formatted == "" {
		m.Formatted = m.Template
	}
	if m.Template == m.Formatted {
		m.Template = ""
	}
	return m
}

func readException(e object) Exception {
	mechanism := e.object("mechanism")
	handled, known := mechanism.flag("handled")
	return Exception{
		Type:      e.text("type"),
		Value:     e.text("value"),
		Module:    e.text("module"),
		Synthetic: mechanism.is("synthetic"),
		Unhandled: known && !handled,
		Frames:    readFrames(e),
	}
}

func readFrames(o object) []Frame {
	list := o.object("stacktrace").objects("frames")
	frames := make([]Frame, 0, len(list))
	for _, f := range list {
		frames = append(frames, Frame{
			Function: f.text("function"),
			Module:   f.text("module"),
			Filename: f.text("filename"),
			Lineno:   f.int("lineno"),
			InApp:    f.is("in_app"),
		})
	}
	return frames
}

func readUser(user object) string {
	for _, key := range []string{"id", "email", "username", "name", "ip_address"} {
		if s := user.text(key); s != "" {
			return s
		}
	}
	return ""
}

// sortedTags are the tags sent, and those that Sentry makes of other members.
func sortedTags(o object) []Tag {
	tags := o.tags("tags")
	for _, key := range []string{"environment", "release", "dist", "server_name", "level", "logger", "transaction"} {
		if s := o.text(key); s != "" {
			tags = slices.DeleteFunc(tags, func(t Tag) bool { return t.Key == key })
			tags = append(tags, Tag{key, s})
		}
	}
	slices.SortStableFunc(tags, func(a, b Tag) int { return strings.Compare(a.Key, b.Key) })
	return tags
}
