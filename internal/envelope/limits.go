package envelope

// Sizes in bytes of the JSON text of one thing. Relay's defaults (relay-config/src/config.rs, relay-server/src/utils/sizes.rs); a larger one costs a whole
// envelope (413).
const (
	MaxEventBytes        = 1 << 20   // max_event_size; one event per envelope
	MaxTransactionBytes  = 1 << 20   // likewise
	MaxLogBytes          = 2 << 20   // max_log_size: one log
	MaxTraceMetricBytes  = 2_000     // envelope docs, product docs: 2 KB per metric, one larger discards the envelope (relay-config alone says 1 MiB)
	MaxSpanBytes         = 10 << 20  // max_span_size: one streamed span (v2)
	MaxContainerBytes    = 12 << 20  // max_container_size: all logs, spans or metrics of one envelope
	MaxCheckInBytes      = 100 << 10 // max_check_in_size
	MaxClientReportBytes = 100 << 10 // max_client_reports_size
	MaxAttachmentBytes   = 200 << 20 // max_attachment_size
	MaxEnvelopeBytes     = 200 << 20 // max_envelope_size, after decompression
)

// Numbers of things.
const (
	MaxContainerLogs    = 100    // logs spec: at most 100 per envelope
	MaxContainerSpans   = 1000   // span spec: at most 1000 per envelope; Relay drops an envelope with more
	MaxContainerMetrics = 100    // metrics spec: flush at 100
	MaxAttachments      = 30     // envelope docs
	MaxClientReports    = 100    // sizes.rs
	MaxBreadcrumbs      = 100    // SDK default of max_breadcrumbs
	MaxFlags            = 100    // SDKs keep the last 100 evaluations (develop docs: feature flags)
	MaxFrames           = 250    // trimming.rs: only the newest 250 frames are kept
	maxItems            = 10_000 // ours: bounds the work on one envelope
)

// Lengths in characters, unless said otherwise. Relay counts code points and cuts to the limit, the last three being "..." (relay-event-schema/src/protocol:
// max_chars).
const (
	MaxTransactionName = 200  // Event.transaction
	MaxLogger          = 64   // Event.logger
	MaxServerName      = 256  // Event.server_name
	MaxRelease         = 200  // bytes; sentry-release-parser
	MaxEnvironment     = 64   // bytes; sentry-release-parser
	MaxDist            = 64   // Event.dist
	MaxTagKey          = 200  // TagEntry; a longer key loses the tag
	MaxTagValue        = 200  // TagEntry; a longer value is lost
	MaxMessage         = 8192 // LogEntry.message and .formatted, Exception.value, Breadcrumb.message
	MaxSymbol          = 256  // Exception.type and .module, Frame.function and .raw_function
	MaxPath            = 256  // Frame.filename and .abs_path
	MaxThreadID        = 128  // Exception.thread_id
	MaxThreadName      = 1024 // Thread.name
	MaxOp              = 128  // Span.op
	MaxOrigin          = 128  // Span.origin
	MaxUserName        = 128  // User.id, .username and .name
	MaxEmail           = 75   // User.email
	MaxURL             = 296  // Request.url: 256 and an allowance of 40
	MaxFlagName        = 200  // FlagsContextItem.flag
	MaxFlagResult      = 200  // FlagsContextItem.result
	MaxEnumLike        = 128  // Mechanism.type and other short words
	MaxSourceLine      = 512  // Frame.context_line and its neighbours; ours: a minified file must not fill an event
)

// Sizes in bytes of free data inside an event (max_bytes), and how many containers may lie in one another, the bag itself among them: what lies deeper
// becomes JSON text, as in trimming.rs.
const (
	MaxSpansBytes        = 819_200 // Event.spans: later spans are lost
	MaxContextBytes      = 8_192   // each context
	MaxFlagsContextBytes = 132_072 // contexts.flags
	MaxExtraBytes        = 262_144 // Event.extra
	MaxExtraItemBytes    = 16_384  // each value in it
	MaxBodyBytes         = 8_192   // Request.data
	MaxHeadersBytes      = 8_192   // Request.headers
	MaxQueryString       = 1_024   // Request.query_string
	MaxVarsBytes         = 2_048   // Frame.vars
	MaxBreadcrumbBytes   = 2_048   // Breadcrumb.data
	MaxParamsBytes       = 2_048   // LogEntry.params
	maxBagDepth          = 6       // max_depth 7
	smallBagDepth        = 4       // max_depth 5: variables, breadcrumbs
	maxTextDepth         = 32      // ours: how deep the JSON text goes
	maxHeaderBytes       = 1 << 20 // ours: a header line
)
