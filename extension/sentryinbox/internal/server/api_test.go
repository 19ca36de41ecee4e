package server

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/extension/sentryinbox/internal/samples"
)

// TestSamplesKeepToTheProtocol: the strict check is the judge of the samples, and the samples show that it does not cry wolf.
func TestSamplesKeepToTheProtocol(t *testing.T) {
	in := shop(t)
	for _, e := range read[[]object](t, in, "/api/0/envelopes/?limit=1000") {
		assert.Empty(t, e["violations"], "%v", e["items"])
	}
	assert.Empty(t, read[[]object](t, in, "/api/0/envelopes/?flawed=1"))
	for _, body := range samples.Flawed(time.Now()) {
		in.post(t, body)
	}
	flawed := read[[]object](t, in, "/api/0/envelopes/?flawed=1")
	require.Len(t, flawed, len(samples.Flawed(time.Now())))
	event := read[object](t, in, "/api/0/events/"+samples.ID("flawed")+"/")
	assert.EqualValues(t, 9, event["violations"])
	assert.Zero(t, read[object](t, in, "/api/0/events/"+samples.ID("go")+"/")["violations"])
	for _, e := range flawed {
		for _, v := range e["violations"].([]any) {
			assert.NotEmpty(t, v.(object)["rule"])
			assert.NotEmpty(t, v.(object)["source"], "%v", v)
			assert.NotEmpty(t, v.(object)["detail"])
		}
	}
}

func TestSamplesOfMalformedAreRefused(t *testing.T) {
	in := newInbox(nil)
	for _, body := range samples.Malformed() {
		assert.Equal(t, 400, in.do("POST", "/api/1/envelope/", strings.NewReader(string(body)), "X-Sentry-Auth", goodKey).Code)
	}
}

func titles(list []object, key string) []string {
	out := []string{}
	for _, x := range list {
		out = append(out, x[key].(string))
	}
	return out
}

func TestIssueList(t *testing.T) {
	in := shop(t)
	issues := read[[]object](t, in, "/api/0/issues/")
	assert.Equal(t, []string{
		"CannotGetJdbcConnectionException: Failed to obtain JDBC Connection",
		"user 265 exceeded the rate limit of 100 requests per minute",
		"CartError: cannot price the cart: unknown article sku-4711",
		"Method Invoice::render() is deprecated since 4.0, use Invoice::toHtml() instead",
		"TypeError: Cannot read properties of undefined (reading 'images')",
		"FunctionClauseError: no function clause matching in Mailer.Template.render/2",
		"runtime error: runtime error: index out of range [5] with length 5",
	}, titles(issues, "title"), "newest first")

	java := issues[0]
	assert.Equal(t, "POST /checkout", java["culprit"])
	assert.Equal(t, "error", java["level"])
	assert.Equal(t, "error", java["type"])
	assert.Equal(t, true, java["isUnhandled"])
	assert.EqualValues(t, 3, java["count"])
	assert.EqualValues(t, 3, java["userCount"])
	assert.Equal(t, "exception", java["groupedBy"])
	assert.Equal(t, object{"id": "1"}, java["project"])
	assert.Equal(t, object{"type": "CannotGetJdbcConnectionException", "value": "Failed to obtain JDBC Connection"}, java["metadata"])
	assert.Equal(t, samples.ID("java2"), java["latestEventID"])
	assert.Equal(t, strings.ToUpper(java["id"].(string)[:7]), java["shortId"])
	total := 0.0
	for _, n := range java["trend"].([]any) {
		total += n.(float64)
	}
	assert.EqualValues(t, 3, total)
	assert.Equal(t, "default", issues[1]["type"])
	assert.Equal(t, "stacktrace", issues[5]["groupedBy"])
}

