package translate

import (
	"strings"

	"github.com/otelcol-sentry/otelcol-sentry/internal/glob"
)

// DefaultLogResourceAttributes are the attributes of a resource that its logs carry where nothing else is configured: what one searches for when
// something is wrong. Each byte is in each log, and billed. Not among them, because they are said otherwise: service.version is sentry.release,
// deployment.environment.name is sentry.environment, host.name is server.address.
var DefaultLogResourceAttributes = []string{
	"service.name", "service.namespace", "service.instance.id",
	"k8s.cluster.name", "k8s.namespace.name", "k8s.pod.name", "k8s.container.name", "k8s.node.name",
	"k8s.deployment.name", "k8s.statefulset.name", "k8s.daemonset.name", "k8s.cronjob.name", "k8s.job.name",
	"container.image.name", "container.image.tag", "cloud.region",
}

// Globs is a list of keys and patterns of keys. In a pattern * stands for any text, also for none, ? for one character. The zero value matches nothing.
type Globs struct {
	keys     map[string]bool
	patterns []glob.Pattern
}

// NewGlobs compiles a list.
func NewGlobs(list []string) Globs {
	g := Globs{keys: make(map[string]bool, len(list))}
	for _, entry := range list {
		if strings.ContainsAny(entry, "*?") {
			g.patterns = append(g.patterns, glob.Pattern(entry))
		} else {
			g.keys[entry] = true
		}
	}
	return g
}

// Match reports whether key is in the list.
func (g Globs) Match(key string) bool {
	if g.keys[key] {
		return true
	}
	for _, pattern := range g.patterns {
		if pattern.Matches(key) {
			return true
		}
	}
	return false
}
