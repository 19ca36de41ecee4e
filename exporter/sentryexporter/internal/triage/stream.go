package triage

import (
	"hash/maphash"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
)

// stream names what a resource's records are a stream of: the output of a container, else what an instance of a service says. Where the
// resource names neither, each file is one.
type stream struct {
	known  bool
	number uint64 // 0: none
}

// streamParts name a stream; the first list of which the first attribute is there.
var streamParts = [...][]string{
	{"container.id"},
	{"k8s.container.name", "k8s.pod.uid"},
	{"service.name", "service.namespace", "service.instance.id", "k8s.pod.uid", "host.name"},
	{"k8s.pod.uid"},
}

// ownStream is the stream that the resource itself names.
func (o *target) ownStream() uint64 {
	if !o.where.known {
		o.where = stream{true, o.batch.project.streamOf(o.resource.Attributes())}
	}
	return o.where.number
}

// stream is the number of the stream that a record belongs to.
func (o *target) stream(rec plog.LogRecord) uint64 {
	if n := o.ownStream(); n != 0 {
		return n
	}
	for _, key := range [...]string{"log.file.path", "log.file.name"} {
		if v, ok := rec.Attributes().Get(key); ok && v.Type() == pcommon.ValueTypeStr {
			return o.batch.project.streamNumber(v.Str(), text(o.resource.Attributes(), "host.name"))
		}
	}
	return 0
}

func (p *Project) streamOf(res pcommon.Map) uint64 {
	for _, keys := range streamParts {
		var parts [5]string
		for i, key := range keys {
			parts[i] = text(res, key)
		}
		if parts[0] != "" {
			return p.streamNumber(parts[:]...)
		}
	}
	return 0
}

func (p *Project) streamNumber(parts ...string) uint64 {
	var h maphash.Hash
	h.SetSeed(p.seed)
	number(&h, uint64(p.number))
	for _, s := range parts {
		part(&h, s)
	}
	return max(h.Sum64(), 1)
}
