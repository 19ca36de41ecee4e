package sentry

// Category is a data category: what Sentry's quotas, rate limits and client reports count
// (develop docs, SDK > Expected features > Rate limiting).
type Category string

// The categories that this project sends or is limited by.
const (
	CategoryAll         Category = "" // in a rate limit: every category
	CategoryError       Category = "error"
	CategoryTransaction Category = "transaction"
	CategorySpan        Category = "span"
	CategoryLogItem     Category = "log_item"
	CategoryLogByte     Category = "log_byte"
	CategoryTraceMetric Category = "trace_metric"
	CategoryMonitor     Category = "monitor"
)
