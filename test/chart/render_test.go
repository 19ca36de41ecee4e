package chart

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

const (
	root    = "../.."
	folder  = root + "/charts/otelcol-sentry"
	release = "otelcol-sentry" // also the namespace
)

// helm runs helm, gives it values that are read with "--values -", and gives back what it said.
func helm(t testing.TB, values string, args ...string) (out string, err error) {
	path := os.Getenv("HELM")
	if path == "" {
		t.Skip("no helm here: make test-chart")
	}
	cmd := exec.Command(path, args...)
	cmd.Env = append(os.Environ(), "HELM_CACHE_HOME="+t.TempDir(), "HELM_CONFIG_HOME="+t.TempDir(), "HELM_DATA_HOME="+t.TempDir())
	cmd.Stdin = strings.NewReader(values)
	text, err := cmd.CombinedOutput()
	return string(text), err
}

// template renders the chart.
func template(t testing.TB, values string) (out string, err error) {
	return helm(t, values, "template", release, folder, "--namespace", release, "--values", "-")
}

// objects are what the chart renders, by "Kind/name".
type objects map[string]map[string]any

// render renders the chart with values that it must take.
func render(t testing.TB, values string) objects {
	out, err := template(t, values)
	require.NoError(t, err, out)
	return parse(t, out)
}

// refused renders the chart with values that it must not take, and gives the reason.
func refused(t testing.TB, values string) string {
	out, err := template(t, values)
	require.Error(t, err, "it was rendered")
	return out
}

func parse(t testing.TB, manifest string) objects {
	out := objects{}
	decoder := yaml.NewDecoder(strings.NewReader(manifest))
	for {
		var o map[string]any
		err := decoder.Decode(&o)
		if errors.Is(err, io.EOF) {
			return out
		}
		require.NoError(t, err)
		if o == nil {
			continue
		}
		key := str(o["kind"]) + "/" + str(at(o, "metadata", "name"))
		require.NotContains(t, out, key, "rendered twice")
		out[key] = o
	}
}

// config of a component, as the collector reads it; nil where it does not run.
func (o objects) config(t testing.TB, component string) map[string]any {
	text, ok := at(o["ConfigMap/"+release+"-"+component], "data", "config.yaml").(string)
	if !ok {
		return nil
	}
	var out map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(text), &out))
	return out
}

// at follows keys, indices and names ("name=x" picks from a list) into a value; nil where there is nothing.
func at(v any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			v = member(v, step)
		case int:
			list, _ := v.([]any)
			if step >= len(list) {
				return nil
			}
			v = list[step]
		}
	}
	return v
}

func member(v any, step string) any {
	name, ok := strings.CutPrefix(step, "name=")
	if !ok {
		m, _ := v.(map[string]any)
		return m[step]
	}
	list, _ := v.([]any)
	for _, entry := range list {
		if str(at(entry, "name")) == name {
			return entry
		}
	}
	return nil
}

func str(v any) string {
	s, _ := v.(string)
	return s
}

// yamlOf writes a value so that two equal ones are equal texts.
func yamlOf(t testing.TB, v any) string {
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	require.NoError(t, encoder.Encode(v))
	return strings.TrimSpace(out.String())
}
