package kubernetes

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentrytest"
)

// everything sends each error and each line: what is lost or doubled shows.
const everything = `exporters: {sentry: {events: {budget: {enabled: false}}, logs: {enabled: true}}}`

// noisy is a pod that writes numbered errors.
type noisy struct {
	pod     *pod
	written int
}

func (w *noisy) write(n int) {
	for range n {
		w.pod.log("app", "stderr", `{"level":"error","msg":"error `+strconv.Itoa(w.written)+` of `+w.pod.name+`"}`)
		w.written++
	}
}

// complete: an event of every error has come.
func complete(fake *sentrytest.Fake, pods []*noisy) bool {
	seen := map[string]bool{}
	for _, r := range fake.Accepted("event") {
		seen[said(r.Item())] = true
	}
	for _, w := range pods {
		for i := range w.written {
			if !seen["error "+strconv.Itoa(i)+" of "+w.pod.name] {
				return false
			}
		}
	}
	return true
}

// oneIDEach: whatever was sent twice was sent under the same id.
func oneIDEach(t *testing.T, fake *sentrytest.Fake, pods []*noisy) {
	ids := map[string]map[string]bool{}
	for _, r := range fake.Accepted("event") {
		text := said(r.Item())
		if ids[text] == nil {
			ids[text] = map[string]bool{}
		}
		ids[text][at(r.Item(), "event_id")] = true
	}
	want := 0
	for _, w := range pods {
		want += w.written
	}
	assert.Len(t, ids, want)
	for text, of := range ids {
		assert.Len(t, of, 1, text)
	}
}

// linesSent are the log lines in Sentry Logs.
func linesSent(t *testing.T, fake *sentrytest.Fake) map[string]int {
	out := map[string]int{}
	for _, r := range fake.Accepted("log") {
		for _, item := range r.Envelope.Items {
			var container struct{ Items []struct{ Body string } }
			require.NoError(t, json.Unmarshal(item.Payload, &container))
			for _, line := range container.Items {
				out[line.Body]++
			}
		}
	}
	return out
}

func somePods(n *node, namespace string, count int) []*noisy {
	var out []*noisy
	for i := range count {
		out = append(out, &noisy{pod: n.run(podSpec{namespace: namespace, deployment: fmt.Sprint("noisy-", i)})})
	}
	return out
}

// TestKilled kills the agent again and again while pods write and Sentry answers slowly.
func TestKilled(t *testing.T) {
	c := needCluster(t)
	c.apply(t, `{apiVersion: v1, kind: Namespace, metadata: {name: killed}}`)
	n := newNode(t, c, "killed-node")
	fake := sentrytest.Start(t)
	fake.MortalSenders()
	a := newAgent(t, n, fake.DSN("7"), everything)
	pods := somePods(n, "killed", 5)
	for round := range 4 {
		a.start()
		for i := range 40 {
			for _, w := range pods {
				w.write(1 + i%3)
			}
			if i == 20 {
				fake.WaitFor(func() bool { return len(fake.Accepted("event")) > round*50 })
			}
		}
		a.kill()
	}
	a.start()
	fake.WaitFor(func() bool { return complete(fake, pods) })
	oneIDEach(t, fake, pods)
	everyLine(t, fake, pods)
}

// everyLine waits for a log of every error.
func everyLine(t *testing.T, fake *sentrytest.Fake, pods []*noisy) {
	fake.WaitFor(func() bool {
		sent := linesSent(t, fake)
		for _, w := range pods {
			for i := range w.written {
				if sent["error "+strconv.Itoa(i)+" of "+w.pod.name] == 0 {
					return false
				}
			}
		}
		return true
	})
}

// tiny is a queue that is full after a few errors.
const tiny = `exporters: {sentry: {events: {budget: {enabled: false}}, logs: {enabled: true}, sending_queue: {queue_size: 65536}, retry_on_failure: {max_interval: 1s}}}`

// downUntil makes a Sentry that fails until it is told not to.
func downUntil(fake *sentrytest.Fake) (up func()) {
	var isUp atomic.Bool
	fake.AnswerWith(func(*sentrytest.Received) sentrytest.Answer {
		if isUp.Load() {
			return sentrytest.Answer{}
		}
		return sentrytest.Answer{Status: http.StatusServiceUnavailable}
	})
	return func() { isUp.Store(true) }
}

