package translate

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/triage/rules"
	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
	"github.com/otelcol-sentry/otelcol-sentry/internal/stacktrace"
)

// eventOf makes the event of a record with a body and attributes.
func eventOf(t *testing.T, body string, attrs map[string]any, from Origin) *sentry.Event {
	t.Helper()
	rec := plog.NewLogRecord()
	rec.SetSeverityNumber(plog.SeverityNumberError)
	rec.SetTimestamp(1)
	if body != "" {
		rec.Body().SetStr(body)
	}
	require.NoError(t, rec.Attributes().FromRaw(attrs))
	return Event(rec, Occurrence{EventID: sentry.EventID{1}}, from)
}

func resourceOf(t *testing.T, attrs map[string]any) pcommon.Resource {
	t.Helper()
	res := pcommon.NewResource()
	require.NoError(t, res.Attributes().FromRaw(attrs))
	return res
}

func TestMessage(t *testing.T) {
	type attrs = map[string]any
	tests := map[string]struct {
		body  string
		attrs attrs
		want  sentry.Message
	}{
		"nothing to leave out":   {"no route", nil, sentry.Message{Formatted: "no route"}},
		"numbers":                {"user 7 gone", nil, sentry.Message{Formatted: "user 7 gone", Template: "user {} gone", Params: []string{"7"}}},
		"further lines":          {"gone\nall 7", nil, sentry.Message{Formatted: "gone\nall 7", Template: "gone"}},
		"template":               {"user x gone", attrs{"sentry.message.template": "user %s gone", parameterPrefix + "0": "x"}, sentry.Message{Formatted: "user x gone", Template: "user %s gone", Params: []string{"x"}}},
		"parameters in order":    {"a", attrs{"sentry.message.template": "b", parameterPrefix + "10": "k", parameterPrefix + "9": "j"}, sentry.Message{Formatted: "a", Template: "b", Params: []string{"j", "k"}}},
		"named parameters":       {"a", attrs{"sentry.message.template": "b", parameterPrefix + "y": 2, parameterPrefix + "x": 1}, sentry.Message{Formatted: "a", Template: "b", Params: []string{"1", "2"}}},
		"a template that is not": {"user 7 gone", attrs{"sentry.message.template": "user 7 gone"}, sentry.Message{Formatted: "user 7 gone", Template: "user {} gone", Params: []string{"7"}}},
		"body is the template":   {"user {Id,5:000} of {@Team} gone", attrs{"Id": 7, "Team": "a"}, sentry.Message{Formatted: "user 7 of a gone", Template: "user {Id,5:000} of {@Team} gone", Params: []string{"7", "a"}}},
		"a hole stays open":      {"user {Id} of {Team} gone", attrs{"Id": 7}, sentry.Message{Formatted: "user {Id} of {Team} gone"}},
		"braces of JSON":         {`got {"Id": 1}`, attrs{"Id": 7}, sentry.Message{Formatted: `got {"Id": 1}`, Template: `got {"Id": {}}`, Params: []string{"1"}}},
		"holes without names":    {"set {} and { }", attrs{"": 7}, sentry.Message{Formatted: "set {} and { }"}},
		"original format":        {"user 7 gone", attrs{"{OriginalFormat}": "user {Id} gone", "Id": 7}, sentry.Message{Formatted: "user 7 gone", Template: "user {Id} gone", Params: []string{"7"}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			e := eventOf(t, tt.body, tt.attrs, Origin{})
			require.NotNil(t, e.Message)
			assert.Equal(t, tt.want, *e.Message)
		})
	}
}

