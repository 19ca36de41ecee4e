package envelope

import (
	"fmt"
	"strconv"
)

// itemKind is what is known of a type of item.
type itemKind struct {
	group       string // kinds of one group may share an envelope
	event       bool   // at most one of these in an envelope, with the envelope's event_id
	maxBytes    int
	payload     *shape // nil: not JSON, or not checked
	contentType string // of containers
	maxItems    int    // likewise
	dsc         presence
}

// presence says whether an envelope with such an item has a dynamic sampling context.
type presence int

const (
	optional presence = iota
	required
	forbidden
)

// itemKinds are the item types that Relay knows (relay-server/src/envelope/item.rs, envelope/content_type.rs, utils/sizes.rs).
var itemKinds = map[string]*itemKind{
	TypeEvent:          {group: "event", event: true, maxBytes: MaxEventBytes, payload: &eventShape},
	TypeTransaction:    {group: "event", event: true, maxBytes: MaxTransactionBytes, payload: &transactionShape},
	"feedback":         {group: "event", event: true, maxBytes: MaxEventBytes},
	"attachment":       {group: "event", maxBytes: MaxAttachmentBytes},
	"user_report":      {group: "event", maxBytes: MaxEventBytes},
	"form_data":        {group: "event", maxBytes: MaxEventBytes},
	"profile":          {group: "event", maxBytes: 50 << 20},
	"security":         {group: "security", maxBytes: MaxEventBytes},
	"raw_security":     {group: "security", maxBytes: MaxEventBytes},
	"nel":              {group: "security", maxBytes: MaxEventBytes},
	"unreal_report":    {group: "event", maxBytes: MaxAttachmentBytes},
	"session":          {group: "session", maxBytes: 1 << 20},
	"sessions":         {group: "session", maxBytes: 1 << 20},
	"statsd":           {group: "metrics", maxBytes: 1 << 20},
	"metric_buckets":   {group: "metrics", maxBytes: 1 << 20},
	"profile_chunk":    {group: "profile_chunk", maxBytes: 50 << 20},
	"replay_event":     {group: "replay", maxBytes: MaxEventBytes},
	"replay_recording": {group: "replay", maxBytes: 100 << 20},
	"replay_video":     {group: "replay", maxBytes: 100 << 20},
	TypeLog: {
		group: "log", maxBytes: MaxContainerBytes, payload: containerOf("log_container", &logShape),
		contentType: ContentTypeLog, maxItems: MaxContainerLogs, dsc: forbidden,
	},
	TypeSpan: {
		group: "span", maxBytes: MaxContainerBytes, payload: containerOf("span_container", &spanV2Shape, rule{
			"span_container.duplicate", "relay-server/src/processing/spans/process.rs: of several spans with one id it drops all but the last", checkSpansOnce,
		}),
		contentType: ContentTypeSpan, maxItems: MaxContainerSpans, dsc: required,
	},
	TypeTraceMetric: {
		group: "trace_metric", maxBytes: MaxContainerBytes, payload: containerOf("metric_container", &metricShape),
		contentType: ContentTypeTraceMetric, maxItems: MaxContainerMetrics, dsc: forbidden,
	},
	TypeCheckIn:      {group: "check_in", maxBytes: MaxCheckInBytes, payload: &checkInShape},
	TypeClientReport: {maxBytes: MaxClientReportBytes, payload: &clientReportShape}, // rides along with anything
}

// itemRules hold for each item's header and size.
var itemRules = []rule{
	{"item.type", srcItems, forItem(func(c *checker, item *ParsedItem, kind *itemKind) {
		if kind.maxBytes == 0 {
			c.broken(nil, "no known item type: "+item.Type)
		}
	})},
	{"item.length", "ours: a payload may hold line ends, and without its length it ends at the first", forItem(func(c *checker, item *ParsedItem, _ *itemKind) {
		if item.Length < 0 {
			c.broken(nil, "has no length")
		}
	})},
	{"item.size", "relay-server/src/utils/sizes.rs", forItem(func(c *checker, item *ParsedItem, kind *itemKind) {
		if kind.maxBytes > 0 && len(item.Payload) > kind.maxBytes {
			c.broken(nil, fmt.Sprintf("has %d bytes, %d are taken", len(item.Payload), kind.maxBytes))
		}
	})},
	{"item.content-type", "relay-server/src/envelope/content_type.rs", forItem(func(c *checker, item *ParsedItem, kind *itemKind) {
		if kind.contentType != "" && item.ContentType != kind.contentType {
			c.broken(nil, "must have the content_type "+kind.contentType)
		}
		if kind.payload != nil && kind.contentType == "" && item.ContentType != "" && item.ContentType != "application/json" {
			c.broken(nil, "must have the content_type application/json, or none")
		}
	})},
	{"item.item-count", "relay-server/src/envelope/container.rs", checkItemCount},
	{"item.too-many", "SDK rules for logs, spans and metrics; relay drops an envelope with more than 1000 spans", forItem(func(c *checker, item *ParsedItem, kind *itemKind) {
		if n := c.payload(c.item).get("items").len(); kind.maxItems > 0 && n > kind.maxItems {
			c.broken(nil, fmt.Sprintf("holds %d, at most %d may be in one envelope", n, kind.maxItems))
		}
	})},
}

