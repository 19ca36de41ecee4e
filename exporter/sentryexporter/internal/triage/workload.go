package triage

import (
	"strings"
	"sync"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// Workload is what a resource belongs to and what outlives it: a deployment, not its pods.
type Workload struct {
	// Namespace of Kubernetes, else of the service.
	Namespace string
	// Name of the workload, else of the service; "" where the resource names neither.
	Name string
}

// OtherWorkloads stands for all that came after the first maxWorkloads, so that what is counted by workload stays bounded.
var OtherWorkloads = Workload{Name: "(other)"}

// maxWorkloads is how many workloads are told apart in counts.
const maxWorkloads = 200

// workloadKeys name the workload; the controller that a person knows goes before what it makes.
var workloadKeys = [...]string{
	"k8s.deployment.name", "k8s.statefulset.name", "k8s.daemonset.name", "k8s.cronjob.name", "k8s.job.name", "k8s.replicaset.name", "service.name",
}

// workloadOf borrows its strings from the resource.
func workloadOf(res pcommon.Map) (w Workload) {
	for _, key := range workloadKeys {
		if w.Name = text(res, key); w.Name != "" {
			break
		}
	}
	if w.Namespace = text(res, "k8s.namespace.name"); w.Namespace == "" {
		w.Namespace = text(res, "service.namespace")
	}
	return w
}

// workloads knows the workloads that are counted. Safe for concurrent use.
type workloads struct {
	mu    sync.Mutex
	known map[Workload]Workload
}

// of gives a resource's workload with strings of its own, or OtherWorkloads.
func (l *workloads) of(res pcommon.Map) Workload {
	borrowed := workloadOf(res)
	l.mu.Lock()
	defer l.mu.Unlock()
	if w, ok := l.known[borrowed]; ok {
		return w
	}
	if len(l.known) >= maxWorkloads {
		return OtherWorkloads
	}
	if l.known == nil {
		l.known = make(map[Workload]Workload)
	}
	w := Workload{strings.Clone(borrowed.Namespace), strings.Clone(borrowed.Name)}
	l.known[w] = w
	return w
}
