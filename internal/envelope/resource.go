package envelope

import (
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// SDK names the program that made the payload: "sdk" in payloads and envelope headers. Without both members it is not written.
type SDK struct {
	Name, Version string
}

// Prepared is a sentry.Resource encoded once, for all items that share it. It borrows the resource's strings until the next Reset.
// Reading it from several goroutines is safe, Reset is not.
type Prepared struct {
	platform string
	buf      []byte
	members  fragment   // release, dist, environment, server_name, sdk
	tags     []fragment // "key":"value"
	contexts []fragment // "key":{...}
}

// fragment is a piece of Prepared.buf, with the key it begins with.
type fragment struct {
	key      string
	from, to int
}

// Prepare encodes r, which may be nil.
func Prepare(r *sentry.Resource, sdk SDK) *Prepared {
	p := new(Prepared)
	p.Reset(r, sdk)
	return p
}

// Reset makes p the encoding of r, which may be nil, and keeps its memory.
func (p *Prepared) Reset(r *sentry.Resource, sdk SDK) {
	if r == nil {
		r = &noResource
	}
	*p = Prepared{platform: r.Platform, buf: p.buf[:0], tags: p.tags[:0], contexts: p.contexts[:0]}
	p.buf = appendText(p.buf, `"release":`, SanitizeRelease(r.Release))
	p.buf = appendText(p.buf, `"dist":`, cleanDist(r.Dist))
	p.buf = appendText(p.buf, `"environment":`, SanitizeEnvironment(r.Environment))
	p.buf = appendTextCut(p.buf, `"server_name":`, oneLine(r.ServerName), MaxServerName)
	p.buf = appendSDK(p.buf, sdk)
	p.members = fragment{to: len(p.buf)}
	p.addTags(r.Tags)
	p.addContexts(r.Contexts)
}

var noResource sentry.Resource

func (p *Prepared) bytes(f fragment) []byte { return p.buf[f.from:f.to] }

// addTags writes each tag behind a bracket of its own, so that no separator becomes part of it.
func (p *Prepared) addTags(tags []sentry.Tag) {
	var few [fewTags]string
	for i, key := range cleanTagKeys(few[:0], tags) {
		if key == "" {
			continue
		}
		from := len(p.buf)
		p.buf = appendTag(append(p.buf, '{'), key, tags[i].Value)
		p.tags = append(p.tags, fragment{key, from + 1, len(p.buf)})
	}
}

// addContexts likewise.
func (p *Prepared) addContexts(contexts []sentry.Context) {
	for c := range wantedContexts(contexts) {
		from := len(p.buf)
		p.buf = appendContext(append(p.buf, '{'), c)
		if len(p.buf) > from+1 {
			p.contexts = append(p.contexts, fragment{c.Key, from + 1, len(p.buf)})
		}
	}
}

// appendMembers writes what the resource says about the event itself.
func (p *Prepared) appendMembers(dst []byte) []byte {
	if p.members.to == 0 {
		return dst
	}
	return append(comma(dst), p.bytes(p.members)...)
}

// appendSDK writes the member "sdk"; both its members are required there.
func appendSDK(dst []byte, sdk SDK) []byte {
	if sdk.Name == "" || sdk.Version == "" {
		return dst
	}
	dst = appendText(appendMember(dst, `"sdk":{`), `"name":`, sdk.Name)
	return append(appendText(dst, `"version":`, sdk.Version), '}')
}
