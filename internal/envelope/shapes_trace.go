package envelope

// The shapes of contexts, transactions and their spans (v1).

const srcTransaction = "relay-event-normalization/src/validation.rs: validate_transaction"

var contextsShape = shape{name: "contexts", source: "relay-event-schema/src/protocol/contexts/mod.rs", open: true, fields: []field{
	{name: "trace", sub: &traceShape},
	{name: "flags", sub: &flagsShape},
}, more: []rule{
	{"context.object", "relay-event-schema/src/protocol/contexts/mod.rs", eachContext(func(c *checker, key string, v value, at *path) {
		if key != contextTrace && key != contextFlags && v.kind() != kindObject && v.kind() != kindNull {
			c.broken(at, "must be an object, is "+kindNames[v.kind()])
		}
	})},
	{"context.size", "relay-event-schema/src/protocol/contexts/mod.rs: max_bytes", eachContext(func(c *checker, key string, v value, at *path) {
		limit := MaxContextBytes
		if key == contextFlags {
			limit = MaxFlagsContextBytes
		}
		if len(v.raw()) > limit {
			c.broken(at, "is larger than is kept")
		}
	})},
	{"context.type", "relay-event-schema/src/protocol/contexts/mod.rs: the type overrules the key", eachContext(func(c *checker, key string, v value, at *path) {
		if is := v.get("type").str(); is != key && (is == contextTrace || is == contextFlags) {
			c.broken(at, "would be read as a "+is+" context")
		}
	})},
}}

var traceShape = shape{name: "trace", source: srcTrace, fields: []field{
	{name: "trace_id", need: true, is: hexID(32)},
	{name: "span_id", need: true, is: hexID(16)},
	{name: "parent_span_id", is: hexID(16)},
	{name: "op", is: upTo(MaxOp, 0)},
	{name: "status", is: wordOf(spanStatuses)},
	{name: "origin", is: made(MaxOrigin, isOriginByte)},
	{name: "data", is: isObject},
	{name: "links", list: &linkShape},
	{name: "description", is: isText},
	{name: "tags", is: isObject},
	{name: "sampled", is: isBool},
	{name: "client_sample_rate", is: within(0, 1)},
	{name: "exclusive_time", is: notNegative},
	{name: "type", is: wordOf(set(contextTrace))},
}}

const srcFlags = "relay-event-schema/src/protocol/contexts/flags.rs"

var flagsShape = shape{name: "flags", source: srcFlags, fields: []field{
	{name: "values", need: true, list: &flagShape},
	{name: "type", is: wordOf(set(contextFlags))},
}, more: []rule{
	{"flags.number", "develop docs: feature flags", func(c *checker, v value, at *path) {
		if v.get("values").len() > MaxFlags {
			c.broken(at.member("values"), "too many")
		}
	}},
}}

var flagShape = shape{name: "flag", source: srcFlags, fields: []field{
	{name: "flag", need: true, is: notEmpty(made(MaxFlagName, isFlagByte))},
	{name: "result", need: true, is: oneOf(isBool, isNumber, sameLine(upTo(MaxFlagResult, 0)))},
}}

func isFlagByte(c byte) bool { return isAlnum(c) || c == '_' || c == '.' || c == ':' || c == '-' }

func isOriginByte(c byte) bool { return isAlnum(c) || c == '_' || c == '.' }

var linkShape = shape{name: "link", source: "relay-event-schema/src/protocol/span.rs", fields: []field{
	{name: "trace_id", need: true, is: hexID(32)},
	{name: "span_id", need: true, is: hexID(16)},
	{name: "sampled", is: isBool},
	{name: "attributes", is: isObject},
}}

var transactionShape = shape{
	name: "transaction", source: srcTransaction,
	fields: append([]field{
		{name: "type", need: true, is: wordOf(set(TypeTransaction))},
		{name: "start_timestamp", need: true, is: isTime},
		{name: "timestamp", need: true, is: isTime},
		{name: "level", is: wordOf(levels)},
		{name: "spans", list: &spanShape},
		{name: "measurements", is: isObject},
		{name: "breakdowns", is: isObject},
		{name: "_metrics_summary", is: isObject},
	}, sharedFields...),
	more: append([]rule{
		{"transaction.trace", srcTransaction, func(c *checker, v value, at *path) {
			contexts := v.get("contexts")
			if k := contexts.kind(); (k == kindNull || k == kindObject) && contexts.get(contextTrace).kind() == kindNull {
				c.broken(at, "has no trace context")
			}
		}},
		{"transaction.order", srcTransaction, checkOrder("start_timestamp", "timestamp")},
		{"transaction.age", "relay-event-normalization/src/transactions/processor.rs: timestamp range", checkTransactionAge},
		{"transaction.child-age", "relay#6005 and relay#6013 refuse the transaction; since relay#6015 the span is cut to it", checkChildAge},
		{"transaction.spans-size", srcEvent + ": spans, max_bytes", func(c *checker, v value, at *path) {
			if len(v.get("spans").raw()) > MaxSpansBytes {
				c.broken(at.member("spans"), "later spans would be lost")
			}
		}},
		{"measurement", "relay-event-schema/src/protocol/measurements.rs", checkMeasurements},
	}, sharedRules...),
}

var spanShape = shape{name: "span", source: srcTransaction + ", validate_span; relay-event-schema/src/protocol/span.rs", fields: []field{
	{name: "trace_id", need: true, is: hexID(32)},
	{name: "span_id", need: true, is: hexID(16)},
	{name: "parent_span_id", is: hexID(16)},
	{name: "start_timestamp", need: true, is: isTime},
	{name: "timestamp", need: true, is: isTime},
	{name: "op", is: upTo(MaxOp, 0)},
	{name: "description", is: isText},
	{name: "status", is: wordOf(spanStatuses)},
	{name: "origin", is: made(MaxOrigin, isOriginByte)},
	{name: "data", is: isObject},
	{name: "tags", is: isObject},
	{name: "links", list: &linkShape},
	{name: "measurements", is: isObject},
	{name: "exclusive_time", is: notNegative},
	{name: "segment_id", is: hexID(16)},
	{name: "is_segment", is: isBool},
	{name: "is_remote", is: isBool},
	{name: "kind", is: isText},
	{name: "same_process_as_parent", is: isBool},
	{name: "profile_id", is: hexID(32)},
	{name: "platform", is: wordOf(platforms)},
	{name: "_metrics_summary", is: isObject},
}, more: []rule{
	{"span.order", srcTransaction, checkOrder("start_timestamp", "timestamp")},
}}
