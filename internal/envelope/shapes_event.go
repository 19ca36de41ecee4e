package envelope

// The shapes of what events and transactions share. Members that this project never sends are checked for their kind only.

const (
	srcEvent  = "relay-event-schema/src/protocol/event.rs"
	srcTags   = "relay-event-schema/src/protocol/tags.rs"
	srcTrace  = "relay-event-schema/src/protocol/contexts/trace.rs"
	srcTrim   = "relay-event-normalization/src/trimming.rs"
	srcErrors = "develop docs: event payloads, exception interface"
	srcStack  = "develop docs: event payloads, stack trace interface"
)

// sharedFields are members of events and of transactions.
var sharedFields = []field{
	{name: "event_id", need: true, is: hexID(32)},
	{name: "platform", need: true, is: wordOf(platforms)},
	{name: "transaction", is: sameLine(upTo(MaxTransactionName, 0))},
	{name: "logger", is: sameLine(upTo(MaxLogger, 0))},
	{name: "server_name", is: upTo(MaxServerName, 20)},
	{name: "release", is: isRelease},
	{name: "dist", is: notEmpty(made(MaxDist, isDistByte))},
	{name: "environment", is: isEnvironment},
	{name: "site", is: isText},
	{name: "sdk", sub: &sdkShape},
	{name: "tags", is: pairsOf(ofKind(kindString, kindNumber, kindBool, kindNull))},
	{name: "contexts", sub: &contextsShape},
	{name: "extra", is: isObject},
	{name: "user", sub: &userShape},
	{name: "request", sub: &requestShape},
	{name: "modules", is: isObject},
	{name: "debug_meta", is: isObject},
	{name: "errors", is: isArray},
	{name: "breadcrumbs", values: &breadcrumbShape},
	{name: "fingerprint", is: eachOf(notEmpty(isText))},
	{name: "transaction_info", sub: &transactionInfoShape},
	{name: "culprit", is: upTo(MaxTransactionName, 0)},
	{name: "received", is: isTime},
	{name: "version", is: isText},
	{name: "time_spent", is: whole(0)},
	{name: "_meta", is: isObject},
}

// sharedRules hold for events and for transactions.
var sharedRules = []rule{
	{"tag.key", srcTags, eachTag(func(c *checker, key string, _ value, at *path) {
		if cleaned := mapTagKey(key); key == "" || len(key) > MaxTagKey || cleaned != key {
			c.broken(at, "the tag would be removed")
		}
	})},
	{"tag.value", srcTags, eachTag(func(c *checker, _ string, v value, at *path) {
		if wrong := notEmpty(sameLine(upTo(MaxTagValue, 0)))(v); wrong != "" {
			c.broken(at, wrong)
		}
	})},
	{"tag.reserved", "relay-event-normalization/src/event.rs", eachTag(func(c *checker, key string, _ value, at *path) {
		if reservedTags[key] {
			c.broken(at, "is a member of the event")
		}
	})},
	{"tag.repeated", srcTags, checkTagsOnce},
	{"extra.size", srcEvent, checkExtra},
	{"breadcrumbs.number", "SDK option max_breadcrumbs", func(c *checker, v value, at *path) {
		if n := listOf(v.get("breadcrumbs")).len(); n > MaxBreadcrumbs {
			c.broken(at.member("breadcrumbs"), "too many")
		}
	}},
	{"meta.remarks", "relay-protocol/src/meta.rs", checkMeta},
	{"breadcrumbs.order", "develop docs: breadcrumbs interface", checkBreadcrumbOrder},
}

var eventShape = shape{
	name: "event", source: srcEvent,
	fields: append([]field{
		{name: "type", is: wordOf(set("error", "default"))},
		{name: "timestamp", need: true, is: isTime},
		{name: "level", is: wordOf(levels)},
		{name: "message", is: ofKind(kindString, kindObject)},
		{name: "logentry", sub: &logentryShape},
		{name: "exception", values: &exceptionShape},
		{name: "threads", values: &threadShape},
		{name: "stacktrace", sub: &stacktraceShape},
	}, sharedFields...),
	more: append([]rule{
		{"event.age", "relay-config: max_secs_in_past, max_secs_in_future", checkEventAge},
		{"exception.chain", srcErrors, checkChain},
		{"threads.ids", "develop docs: threads interface", checkThreadIDs},
	}, sharedRules...),
}

