package kubernetes

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentrytest"
)

const javaTrace = "java.lang.IllegalStateException: no stock left\n" +
	"\tat com.acme.shop.Stock.take(Stock.java:42)\n" +
	"\tat com.acme.shop.Checkout.pay(Checkout.java:17)\n"

// byTrace sends an agent's spans to the given gateways, where DNS would find them.
func byTrace(gateways ...*agent) string {
	var hosts []string
	for _, g := range gateways {
		hosts = append(hosts, fmt.Sprintf("%q", g.ip+":4319"))
	}
	return "exporters: {load_balancing: {resolver: {dns: null, static: {hostnames: [" + strings.Join(hosts, ", ") + "]}}}}"
}

// TestOneOccurrence: one exception is on stdout of a pod, in an OTLP log record, and on the spans that it passed, in the pod and in its caller
// on another node. It comes through two agents and two gateways, and is one event.
func TestOneOccurrence(t *testing.T) {
	c := needCluster(t)
	c.apply(t, `{apiVersion: v1, kind: Namespace, metadata: {name: occurrence, annotations: {resource.opentelemetry.io/deployment.environment.name: production}}}`)
	fake := sentrytest.Start(t)
	dsn := fake.DSN("7")
	g1, g2 := newGateway(t, c, dsn), newGateway(t, c, dsn)
	n1, n2 := newNode(t, c, "occurrence-1"), newNode(t, c, "occurrence-2")
	const toGateways = "configs/agent-spans-to-gateway.yaml"
	a1, a2 := newAgent(t, n1, dsn, toGateways, byTrace(g1, g2)), newAgent(t, n2, dsn, toGateways, byTrace(g1, g2))
	for _, a := range []*agent{g1, g2, a1, a2} {
		a.launch()
	}
	for _, a := range []*agent{g1, g2, a1, a2} {
		a.ready()
	}
	cart := n1.run(podSpec{namespace: "occurrence", deployment: "cart", ip: loopback()})
	till := n2.run(podSpec{namespace: "occurrence", deployment: "till", ip: loopback()})
	cartApp, tillApp := newApp(t, cart.ip), newApp(t, till.ip)

	const failures = 8 // so that both gateways get some
	for i := range failures {
		trace := pcommon.TraceID{1: 0xab, 15: byte(i + 1)}
		exception := func(attrs pcommon.Map) {
			attrs.PutStr("exception.type", "java.lang.IllegalStateException")
			attrs.PutStr("exception.message", "no stock left")
			attrs.PutStr("exception.stacktrace", javaTrace)
		}
		span := func(id, parent byte, name string, kind ptrace.SpanKind) func(ptrace.Span) {
			return func(s ptrace.Span) {
				s.SetTraceID(trace)
				s.SetSpanID(pcommon.SpanID{7: id})
				if parent != 0 {
					s.SetParentSpanID(pcommon.SpanID{7: parent})
				}
				s.SetName(name)
				s.SetKind(kind)
				s.Status().SetCode(ptrace.StatusCodeError)
				event := s.Events().AppendEmpty()
				event.SetName("exception")
				event.SetTimestamp(s.EndTimestamp())
				exception(event.Attributes())
			}
		}
		cart.log("app", "stdout", fmt.Sprintf(`{"@timestamp":"2026-11-21T17:10:59.066Z","level":"ERROR","logger_name":"com.acme.shop.Checkout",`+
			`"message":"payment failed","traceId":"%s","spanId":"0000000000000003","stack_trace":%q}`, trace, javaTrace))
		cartApp.logs(a1, logOf(map[string]any{"service.name": "cart"}, func(rec plog.LogRecord) {
			rec.SetSeverityNumber(plog.SeverityNumberError)
			rec.Body().SetStr("payment failed")
			rec.SetTraceID(trace)
			rec.SetSpanID(pcommon.SpanID{7: 3})
			exception(rec.Attributes())
		}))
		cartApp.traces(a1, spanOf(map[string]any{"service.name": "cart"}, span(3, 2, "SELECT stock", ptrace.SpanKindInternal)))
		cartApp.traces(a1, spanOf(map[string]any{"service.name": "cart"}, span(2, 1, "POST /pay", ptrace.SpanKindServer)))
		tillApp.traces(a2, spanOf(map[string]any{"service.name": "till"}, span(1, 0, "GET /checkout", ptrace.SpanKindServer)))
	}

	transactions := fake.WaitForItems("transaction", 2*failures)
	for _, r := range transactions {
		tx := r.Item()
		pod, workload, spans := cart.name, "cart", 1
		if at(tx, "tags", "service.name") == "till" {
			pod, workload, spans = till.name, "till", 0
		}
		assert.Equal(t, pod, at(tx, "server_name"))
		assert.Equal(t, workload, at(tx, "tags", "k8s.deployment.name"))
		assert.Len(t, tx["spans"], spans, "both spans of the cart are in one transaction, though they came in two requests")
	}
	ids := map[string]map[string]bool{}
	whole := func() bool {
		clear(ids)
		for _, r := range fake.Accepted("event") {
			trace := at(r.Item(), "contexts", "trace", "trace_id")
			if ids[trace] == nil {
				ids[trace] = map[string]bool{}
			}
			ids[trace][at(r.Item(), "event_id")] = true
		}
		return len(ids) == failures
	}
	fake.WaitFor(whole)
	for _, g := range []*agent{g1, g2} {
		assert.Positive(t, g.metric("otelcol_receiver_accepted_spans", "otlp/agents"), "each gateway has its part of the traces")
	}
	for _, a := range []*agent{a1, a2, g1, g2} {
		a.stop() // what is on its way comes
	}
	require.True(t, whole())
	for trace, of := range ids {
		assert.Len(t, of, 1, trace)
	}
	for _, r := range fake.Accepted("event") {
		e := r.Item()
		assert.Equal(t, "1.4.2", at(e, "release"))
		assert.Equal(t, "production", at(e, "environment"))
		assert.Contains(t, []string{cart.name, till.name}, at(e, "server_name"))
		assert.Contains(t, []string{"cart", "till"}, at(e, "tags", "k8s.deployment.name"))
		assert.Equal(t, "take Stock.java:42", frames(exceptions(t, e)[0])[1])
	}
}