func TestFingerprint(t *testing.T) {
	type attrs = map[string]any
	compile := func(list ...FingerprintRule) EventOptions {
		compiled, err := CompileFingerprints(list)
		require.NoError(t, err)
		return EventOptions{Fingerprints: compiled.For("shop")}
	}
	long := strings.Repeat("é", maxFingerprintPart)
	pod := attrs{"k8s.object.kind": "Pod", "k8s.object.name": "web-6d4cf56db6-x2x7z", "k8s.namespace.name": "shop"}
	place := attrs{"code.function.name": "main.run", "code.file.path": "main.go"}
	tests := map[string]struct {
		body     string
		attrs    attrs
		resource attrs
		opts     EventOptions
		want     []string
	}{
		"none":                     {"a", nil, nil, EventOptions{}, nil},
		"default":                  {"a", attrs{"sentry.fingerprint": "{{default}}"}, nil, EventOptions{}, nil},
		"text":                     {"a", attrs{"error.fingerprint": "x"}, nil, EventOptions{}, []string{"x"}},
		"list":                     {"a", attrs{"sentry.fingerprint": []any{" x ", "", "{{ default }}", 7}}, nil, EventOptions{}, []string{"x", "{{ default }}", "7"}},
		"list as JSON":             {"a", attrs{"sentry.fingerprint": `["x", "y"]`}, nil, EventOptions{}, []string{"x", "y"}},
		"no list after all":        {"a", attrs{"sentry.fingerprint": "[x"}, nil, EventOptions{}, []string{"[x"}},
		"too long":                 {"a", attrs{"sentry.fingerprint": long}, nil, EventOptions{}, []string{long[:maxFingerprintPart]}},
		"nothing in it":            {"a", attrs{"sentry.fingerprint": []any{"", " "}}, nil, EventOptions{}, nil},
		"event of the cluster":     {"Back-off", attrs{"k8s.event.reason": "BackOff"}, pod, EventOptions{}, []string{"{{ default }}", "shop/Pod/web-{}"}},
		"its workload":             {"Back-off", attrs{"k8s.event.reason": "BackOff"}, attrs{"k8s.deployment.name": "web", "k8s.namespace.name": "shop"}, EventOptions{}, []string{"{{ default }}", "shop/web"}},
		"its namespace":            {"Back-off", attrs{"k8s.event.reason": "BackOff", "k8s.namespace.name": "shop"}, attrs{"k8s.deployment.name": "web"}, EventOptions{}, []string{"{{ default }}", "shop/web"}},
		"of nothing that is known": {"Back-off", attrs{"k8s.event.reason": "BackOff"}, attrs{}, EventOptions{}, nil},
		"a pod's own log":          {"Back-off", nil, pod, EventOptions{}, nil},
		"place":                    {"order 7 lost", place, nil, EventOptions{}, []string{"{{ default }}", "order {} lost"}},
		"place, given":             {"order 7 lost", attrs{"code.function.name": "main.run", "sentry.fingerprint": []any{"{{ default }}", "x"}}, nil, EventOptions{}, []string{"{{ default }}", "x", "order {} lost"}},
		"place, without default":   {"order 7 lost", attrs{"code.function.name": "main.run", "sentry.fingerprint": "x"}, nil, EventOptions{}, []string{"x"}},
		"rule": {
			"order 7 lost",
			attrs{"sentry.fingerprint": "x"},
			nil,
			compile(FingerprintRule{rules.Rule{Messages: []string{"^order .* lost$"}}, []string{"orders"}}),
			[]string{"orders"},
		},
		"first rule": {
			"order 7 lost", nil, nil,
			compile(
				FingerprintRule{rules.Rule{Messages: []string{"cart"}}, []string{"carts"}},
				FingerprintRule{rules.Rule{Messages: []string{"order"}}, []string{"orders"}},
				FingerprintRule{rules.Rule{Messages: []string{"."}}, []string{"all"}},
			),
			[]string{"orders"},
		},
		"rule of another project": {
			"order 7 lost", nil, nil,
			compile(FingerprintRule{rules.Rule{Messages: []string{"order"}, Projects: []string{"other"}}, []string{"orders"}}), nil,
		},
		"rule by resource and attribute": {
			"a",
			attrs{"tenant": "acme"},
			attrs{"service.name": "cart"},
			compile(FingerprintRule{rules.Rule{Attributes: map[string]string{"tenant": "ac*"}, Resource: map[string]string{"service.name": "cart"}}, []string{"{{ default }}", "{{ tags.service.name }}", "{{ tags.none }}"}}),
			[]string{"{{ default }}", "cart", "<no tags.none>"},
		},
		"rule by exception": {
			"a",
			attrs{"exception.type": "com.acme.OrderError", "exception.message": "gone"},
			nil,
			compile(FingerprintRule{rules.Rule{Exceptions: []string{"com.acme.*"}}, []string{"{{ type }}", "{{value}}", "{{ message }}", "{{ level }}", "{{ transaction }}"}}),
			[]string{"com.acme.OrderError", "gone", "a", "error", "<no transaction>"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			res := resourceOf(t, tt.resource)
			e := eventOf(t, tt.body, tt.attrs, Origin{Resource: Resource(res, Defaults{}), Attributes: res.Attributes(), Options: tt.opts})
			assert.Equal(t, tt.want, e.Fingerprint)
		})
	}
	t.Run("without attributes of the resource", func(t *testing.T) {
		opts := compile(FingerprintRule{rules.Rule{Namespaces: []string{"*"}}, []string{"x"}})
		assert.Nil(t, eventOf(t, "a", attrs{"k8s.event.reason": "BackOff"}, Origin{Options: opts}).Fingerprint)
	})
}