var logentryShape = shape{name: "logentry", source: "relay-event-schema/src/protocol/logentry.rs", fields: []field{
	{name: "formatted", is: upTo(MaxMessage, 200)},
	{name: "message", is: upTo(MaxMessage, 200)},
	{name: "params", is: ofKind(kindArray, kindObject)},
}, more: []rule{
	{"logentry.text", "develop docs: message interface", func(c *checker, v value, at *path) {
		if v.get("formatted").str() == "" && v.get("message").str() == "" {
			c.broken(at, "has no text")
		}
	}},
}}

var exceptionShape = shape{name: "exception", source: "relay-event-schema/src/protocol/exception.rs", fields: []field{
	{name: "type", is: upTo(MaxSymbol, 20)},
	{name: "value", is: upTo(MaxMessage, 200)},
	{name: "module", is: upTo(MaxSymbol, 20)},
	{name: "thread_id", is: isThreadID},
	{name: "mechanism", sub: &mechanismShape},
	{name: "stacktrace", sub: &stacktraceShape},
	{name: "raw_stacktrace", is: isObject},
}, more: []rule{
	{"exception.content", srcErrors, func(c *checker, v value, at *path) {
		if v.get("type").str() == "" && v.get("value").str() == "" {
			c.broken(at, "has neither type nor value")
		}
	}},
}}

var mechanismShape = shape{name: "mechanism", source: "relay-event-schema/src/protocol/mechanism.rs", fields: []field{
	{name: "type", need: true, is: notEmpty(upTo(MaxEnumLike, 0))},
	{name: "description", is: isText},
	{name: "help_link", is: isText},
	{name: "handled", is: isBool},
	{name: "synthetic", is: isBool},
	{name: "exception_id", is: whole(0)},
	{name: "parent_id", is: whole(0)},
	{name: "is_exception_group", is: isBool},
	{name: "source", is: isText},
	{name: "data", is: isObject},
	{name: "meta", is: isObject},
}}

var stacktraceShape = shape{name: "stacktrace", source: "relay-event-schema/src/protocol/stacktrace.rs", fields: []field{
	{name: "frames", need: true, list: &frameShape},
	{name: "registers", is: isObject},
	{name: "instruction_addr_adjustment", is: isText},
	{name: "lang", is: upTo(MaxEnumLike, 0)},
	{name: "snapshot", is: isBool},
}, more: []rule{
	{"stacktrace.empty", srcStack, func(c *checker, v value, at *path) {
		if frames := v.get("frames"); frames.kind() == kindArray && frames.len() == 0 {
			c.broken(at, "has no frames")
		}
	}},
	{"stacktrace.number", srcTrim, func(c *checker, v value, at *path) {
		if n := v.get("frames").len(); n > MaxFrames {
			c.broken(at, "has more frames than are kept")
		}
	}},
}}

var frameShape = shape{name: "frame", source: "relay-event-schema/src/protocol/stacktrace.rs", fields: []field{
	{name: "function", is: upTo(MaxSymbol, 20)},
	{name: "raw_function", is: upTo(MaxSymbol, 20)},
	{name: "symbol", is: upTo(MaxSymbol, 20)},
	{name: "module", is: isText},
	{name: "package", is: isText},
	{name: "filename", is: upTo(MaxPath, 40)},
	{name: "abs_path", is: upTo(MaxPath, 40)},
	{name: "lineno", is: whole(1)},
	{name: "colno", is: whole(1)},
	{name: "platform", is: wordOf(platforms)},
	{name: "pre_context", is: eachOf(isText)},
	{name: "context_line", is: isText},
	{name: "post_context", is: eachOf(isText)},
	{name: "in_app", is: isBool},
	{name: "vars", is: ofKind(kindObject, kindArray)},
	{name: "data", is: isObject},
	{name: "stack_start", is: isBool},
	{name: "native", is: isBool}, // sent by the Java SDK
	{name: "lock", is: isObject},
	{name: "image_addr", is: isText},
	{name: "instruction_addr", is: isText},
	{name: "symbol_addr", is: isText},
	{name: "addr_mode", is: isText},
	{name: "function_id", is: isText},
	{name: "trust", is: isText},
	{name: "lang", is: isText},
}, more: []rule{
	{"frame.name", srcStack, func(c *checker, v value, at *path) {
		if v.get("filename").str() == "" && v.get("function").str() == "" && v.get("instruction_addr").str() == "" {
			c.broken(at, "has neither filename nor function nor instruction_addr")
		}
	}},
}}