// TestForgedAttributes: what a client says of its pod is not believed; which of its containers it is, it may say.
func TestForgedAttributes(t *testing.T) {
	c := needCluster(t)
	c.apply(t, `{apiVersion: v1, kind: Namespace, metadata: {name: forged}}`)
	n := newNode(t, c, "forged-node")
	fake := sentrytest.Start(t)
	a := newAgent(t, n, fake.DSN("7"), twoProjects(fake, `"shop"`))
	a.start()
	p := n.run(podSpec{namespace: "forged", deployment: "liar", ip: loopback(), containers: []string{"app", "proxy"}})
	newApp(t, p.ip).logs(a, logOf(map[string]any{
		"service.name": "liar", "k8s.namespace.name": "shop", "k8s.pod.name": "checkout-1", "k8s.pod.uid": "1234", "k8s.deployment.name": "checkout",
		"k8s.node.name": "elsewhere", "k8s.something.new": "x", "k8s.container.name": "app", "sentry.project": "checkout", "sentry.level": "fatal",
	}, func(rec plog.LogRecord) {
		rec.SetSeverityNumber(plog.SeverityNumberError)
		rec.Body().SetStr("trust me")
	}))
	r := fake.WaitForItems("event", 1)[0]
	e := r.Item()
	assert.Equal(t, "7", r.Project)
	assert.Equal(t, p.name, at(e, "server_name"))
	assert.Equal(t, "forged", at(e, "tags", "k8s.namespace.name"))
	assert.Equal(t, "liar", at(e, "tags", "k8s.deployment.name"))
	assert.Equal(t, "forged-node", at(e, "tags", "k8s.node.name"))
	assert.Equal(t, "app", at(e, "tags", "k8s.container.name"))
	assert.Equal(t, "1.4.2", at(e, "release"), "of the container's image")
	assert.NotContains(t, string(r.Body), "something.new")
	assert.NotContains(t, string(r.Body), "container.claimed")
}
