package envelope

// The shapes of envelope headers and of items other than events and transactions.

const (
	srcEnvelopes = "develop docs: envelopes"
	srcItems     = "develop docs: envelope items"
	srcDSC       = "develop docs: dynamic sampling context"
	srcSpanV2    = "develop docs: span protocol; relay-event-schema/src/protocol/span_v2.rs"
	srcLogs      = "develop docs: logs; relay-event-schema/src/protocol/ourlog.rs"
	srcMetrics   = "develop docs: metrics; relay-event-schema/src/protocol/trace_metric.rs"
	srcReports   = "develop docs: client reports"
	srcCheckIns  = "develop docs: check-ins"
)

var headerShape = shape{name: "header", source: srcEnvelopes, open: true, fields: []field{
	{name: "event_id", is: hexID(32)},
	{name: "sent_at", need: true, is: isRFC3339},
	{name: "dsn", is: notEmpty(isText)},
	{name: "sdk", sub: &sdkShape},
	{name: "trace", sub: &dscShape},
}}

var dscShape = shape{name: "dsc", source: srcDSC, open: true, fields: []field{
	{name: "trace_id", need: true, is: hexID(32)},
	{name: "public_key", need: true, is: notEmpty(isText)},
	{name: "sample_rate", is: isDecimal},
	{name: "sample_rand", is: isDecimal},
	{name: "sampled", is: wordOf(set("true", "false"))},
	{name: "release", is: isRelease},
	{name: "environment", is: isEnvironment},
	{name: "replay_id", is: hexID(32)},
	{name: "org_id", is: made(20, func(c byte) bool { return '0' <= c && c <= '9' })},
}, more: []rule{
	{"dsc.strings", srcDSC + "; relay#4094: a number makes the whole context unreadable", func(c *checker, v value, at *path) {
		for key, member := range v.members() {
			if member.kind() != kindString && !dscTyped[key] {
				c.broken(at.member(key), "must be a string, is "+kindNames[member.kind()])
			}
		}
	}},
	{"dsc.sampling", srcDSC + ": sampled says whether sample_rand is below sample_rate", checkSampling},
}}

// dscTyped are the members whose own rule demands a string already.
var dscTyped = set("trace_id", "public_key", "sample_rate", "sample_rand", "sampled", "release", "environment", "replay_id", "org_id")

// containerOf is the payload of an item that holds many things of one shape.
func containerOf(name string, items *shape, more ...rule) *shape {
	return &shape{name: name, source: srcItems, more: more, fields: []field{
		{name: "version", need: true, is: within(2, 2)},
		{name: "items", need: true, list: items},
	}}
}

var logShape = shape{name: "log", source: srcLogs, fields: []field{
	{name: "timestamp", need: true, is: isSeconds},
	{name: "trace_id", need: true, is: hexID(32)},
	{name: "span_id", is: hexID(16)},
	{name: "level", need: true, is: wordOf(logLevels)},
	{name: "body", need: true, is: isText},
	{name: "severity_number", is: whole(1)},
	{name: "attributes", is: isObject},
}, more: []rule{
	{"log.age", srcLogs, checkItemAge},
	{"log.size", "relay-config: max_log_size", atMostBytes(MaxLogBytes)},
	{"log.severity", srcLogs + ": severity_number", checkSeverity},
	{"attribute", srcLogs, checkAttributes},
}}

// logLevels spell warning "warn", unlike those of events.
var logLevels = set("trace", "debug", "info", "warn", "error", "fatal")

// severities are the first severity_number of each level; three more belong to it.
var severities = map[string]int{"trace": 1, "debug": 5, "info": 9, "warn": 13, "error": 17, "fatal": 21}

var spanV2Shape = shape{name: "span_v2", source: srcSpanV2, fields: []field{
	{name: "trace_id", need: true, is: hexID(32)},
	{name: "span_id", need: true, is: hexID(16)},
	{name: "parent_span_id", is: hexID(16)},
	{name: "name", need: true, is: notEmpty(isText)},
	{name: "status", need: true, is: wordOf(set("ok", "error"))},
	{name: "is_segment", need: true, is: isBool},
	{name: "start_timestamp", need: true, is: isSeconds},
	{name: "end_timestamp", need: true, is: isSeconds},
	{name: "attributes", is: isObject},
	{name: "links", list: &linkV2Shape},
}, more: []rule{
	{"span_v2.age", srcSpanV2, checkItemAge},
	{"span_v2.size", "relay-config: max_span_size", atMostBytes(MaxSpanBytes)},
	{"span_v2.order", srcSpanV2, checkOrder("start_timestamp", "end_timestamp")},
	{"attribute", srcSpanV2, checkAttributes},
}}

var linkV2Shape = shape{name: "link_v2", source: srcSpanV2, fields: linkShape.fields, more: []rule{
	{"attribute", srcSpanV2, checkAttributes},
}}