func forItem(check func(c *checker, item *ParsedItem, kind *itemKind)) func(*checker, value, *path) {
	return func(c *checker, _ value, _ *path) {
		item := &c.e.Items[c.item]
		kind := itemKinds[item.Type]
		if kind == nil {
			kind = &itemKind{}
		}
		check(c, item, kind)
	}
}

// payload is the payload of an item, if it is JSON.
func (c *checker) payload(i int) value {
	if c.docs[i] == nil {
		return value{}
	}
	return c.docs[i].root()
}

var checkItemCount = forItem(func(c *checker, item *ParsedItem, kind *itemKind) {
	items := c.payload(c.item).get("items")
	switch {
	case kind.contentType == "" || items.kind() != kindArray:
	case item.ItemCount < 0:
		c.broken(nil, "a container must have an item_count")
	case item.ItemCount != items.len():
		c.broken(nil, fmt.Sprintf("item_count says %d, the container holds %d", item.ItemCount, items.len()))
	}
})

// envelopeRules hold for the items of an envelope together (develop docs: envelope items).
var envelopeRules = []rule{
	{"envelope.event-id", srcEnvelopes + ": required with an event; Bugsink refuses an envelope without", func(c *checker, header value, at *path) {
		for i := range c.e.Items {
			if kind := itemKinds[c.e.Items[i].Type]; kind != nil && kind.event && header.get("event_id").kind() == kindNull {
				c.broken(at, "an envelope with an event must have an event_id")
				return
			}
		}
	}},
	{"envelope.event-id-match", srcItems, func(c *checker, header value, at *path) {
		for i := range c.e.Items {
			own := c.payload(i).get("event_id").str()
			if kind := itemKinds[c.e.Items[i].Type]; kind != nil && kind.event && own != "" && header.get("event_id").kind() == kindString && own != header.get("event_id").str() {
				c.broken(at, "the payload of item "+strconv.Itoa(i)+" has another event_id")
			}
		}
	}},
	{"envelope.one-event", srcItems, func(c *checker, _ value, at *path) {
		if n := c.countItems(func(k *itemKind) bool { return k.event }); n > 1 {
			c.broken(at, fmt.Sprintf("holds %d events, at most one may be in an envelope", n))
		}
	}},
	{"envelope.mixed", srcItems, checkMixed},
	{"envelope.one-container", srcItems, atMost(1, TypeLog, TypeSpan, TypeTraceMetric)},
	{"envelope.one-check-in", srcItems, atMost(1, TypeCheckIn)},
	{"envelope.attachments", srcEnvelopes, atMost(MaxAttachments, "attachment")},
	{"envelope.client-reports", "relay-server/src/utils/sizes.rs", atMost(MaxClientReports, TypeClientReport)},
	{"envelope.dsc-required", srcItems + "; relay: missing_dsc refuses the whole envelope", func(c *checker, header value, at *path) {
		if n := c.countItems(func(k *itemKind) bool { return k.dsc == required }); n > 0 && header.get("trace").kind() != kindObject {
			c.broken(at, "spans need a dynamic sampling context")
		}
	}},
	{"envelope.dsc-forbidden", srcItems, func(c *checker, header value, at *path) {
		if n := c.countItems(func(k *itemKind) bool { return k.dsc == forbidden }); n > 0 && header.get("trace").kind() != kindNull {
			c.broken(at, "logs and metrics of many traces have no dynamic sampling context")
		}
	}},
	{"envelope.dsc-trace", srcDSC + "; relay: invalid_dsc refuses the whole envelope", checkDSCTrace},
}

func (c *checker) countItems(which func(*itemKind) bool) (n int) {
	for i := range c.e.Items {
		if kind := itemKinds[c.e.Items[i].Type]; kind != nil && which(kind) {
			n++
		}
	}
	return n
}

func atMost(limit int, types ...string) func(*checker, value, *path) {
	return func(c *checker, _ value, at *path) {
		for _, t := range types {
			if n := c.countItems(func(k *itemKind) bool { return k == itemKinds[t] }); n > limit {
				c.broken(at, fmt.Sprintf("holds %d items of type %s, at most %d may be in an envelope", n, t, limit))
			}
		}
	}
}

func checkMixed(c *checker, _ value, at *path) {
	group := ""
	for i := range c.e.Items {
		kind := itemKinds[c.e.Items[i].Type]
		if kind == nil || kind.group == "" {
			continue
		}
		if group != "" && kind.group != group {
			c.broken(at, "items of the kinds "+group+" and "+kind.group+" may not share an envelope")
			return
		}
		group = kind.group
	}
}

// checkDSCTrace demands that all that is in the envelope belongs to the trace of its sampling context.
func checkDSCTrace(c *checker, header value, at *path) {
	trace := header.get("trace", "trace_id").str()
	if trace == "" {
		return
	}
	for i := range c.e.Items {
		payload := c.payload(i)
		c.sameTrace(trace, payload.get("contexts", contextTrace, "trace_id"), at, i)
		if c.e.Items[i].Type == TypeSpan {
			for span := range payload.get("items").elements() {
				c.sameTrace(trace, span.get("trace_id"), at, i)
			}
		}
	}
}

func (c *checker) sameTrace(trace string, own value, at *path, item int) {
	if own.kind() == kindString && own.str() != trace {
		c.broken(at.member("trace").member("trace_id"), fmt.Sprintf("item %d belongs to the trace %s", item, own.str()))
	}
}
