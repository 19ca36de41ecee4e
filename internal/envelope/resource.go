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
	release  fragment
	environ  fragment
	members  fragment   // dist, server_name, sdk
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
	p.release = p.member(appendRelease(p.open(), r.Release))
	p.environ = p.member(appendEnvironment(p.open(), r.Environment))
	members := appendText(p.open(), `"dist":`, cleanDist(r.Dist))
	members = appendTextCut(members, `"server_name":`, oneLine(r.ServerName), MaxServerName)
	p.members = p.member(appendSDK(members, sdk))
	p.addTags(r.Tags)
	p.addContexts(r.Contexts)
}

var noResource sentry.Resource

// open is the encoding so far and a bracket, so that no separator becomes part of what is written behind it; member is what was written so.
func (p *Prepared) open() []byte { return append(p.buf, '{') }

func (p *Prepared) member(buf []byte) fragment {
	from := len(p.buf) + 1
	p.buf = buf
	return fragment{from: from, to: len(buf)}
}

func appendRelease(dst []byte, release string) []byte {
	return appendText(dst, `"release":`, SanitizeRelease(release))
}

func appendEnvironment(dst []byte, environment string) []byte {
	return appendText(dst, `"environment":`, SanitizeEnvironment(environment))
}

func (p *Prepared) bytes(f fragment) []byte { return p.buf[f.from:f.to] }

// addTags encodes each tag by itself.
func (p *Prepared) addTags(tags []sentry.Tag) {
	var few [fewTags]string
	for i, key := range cleanTagKeys(few[:0], tags) {
		if key == "" {
			continue
		}
		f := p.member(appendTag(p.open(), key, tags[i].Value))
		f.key = key
		p.tags = append(p.tags, f)
	}
}

// addContexts likewise.
func (p *Prepared) addContexts(contexts []sentry.Context) {
	for c := range wantedContexts(contexts) {
		if f := p.member(appendContext(p.open(), c)); f.to > f.from {
			f.key = c.Key
			p.contexts = append(p.contexts, f)
		}
	}
}

// appendMembers writes what the resource says about an item itself; release and environment only where the item has none of its own.
func (p *Prepared) appendMembers(dst []byte, release, environment string) []byte {
	mark := len(dst)
	if dst = appendRelease(dst, release); len(dst) == mark {
		dst = p.append(dst, p.release)
	}
	mark = len(dst)
	if dst = appendEnvironment(dst, environment); len(dst) == mark {
		dst = p.append(dst, p.environ)
	}
	return p.append(dst, p.members)
}

func (p *Prepared) append(dst []byte, f fragment) []byte {
	if f.from == f.to {
		return dst
	}
	return append(comma(dst), p.bytes(f)...)
}

// appendSDK writes the member "sdk"; both its members are required there.
func appendSDK(dst []byte, sdk SDK) []byte {
	if sdk.Name == "" || sdk.Version == "" {
		return dst
	}
	dst = appendText(appendMember(dst, `"sdk":{`), `"name":`, sdk.Name)
	return append(appendText(dst, `"version":`, sdk.Version), '}')
}
