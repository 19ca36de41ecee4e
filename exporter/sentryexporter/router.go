package sentryexporter

import (
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-sentry/otelcol-sentry/internal/glob"
)

// projectAttribute is the resource attribute by which a pod or namespace names its project (an annotation, put there by k8s_attributes).
// It is a name of the configuration's table, never a DSN: telemetry must not be able to say where data goes.
const projectAttribute = "sentry.project"

// router finds the project of a resource: the annotation where it is allowed, else the first match, else the default.
type router struct {
	routes    []route
	byDefault *project // nil: what no project matches is dropped, by choice
}

type route struct {
	project *project
	match   []attributeGlob
	// choosers are the namespaces whose annotation may choose the project.
	choosers []glob.Pattern
}

type attributeGlob struct {
	key   string
	value glob.Pattern
}

func (r *router) of(res pcommon.Resource) *project {
	if len(r.routes) == 0 {
		return r.byDefault
	}
	attrs := res.Attributes()
	if p := r.chosen(attrs); p != nil {
		return p
	}
	for i := range r.routes {
		if r.routes[i].matches(attrs) {
			return r.routes[i].project
		}
	}
	return r.byDefault
}

// share is what one project gets of a request.
type share struct {
	project   *project // nil: no project takes it
	resources []int    // indexes; nil: all
}

// shares divides a request among the projects. The usual request goes to one project as a whole.
func (r *router) shares(n int, resource func(i int) pcommon.Resource) []share {
	if len(r.routes) == 0 {
		return []share{{project: r.byDefault}}
	}
	var out []share
next:
	for i := range n {
		p := r.of(resource(i))
		for k := range out {
			if out[k].project == p {
				out[k].resources = append(out[k].resources, i)
				continue next
			}
		}
		out = append(out, share{p, []int{i}})
	}
	if len(out) == 1 && out[0].project != nil {
		out[0].resources = nil
	}
	return out
}

// chosen is the project that the resource's annotation names, if that project lists the resource's namespace.
func (r *router) chosen(attrs pcommon.Map) *project {
	name, ok := attrs.Get(projectAttribute)
	if !ok {
		return nil
	}
	namespace, ok := attrs.Get("k8s.namespace.name")
	if !ok {
		return nil
	}
	for i := range r.routes {
		if r.routes[i].project.name != name.AsString() {
			continue
		}
		for _, g := range r.routes[i].choosers {
			if g.Matches(namespace.AsString()) {
				return r.routes[i].project
			}
		}
	}
	return nil
}

// matches: every attribute of the rule must match. A rule without attributes matches nothing: such a project is chosen by annotation only.
func (r *route) matches(attrs pcommon.Map) bool {
	for _, m := range r.match {
		v, ok := attrs.Get(m.key)
		if !ok || !m.value.Matches(v.AsString()) {
			return false
		}
	}
	return len(r.match) > 0
}