func TestFilters(t *testing.T) {
	in := shop(t)
	other := in.do("POST", "/api/77/envelope/", strings.NewReader(`{"event_id":"`+eventID+`"}`+"\n"+`{"type":"event"}`+"\n"+`{"message":"from seventy-seven"}`), "X-Sentry-Auth", goodKey)
	require.Equal(t, 200, other.Code)
	tests := []struct {
		path  string
		count int
	}{
		{"issues/", 8},
		{"issues/?project=77", 1},
		{"issues/?project=1", 7},
		{"issues/?level=warning", 2},
		{"issues/?environment=staging", 2},
		{"issues/?release=stock@0.9.3", 1},
		{"issues/?query=jdbc", 1},
		{"issues/?query=JDBC+connection", 1},
		{"issues/?query=refused", 1}, // a cause's value
		{"issues/?query=!jdbc", 7},
		{"issues/?query=level:warning", 2},
		{"issues/?query=!level:warning", 6},
		{"issues/?query=is:unhandled", 3},
		{"issues/?query=service.name:shop-*", 3},
		{"issues/?query=k8s.deployment.name:orders", 1},
		{"issues/?query=user:90211", 1},
		{`issues/?query=` + url.QueryEscape(`"rate limit"`), 1},
		{"issues/?query=Invoice::render()", 1},
		{"issues/?query=nothing-like-it", 0},
		{"issues/?query=error.type:CartError&environment=production", 1},
		{"issues/?query=error.type:CartError&environment=staging", 0},
		{"issues/?limit=2", 2},
		{"issues/?limit=0", 8},
		{"issues/?limit=x", 8},
		{"transactions/", 9},
		{"transactions/?query=op:http.server", 8},
		{"transactions/?query=status:internal_error", 1},
		{"transactions/?query=articles", 6},
		{"transactions/?query=recommend", 1}, // a streamed segment
		{"transactions/?query=trace:" + samples.Trace, 2},
		{"logs/", 10},
		{"logs/?level=warn", 1},
		{"logs/?query=ORDERS-pool", 2},
		{"logs/?query=k8s.pod.name:orders-*", 10},
		{"logs/?query=string", 0}, // the type of an attribute is not its text
		{"logs/?query=thread.id:41", 10},
		{"events/?limit=1000", 21},
		{"envelopes/?query=client_report", 1},
		{"envelopes/?query=" + samples.ID("go"), 1},
	}
	for _, tt := range tests {
		w := in.do("GET", "/api/0/"+tt.path, nil)
		list := read[[]object](t, in, "/api/0/"+tt.path)
		assert.Len(t, list, tt.count, tt.path)
		if !strings.Contains(tt.path, "limit=2") {
			assert.Equal(t, strconv.Itoa(tt.count), w.Header().Get("X-Hits"), tt.path)
		} else {
			assert.Equal(t, "8", w.Header().Get("X-Hits"), "the total, not what is shown")
		}
	}
}

func TestIssueAndEvents(t *testing.T) {
	in := shop(t)
	id := read[[]object](t, in, "/api/0/issues/?query=jdbc")[0]["id"].(string)
	issue := read[object](t, in, "/api/0/issues/"+id+"/")
	assert.Equal(t, id, issue["id"])
	tags := map[string]object{}
	for _, tag := range issue["tags"].([]any) {
		tags[tag.(object)["key"].(string)] = tag.(object)
	}
	assert.Equal(t, []any{object{"value": "shop-orders@3.2.0", "count": 3.0}}, tags["release"]["topValues"])
	assert.EqualValues(t, 3, tags["environment"]["totalValues"])
	assert.Equal(t, id, read[object](t, in, "/api/0/issues/"+issue["shortId"].(string)+"/")["id"], "by its short id")

	events := read[[]object](t, in, "/api/0/issues/"+id+"/events/")
	assert.Equal(t, []string{samples.ID("java2"), samples.ID("java1"), samples.ID("java0")}, titles(events, "eventID"))
	latest := read[object](t, in, "/api/0/issues/"+id+"/events/latest/")
	oldest := read[object](t, in, "/api/0/issues/"+id+"/events/oldest/")
	middle := read[object](t, in, "/api/0/issues/"+id+"/events/"+samples.ID("java1")+"/")
	assert.Equal(t, samples.ID("java2"), latest["eventID"])
	assert.Equal(t, samples.ID("java0"), oldest["eventID"])
	assert.NotContains(t, latest, "nextEventID")
	assert.NotContains(t, oldest, "previousEventID")
	assert.Equal(t, samples.ID("java0"), middle["previousEventID"])
	assert.Equal(t, samples.ID("java2"), middle["nextEventID"])
	assert.EqualValues(t, 2, middle["place"])
	assert.EqualValues(t, 3, middle["kept"])
	assert.Equal(t, samples.Trace, middle["traceID"])
	assert.Equal(t, "90211", middle["user"])
	payload := middle["event"].(object)
	assert.Len(t, payload["exception"].(object)["values"], 3, "the payload as it came")
	assert.Equal(t, middle, read[object](t, in, "/api/0/events/"+samples.ID("java1")+"/"))
	dashed := samples.ID("java1")
	dashed = dashed[:8] + "-" + dashed[8:12] + "-" + strings.ToUpper(dashed[12:])
	assert.Equal(t, middle, read[object](t, in, "/api/0/events/"+dashed+"/"), "ids are read in every spelling")
}

