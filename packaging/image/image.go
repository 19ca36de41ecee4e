package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"time"
)

// user is the agent's (distro/own.go); its group is root's, as kubelet's log files are.
const (
	user  = 10001
	group = 0
)

const indexType = "application/vnd.oci.image.index.v1+json"

// ports that the image's configuration, or that of the chart, may listen on: OTLP, metrics, health, zpages.
var ports = []string{"4317", "4318", "8888", "13133", "55679"}

// build is what all platforms of an image have in common.
type build struct {
	name, revision string
	created        time.Time
	config         []byte
}

// blob is something in the layout that is named by its hash.
type blob struct {
	Type   string `json:"mediaType"`
	Digest string `json:"digest"`
	Size   int    `json:"size"`
}

// manifest of one platform, as it stands in the index.
type manifest struct {
	blob
	Platform    map[string]string `json:"platform,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// layout is an OCI image layout in the making (https://github.com/opencontainers/image-spec, image-layout.md).
type layout struct {
	created   time.Time
	blobs     []file
	manifests []manifest
	docker    []map[string]any
}

// file is an entry of a tar: a folder where the name ends with a slash.
type file struct {
	name    string
	content []byte
	mode    int64
	uid     int
}

// files of the layers: what changes seldom, and the binary.
func (b build) files(binary []byte) [][]file {
	return [][]file{
		{
			{name: "etc/", mode: 0o755},
			{name: "etc/otelcol-sentry/", mode: 0o755},
			{name: "etc/otelcol-sentry/config.yaml", content: b.config, mode: 0o644},
			{name: "etc/ssl/", mode: 0o755},
			{name: "etc/ssl/certs/", mode: 0o755},
			{name: "etc/ssl/certs/ca-certificates.crt", content: certificates(), mode: 0o644},
			{name: "var/", mode: 0o755},
			{name: "var/lib/", mode: 0o755},
			{name: "var/lib/otelcol-sentry/", mode: 0o700, uid: user},
		},
		{{name: "otelcol-sentry", content: binary, mode: 0o755}},
	}
}

// add puts the image of a platform into the layout.
func (l *layout) add(b build, system, arch string, binary []byte) error {
	var layers []blob
	var diffs, paths []string
	for _, files := range b.files(binary) {
		var plain, zipped bytes.Buffer
		if err := pack(&plain, files, b.created); err != nil {
			return err
		}
		w := gzip.NewWriter(&zipped)
		if _, err := w.Write(plain.Bytes()); err != nil {
			return err
		}
		if err := w.Close(); err != nil {
			return err
		}
		layer := l.blob("application/vnd.oci.image.layer.v1.tar+gzip", zipped.Bytes())
		layers, diffs, paths = append(layers, layer), append(diffs, digest(plain.Bytes())), append(paths, pathOf(layer))
	}
	config, err := l.json("application/vnd.oci.image.config.v1+json", b.configuration(system, arch, diffs))
	if err != nil {
		return err
	}
	m, err := l.json("application/vnd.oci.image.manifest.v1+json", map[string]any{
		"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config, "layers": layers,
	})
	if err != nil {
		return err
	}
	l.manifests = append(l.manifests, manifest{blob: m, Platform: map[string]string{"os": system, "architecture": arch}})
	l.docker = append(l.docker, map[string]any{"Config": pathOf(config), "RepoTags": []string{b.name}, "Layers": paths})
	return nil
}

// configuration of the image, as the Dockerfile has it.
func (b build) configuration(system, arch string, diffs []string) map[string]any {
	exposed := map[string]any{}
	for _, port := range ports {
		exposed[port+"/tcp"] = struct{}{}
	}
	var history []map[string]any
	for range diffs {
		history = append(history, map[string]any{"created": b.created.Format(time.RFC3339), "created_by": "packaging/image"})
	}
	return map[string]any{
		"created": b.created.Format(time.RFC3339), "os": system, "architecture": arch,
		"rootfs": map[string]any{"type": "layers", "diff_ids": diffs}, "history": history,
		"config": map[string]any{
			"User": "10001:0", "ExposedPorts": exposed, "Env": []string{"OTELCOL_LISTEN=0.0.0.0"},
			"Entrypoint": []string{"/otelcol-sentry"}, "Cmd": []string{"--config=/etc/otelcol-sentry/config.yaml"},
			"Volumes": map[string]any{"/var/lib/otelcol-sentry": struct{}{}},
			"Labels": map[string]string{
				"org.opencontainers.image.title":       "otelcol-sentry",
				"org.opencontainers.image.description": "OpenTelemetry Collector that turns telemetry into Sentry issues, transactions and logs",
				"org.opencontainers.image.source":      "https://github.com/otelcol-sentry/otelcol-sentry",
				"org.opencontainers.image.licenses":    "Apache-2.0",
				"org.opencontainers.image.created":     b.created.Format(time.RFC3339),
				"org.opencontainers.image.revision":    b.revision,
			},
		},
	}
}

// write writes the layout. Of several platforms docker load knows only the first.
func (l *layout) write(w io.Writer, name string) error {
	named := l.manifests[0].blob
	if len(l.manifests) > 1 { // one name stands for one thing: an index of all platforms
		var err error
		if named, err = l.json(indexType, indexOf(l.manifests)); err != nil {
			return err
		}
	}
	index, err := json.Marshal(indexOf([]manifest{{
		blob: named, Annotations: map[string]string{"org.opencontainers.image.ref.name": name, "io.containerd.image.name": name},
	}}))
	if err != nil {
		return err
	}
	docker, err := json.Marshal(l.docker[:1])
	if err != nil {
		return err
	}
	files := append([]file{
		{name: "oci-layout", content: []byte(`{"imageLayoutVersion":"1.0.0"}`), mode: 0o644},
		{name: "index.json", content: index, mode: 0o644},
		{name: "manifest.json", content: docker, mode: 0o644},
		{name: "blobs/", mode: 0o755},
		{name: "blobs/sha256/", mode: 0o755},
	}, l.blobs...)
	return pack(w, files, l.created)
}

func indexOf(manifests []manifest) map[string]any {
	return map[string]any{"schemaVersion": 2, "mediaType": indexType, "manifests": manifests}
}

// blob keeps content under its hash, once.
func (l *layout) blob(mediaType string, content []byte) blob {
	b := blob{Type: mediaType, Digest: digest(content), Size: len(content)}
	for _, there := range l.blobs {
		if there.name == pathOf(b) {
			return b
		}
	}
	l.blobs = append(l.blobs, file{name: pathOf(b), content: content, mode: 0o644})
	return b
}

func (l *layout) json(mediaType string, v any) (blob, error) {
	text, err := json.Marshal(v) // maps come sorted
	return l.blob(mediaType, text), err
}

func pathOf(b blob) string { return "blobs/sha256/" + b.Digest[len("sha256:"):] }

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// pack writes a tar that depends on nothing but its arguments.
func pack(w io.Writer, files []file, modified time.Time) error {
	out := tar.NewWriter(w)
	for _, f := range files {
		h := &tar.Header{Name: f.name, Mode: f.mode, Size: int64(len(f.content)), Uid: f.uid, Gid: group, ModTime: modified, Format: tar.FormatUSTAR}
		h.Typeflag = tar.TypeReg
		if f.name[len(f.name)-1] == '/' {
			h.Typeflag = tar.TypeDir
		}
		if err := out.WriteHeader(h); err != nil {
			return err
		}
		if _, err := out.Write(f.content); err != nil {
			return err
		}
	}
	return out.Close()
}
