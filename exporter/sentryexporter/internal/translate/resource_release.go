package translate

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
)

// releaseOf is the release that a resource names: the service's version; without one the tag of its image, unless that moves ("latest"), else the
// image's digest. "" where it names none that Sentry takes.
func releaseOf(attrs pcommon.Map, defaults Defaults) string {
	version := firstValid(envelope.SanitizeRelease, attrText(attrs, "service.version"), imageTag(attrs), imageDigest(attrs))
	if defaults.NamedRelease {
		return named(attrText(attrs, tagService), version)
	}
	return version
}

// named is name@version. A version that has a name stays as it is.
func named(name, version string) string {
	name = strings.ReplaceAll(name, "@", "-")
	if name == "" || version == "" || strings.Contains(version, "@") {
		return version
	}
	return envelope.SanitizeRelease(name + "@" + version)
}

// imageTag is the tag of a container's image: of the attribute in both generations of conventions, else of the image's name as a pod spells it.
func imageTag(attrs pcommon.Map) string {
	if tag := attrText(attrs, "container.image.tag"); tag != "" {
		return tag
	}
	if v, ok := attrs.Get("container.image.tags"); ok && v.Type() == pcommon.ValueTypeSlice {
		for _, tag := range v.Slice().All() {
			if envelope.SanitizeRelease(tag.AsString()) != "" {
				return tag.AsString()
			}
		}
	}
	name, _, _ := strings.Cut(attrText(attrs, "container.image.name"), "@")
	if colon := strings.LastIndexByte(name, ':'); colon > strings.LastIndexByte(name, '/') {
		return name[colon+1:]
	}
	return ""
}

// shortDigest is how many digits of a digest name an image for people.
const shortDigest = 12

// imageDigest is the short digest of a container's image: that of the repository, which is the same on every node, before that of the runtime.
func imageDigest(attrs pcommon.Map) string {
	texts := []string{attrText(attrs, "container.image.name"), attrText(attrs, "container.image.id")}
	if v, ok := attrs.Get("container.image.repo_digests"); ok && v.Type() == pcommon.ValueTypeSlice && v.Slice().Len() > 0 {
		texts = append([]string{v.Slice().At(0).AsString()}, texts...)
	}
	for _, text := range texts {
		if _, digest, ok := strings.Cut(text, "sha256:"); ok && len(digest) >= shortDigest {
			return digest[:shortDigest]
		}
	}
	return ""
}