func TestFingerprintRulesThatAreWrong(t *testing.T) {
	any := rules.Rule{Messages: []string{"."}}
	for want, rule := range map[string]FingerprintRule{
		"'fingerprint' is empty":                      {any, []string{" "}},
		"'fingerprint' has more than 16 parts":        {any, make([]string, maxFingerprint+1)},
		`'fingerprint': nothing is called "nonsense"`: {any, []string{"{{ nonsense }}"}},
		"'0::match'": {rules.Rule{}, []string{"x"}},
	} {
		if len(rule.Fingerprint) > 1 {
			rule.Fingerprint[0] = "x"
		}
		_, err := CompileFingerprints([]FingerprintRule{rule})
		require.ErrorContains(t, err, want)
	}
	_, err := CompileFingerprints([]FingerprintRule{{any, []string{"{{ default }}", "{{tags.x}}", "{{ module }}", "{{ function }}", "{{ logger }}"}}})
	require.NoError(t, err)
}

func TestPlace(t *testing.T) {
	type attrs = map[string]any
	tests := map[string]struct {
		attrs    attrs
		language stacktrace.Language
		want     *sentry.Frame
	}{
		"none":            {nil, stacktrace.Go, nil},
		"line alone":      {attrs{"code.line.number": 7}, stacktrace.Go, nil},
		"go":              {attrs{"code.function.name": "a.com/b/c.(*T).F", "code.file.path": "/s/c.go", "code.line.number": 7}, stacktrace.Go, &sentry.Frame{Function: "(*T).F", Module: "a.com/b/c", AbsPath: "/s/c.go", Lineno: 7, InApp: sentry.True}},
		"go, old":         {attrs{"code.function": "F", "code.namespace": "a.com/b/c", "code.filepath": "/s/c.go", "code.lineno": 7}, stacktrace.Go, &sentry.Frame{Function: "F", Module: "a.com/b/c", AbsPath: "/s/c.go", Lineno: 7, InApp: sentry.True}},
		"by file":         {attrs{"code.function.name": "main.run", "code.file.path": "/s/c.go"}, stacktrace.Unknown, &sentry.Frame{Function: "run", Module: "main", AbsPath: "/s/c.go", InApp: sentry.True}},
		"java":            {attrs{"code.function.name": "com.acme.Cart.add", "code.file.path": "src/Cart.java", "code.line.number": 7}, stacktrace.Java, &sentry.Frame{Function: "add", Module: "com.acme.Cart", Filename: "Cart.java", Lineno: 7, Native: sentry.False}},
		"java, old":       {attrs{"code.function": "add", "code.namespace": "com.acme.Cart"}, stacktrace.Java, &sentry.Frame{Function: "add", Module: "com.acme.Cart", Native: sentry.False}},
		"python":          {attrs{"code.function.name": "shop.cart.add", "code.file.path": "/s/cart.py", "code.line.number": 7}, stacktrace.Python, &sentry.Frame{Function: "add", Module: "shop.cart", Filename: "/s/cart.py", AbsPath: "/s/cart.py", Lineno: 7, InApp: sentry.True}},
		"node":            {attrs{"code.function.name": "Cart.add", "code.file.path": "/s/cart.js", "code.line.number": 7}, stacktrace.Node, &sentry.Frame{Function: "Cart.add", Module: "cart", Filename: "/s/cart.js", Lineno: 7, InApp: sentry.True}},
		"another one":     {attrs{"code.function": "add", "code.namespace": "Cart", "code.filepath": "cart.rb"}, stacktrace.Unknown, &sentry.Frame{Function: "add", Module: "Cart", Filename: "cart.rb"}},
		"function alone":  {attrs{"code.function.name": "add"}, stacktrace.Unknown, &sentry.Frame{Function: "add"}},
		"thread is known": {attrs{"code.function.name": "add", "thread.id": 14, "thread.name": "worker"}, stacktrace.Unknown, &sentry.Frame{Function: "add"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			e := eventOf(t, "m", tt.attrs, Origin{Language: tt.language})
			if tt.want == nil {
				assert.Empty(t, e.Threads)
				return
			}
			require.Len(t, e.Threads, 1)
			assert.Equal(t, []sentry.Frame{*tt.want}, e.Threads[0].Frames)
			assert.Equal(t, sentry.True, e.Threads[0].Current)
			if name == "thread is known" {
				assert.Equal(t, "14", e.Threads[0].ID)
			}
			tt.attrs["exception.type"] = "E"
			e = eventOf(t, "m", tt.attrs, Origin{Language: tt.language})
			assert.Equal(t, []sentry.Frame{*tt.want}, e.Exceptions[0].Frames, "of an exception")
			tt.attrs["exception.stacktrace"] = "Traceback (most recent call last):\n  File \"/a.py\", line 1, in f\nE: x"
			e = eventOf(t, "m", tt.attrs, Origin{Language: tt.language})
			assert.Equal(t, "/a.py", e.Exceptions[0].Frames[0].AbsPath, "not beside a stack trace")
			assert.Nil(t, e.Fingerprint)
		})
	}
}

