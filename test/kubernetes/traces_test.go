package kubernetes

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentrytest"
)

// crash is what a program printed as it failed, and what of it an event must hold.
type crash struct {
	language string
	text     string
	kind     string // of the thrown exception
	value    string
	cause    string // type of its cause; "" none
	frames   int    // of the thrown exception, or of what caused it
	inner    string // the innermost frame
}

var crashes = []crash{
	{
		language: "java",
		text: `
2026-11-21T17:10:59.066Z ERROR 1 --- [nio-8080-exec-1] com.acme.shop.Checkout                   : payment of order 4711 failed
java.lang.IllegalStateException: no stock left
	at com.acme.shop.Stock.take(Stock.java:42)
	at com.acme.shop.Checkout.pay(Checkout.java:17)
	at java.base/java.lang.Thread.run(Thread.java:1583)
Caused by: java.io.IOException: warehouse closed
	at com.acme.shop.Warehouse.open(Warehouse.java:7)
	... 2 common frames omitted`,
		kind: "IllegalStateException", value: "no stock left", cause: "IOException", frames: 3, inner: "take Stock.java:42",
	},
	{
		language: "python",
		text: `
2026-11-21 17:10:59,066 ERROR shop.checkout payment of order 4711 failed
Traceback (most recent call last):
  File "/srv/shop/checkout.py", line 17, in pay
    stock.take(order)
  File "/srv/shop/stock.py", line 42, in take
    raise LookupError("no stock left")
LookupError: no stock left`,
		kind: "LookupError", value: "no stock left", frames: 2, inner: "take /srv/shop/stock.py:42",
	},
	{
		language: "go",
		text: `
panic: no stock left

goroutine 1 [running]:
main.(*Stock).take(...)
	/srv/shop/stock.go:42
main.pay(0x12)
	/srv/shop/checkout.go:17 +0x1d
main.main()
	/srv/shop/main.go:9 +0x85
exit status 2`,
		kind: "panic", value: "no stock left", frames: 3, inner: "(*Stock).take /srv/shop/stock.go:42",
	},
	{
		language: "node",
		text: `
/srv/shop/stock.js:42
    throw new RangeError("no stock left");
    ^

RangeError: no stock left
    at take (/srv/shop/stock.js:42:11)
    at pay (/srv/shop/checkout.js:17:3)
    at Object.<anonymous> (/srv/shop/index.js:9:1)

Node.js v22.11.0`,
		kind: "RangeError", value: "no stock left", frames: 3, inner: "take /srv/shop/stock.js:42",
	},
}

// patient is an agent's configuration for crashes that are interrupted: the rest of a trace may take its time.
const patient = `
receivers: {file_log: {operators: [{type: sentry_stacktrace, flush_after: 8s}]}}
exporters: {sentry: {events: {budget: {enabled: false}}}}`

// one wants exactly one event of a pod but those that are named, with all of its crash.
func (c *crash) one(t *testing.T, fake *sentrytest.Fake, p *pod, but ...string) {
	of := func() (out []map[string]any) {
		for _, r := range fake.Accepted("event") {
			if at(r.Item(), "server_name") == p.name && !slices.Contains(but, said(r.Item())) {
				out = append(out, r.Item())
			}
		}
		return out
	}
	fake.WaitFor(func() bool { return len(of()) > 0 })
	got := of()
	ids := map[string]bool{}
	for _, e := range got {
		ids[at(e, "event_id")] = true
	}
	require.Len(t, ids, 1)
	list := exceptions(t, got[0])
	thrown := list[len(list)-1]
	assert.Contains(t, at(thrown, "type"), c.kind)
	assert.Equal(t, c.value, at(thrown, "value"))
	all := frames(thrown)
	if assert.Len(t, all, c.frames) {
		assert.Equal(t, c.inner, all[len(all)-1])
	}
	if c.cause != "" {
		require.Len(t, list, 2)
		assert.Contains(t, at(list[0], "type"), c.cause)
	}
	if strings.Contains(c.text, "payment of order") {
		assert.Equal(t, "payment of order 4711 failed", at(got[0], "logentry", "formatted"), "the line that introduced it")
	}
}

