package kubernetes

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// root is the root of the repository.
const root = "../.."

// patience bounds how long a failing test waits.
const patience = 60 * time.Second

// cluster is an API server with its etcd. There are no controllers, no scheduler and no kubelet.
type cluster struct {
	url    string
	pki    *authority
	client *http.Client // the administrator's
	admin  string       // path of the administrator's kubeconfig
	etcd   *exec.Cmd
	api    *exec.Cmd
}

// theCluster serves all tests of this package; each has namespaces of its own.
var theCluster *cluster

// TestMain starts the cluster, where `make test-kubernetes` says that its binaries are there.
func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	bin := os.Getenv("KUBERNETES_BIN")
	if bin == "" {
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "kubernetes-test")
	if err == nil {
		defer os.RemoveAll(dir)
		theCluster, err = startCluster(bin, dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer theCluster.stop()
	return m.Run()
}

// needCluster skips a test where there is no cluster.
func needCluster(t testing.TB) *cluster {
	if theCluster == nil {
		t.Skip("no Kubernetes here: make test-kubernetes")
	}
	return theCluster
}

// startCluster starts etcd and the API server on loopback, as they are started in production: RBAC, TLS, tokens of service accounts.
func startCluster(bin, dir string) (*cluster, error) {
	pki, err := newAuthority(dir)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(
		pki.issue("apiserver", pkix.Name{CommonName: "kube-apiserver"}),
		pki.issue("admin", pkix.Name{CommonName: "admin", Organization: []string{"system:masters"}}),
		pki.keyPair("tokens"),
	); err != nil {
		return nil, err
	}
	store, secure := freePort(), freePort()
	c := &cluster{url: fmt.Sprintf("https://127.0.0.1:%d", secure), pki: pki}
	etcd := fmt.Sprintf("http://127.0.0.1:%d", store)
	if c.etcd, err = background(dir, filepath.Join(bin, "etcd"), "--data-dir="+filepath.Join(dir, "etcd"),
		"--listen-client-urls="+etcd, "--advertise-client-urls="+etcd, "--listen-peer-urls=http://127.0.0.1:0", "--unsafe-no-fsync"); err != nil {
		return nil, err
	}
	if c.api, err = background(dir, filepath.Join(bin, "kube-apiserver"), "--etcd-servers="+etcd,
		"--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", secure), "--endpoint-reconciler-type=none",
		"--tls-cert-file="+pki.path("apiserver.crt"), "--tls-private-key-file="+pki.path("apiserver.key"), "--client-ca-file="+pki.path("ca.crt"),
		"--service-account-issuer=https://kubernetes.default.svc", "--service-account-key-file="+pki.path("tokens.pub"),
		"--service-account-signing-key-file="+pki.path("tokens.key"), "--service-cluster-ip-range=10.96.0.0/16",
		"--authorization-mode=RBAC", "--allow-privileged=true",
		// It wants the controllers' default service account before it lets a pod in.
		"--disable-admission-plugins=ServiceAccount"); err != nil {
		c.stop()
		return nil, err
	}
	if err := errors.Join(c.connect(), c.ready(dir)); err != nil {
		c.stop()
		return nil, err
	}
	return c, nil
}

// background starts a process whose output goes to NAME.log in the folder.
func background(dir, path string, args ...string) (*exec.Cmd, error) {
	log, err := os.Create(filepath.Join(dir, filepath.Base(path)+".log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command(path, args...)
	cmd.Stdout, cmd.Stderr, cmd.Dir = log, log, dir
	// Whatever becomes of the tests, nothing is left behind.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd, cmd.Start()
}

func freePort() int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func (c *cluster) connect() error {
	pair, err := tls.LoadX509KeyPair(c.pki.path("admin.crt"), c.pki.path("admin.key"))
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AddCert(c.pki.cert)
	c.client = &http.Client{
		Timeout:   patience,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: roots}, ForceAttemptHTTP2: true},
	}
	c.admin = c.pki.path("admin.kubeconfig")
	return os.WriteFile(c.admin, []byte(c.kubeconfig(fmt.Sprintf("{client-certificate: %s, client-key: %s}",
		c.pki.path("admin.crt"), c.pki.path("admin.key")))), 0o600)
}

// kubeconfig for a user, who is given as in that file.
func (c *cluster) kubeconfig(user string) string {
	return strings.NewReplacer("$URL", c.url, "$CA", c.pki.path("ca.crt"), "$USER", user).Replace(`apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "$URL", certificate-authority: $CA}}]
users: [{name: u, user: $USER}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
`)
}

// ready waits until the API server says so.
func (c *cluster) ready(dir string) error {
	exited := make(chan struct{})
	go func() {
		_ = c.api.Wait() // how it ended is in its log
		close(exited)
	}()
	deadline := time.After(2 * patience)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if resp, err := c.client.Get(c.url + "/readyz"); err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-tick.C:
		case <-exited:
			return errors.New("the API server ended: " + tail(filepath.Join(dir, "kube-apiserver.log")))
		case <-deadline:
			return errors.New("the API server does not get ready: " + tail(filepath.Join(dir, "kube-apiserver.log")))
		}
	}
}

func tail(file string) string {
	text, _ := os.ReadFile(file)
	return string(text[max(0, len(text)-2000):])
}

// stop kills both: nothing of them is wanted any more.
func (c *cluster) stop() {
	for _, cmd := range []*exec.Cmd{c.api, c.etcd} {
		if cmd != nil && cmd.Process != nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait() // killed, or waited for by ready
		}
	}
}