func TestPersonal(t *testing.T) {
	attrs := map[string]any{
		"http.request.method": "POST", "url.path": "/login", "http.request.header.cookie": []any{"sid=1"}, "http.request.header.accept": []any{"*/*"},
		"client.address": "203.0.113.9", "user.id": 17, "user.email": "a@example.com", "user.roles": []any{"admin"}, "enduser.scope": "all",
	}
	e := eventOf(t, "m", attrs, Origin{})
	assert.Nil(t, e.User)
	assert.Equal(t, []sentry.Tag{{Key: "accept", Value: "*/*"}}, e.Request.Headers)
	assert.Empty(t, e.Extra)

	e = eventOf(t, "m", attrs, Origin{Options: EventOptions{Personal: true}})
	require.NotNil(t, e.User)
	assert.Equal(t, []string{"17", "a@example.com", "203.0.113.9"}, []string{e.User.ID, e.User.Email, e.User.IPAddress})
	assert.ElementsMatch(t, []string{"user.roles", "enduser.scope"}, []string{e.User.Data[0].Key, e.User.Data[1].Key})
	assert.ElementsMatch(t, []sentry.Tag{{Key: "accept", Value: "*/*"}, {Key: "cookie", Value: "sid=1"}}, e.Request.Headers)

	body := `{"msg":"login failed","user":{"id":"u-1","name":"ann"},"req":{"method":"POST","url":"/login","headers":{"cookie":"sid=1"}}}`
	e = eventOf(t, body, map[string]any{"client.port": 1}, Origin{Options: EventOptions{Personal: true}})
	assert.Equal(t, &sentry.User{ID: "u-1", Username: "ann"}, e.User)
	assert.Equal(t, []sentry.Tag{{Key: "cookie", Value: "sid=1"}}, e.Request.Headers)
	assert.Nil(t, eventOf(t, body, nil, Origin{}).User)
	assert.Nil(t, eventOf(t, "m", nil, Origin{Options: EventOptions{Personal: true}}).User)
}

