package binary

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/test/distribution"
)

// codeBlocks are the fenced blocks of a language in a Markdown file.
func codeBlocks(t *testing.T, file, language string) []string {
	text, err := os.ReadFile(filepath.Join(root, file))
	require.NoError(t, err)
	var out []string
	for _, m := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(string(text), -1) {
		out = append(out, m[1])
	}
	return out
}

// TestQuickstart starts what `make run` starts and runs the README's commands as they stand there. It needs the quickstart's ports.
func TestQuickstart(t *testing.T) {
	const inbox = "127.0.0.1:8969"
	script := exec.Command("bash", filepath.Join(root, "hack", "quickstart.sh"))
	c := &collector{t: t, cmd: script, exited: make(chan struct{})}
	script.Stdout, script.Stderr = &c.output, &c.output
	require.NoError(t, script.Start())
	go func() {
		c.err = script.Wait()
		close(c.exited)
	}()
	t.Cleanup(c.stop)
	c.listening(inbox)
	c.listening("127.0.0.1:4318")

	// Every sample program has crashed, each in its language.
	platforms := map[string]bool{}
	eventually(t, func() string {
		for _, issue := range getList(t, "http://"+inbox+"/api/0/issues/") {
			platforms[fmt.Sprint(issue["platform"])] = true
		}
		for _, want := range []string{"java", "python", "node", "go"} {
			if !platforms[want] {
				return "no issue of " + want
			}
		}
		return ""
	})

	commands := codeBlocks(t, "README.md", "sh")
	require.NotEmpty(t, commands)
	ran := 0
	for _, command := range commands {
		if strings.HasPrefix(command, "make run") {
			continue // this is what runs
		}
		if _, err := exec.LookPath("curl"); err != nil && strings.HasPrefix(command, "curl") {
			t.Skip("SKIPPED: the README's curl command was not tried, there is no curl")
		}
		out, err := exec.Command("bash", "-euc", command).CombinedOutput()
		require.NoError(t, err, "%s\n%s", command, out)
		assert.NotContains(t, string(out), "rror", command)
		ran++
	}
	assert.Equal(t, 2, ran)
	eventually(t, func() string {
		for _, tx := range getList(t, "http://"+inbox+"/api/0/transactions/") {
			if strings.Contains(fmt.Sprint(tx), "GET /cart") {
				return ""
			}
		}
		return "the README's transaction did not come"
	})
	assert.Contains(t, c.Output(), "http://"+inbox)
}

// eventually asks until there is no complaint left.
func eventually(t *testing.T, complaint func() string) {
	deadline := time.After(patience)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		text := complaint()
		if text == "" {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			require.Fail(t, text)
		}
	}
}

func getList(t *testing.T, url string) []map[string]any {
	resp, err := http.Get(url)
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, http.StatusOK, resp.StatusCode)
	var list []map[string]any
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&list))
	return list
}

// TestEveryDocumentedConfigurationIsValid validates each YAML block of the READMEs that is a whole configuration, each that is an exporter's
// inside a small pipeline, and each shipped configuration.
func TestEveryDocumentedConfigurationIsValid(t *testing.T) {
	const around = "receivers: {otlp: {protocols: {grpc: {endpoint: \"127.0.0.1:0\"}}}}\n" +
		"extensions: {file_storage: {directory: DIR}}\n" +
		"service:\n  extensions: [file_storage]\n  pipelines: {logs: {receivers: [otlp], exporters: [sentry]}}\n"
	const aroundStorage = "receivers: {otlp: {protocols: {grpc: {endpoint: \"127.0.0.1:0\"}}}}\n" +
		"exporters: {sentry: {dsn: \"${env:SENTRY_DSN}\", sending_queue: {storage: file_storage/queues}}}\n" +
		"service:\n  extensions: [file_storage/queues]\n  pipelines: {logs: {receivers: [otlp], exporters: [sentry]}}\n"
	validated := 0
	validate := func(name, config string, beside ...string) {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "config.yaml")
			require.NoError(t, os.WriteFile(file, []byte(strings.ReplaceAll(config, "DIR", t.TempDir())), 0o600))
			args := []string{"validate"}
			for _, f := range append(beside, file) {
				args = append(args, "--config", f)
			}
			cmd := exec.Command(distribution.Path(t), args...)
			cmd.Env = append(os.Environ(), "SENTRY_DSN=https://public@sentry.example.com/1", "K8S_NODE_NAME=node-1")
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, string(out))
		})
		validated++
	}
	for _, file := range []string{"README.md", "exporter/sentryexporter/README.md", "processor/sentrysegmentprocessor/README.md"} {
		for i, block := range codeBlocks(t, file, "yaml") {
			block = strings.ReplaceAll(block, "/var/lib/otelcol-sentry", "DIR")
			switch {
			case strings.Contains(block, "service:"):
			case strings.HasPrefix(block, "extensions:"):
				block += aroundStorage
			default:
				block += around
			}
			validate(fmt.Sprintf("%s/%d", file, i), block)
		}
	}
	for _, pattern := range []string{"*.yaml", "recipes/*.yaml"} {
		configs, err := filepath.Glob(filepath.Join(root, "configs", pattern))
		require.NoError(t, err)
		for _, file := range configs {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			var beside []string
			if first := besideConfig.FindSubmatch(text); first != nil {
				beside = append(beside, filepath.Join(root, "configs", string(first[1])))
			}
			validate(filepath.Base(file), string(text), beside...)
		}
	}
	assert.GreaterOrEqual(t, validated, 15)
}

// besideConfig is the first line of a configuration that is given together with another one.
var besideConfig = regexp.MustCompile(`\A# A second --config beside ([a-z-]+\.yaml)`)
