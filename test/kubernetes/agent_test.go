package kubernetes

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/test/distribution"
)

// agent is the built binary with a configuration that is shipped: agent, gateway or sidecar. Nothing but its environment differs from that
// of a pod.
type agent struct {
	t     testing.TB
	ip    string // where it listens: the pod's address
	state string
	env   []string
	args  []string

	cmd    *exec.Cmd
	exited chan struct{}

	output distribution.Output
}

// said is all that it has written to its log.
func (a *agent) said() string { return a.output.String() }

// loopback is an address on this machine that nobody else listens on.
func loopback() string {
	return fmt.Sprintf("127.%d.%d.%d", 1+rand.IntN(254), rand.IntN(255), 2+rand.IntN(250))
}

// ourNamespace is where the shipped manifests put the agent.
const ourNamespace = "otelcol-sentry"

// newAgent makes an agent under its own service account. overlays are further configuration files: shipped ones by their path, or what a user
// would write.
func newAgent(t testing.TB, n *node, dsn string, overlays ...string) *agent {
	a := newCollector(t, n.cluster, "otelcol-sentry-agent", append([]string{"configs/agent.yaml"}, overlays...))
	a.env = append(a.env, "SENTRY_DSN="+dsn, "K8S_NODE_NAME="+n.name, "POD_NAMESPACE="+ourNamespace, "AGENT_STATE="+a.state, "AGENT_POD_LOGS="+n.logs)
	return a
}

// newGateway makes a gateway under its own service account.
func newGateway(t testing.TB, c *cluster, dsn string, overlays ...string) *agent {
	a := newCollector(t, c, "otelcol-sentry-gateway", append([]string{"configs/gateway.yaml"}, overlays...))
	a.env = append(a.env, "SENTRY_DSN="+dsn, "GATEWAY_STATE="+a.state)
	return a
}

func newCollector(t testing.TB, c *cluster, account string, configs []string) *agent {
	a := &agent{t: t, ip: loopback(), state: t.TempDir()}
	for i, config := range configs {
		if !strings.HasPrefix(config, "configs/") {
			file := filepath.Join(t.TempDir(), fmt.Sprintf("overlay%d.yaml", i))
			require.NoError(t, os.WriteFile(file, []byte(config), 0o600))
			config = file
		}
		a.args = append(a.args, "--config", config)
	}
	a.env = append(os.Environ(), "POD_IP="+a.ip, "K8S_AUTH_TYPE=kubeConfig", "K8S_CLUSTER_NAME=test")
	if c != nil {
		for _, manifest := range []string{"namespace", "agent-rbac", "gateway-rbac"} {
			c.applyFile(t, "configs/kubernetes/"+manifest+".yaml")
		}
		a.env = append(a.env, "KUBECONFIG="+c.tokenFor(t, ourNamespace, account))
	}
	t.Cleanup(a.stop)
	return a
}

// start starts it and waits until it is ready.
func (a *agent) start() {
	a.launch()
	a.ready()
}

func (a *agent) launch() {
	a.output.Reset()
	a.cmd = exec.Command(distribution.Path(a.t), a.args...)
	a.cmd.Dir, a.cmd.Env, a.cmd.Stdout, a.cmd.Stderr = root, a.env, &a.output, &a.output
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
