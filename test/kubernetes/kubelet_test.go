package kubernetes

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// node is what kubelet would do on one node: pods with their status, and their logs.
type node struct {
	t       testing.TB
	cluster *cluster
	name    string
	logs    string // /var/log/pods
}

func newNode(t testing.TB, c *cluster, name string) *node {
	c.apply(t, fmt.Sprintf(`{apiVersion: v1, kind: Node, metadata: {name: %s, labels: {
kubernetes.io/hostname: %[1]s, topology.kubernetes.io/region: eu-central-1, topology.kubernetes.io/zone: eu-central-1b}}}`, name))
	return &node{t, c, name, t.TempDir()}
}

// podSpec is what a pod of the tests may have.
type podSpec struct {
	namespace, deployment string // the deployment's pod is named as its ReplicaSet's would be
	labels, annotations   map[string]string
	image                 string
	containers            []string // names; none: app
	ip                    string
}

// pod runs on a node.
type pod struct {
	t                    testing.TB
	namespace, name, uid string
	ip                   string
	dir                  string
	now                  func() time.Time
}

// run creates a pod as the controllers, the scheduler and kubelet would. The namespace must be there.
func (n *node) run(spec podSpec) *pod {
	p := n.create(spec)
	n.schedule(p, spec)
	return p
}

// create makes a pod that no node has yet: no agent hears of it.
func (n *node) create(spec podSpec) *pod {
	p := &pod{t: n.t, namespace: spec.namespace, ip: spec.ip, now: time.Now}
	labels := map[string]string{"pod-template-hash": "7f8c67c6d"}
	maps.Copy(labels, spec.labels)
	var containers []map[string]any
	for _, name := range spec.names() {
		containers = append(containers, map[string]any{"name": name, "image": spec.imageName()})
	}
	answer := n.cluster.must(n.t, http.MethodPost, "/api/v1/namespaces/"+p.namespace+"/pods", "application/json", map[string]any{
		"apiVersion": "v1", "kind": "Pod",
		"metadata": map[string]any{
			"generateName": spec.deployment + "-7f8c67c6d-", "namespace": p.namespace, "labels": labels, "annotations": spec.annotations,
			"ownerReferences": []map[string]any{{
				"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": spec.deployment + "-7f8c67c6d", "controller": true,
				"uid": "7b1a3c52-6f0e-4b8e-9d39-5d3b6a1c7e11",
			}},
		},
		"spec": map[string]any{"containers": containers},
	})
	p.name = at(answer, "metadata", "name")
	p.uid = at(answer, "metadata", "uid")
	p.dir = n.logsOf(p)
	return p
}

// logsOf is the folder of a pod's logs.
func (n *node) logsOf(p *pod) string { return filepath.Join(n.logs, p.namespace+"_"+p.name+"_"+p.uid) }

// schedule gives the pod to the node, and reports it as running.
func (n *node) schedule(p *pod, spec podSpec) {
	path := "/api/v1/namespaces/" + p.namespace + "/pods/" + p.name
	n.cluster.must(n.t, http.MethodPost, path+"/binding", "application/json", map[string]any{
		"apiVersion": "v1", "kind": "Binding", "metadata": map[string]any{"name": p.name},
		"target": map[string]any{"apiVersion": "v1", "kind": "Node", "name": n.name},
	})
	var statuses []map[string]any
	for i, name := range spec.names() {
		statuses = append(statuses, map[string]any{
			"name": name, "image": spec.imageName(), "imageID": spec.imageName(), "ready": true, "restartCount": 0,
			"containerID": fmt.Sprintf("containerd://%064x", time.Now().UnixNano()+int64(i)),
		})
	}
	n.cluster.must(n.t, http.MethodPatch, path+"/status", "application/merge-patch+json", map[string]any{"status": map[string]any{
		"phase": "Running", "podIP": spec.ip, "startTime": time.Now().UTC().Format(time.RFC3339), "containerStatuses": statuses,
	}})
}

func (s podSpec) names() []string {
	if len(s.containers) == 0 {
		return []string{"app"}
	}
	return s.containers
}

func (s podSpec) imageName() string {
	if s.image == "" {
		return "registry.example.com/shop/" + s.deployment + ":1.4.2"
	}
	return s.image
}

// partial is how much of a line containerd writes as one record (its buffer's size).
const partial = 16 << 10

// cri are lines as containerd writes them, each with a time of its own.
func (p *pod) cri(stream string, lines ...string) []byte {
	var out bytes.Buffer
	for _, line := range lines {
		for len(line) > partial {
			fmt.Fprintf(&out, "%s %s P %s\n", p.stamp(), stream, line[:partial])
			line = line[partial:]
		}
		fmt.Fprintf(&out, "%s %s F %s\n", p.stamp(), stream, line)
	}
	return out.Bytes()
}

func (p *pod) stamp() string { return p.now().UTC().Format("2006-01-02T15:04:05.000000000Z") }

// log appends lines to a container's log.
func (p *pod) log(container, stream string, lines ...string) {
	p.append(container, p.cri(stream, lines...))
}

func (p *pod) file(container string) string { return filepath.Join(p.dir, container, "0.log") }

func (p *pod) append(container string, text []byte) {
	require.NoError(p.t, os.MkdirAll(filepath.Dir(p.file(container)), 0o755))
	f, err := os.OpenFile(p.file(container), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640)
	require.NoError(p.t, err)
	_, err = f.Write(text)
	require.NoError(p.t, err)
	require.NoError(p.t, f.Close())
}

// rotate does what kubelet does when a log has become too large: what was rotated before is compressed, the log renamed, and the runtime opens
// a new one. (kubelet.pkg/kubelet/logs, container_log_manager.go)
func (p *pod) rotate(container string) {
	rotated, err := filepath.Glob(p.file(container) + ".????????-??????")
	require.NoError(p.t, err)
	for _, name := range rotated {
		text, err := os.ReadFile(name)
		require.NoError(p.t, err)
		var zipped bytes.Buffer
		w := gzip.NewWriter(&zipped)
		_, err = w.Write(text)
		require.NoError(p.t, err)
		require.NoError(p.t, w.Close())
		require.NoError(p.t, os.WriteFile(name+".tmp", zipped.Bytes(), 0o640))
		require.NoError(p.t, os.Rename(name+".tmp", name+".gz"))
		require.NoError(p.t, os.Remove(name))
	}
	require.NoError(p.t, os.Rename(p.file(container), p.file(container)+"."+p.now().UTC().Format("20060102-150405")))
	require.NoError(p.t, os.WriteFile(p.file(container), nil, 0o640))
}

// lines of a text.
func lines(text string) []string { return strings.Split(strings.Trim(text, "\n"), "\n") }
