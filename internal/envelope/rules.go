package envelope

import (
	"math"
	"strconv"
)

// eachTag applies check to every tag of an event.
func eachTag(check func(c *checker, key string, v value, at *path)) func(*checker, value, *path) {
	return func(c *checker, v value, at *path) {
		at = at.member("tags")
		forTags(v.get("tags"), func(key string, tag value) { check(c, key, tag, at.member(key)) })
	}
}

// forTags goes over tags written as an object or as pairs.
func forTags(tags value, do func(key string, v value)) {
	for key, v := range tags.members() {
		do(key, v)
	}
	for pair := range tags.elements() {
		var parts []value
		for part := range pair.elements() {
			parts = append(parts, part)
		}
		if len(parts) == 2 {
			do(parts[0].str(), parts[1])
		}
	}
}

func checkTagsOnce(c *checker, v value, at *path) {
	seen := make(map[string]bool)
	for pair := range v.get("tags").elements() {
		for key := range pair.elements() {
			if seen[key.str()] {
				c.broken(at.member("tags"), strconv.Quote(key.str())+" stands twice")
			}
			seen[key.str()] = true
			break
		}
	}
}

// eachContext applies check to every context.
func eachContext(check func(c *checker, key string, v value, at *path)) func(*checker, value, *path) {
	return func(c *checker, v value, at *path) {
		for key, context := range v.members() {
			check(c, key, context, at.member(key))
		}
	}
}

func checkExtra(c *checker, v value, at *path) {
	extra, at := v.get("extra"), at.member("extra")
	if len(extra.raw()) > MaxExtraBytes {
		c.broken(at, "is larger than is kept")
	}
	for key, member := range extra.members() {
		if len(member.raw()) > MaxExtraItemBytes {
			c.broken(at.member(key), "is larger than is kept")
		}
	}
}

func checkBreadcrumbOrder(c *checker, v value, at *path) {
	before := math.Inf(-1)
	i := 0
	for crumb := range listOf(v.get("breadcrumbs")).elements() {
		if now, ok := seconds(crumb.get("timestamp")); ok {
			if now < before {
				c.broken(at.member("breadcrumbs").member("values").element(i), "is older than the one before it")
			}
			before = now
		}
		i++
	}
}

// checkChain holds the ids of exceptions together (exception interface docs): unique, 0 is the last one and the root of all others.
func checkChain(c *checker, v value, at *path) {
	at = at.member("exception")
	parents := make(map[int]int)
	var last, withID, total int
	grouped := false
	for x := range listOf(v.get("exception")).elements() {
		total++
		m := x.get("mechanism")
		grouped = grouped || string(m.get("is_exception_group").raw()) == "true"
		id, hasID := small(m.get("exception_id"))
		parent, hasParent := small(m.get("parent_id"))
		if m.kind() != kindObject && m.kind() != kindNull || hasID != m.get("exception_id").there() || hasParent != m.get("parent_id").there() {
			return // the rules of these members tell
		}
		if !hasID {
			if hasParent {
				c.broken(at, "a parent_id without an exception_id")
			}
			continue
		}
		if _, twice := parents[id]; twice {
			c.broken(at, "exception_id "+strconv.Itoa(id)+" stands twice")
			return
		}
		if !hasParent {
			parent = -1
		}
		parents[id] = parent
		withID++
		last = id
	}
	switch {
	case withID == 0 && !grouped:
	case withID < total:
		c.broken(at, "some exceptions have no exception_id")
	case last != 0:
		c.broken(at, "the last exception must have exception_id 0")
	case !leadToRoot(parents):
		c.broken(at, "the parents do not lead to exception_id 0")
	}
}

// small is a whole number that fits an int.
func small(v value) (int, bool) {
	n, err := strconv.ParseUint(string(v.raw()), 10, 31)
	return int(n), err == nil
}

func checkThreadIDs(c *checker, v value, at *path) {
	seen := make(map[string]bool)
	for thread := range listOf(v.get("threads")).elements() {
		id := string(thread.get("id").raw())
		if id != "" && seen[id] {
			c.broken(at.member("threads"), "the id "+id+" stands twice")
		}
		seen[id] = true
	}
}

func checkMeasurements(c *checker, v value, at *path) {
	at = at.member("measurements")
	for name, m := range v.get("measurements").members() {
		if m.kind() != kindObject || m.get("value").kind() != kindNumber {
			c.broken(at.member(name), "has no value")
		}
		if unit := m.get("unit"); unit.kind() != kindNull && unit.kind() != kindString {
			c.broken(at.member(name), "the unit must be a string")
		}
		if name == "" {
			c.broken(at, "has no name")
		}
	}
}

// checkOrder demands that what begins ends later.
func checkOrder(start, end string) func(*checker, value, *path) {
	return func(c *checker, v value, at *path) {
		from, ok := seconds(v.get(start))
		to, ok2 := seconds(v.get(end))
		if ok && ok2 && to < from {
			c.broken(at, "ends before it starts")
		}
	}
}