var metricShape = shape{name: "metric", source: srcMetrics, fields: []field{
	{name: "timestamp", need: true, is: isSeconds},
	{name: "trace_id", need: true, is: hexID(32)},
	{name: "span_id", is: hexID(16)},
	{name: "name", need: true, is: notEmpty(made(200, isOriginByte))},
	{name: "type", need: true, is: wordOf(set("counter", "gauge", "distribution"))},
	{name: "value", need: true, is: isNumber},
	{name: "unit", is: wordOf(metricUnits)},
	{name: "attributes", is: isObject},
}, more: []rule{
	{"metric.age", srcMetrics, checkItemAge},
	{"metric.size", srcMetrics + "; product docs: 2 KB, one larger discards the envelope", atMostBytes(MaxTraceMetricBytes)},
	{"attribute", srcMetrics, checkAttributes},
}}

// metricUnits are those that Sentry converts; any other counts as none.
var metricUnits = set("none", "nanosecond", "microsecond", "millisecond", "second", "minute", "hour", "day", "week",
	"bit", "byte", "kilobyte", "kibibyte", "megabyte", "mebibyte", "gigabyte", "gibibyte", "terabyte", "tebibyte", "petabyte", "pebibyte",
	"exabyte", "exbibyte", "ratio", "percent")

var clientReportShape = shape{name: "client_report", source: srcReports, fields: []field{
	{name: "timestamp", is: isTime},
	{name: "discarded_events", need: true, list: &discardShape},
	{name: "rate_limited_events", list: &discardShape},
	{name: "filtered_events", list: &discardShape},
	{name: "filtered_sampling_events", list: &discardShape},
}}

var discardShape = shape{name: "discard", source: srcReports, fields: []field{
	{name: "reason", need: true, is: wordOf(discardReasons)},
	{name: "category", need: true, is: wordOf(categories)},
	{name: "quantity", need: true, is: whole(1)},
}}

var discardReasons = set("queue_overflow", "cache_overflow", "buffer_overflow", "ratelimit_backoff", "network_error", "sample_rate", "before_send",
	"event_processor", "send_error", "internal_sdk_error", "insufficient_data", "backpressure", "ignored", "invalid")

// categories are the data categories (develop docs: rate limiting).
var categories = set("default", "error", "transaction", "transaction_indexed", "span", "span_indexed", "log_item", "log_byte", "trace_metric",
	"trace_metric_byte", "attachment", "attachment_item", "session", "profile", "profile_indexed", "profile_chunk", "profile_chunk_ui",
	"profile_duration", "profile_duration_ui", "replay", "monitor", "monitor_seat", "feedback", "security", "metric_bucket", "uptime", "internal")

var checkInShape = shape{name: "check_in", source: srcCheckIns, fields: []field{
	{name: "check_in_id", need: true, is: oneOf(hexID(32), isAllZero)},
	{name: "monitor_slug", need: true, is: notEmpty(made(50, isSlugByte))},
	{name: "status", need: true, is: wordOf(set("in_progress", "ok", "error"))},
	{name: "duration", is: notNegative},
	{name: "release", is: isRelease},
	{name: "environment", is: isEnvironment},
	{name: "contexts", is: isObject},
	{name: "monitor_config", sub: &monitorShape},
}}

var monitorShape = shape{name: "monitor_config", source: srcCheckIns, fields: []field{
	{name: "schedule", need: true, sub: &scheduleShape},
	{name: "checkin_margin", is: whole(0)},
	{name: "max_runtime", is: whole(1)},
	{name: "timezone", is: notEmpty(isText)},
	{name: "failure_issue_threshold", is: whole(1)},
	{name: "recovery_threshold", is: whole(1)},
	{name: "owner", is: isText},
}}

var scheduleShape = shape{name: "schedule", source: srcCheckIns, fields: []field{
	{name: "type", need: true, is: wordOf(set("crontab", "interval"))},
	{name: "value", need: true, is: ofKind(kindString, kindNumber)},
	{name: "unit", is: wordOf(set("year", "month", "week", "day", "hour", "minute"))},
}, more: []rule{
	{"schedule.form", srcCheckIns, func(c *checker, v value, at *path) {
		interval := v.get("type").str() == "interval"
		if interval != (v.get("unit").kind() == kindString) || interval != (v.get("value").kind() == kindNumber) {
			c.broken(at, "a crontab has a text, an interval a number and a unit")
		}
	}},
}}

func isSlugByte(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '_' || c == '-'
}

// isAllZero demands the id that stands for the latest check-in in progress.
func isAllZero(v value) string {
	if v.str() == "00000000000000000000000000000000" {
		return ""
	}
	return "must be 32 hex digits: " + excerpt(v)
}