func TestTransactionAndTrace(t *testing.T) {
	in := shop(t)
	tx := read[object](t, in, "/api/0/transactions/"+samples.ID("checkout")+"/")
	assert.Equal(t, "POST /checkout", tx["transaction"])
	assert.Equal(t, "route", tx["source"])
	assert.EqualValues(t, 1520, tx["duration"])
	assert.EqualValues(t, 10, tx["spanCount"])
	assert.Equal(t, object{"transactions": 2.0, "spans": 0.0, "events": 3.0, "logs": 10.0}, tx["trace"])
	assert.Len(t, tx["errors"], 3)
	w := tx["waterfall"].(object)
	assert.Len(t, w["rows"], 11)
	assert.Equal(t, "db.query", w["breakdown"].([]any)[0].(object)["op"])

	trace := read[object](t, in, "/api/0/traces/"+samples.Trace+"/")
	assert.Len(t, trace["transactions"], 2)
	assert.Len(t, trace["logs"], 10)
	assert.Len(t, trace["events"], 3)
	rows := trace["waterfall"].(object)["rows"].([]any)
	assert.Len(t, rows, 15)
	for _, r := range rows {
		row := r.(object)
		if row["name"] == "POST /authorize" {
			assert.EqualValues(t, 2, row["depth"], "the other service hangs below the call to it")
		}
	}
}

func TestStreamedSpans(t *testing.T) {
	in := shop(t)
	segment := read[[]object](t, in, "/api/0/transactions/?query=recommend")[0]
	assert.NotContains(t, segment, "eventID")
	assert.Equal(t, "queue.process", segment["op"])
	assert.EqualValues(t, 2, segment["spanCount"])
	assert.EqualValues(t, 640, segment["duration"])
	assert.Len(t, segment["breakdown"], 3)
	trace := read[object](t, in, "/api/0/traces/"+segment["traceID"].(string)+"/")
	assert.Len(t, trace["spans"], 3)
	assert.Len(t, trace["waterfall"].(object)["rows"], 3, "each span once")
	named := trace["transactions"].([]any)
	require.Len(t, named, 1, "a segment is named like a transaction")
	assert.Equal(t, "recommend", named[0].(object)["transaction"])
	row := trace["waterfall"].(object)["rows"].([]any)[1].(object)
	ref := row["ref"].(object)
	assert.Equal(t, "gen_ai.embeddings", row["op"])
	span := trace["spans"].(object)[fmt.Sprint(ref["index"])].(object)
	assert.Equal(t, "embeddings text-small", span["name"])
}

func TestLogsNewestFirst(t *testing.T) {
	in := shop(t)
	list := read[[]object](t, in, "/api/0/logs/")
	assert.Equal(t, "fatal", list[0]["level"])
	assert.Equal(t, "POST /checkout from 203.0.113.7", list[9]["body"])
	assert.Equal(t, object{"type": "integer", "value": 41.0}, list[0]["attributes"].(object)["thread.id"])
	assert.Equal(t, samples.Trace, list[0]["traceID"])
}

func TestEnvelopeView(t *testing.T) {
	in := shop(t)
	id := read[[]object](t, in, "/api/0/envelopes/?query="+samples.ID("go"))[0]["id"].(string)
	e := read[object](t, in, "/api/0/envelopes/"+id+"/")
	assert.Equal(t, samples.ID("go"), e["header"].(object)["event_id"])
	assert.Equal(t, "abc", e["publicKey"])
	assert.Equal(t, "test/1.0", e["client"])
	payloads := e["payloads"].([]any)
	require.Len(t, payloads, 1)
	assert.Equal(t, "fatal", payloads[0].(object)["payload"].(object)["level"])

	logs := read[[]object](t, in, "/api/0/envelopes/?query=log")[0]["id"].(string)
	assert.Len(t, read[object](t, in, "/api/0/envelopes/"+logs+"/")["payloads"], 10, "a container is taken apart")
	metrics := read[[]object](t, in, "/api/0/envelopes/?query=trace_metric")[0]["id"].(string)
	assert.Len(t, read[object](t, in, "/api/0/envelopes/"+metrics+"/")["payloads"], 1, "kinds without a page are kept as well")
}

