package sentry

// Level is an event's level (event payloads: "level"). Logs spell warning "warn"; that is the log encoder's business.
type Level string

// The levels of an event.
const (
	LevelDebug   Level = "debug"
	LevelInfo    Level = "info"
	LevelWarning Level = "warning"
	LevelError   Level = "error"
	LevelFatal   Level = "fatal"
)

// Time is a point in time in nanoseconds since 1970 UTC; 0 means "none".
type Time uint64

// Event is an error or message event (item type "event"). The encoder (envelope.AppendEvent) cuts every field to the length Relay accepts.
type Event struct {
	ID          EventID
	Timestamp   Time // required
	Platform    string
	Level       Level
	Logger      string
	Transaction string
	Message     *Message
	Exceptions  []Exception // innermost cause first, the exception that was thrown last
	Threads     []Thread
	Breadcrumbs []Breadcrumb // oldest first
	Fingerprint []string
	Trace       *TraceContext
	User        *User
	Request     *Request
	Flags       []Flag // in the order of their evaluation
	// Release and Environment go before those of Resource.
	Release, Environment string
	Extra                []Attr
	Tags                 []Tag     // added to those of Resource; on equal keys these win
	Contexts             []Context // likewise
	Resource             *Resource // may be nil
}

// Message is the "logentry" interface: Formatted is what a person reads; Template, where it is known, is what Sentry groups by.
type Message struct {
	Formatted string
	Template  string
	Params    []string
}

// Exception is one link of a chain (event payloads: "exception.values[]"). Type or Value must be set.
type Exception struct {
	Type      string // class name as the language's SDK writes it
	Value     string // message
	Module    string // package or module of the type
	ThreadID  string
	Mechanism *Mechanism
	Frames    []Frame // outermost call first, the crashing frame last
}

// Mechanism says how an exception was caught and where it hangs in a chain or group.
type Mechanism struct {
	Type             string // "generic", "chained", ...: required
	Handled          Tri
	Synthetic        bool // the type is made up: Sentry then leaves it out of titles and groups
	HasID            bool // ExceptionID is set; 0 is the thrown exception (the last of the list)
	ExceptionID      int
	HasParent        bool // ParentID is set
	ParentID         int
	IsExceptionGroup bool
	Source           string // "__cause__", "cause", "errors[0]", ...
}

// Frame is one call (event payloads: "stacktrace.frames[]"). One of Filename and Function must be set.
type Frame struct {
	Function    string
	RawFunction string
	Module      string
	Package     string
	Filename    string
	AbsPath     string
	Lineno      int // 0: unknown
	Colno       int // 0: unknown
	ContextLine string
	PreContext  []string
	PostContext []string
	InApp       Tri
	Native      Tri
	Platform    string // only where it differs from the event's
	Vars        []Attr
}

// Thread is one thread of the crashed process (event payloads: "threads.values[]").
type Thread struct {
	ID      string
	Name    string
	State   string
	Crashed Tri
	Current Tri
	Main    Tri
	Frames  []Frame
}

// Breadcrumb is something that happened before the event.
type Breadcrumb struct {
	Timestamp Time
	Type      string
	Category  string
	Level     Level
	Message   string
	Data      []Attr
}

// User is who was affected. Filled only where sending personal data is switched on.
type User struct {
	ID, Email, Username, Name, IPAddress string
	Data                                 []Attr
}

// Request is the HTTP request that was being served.
type Request struct {
	Method      string
	URL         string
	QueryString string
	Headers     []Tag
	Data        Value
}

// Flag is a feature flag and what it was evaluated to ("contexts.flags"): a boolean as a rule, any scalar at most.
type Flag struct {
	Name   string
	Result Value
}

// TraceContext is "contexts.trace": it ties an event to its trace. Both ids are required by Relay.
type TraceContext struct {
	TraceID      TraceID
	SpanID       SpanID
	ParentSpanID SpanID
	Op           string
	Status       string
	Origin       string
	Data         []Attr
	Links        []Link
}

// Link is a span link.
type Link struct {
	TraceID TraceID
	SpanID  SpanID
	Sampled Tri
	Attrs   []Attr
}

// Tag is a searchable key and value.
type Tag struct {
	Key, Value string
}

// Context is one named block of facts, "contexts.<Key>".
type Context struct {
	Key    string
	Fields []Attr
}

// Resource is what all items of one OTLP resource share. It is encoded once (envelope.Prepare) and appended to each item.
type Resource struct {
	Platform    string
	Release     string
	Dist        string
	Environment string
	ServerName  string
	Tags        []Tag
	Contexts    []Context
	// ReleaseAssumed and EnvironmentAssumed: nobody named them, the configuration stands in. An item that names its own knows better.
	ReleaseAssumed, EnvironmentAssumed bool
}