func TestServed(t *testing.T) {
	type attrs = map[string]any
	outgoing := attrs{"http.request.method": "GET", "url.full": "https://stock.example.com/items/17", "http.response.status_code": 503}
	incoming := attrs{"http.request.method": "GET", "url.path": "/items/17", "http.route": "/items/{id}", "http.response.status_code": 503}
	tests := map[string]struct {
		attrs       attrs
		occurred    Occurrence
		transaction string
		request     bool
	}{
		"a log in a request":              {incoming, Occurrence{}, "GET /items/{id}", true},
		"without a route":                 {attrs{"http.request.method": "GET", "url.path": "/items/17"}, Occurrence{}, "", true},
		"a segment's name":                {attrs{"sentry.segment.name": "nightly"}, Occurrence{}, "nightly", false},
		"a span that served":              {incoming, Occurrence{FromSpan: true, Transaction: "GET"}, "GET /items/{id}", true},
		"a span below it":                 {incoming, Occurrence{FromSpan: true}, "", true},
		"a span that asked":               {outgoing, Occurrence{FromSpan: true}, "", false},
		"a span that asked, by itself":    {outgoing, Occurrence{FromSpan: true, Transaction: "poll"}, "poll", false},
		"a job":                           {attrs{"job": 1}, Occurrence{FromSpan: true, Transaction: "nightly"}, "nightly", false},
		"a log about an outgoing request": {outgoing, Occurrence{}, "", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			rec := plog.NewLogRecord()
			require.NoError(t, rec.Attributes().FromRaw(tt.attrs))
			e := Event(rec, tt.occurred, Origin{})
			assert.Equal(t, tt.transaction, e.Transaction)
			assert.Equal(t, tt.request, e.Request != nil)
		})
	}
}

func TestHeldBackAndBreadcrumbs(t *testing.T) {
	crumbs := []sentry.Breadcrumb{{Timestamp: 1, Message: "before"}}
	e := Event(plog.NewLogRecord(), Occurrence{HeldBack: 99_990, Breadcrumbs: crumbs}, Origin{})
	assert.Equal(t, crumbs, e.Breadcrumbs)
	assert.Equal(t, []sentry.Tag{{Key: "held_back", Value: "99990"}}, e.Tags)
	assert.Equal(t, []sentry.Context{{Key: "budget", Fields: []sentry.Attr{{Key: "held_back", Value: sentry.Int(99_990)}}}}, e.Contexts)
	assert.Empty(t, Event(plog.NewLogRecord(), Occurrence{}, Origin{}).Contexts)
}

func TestRelease(t *testing.T) {
	type attrs = map[string]any
	digest := "registry.example.com/shop@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	tests := map[string]struct {
		attrs    attrs
		defaults Defaults
		want     string
		assumed  bool
	}{
		"version":               {attrs{"service.version": "1.2"}, Defaults{Release: "d"}, "1.2", false},
		"made valid":            {attrs{"service.version": " feature/x\n"}, Defaults{}, "feature-x", false},
		"old tag":               {attrs{"container.image.tag": "1.2"}, Defaults{Release: "d"}, "1.2", false},
		"tags":                  {attrs{"container.image.tags": []any{"latest", "1.2"}}, Defaults{}, "1.2", false},
		"tag in the name":       {attrs{"container.image.name": "localhost:5000/shop:1.2@sha256:0123456789ab"}, Defaults{}, "1.2", false},
		"a port is no tag":      {attrs{"container.image.name": "localhost:5000/shop"}, Defaults{Release: "d"}, "d", true},
		"digest":                {attrs{"container.image.tag": "latest", "container.image.repo_digests": []any{digest}, "container.image.id": "sha256:ffffffffffff"}, Defaults{}, "0123456789ab", false},
		"digest in the name":    {attrs{"container.image.name": digest}, Defaults{}, "0123456789ab", false},
		"digest of the runtime": {attrs{"container.image.id": "sha256:ffffffffffff0000"}, Defaults{}, "ffffffffffff", false},
		"no digest":             {attrs{"container.image.id": "sha256:ff", "container.image.repo_digests": []any{}}, Defaults{}, "", true},
		"nothing":               {nil, Defaults{Release: "d"}, "d", true},
		"named":                 {attrs{"service.name": "shop", "service.version": "1.2"}, Defaults{NamedRelease: true}, "shop@1.2", false},
		"named by itself":       {attrs{"service.name": "shop", "service.version": "cart@1.2"}, Defaults{NamedRelease: true}, "cart@1.2", false},
		"a name with an at":     {attrs{"service.name": "@acme/shop", "service.version": "1.2"}, Defaults{NamedRelease: true}, "-acme-shop@1.2", false},
		"no name":               {attrs{"service.version": "1.2"}, Defaults{NamedRelease: true}, "1.2", false},
		"the default's own":     {attrs{"service.name": "shop"}, Defaults{Release: "d", NamedRelease: true}, "d", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := Resource(resourceOf(t, tt.attrs), tt.defaults)
			assert.Equal(t, tt.want, got.Release)
			assert.Equal(t, tt.assumed, got.ReleaseAssumed)
		})
	}
}

