package kubernetes

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// agent is the built binary with configs/agent.yaml. Nothing but its environment differs from a DaemonSet's pod.
type agent struct {
	t     testing.TB
	node  *node
	ip    string // where it listens: the pod's address
	state string
	env   []string
	args  []string

	cmd    *exec.Cmd
	exited chan struct{}

	mu     sync.Mutex
	output bytes.Buffer
}

func (a *agent) Write(p []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.output.Write(p)
}

// said is all that it has written to its log.
func (a *agent) said() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.output.String()
}

// loopback is an address on this machine that nobody else listens on.
func loopback() string {
	return fmt.Sprintf("127.%d.%d.%d", 1+rand.IntN(254), rand.IntN(255), 2+rand.IntN(250))
}

// ourNamespace is where the shipped manifests put the agent.
const ourNamespace = "otelcol-sentry"

// newAgent makes an agent under its own service account. overlay is a second configuration file, as a user would write; "" none.
func newAgent(t testing.TB, n *node, dsn, overlay string) *agent {
	n.cluster.applyFile(t, "configs/kubernetes/namespace.yaml")
	n.cluster.applyFile(t, "configs/kubernetes/agent-rbac.yaml")
	a := &agent{t: t, node: n, ip: loopback(), state: t.TempDir()}
	a.args = []string{"--config", "configs/agent.yaml"}
	if overlay != "" {
		file := filepath.Join(t.TempDir(), "overlay.yaml")
		require.NoError(t, os.WriteFile(file, []byte(overlay), 0o600))
		a.args = append(a.args, "--config", file)
	}
	a.env = append(os.Environ(), "SENTRY_DSN="+dsn, "K8S_NODE_NAME="+n.name, "POD_IP="+a.ip, "POD_NAMESPACE="+ourNamespace,
		"AGENT_STATE="+a.state, "AGENT_POD_LOGS="+n.logs, "K8S_AUTH_TYPE=kubeConfig", "K8S_CLUSTER_NAME=test",
		"KUBECONFIG="+n.cluster.tokenFor(t, ourNamespace, "otelcol-sentry-agent"))
	t.Cleanup(a.stop)
	return a
}

// start starts it and waits until it is ready.
func (a *agent) start() {
	a.launch()
	a.ready()
}

func (a *agent) launch() {
	a.mu.Lock()
	a.output.Reset()
	a.mu.Unlock()
	a.cmd = exec.Command(binary(a.t), a.args...)
	a.cmd.Dir, a.cmd.Env, a.cmd.Stdout, a.cmd.Stderr = root, a.env, a, a
	a.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	require.NoError(a.t, a.cmd.Start())
	exited := make(chan struct{})
	a.exited = exited
	go func() {
		_ = a.cmd.Wait() // its state says how
		close(exited)
	}()
}

// ready waits for what the readiness probe of the shipped DaemonSet asks.
func (a *agent) ready() {
	a.eventually("it is not ready", func() bool {
		resp, err := http.Get("http://" + a.ip + ":13133/health/status")
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
}

// eventually waits for something; it fails at once when the agent exits.
func (a *agent) eventually(otherwise string, condition func() bool) {
	deadline := time.After(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-a.exited:
			require.Fail(a.t, "the agent exited", a.said())
		case <-deadline:
			require.Fail(a.t, otherwise, a.said())
		}
	}
}

// kill is kill -9.
func (a *agent) kill() {
	require.NoError(a.t, a.cmd.Process.Kill())
	<-a.exited
}

// stop ends it as kubelet does.
func (a *agent) stop() {
	if a.cmd == nil || a.cmd.Process == nil {
		return
	}
	_ = a.cmd.Process.Signal(syscall.SIGTERM) // it may have exited
	select {
	case <-a.exited:
	case <-time.After(patience):
		_ = a.cmd.Process.Kill()
		<-a.exited
		a.t.Error("the agent did not stop")
	}
	if a.t.Failed() {
		a.t.Log(a.said())
	}
}

// wait waits until it exits by itself, and gives the exit code.
func (a *agent) wait() int {
	select {
	case <-a.exited:
		return a.cmd.ProcessState.ExitCode()
	case <-time.After(2 * patience):
		require.Fail(a.t, "the agent did not exit", a.said())
		return 0
	}
}

// metrics are its own, as a scraper sees them.
func (a *agent) metrics() string {
	resp, err := http.Get("http://" + a.ip + ":8888/metrics")
	require.NoError(a.t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(a.t, err)
	return string(text)
}

// metric is the sum of a metric's series that contain all the given texts.
func (a *agent) metric(name string, with ...string) float64 {
	return sumOf(a.t, strings.NewReader(a.metrics()), name, with...)
}

// sumOf adds up the series of a metric, in Prometheus' format, whose lines contain all the given texts.
func sumOf(t testing.TB, exposition io.Reader, name string, with ...string) (sum float64) {
	text, err := io.ReadAll(exposition)
	require.NoError(t, err)
next:
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, name+"{") && !strings.HasPrefix(line, name+" ") {
			continue
		}
		for _, w := range with {
			if !strings.Contains(line, w) {
				continue next
			}
		}
		var v float64
		_, err := fmt.Sscan(line[strings.LastIndexByte(line, ' ')+1:], &v)
		require.NoError(t, err)
		sum += v
	}
	return sum
}