// crashing is a pod that crashes.
type crashing struct {
	*crash
	pod   *pod
	lines []string
}

func (c *crashing) log(lines []string) { c.pod.log("app", "stderr", lines...) }

// TestTraces: a stack trace is one event, whatever happens while it is written.
func TestTraces(t *testing.T) {
	c := needCluster(t)
	c.apply(t, `{apiVersion: v1, kind: Namespace, metadata: {name: traces}}`)
	n := newNode(t, c, "traces-node")
	fake := sentrytest.Start(t)
	fake.SkipAge()
	fake.MortalSenders()
	a := newAgent(t, n, fake.DSN("7"), patient)
	a.start()

	beacon := n.run(podSpec{namespace: "traces", deployment: "beacon"})
	signs := 0
	// half writes what comes before the interruption, and waits until the agent has read it, and then another round: it has noted how far it came.
	half := func(pods []*crashing) {
		for _, c := range pods {
			c.log(c.lines[:3])
		}
		for range 2 {
			signs++
			beacon.log("app", "stderr", fmt.Sprintf(`{"level":"error","msg":"sign %d"}`, signs))
			fake.WaitFor(func() bool { return len(events(fake)[fmt.Sprint("sign ", signs)]) > 0 })
		}
	}
	each := func(pods []*crashing, do func(c *crashing)) {
		for _, c := range pods {
			do(c)
		}
	}
	rest := func(c *crashing) { c.log(c.lines[3:]) }
	rotate := func(c *crashing) { c.pod.rotate("app") }
	for _, test := range []struct {
		name  string
		write func(pods []*crashing)
	}{
		{"whole", func(pods []*crashing) { each(pods, func(c *crashing) { c.log(c.lines) }) }},
		{"line by line, in turns", func(pods []*crashing) {
			for i := range 12 {
				each(pods, func(c *crashing) {
					if i < len(c.lines) {
						c.log(c.lines[i : i+1])
					}
				})
			}
		}},
		{"rotated in the middle", func(pods []*crashing) {
			half(pods)
			each(pods, rotate)
			each(pods, rest)
		}},
		{"killed in the middle", func(pods []*crashing) {
			half(pods)
			a.kill()
			each(pods, rest)
			a.start()
		}},
		{"stopped in the middle", func(pods []*crashing) {
			half(pods)
			each(pods, rest)
			a.stop()
			a.start()
		}},
		{"killed and rotated in the middle", func(pods []*crashing) {
			half(pods)
			a.kill()
			each(pods, rotate)
			each(pods, rest)
			a.start()
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var pods []*crashing
			for i := range crashes {
				c := &crashes[i]
				pods = append(pods, &crashing{c, n.run(podSpec{namespace: "traces", deployment: c.language}), lines(c.text)})
			}
			test.write(pods)
			for _, c := range pods {
				t.Run(c.language, func(t *testing.T) { c.one(t, fake, c.pod) })
			}
		})
	}
}

// TestLongLine: containerd writes a long line in parts.
func TestLongLine(t *testing.T) {
	c := needCluster(t)
	c.apply(t, `{apiVersion: v1, kind: Namespace, metadata: {name: long}}`)
	n := newNode(t, c, "long-node")
	fake := sentrytest.Start(t)
	fake.MortalSenders()
	a := newAgent(t, n, fake.DSN("7"), everything)
	a.start()
	p := n.run(podSpec{namespace: "long", deployment: "long"})
	long := strings.Repeat("all of this is said in one line; ", 1300) + "the end"
	sent := func(text string) (times int) {
		for line, n := range linesSent(t, fake) {
			if strings.Contains(line, text) {
				times += n
			}
		}
		return times
	}
	whole := p.cri("stderr", `{"level":"error","msg":"`+long+`"}`)
	require.Equal(t, 3, bytes.Count(whole, []byte{'\n'}))
	p.append("app", append(p.cri("stderr", `{"level":"error","msg":"a sign"}`), whole[:30_000]...)) // to the middle of the second part
	fake.WaitForItems("event", 1)
	a.kill()
	p.append("app", whole[30_000:])
	a.start()
	fake.WaitFor(func() bool { return sent(long) == 1 })
	fake.WaitFor(func() bool { return len(events(fake)) == 2 })
}