func TestRepeats(t *testing.T) {
	in := newInbox(nil)
	for range 3 {
		assert.Equal(t, eventID, in.post(t, simpleEvent("again")))
	}
	issues := read[[]object](t, in, "/api/0/issues/")
	require.Len(t, issues, 1)
	assert.EqualValues(t, 1, issues[0]["count"])
	assert.EqualValues(t, 2, read[object](t, in, "/api/0/events/"+eventID+"/")["repeats"])
	stats := read[object](t, in, "/api/0/stats/")
	assert.EqualValues(t, 2, stats["envelopes"].(object)["repeats"])
	assert.EqualValues(t, 3, stats["items"].(object)["event"])
	assert.Equal(t, []any{true, true, false}, func() (out []any) {
		for _, e := range read[[]object](t, in, "/api/0/envelopes/") {
			out = append(out, e["repeat"])
		}
		return out
	}())
}

func TestTheSameIDInTwoProjects(t *testing.T) {
	in := newInbox(nil)
	for _, project := range []string{"1", "2"} {
		body := `{"event_id":"` + eventID + `"}` + "\n" + `{"type":"event"}` + "\n" + `{"message":"in ` + project + `"}`
		require.Equal(t, 200, in.do("POST", "/api/"+project+"/envelope/", strings.NewReader(body), "X-Sentry-Auth", goodKey).Code)
	}
	assert.Len(t, read[[]object](t, in, "/api/0/issues/"), 2)
	assert.Equal(t, "in 1", read[object](t, in, "/api/0/events/"+eventID+"/?project=1")["title"])
	assert.Equal(t, "in 2", read[object](t, in, "/api/0/events/"+eventID+"/?project=2")["title"])
	assert.Equal(t, "in 2", read[object](t, in, "/api/0/events/"+eventID+"/")["title"], "the last one where it is not said")
}

func TestStatsAreFetchedOnlyWhenChanged(t *testing.T) {
	in := newInbox(nil)
	first := in.do("GET", "/api/0/stats/", nil)
	tag := first.Header().Get("ETag")
	require.NotEmpty(t, tag)
	again := in.do("GET", "/api/0/stats/", nil, "If-None-Match", tag)
	assert.Equal(t, http.StatusNotModified, again.Code)
	assert.Empty(t, again.Body.String())
	in.post(t, simpleEvent("x"))
	assert.Equal(t, 200, in.do("GET", "/api/0/stats/", nil, "If-None-Match", tag).Code)
	stats := read[object](t, in, "/api/0/stats/")
	assert.EqualValues(t, 1, stats["kept"].(object)["issues"])
	assert.Equal(t, []any{"1"}, stats["projects"])
}

func TestNotThere(t *testing.T) {
	in := shop(t)
	for _, path := range []string{
		"issues/ffffffffffffffff/", "issues/ffffffffffffffff/events/", "issues/x/events/latest/", "events/" + eventID + "/", "transactions/" + eventID + "/",
		"traces/" + eventID + "/", "traces/x/", "envelopes/999999/", "envelopes/x/", "envelopes/-1/",
		"issues/" + read[[]object](t, in, "/api/0/issues/")[0]["id"].(string) + "/events/" + eventID + "/",
	} {
		w := in.do("GET", "/api/0/"+path, nil)
		assert.Equal(t, 404, w.Code, path)
		assert.JSONEq(t, `{"detail":"The requested resource does not exist"}`, w.Body.String(), path)
	}
}

func TestEmptyListsAreArrays(t *testing.T) {
	in := newInbox(nil)
	for _, path := range []string{"issues", "events", "transactions", "logs", "envelopes"} {
		for _, slash := range []string{"", "/"} {
			assert.Equal(t, "[]\n", in.do("GET", "/api/0/"+path+slash, nil).Body.String(), path+slash)
		}
	}
	assert.Equal(t, "http://inbox@127.0.0.1:8969/1", read[object](t, in, "/api/0/")["dsn"])
}