const day = 24 * 60 * 60

// age demands that a time is at most past seconds before the present and future seconds behind it.
func (c *checker) age(v value, at *path, past, future float64) {
	if c.opts.SkipAge || c.present.IsZero() {
		return
	}
	t, ok := seconds(v)
	if !ok {
		return
	}
	if gone := float64(c.present.UnixNano())/1e9 - t; gone > past || gone < -future {
		c.broken(at, "is "+strconv.FormatFloat(gone, 'f', 0, 64)+" seconds before the present")
	}
}

func checkEventAge(c *checker, v value, at *path) {
	c.age(v.get("timestamp"), at.member("timestamp"), 30*day, 60)
}

func checkTransactionAge(c *checker, v value, at *path) {
	c.age(v.get("start_timestamp"), at.member("start_timestamp"), 5*day, 60*60)
	c.age(v.get("timestamp"), at.member("timestamp"), 5*day, 60*60)
}

// checkChildAge holds the child spans of a transaction to the range of the transaction itself.
func checkChildAge(c *checker, v value, at *path) {
	at = at.member("spans")
	i := 0
	for span := range v.get("spans").elements() {
		checkTransactionAge(c, span, at.element(i))
		i++
	}
}

// checkItemAge is for logs, metrics and streamed spans: too old or ahead of time, Relay shifts them to the time of receipt.
func checkItemAge(c *checker, v value, at *path) {
	for _, key := range []string{"timestamp", "start_timestamp", "end_timestamp"} {
		c.age(v.get(key), at.member(key), 30*day, 60)
	}
}

// atMostBytes limits the text of one of many in a container.
func atMostBytes(limit int) func(*checker, value, *path) {
	return func(c *checker, v value, at *path) {
		if n := len(v.raw()); n > limit {
			c.broken(at, "has "+strconv.Itoa(n)+" bytes, "+strconv.Itoa(limit)+" are taken")
		}
	}
}

func checkSeverity(c *checker, v value, at *path) {
	number, ok := small(v.get("severity_number"))
	first := severities[v.get("level").str()]
	if ok && first > 0 && (number < first || number > first+3) {
		c.broken(at.member("severity_number"), "does not belong to the level")
	}
}

// checkSpansOnce demands that no id stands twice in a container.
func checkSpansOnce(c *checker, v value, at *path) {
	seen := make(map[string]bool)
	i := 0
	for span := range v.get("items").elements() {
		id := span.get("span_id").str()
		if id != "" && seen[id] {
			c.broken(at.member("items").element(i), "the span id "+id+" stands twice")
		}
		seen[id] = true
		i++
	}
}

func checkSampling(c *checker, v value, at *path) {
	rate, err := strconv.ParseFloat(v.get("sample_rate").str(), 64)
	rand, err2 := strconv.ParseFloat(v.get("sample_rand").str(), 64)
	sampled := v.get("sampled").str()
	if err == nil && err2 == nil && (sampled == "true" || sampled == "false") && (rand < rate) != (sampled == "true") {
		c.broken(at, "sampled does not agree with sample_rand and sample_rate")
	}
}

// attributeTypes are the types of attributes and what their values must be.
var attributeTypes = map[string]demand{
	"string":  isText,
	"boolean": isBool,
	"integer": whole(math.MinInt64),
	"double":  isNumber,
	"array":   isPlainArray,
}

// isPlainArray demands an array of scalars of one kind.
func isPlainArray(v value) string {
	if wrong := isArray(v); wrong != "" {
		return wrong
	}
	var first kind
	for element := range v.elements() {
		switch k := element.kind(); {
		case k == kindArray || k == kindObject || k == kindNull:
			return "an element is " + kindNames[k]
		case first == kindNull:
			first = k
		case k != first:
			return "the elements are of several kinds"
		}
	}
	return ""
}

// checkAttributes holds for the attributes of logs, metrics, streamed spans and their links: what breaks it is removed by Relay.
func checkAttributes(c *checker, v value, at *path) {
	at = at.member("attributes")
	for key, attribute := range v.get("attributes").members() {
		where := at.member(key)
		is := attributeTypes[attribute.get("type").str()]
		switch {
		case key == "":
			c.broken(where, "has no key")
		case attribute.kind() != kindObject:
			c.broken(where, "must be an object, is "+kindNames[attribute.kind()])
		case is == nil:
			c.broken(where, "has no known type")
		case attribute.get("value").kind() == kindNull:
			c.broken(where, "has no value")
		default:
			if wrong := is(attribute.get("value")); wrong != "" {
				c.broken(where, "value "+wrong)
			}
		}
		for member := range attribute.members() {
			if member != "type" && member != "value" && member != "unit" {
				c.broken(where.member(member), "not a member of the protocol")
			}
		}
	}
}
