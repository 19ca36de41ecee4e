package kubernetes

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentrytest"
)

// BenchmarkAgent measures what docs/kubernetes.md says of the agent's size: the processor time of the process for a million lines of 50
// containers, and the memory it has at the end; and what it uses when nothing is written. `-benchtime 1x`.
func BenchmarkAgent(b *testing.B) {
	const pods = 50
	ordinary := make([]string, 1000)
	for i := range ordinary {
		ordinary[i] = fmt.Sprintf(`2026-11-21T17:10:59.%03dZ  INFO 1 --- [nio-8080-exec-%d] com.acme.shop.Checkout : order %d was paid with card, total 42.00`, i, i%10, i)
	}
	json := make([]string, 1000)
	for i := range json {
		json[i] = fmt.Sprintf(`{"time":"2026-11-21T17:10:59.%03dZ","level":"info","msg":"order was paid with card","order":%d,"total":42.00,"logger":"checkout"}`, i, i)
	}
	var traces []string
	for len(traces) < 1000 {
		traces = append(traces, lines(crashes[0].text)...)
	}
	for _, bench := range []struct {
		name    string
		lines   []string
		count   int // of lines, per container
		rotated int // how often each log was rotated
	}{
		{"ordinary", ordinary, 20_000, 0},
		{"JSON", json, 20_000, 0},
		{"traces", traces, 4_000, 0},
		{"idle", ordinary[:1], 1, 0},
		{"idle-rotated", ordinary[:1], 1, 4},
	} {
		b.Run(bench.name, func(b *testing.B) {
			c := benchCluster(b)
			namespace := strings.ToLower("size-" + bench.name)
			c.apply(b, "{apiVersion: v1, kind: Namespace, metadata: {name: "+namespace+"}}")
			n := newNode(b, c, namespace)
			fake := sentrytest.Start(b)
			fake.Unchecked()
			a := newAgent(b, n, fake.DSN("7"))

			for i := range pods {
				p := n.run(podSpec{namespace: namespace, deployment: fmt.Sprint("app-", i)})
				for written := 0; written < bench.count; written += len(bench.lines) {
					p.log("app", "stdout", bench.lines...)
				}
				for i := range bench.rotated {
					p.now = func() time.Time { return time.Now().Add(time.Duration(i) * time.Second) }
					p.rotate("app")
					p.log("app", "stdout", bench.lines...)
				}
			}
			for b.Loop() {
				a.start()
				a.eventually("it does not read all", func() bool { return a.caughtUp() })
				began, used := time.Now(), cpu(b, a.cmd.Process.Pid)
				b.ReportMetric(memory(b, a.cmd.Process.Pid), "MiB")
				b.ReportMetric(a.metric("otelcol_receiver_accepted_log_records"), "records")
				if bench.count > 1 {
					b.ReportMetric(float64(pods*bench.count)/used.Seconds()/10, "lines/s/0.1CPU")
					continue
				}
				<-time.After(20 * time.Second) // nothing happens, which costs
				b.ReportMetric(1000*(cpu(b, a.cmd.Process.Pid)-used).Seconds()/time.Since(began).Seconds(), "mCPU")
			}
		})
	}
}

func benchCluster(b *testing.B) *cluster {
	if theCluster == nil {
		b.Skip("no Kubernetes here: make test-kubernetes")
	}
	return theCluster
}

// caughtUp: the agent has read every file to its end. What was joined counts less, so the receiver's count does not tell; the process does not
// read any more.
func (a *agent) caughtUp() bool {
	before := readBytes(a.t, a.cmd.Process.Pid)
	<-time.After(2 * time.Second)
	return a.metric("otelcol_receiver_accepted_log_records") > 0 && readBytes(a.t, a.cmd.Process.Pid)-before < 1<<20
}

// readBytes are those that a process has read so far, from files and sockets.
func readBytes(t testing.TB, pid int) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/io", pid))
	require.NoError(t, err)
	var n int
	_, err = fmt.Sscanf(string(text), "rchar: %d", &n)
	require.NoError(t, err)
	return n
}

// cpu is the processor time of a process so far.
func cpu(t testing.TB, pid int) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	require.NoError(t, err)
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	user, err := strconv.Atoi(fields[11])
	require.NoError(t, err)
	system, err := strconv.Atoi(fields[12])
	require.NoError(t, err)
	return time.Duration(user+system) * 10 * time.Millisecond // USER_HZ is 100 on Linux
}

// memory is the resident memory of a process without the pages of its file, in MiB.
func memory(t testing.TB, pid int) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			kib, err := strconv.Atoi(strings.Fields(rest)[0])
			require.NoError(t, err)
			return float64(kib) / 1024
		}
	}
	return 0
}
