package assembly

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/segment"
)

// Origin is the resource and the instrumentation scope of spans. Each is held once, however many requests bring it.
type Origin struct {
	resource *Resource
	key      originKey
	scope    pcommon.InstrumentationScope
	bytes    int64
	refs     int  // spans that are held
	used     bool // since the last sweep
}

// Resource is the part of an origin that several scopes share.
type Resource struct {
	key     resourceKey
	service uint64 // the identity of the resource
	value   pcommon.Resource
	bytes   int64
	origins int
}

type resourceKey struct {
	attributes uint64
	schemaURL  string
	dropped    uint32
}

type originKey struct {
	resource      *Resource
	name, version string
	attributes    uint64
	schemaURL     string
	dropped       uint32
}

type origins struct {
	resources map[resourceKey]*Resource
	all       map[originKey]*Origin
}

func newOrigins() origins {
	return origins{resources: make(map[resourceKey]*Resource), all: make(map[originKey]*Origin)}
}

// Resource finds the resource of a ResourceSpans, or makes it: what was passed in stays the caller's. service is its
// segment.ResourceKey. Origin must follow. known is how many of the bytes that ResourceBytes gives were held already.
func (a *Assembly) Resource(rs ptrace.ResourceSpans, service uint64) (res *Resource, known int64) {
	key := resourceKey{attributes: service, schemaURL: rs.SchemaUrl(), dropped: rs.Resource().DroppedAttributesCount()}
	if res = a.origins.resources[key]; res != nil {
		return res, res.bytes
	}
	res = &Resource{key: key, service: service, value: pcommon.NewResource(), bytes: ResourceBytes(rs)}
	rs.Resource().CopyTo(res.value)
	a.origins.resources[key] = res
	return res, 0
}

// Origin finds the origin of the spans in a ScopeSpans of that resource, or makes it. known is how many of the bytes that ScopeBytes
// gives were held already.
func (a *Assembly) Origin(res *Resource, ss ptrace.ScopeSpans) (o *Origin, known int64) {
	scope := ss.Scope()
	key := originKey{
		resource: res, name: scope.Name(), version: scope.Version(), attributes: attributesKey(scope.Attributes()), schemaURL: ss.SchemaUrl(),
		dropped: scope.DroppedAttributesCount(),
	}
	if o = a.origins.all[key]; o != nil {
		o.used = true
		return o, o.bytes
	}
	o = &Origin{resource: res, key: key, scope: pcommon.NewInstrumentationScope(), bytes: ScopeBytes(ss), used: true}
	scope.CopyTo(o.scope)
	res.origins++
	a.origins.all[key] = o
	return o, 0
}

// attributesKey is the identity of a scope's attributes. Few scopes have any.
func attributesKey(m pcommon.Map) uint64 {
	if m.Len() == 0 {
		return 0
	}
	res := pcommon.NewResource()
	m.CopyTo(res.Attributes())
	return segment.ResourceKey(res)
}

// Sweep forgets origins without spans that nothing came from since the last Sweep, and returns their bytes.
func (a *Assembly) Sweep() (freed int64) {
	for key, o := range a.origins.all {
		if o.refs > 0 || o.used {
			o.used = false
			continue
		}
		freed += o.bytes
		delete(a.origins.all, key)
		if o.resource.origins--; o.resource.origins == 0 {
			freed += o.resource.bytes
			delete(a.origins.resources, o.resource.key)
		}
	}
	return freed
}