// TestStoppedWhileSentryIsDown fills the queue while Sentry is down, and ends the agent politely, with more to read than the queue holds.
func TestStoppedWhileSentryIsDown(t *testing.T) {
	for name, end := range map[string]func(*agent){"SIGTERM": (*agent).stop, "kill -9": (*agent).kill} {
		t.Run(name, func(t *testing.T) {
			c := needCluster(t)
			c.apply(t, `{apiVersion: v1, kind: Namespace, metadata: {name: down}}`)
			n := newNode(t, c, "down-node")
			fake := sentrytest.Start(t)
			fake.MortalSenders()
			up := downUntil(fake)
			a := newAgent(t, n, fake.DSN("7"), tiny)
			pods := somePods(n, "down", 5)
			a.start()
			for _, w := range pods {
				w.write(500)
			}
			a.eventually("the queue does not fill", func() bool {
				return a.metric("otelcol_exporter_queue_size", "events") > 0.8*a.metric("otelcol_exporter_queue_capacity", "events")
			})
			end(a)
			for _, w := range pods {
				w.write(10) // while nobody reads
			}
			up()
			a.start()
			fake.WaitFor(func() bool { return complete(fake, pods) })
			oneIDEach(t, fake, pods)
			everyLine(t, fake, pods)
		})
	}
}

// TestStateIsPrivate: what waits on the node's disk is for the agent's eyes only.
func TestStateIsPrivate(t *testing.T) {
	c := needCluster(t)
	n := newNode(t, c, "private-node")
	a := newAgent(t, n, sentrytest.Start(t).DSN("7"))
	a.start()
	for _, dir := range []string{"offsets", "queues", "spans"} {
		info, err := os.Stat(filepath.Join(a.state, dir))
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o700), info.Mode().Perm(), dir)
	}
}

// TestMetadataComesLate: the log is there before the API server tells of the pod. Its lines wait in the file.
func TestMetadataComesLate(t *testing.T) {
	c := needCluster(t)
	c.apply(t, `{apiVersion: v1, kind: Namespace, metadata: {name: late}}`)
	n := newNode(t, c, "late-node")
	fake := sentrytest.Start(t)
	a := newAgent(t, n, fake.DSN("7"))
	a.start()

	spec := podSpec{namespace: "late", deployment: "tardy", labels: map[string]string{"app.kubernetes.io/version": "9.9"}}
	p := n.create(spec)
	p.log("app", "stderr", `{"level":"error","msg":"I was faster"}`)
	a.eventually("it does not wait", func() bool { return a.metric("otelcol_processor_k8s_wait_refused") > 0 })
	assert.Empty(t, fake.Accepted("event"))
	n.schedule(p, spec)
	e := fake.WaitForItems("event", 1)[0].Item()
	assert.Equal(t, "9.9", at(e, "release"))
	assert.Equal(t, "tardy", at(e, "tags", "k8s.deployment.name"))
	assert.Zero(t, a.metric("otelcol_processor_k8s_wait_incomplete"))

	t.Run("never", func(t *testing.T) {
		gone := n.run(podSpec{namespace: "late", deployment: "gone"})
		gone.uid = "00000000-0000-0000-0000-00000000dead"
		gone.dir = n.logsOf(gone)
		began := time.Now()
		gone.log("app", "stderr", `{"level":"error","msg":"nobody knows me"}`)
		fake.WaitFor(func() bool { return len(events(fake)["nobody knows me"]) == 1 })
		assert.Less(t, time.Since(began), 20*time.Second)
		e := events(fake)["nobody knows me"][0].Item()
		assert.Equal(t, gone.name, at(e, "server_name"), "what the path says")
		assert.Equal(t, 1.0, a.metric("otelcol_processor_k8s_wait_incomplete"))
		assert.Contains(t, a.said(), "its telemetry passes without")
	})
}

// TestRotatedWhileAway rotates the logs twice while nobody reads: one file is left as it is, one is compressed.
func TestRotatedWhileAway(t *testing.T) {
	c := needCluster(t)
	c.apply(t, `{apiVersion: v1, kind: Namespace, metadata: {name: rotated}}`)
	n := newNode(t, c, "rotated-node")
	fake := sentrytest.Start(t)
	fake.MortalSenders()
	a := newAgent(t, n, fake.DSN("7"), everything)
	a.start()
	pods := somePods(n, "rotated", 3)
	clock := time.Now() // a file's name has the second in it
	for _, w := range pods {
		w.pod.now = func() time.Time { return clock }
	}
	each := func(do func(w *noisy)) {
		for _, w := range pods {
			do(w)
		}
		clock = clock.Add(time.Second)
	}
	write := func(w *noisy) { w.write(60) }
	rotate := func(w *noisy) { w.pod.rotate("app") }
	each(write)
	fake.WaitFor(func() bool { return complete(fake, pods) })
	each(rotate)
	each(write)
	fake.WaitFor(func() bool { return complete(fake, pods) })
	a.kill()
	each(write)
	each(rotate)
	each(write)
	each(rotate)
	each(write)
	a.start()
	fake.WaitFor(func() bool { return complete(fake, pods) })
	oneIDEach(t, fake, pods)
	everyLine(t, fake, pods)
	zipped, err := filepath.Glob(filepath.Join(n.logs, "*", "*", "*.gz"))
	require.NoError(t, err)
	assert.Len(t, zipped, 2*len(pods))
}