var threadShape = shape{name: "thread", source: "relay-event-schema/src/protocol/thread.rs", fields: []field{
	{name: "id", need: true, is: isThreadID},
	{name: "name", is: upTo(1024, 100)},
	{name: "state", is: isText},
	{name: "crashed", is: isBool},
	{name: "current", is: isBool},
	{name: "main", is: isBool},
	{name: "daemon", is: isBool}, // sent by the Java SDK
	{name: "priority", is: whole(0)},
	{name: "stacktrace", sub: &stacktraceShape},
	{name: "raw_stacktrace", is: isObject},
	{name: "held_locks", is: isObject},
}}

// isThreadID demands a number or a string.
func isThreadID(v value) string {
	if v.kind() == kindNumber {
		return whole(0)(v)
	}
	return notEmpty(upTo(MaxThreadID, 0))(v)
}

var breadcrumbShape = shape{name: "breadcrumb", source: "relay-event-schema/src/protocol/breadcrumb.rs", fields: []field{
	{name: "timestamp", is: isTime},
	{name: "type", is: upTo(MaxEnumLike, 0)},
	{name: "category", is: upTo(MaxEnumLike, 0)},
	{name: "level", is: wordOf(breadcrumbLevels)},
	{name: "message", is: upTo(MaxMessage, 200)},
	{name: "data", is: isObject},
	{name: "event_id", is: hexID(32)},
	{name: "origin", is: isText},
}}

// breadcrumbLevels are those of events, and the console's "log", which Relay reads as info.
var breadcrumbLevels = set("fatal", "error", "warning", "info", "debug", "log")

var userShape = shape{name: "user", source: "relay-event-schema/src/protocol/user.rs", open: true, fields: []field{
	{name: "id", is: oneOf(isNumber, upTo(MaxUserName, 0))},
	{name: "email", is: upTo(MaxEmail, 0)},
	{name: "username", is: oneOf(isNumber, upTo(MaxUserName, 0))},
	{name: "name", is: upTo(MaxUserName, 0)},
	{name: "ip_address", is: isAddress},
	{name: "geo", is: isObject},
	{name: "data", is: isObject},
}}

var requestShape = shape{name: "request", source: "relay-event-schema/src/protocol/request.rs", fields: []field{
	{name: "url", is: upTo(MaxURL, 0)},
	{name: "method", is: upTo(MaxEnumLike, 0)},
	{name: "protocol", is: isText},
	{name: "query_string", is: oneOf(isText, pairsOf(anything))},
	{name: "data"},
	{name: "fragment", is: upTo(1024, 100)},
	{name: "cookies", is: oneOf(isText, pairsOf(anything))},
	{name: "headers", is: pairsOf(ofKind(kindString, kindNumber, kindNull, kindArray, kindBool))},
	{name: "body_size", is: whole(0)},
	{name: "env", is: isObject},
	{name: "inferred_content_type", is: isText},
	{name: "api_target", is: isText},
}, more: []rule{
	{"request.data-size", "develop docs: event payloads, size limits", func(c *checker, v value, at *path) {
		if len(v.get("data").raw()) > MaxBodyBytes {
			c.broken(at.member("data"), "is larger than is kept")
		}
	}},
}}

func anything(value) string { return "" }

var sdkShape = shape{name: "sdk", source: "relay-event-schema/src/protocol/clientsdk.rs", fields: []field{
	{name: "name", need: true, is: notEmpty(isText)},
	{name: "version", need: true, is: notEmpty(isText)},
	{name: "integrations", is: eachOf(isText)},
	{name: "packages", is: isArray},
	{name: "features", is: eachOf(isText)},
	{name: "settings", is: isObject},
	{name: "client_ip", is: isText},
}}

var transactionInfoShape = shape{name: "transaction_info", source: "relay-event-schema/src/protocol/transaction.rs", fields: []field{
	{name: "source", is: wordOf(transactionSources)},
	{name: "original", is: isText},
	{name: "changes", is: isArray},
	{name: "propagations", is: whole(0)},
}}

func isDistByte(c byte) bool { return isAlnum(c) || c == '_' || c == '.' || c == '-' }

// listOf is the array of a member that may be wrapped as {"values": [...]}.
func listOf(v value) value {
	if v.kind() == kindObject {
		return v.get("values")
	}
	return v
}