// TestBodyNamesService: what a body names is second to what the resource does, and goes before the configuration.
func TestBodyNamesService(t *testing.T) {
	body := `{"level":"error","msg":"m","service":{"name":"cart","version":"9","environment":"qa"}}`
	e := eventOf(t, body, nil, Origin{Resource: Resource(pcommon.NewResource(), Defaults{Release: "d", Environment: "d"})})
	assert.Equal(t, []string{"9", "qa"}, []string{e.Release, e.Environment})
	assert.Equal(t, []sentry.Tag{{Key: "service.name", Value: "cart"}}, e.Tags)
	res := resourceOf(t, map[string]any{"service.name": "shop", "service.version": "1", "deployment.environment.name": "prod"})
	e = eventOf(t, body, nil, Origin{Resource: Resource(res, Defaults{})})
	assert.Empty(t, e.Release+e.Environment)
	assert.Empty(t, e.Tags)
	assert.Equal(t, "9", eventOf(t, body, nil, Origin{}).Release)
}

func TestPlatform(t *testing.T) {
	type attrs = map[string]any
	tests := map[string]struct {
		body            string
		attrs, resource attrs
		want            string
	}{
		"none":        {"m", nil, nil, "|"},
		"sdk":         {"m", attrs{"exception.type": "*E"}, attrs{"telemetry.sdk.language": "ruby", "process.runtime.name": "go"}, "|ruby"},
		"runtime":     {"m", nil, attrs{"process.runtime.name": "CPython"}, "|python"},
		"stack trace": {"m", attrs{"exception.stacktrace": "Traceback (most recent call last):\n  File \"/a.py\", line 1, in f\nE: x"}, nil, "python|"},
		"logger":      {`{"level":50,"time":1795255872123,"pid":7,"hostname":"h","msg":"m"}`, nil, nil, "node|"},
		"place":       {"m", attrs{"code.file.path": "a.kt"}, nil, "java|"},
		"type":        {"m", attrs{"exception.type": "*errors.joinError"}, nil, "go|"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			res := Resource(resourceOf(t, tt.resource), Defaults{})
			e := eventOf(t, tt.body, tt.attrs, Origin{Resource: res})
			assert.Equal(t, tt.want, e.Platform+"|"+res.Platform)
		})
	}
}

// FuzzEvent: whatever a record says, its event keeps the protocol's rules.
func FuzzEvent(f *testing.F) {
	f.Add("user 7 {Id} gone", "Id", "7", true)
	f.Add(`{"msg":"x","req":{"url":"http://a@b/c?d"}}`, "url.full", "://", false)
	f.Add("m", "code.function.name", "a.b", false)
	f.Add("m", "sentry.fingerprint", `["{{ default }}"]`, true)
	f.Add("m", "flag.evaluation.a b", "on\noff", false)
	f.Add("m", "container.image.name", "a:b@sha256:c", false)
	f.Fuzz(func(t *testing.T, body, key, value string, personal bool) {
		rec := plog.NewLogRecord()
		rec.SetTimestamp(1_700_000_000_000_000_000)
		rec.Body().SetStr(body)
		rec.Attributes().PutStr(key, value)
		rec.Attributes().PutStr("http.request.method", value)
		rec.Attributes().PutStr("url.full", value)
		rec.Attributes().PutStr("k8s.event.reason", value)
		rec.Attributes().PutStr("user.id", value)
		res := pcommon.NewResource()
		res.Attributes().PutStr(key, value)
		from := Origin{Resource: Resource(res, Defaults{NamedRelease: personal}), Attributes: res.Attributes(), Options: EventOptions{Personal: personal}}
		e := Event(rec, Occurrence{EventID: sentry.EventID{1}, FromSpan: personal, Transaction: value}, from)
		payload := envelope.AppendEvent(nil, e, nil)
		item := envelope.Item{Type: envelope.TypeEvent, Payload: payload}
		parsed, err := envelope.Parse(envelope.AppendEnvelope(nil, envelope.Header{EventID: e.ID, SentAt: time.Unix(1_700_000_000, 0)}, item))
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range envelope.CheckWith(parsed, envelope.CheckOptions{SkipAge: true}) {
			t.Errorf("%s: %s", v, payload)
		}
	})
}
