package k8srights

import (
	"slices"
	"strings"
)

// right is one verb on one resource.
type right struct{ verb, group, resource, namespace string }

// String says it as a person would: "list pods", "watch replicasets.apps in namespace shop".
func (r right) String() string {
	s := r.verb + " " + r.resource
	if r.group != "" {
		s += "." + r.group
	}
	if r.namespace != "" {
		s += " in namespace " + r.namespace
	}
	return s
}

// rightsOf takes the rules apart, each right once.
func rightsOf(needs []Need) []right {
	var out []right
	for _, n := range needs {
		for _, resource := range n.Resources {
			for _, verb := range n.Verbs {
				if r := (right{verb, n.Group, resource, n.Namespace}); !slices.Contains(out, r) {
					out = append(out, r)
				}
			}
		}
	}
	return out
}

func sentence(missing []right) string {
	words := make([]string, len(missing))
	for i, r := range missing {
		words[i] = r.String()
	}
	return strings.Join(words, ", ")
}
