package envelope

// Sizes in bytes of the JSON text of one thing. Relay's defaults (relay-config, relay-server/src/utils/sizes.rs); a larger one costs a whole envelope (413).
const (
	MaxEventBytes        = 1 << 20   // max_event_size: events, and transactions, one per envelope
	MaxTransactionBytes  = 1 << 20   // likewise
	MaxSpansBytes        = 819_200   // Event.spans, max_bytes: Relay cuts the array there, later spans are lost
	MaxLogBytes          = 2 << 20   // max_log_size: one log
	MaxTraceMetricBytes  = 2_000     // envelope docs, product docs: 2 KB per metric, one larger discards the envelope (relay-config alone says 1 MiB)
	MaxSpanBytes         = 10 << 20  // max_span_size: one streamed span (v2)
	MaxContainerBytes    = 12 << 20  // max_container_size: logs, spans or metrics of one envelope
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
	MaxBreadcrumbs      = 100    // SDK default max_breadcrumbs
	MaxFrames           = 250    // relay trimming.rs: only the newest 250 frames are kept
	MaxAttachments      = 30     // envelope docs
	MaxClientReports    = 100    // sizes.rs
	maxItems            = 10_000 // ours: bounds the work on one envelope
	maxHeaderBytes      = 1 << 20
)

// Lengths in characters (Relay counts code points and cuts to the limit with "..." at the end), unless said otherwise.
const (
	MaxTransactionName = 200  // Event.transaction
	MaxLogger          = 64   // Event.logger
	MaxServerName      = 256  // Event.server_name
	MaxRelease         = 200  // bytes; sentry-release-parser
	MaxEnvironment     = 64   // bytes; sentry-release-parser
	MaxDist            = 64   // Event.dist
	MaxTagKey          = 200  // event payload docs; a longer one loses the tag
	MaxTagValue        = 200  // likewise; a longer one loses its value
	MaxMessage         = 8192 // LogEntry.message, .formatted; Exception.value
	MaxSymbol          = 256  // Exception.type, .module, Frame.function, .raw_function
	MaxPath            = 256  // Frame.filename, .abs_path
	MaxThreadID        = 128  // Exception.thread_id
	MaxOp              = 128  // Span.op
	MaxOrigin          = 128  // Span.origin
	MaxEnumLike        = 128  // mechanism.type and other short words
)

// Sizes in bytes of bags of free data inside an event, and how deep they may nest (containers, the bag itself counted).
const (
	MaxContextBytes   = 8_192   // Context variants, max_bytes
	MaxExtraBytes     = 262_144 // Event.extra
	MaxExtraItemBytes = 16_384  // ExtraValue
	MaxBodyBytes      = 8_192   // Request.data
	maxBagDepth       = 6       // max_depth 7: what lies deeper becomes JSON text
	maxTextDepth      = 32      // ours: how deep that JSON text goes
)

// Lengths in characters without a limit of Relay's own, cut because somebody's input must not fill an event.
const (
	MaxSourceLine = 512 // Frame.context_line, pre_context, post_context
)

// Sizes in bytes of small bags (bag size medium: max_depth 5, max_bytes 2048).
const (
	MaxVarsBytes       = 2_048 // Frame.vars
	MaxBreadcrumbBytes = 2_048 // Breadcrumb.data
	MaxParamsBytes     = 2_048 // LogEntry.params
	smallBagDepth      = 4
)

// More limits of Relay's schema.
const (
	MaxUserName          = 128     // User.id, .username, .name
	MaxEmail             = 75      // User.email
	MaxURL               = 296     // Request.url, max_chars 256 and an allowance of 40
	MaxThreadName        = 1024    // Thread.name
	MaxQueryString       = 1_024   // Request.query_string, bytes (bag size small)
	MaxHeadersBytes      = 8_192   // Request.headers (bag size large)
	MaxFlagsContextBytes = 132_072 // contexts.flags, max_bytes
)
