package chart

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentrytest"
)

// rule is an alert, with the series that its expression looks at.
type rule struct {
	name, expr, summary string
	series              []struct {
		Metric string
		Labels []string
	}
}

// alerts of the chart, read by Prometheus' own parser.
func alerts(t testing.TB) (out []rule) {
	parser := os.Getenv("PROMQL")
	if parser == "" {
		t.Skip("no parser of PromQL here: make test-chart")
	}
	list := at(render(t, over(t, dsn, `prometheusRule: {enabled: true}`))["PrometheusRule/otelcol-sentry"], "spec", "groups", 0, "rules").([]any)
	require.Len(t, list, 8)
	for _, r := range list {
		a := rule{name: str(at(r, "alert")), expr: str(at(r, "expr")), summary: str(at(r, "annotations", "summary"))}
		cmd := exec.Command(parser)
		cmd.Stdin = strings.NewReader(a.expr)
		text, err := cmd.CombinedOutput()
		require.NoError(t, err, string(text))
		require.NoError(t, json.Unmarshal(text, &a.series))
		require.NotEmpty(t, a.series)
		out = append(out, a)
	}
	return out
}

// labels that an alert needs of its series: those that it chooses by and those that its text names. pod is the scraper's.
func (r rule) labels() (out []string) {
	for _, s := range r.series {
		out = append(out, s.Labels...)
	}
	for _, m := range regexp.MustCompile(`\$labels\.(\w+)`).FindAllStringSubmatch(r.summary, -1) {
		if m[1] != "pod" {
			out = append(out, m[1])
		}
	}
	return out
}

// TestRulesNameMetricsThatAre: each metric in an alert, and each label, is one of a component's documentation, or of the collector itself.
func TestRulesNameMetricsThatAre(t *testing.T) {
	documented := map[string]string{ // exporterhelper's
		"otelcol_exporter_queue_size": "| exporter |", "otelcol_exporter_queue_capacity": "| exporter |",
	}
	for _, file := range []string{"exporter/sentryexporter/documentation.md", "extension/k8srights/documentation.md"} {
		text, err := os.ReadFile(filepath.Join(root, file))
		require.NoError(t, err)
		for _, section := range strings.Split(string(text), "\n### ")[1:] {
			name, rest, _ := strings.Cut(section, "\n")
			documented[name] = strings.ReplaceAll(rest, ".", "_")
		}
	}
	for _, alert := range alerts(t) {
		for _, s := range alert.series {
			if assert.Contains(t, documented, s.Metric, alert.name) {
				for _, label := range alert.labels() {
					assert.Contains(t, documented[s.Metric], "| "+label+" |", "%s: %s", alert.name, s.Metric)
				}
			}
		}
	}
}

// TestRunbooksAreThere: an alert leads to a section that says what to do.
func TestRunbooksAreThere(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs", "operations.md"))
	require.NoError(t, err)
	var headings []string
	for _, m := range regexp.MustCompile(`(?m)^##+ (.*)$`).FindAllStringSubmatch(string(text), -1) {
		headings = append(headings, strings.ReplaceAll(strings.ToLower(m[1]), " ", "-"))
	}
	rules := render(t, over(t, dsn, `prometheusRule: {enabled: true}`))["PrometheusRule/otelcol-sentry"]
	links := regexp.MustCompile(`docs/operations\.md#([\w-]+)`).FindAllStringSubmatch(yamlOf(t, rules), -1)
	require.Len(t, links, 7)
	for _, link := range links {
		assert.Contains(t, headings, link[1])
	}
}

// TestRulesSeeARunningBinary: a collector whose DSNs are refused and limited exports, under these names and labels, what the alerts for it ask for.
func TestRulesSeeARunningBinary(t *testing.T) {
	dead, limited := sentrytest.Start(t), sentrytest.Start(t)
	dead.AnswerWith(func(*sentrytest.Received) sentrytest.Answer { return sentrytest.Answer{Status: http.StatusForbidden} })
	limited.AnswerWith(func(*sentrytest.Received) sentrytest.Answer {
		return sentrytest.Answer{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"3600"}}}
	})
	ip := fmt.Sprintf("127.%d.%d.%d", 1+rand.IntN(254), rand.IntN(255), 2+rand.IntN(250))
	metrics := func() string { return fetch(http.Get("http://" + ip + ":8888/metrics")) }
	cmd := exec.Command(filepath.Join(root, "bin", "otelcol-sentry"), "--config", fmt.Sprintf(`yaml:
receivers: {otlp: {protocols: {http: {endpoint: "%[1]s:4318"}}}}
exporters:
  sentry:
    dsn: %[2]s
    projects: [{name: limited, dsn: "%[3]s", match: {service.name: limited}}]
    rate_limit: {max_wait: 0s}
service:
  telemetry: {metrics: {readers: [{pull: {exporter: {prometheus: {host: "%[1]s", port: 8888}}}}]}}
  pipelines: {logs: {receivers: [otlp], exporters: [sentry]}}
`, ip, dead.DSN("1"), limited.DSN("2")))
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // killed
	})
	sent := 0
	require.Eventually(t, func() bool {
		for _, service := range []string{"dead", "limited"} {
			body := fmt.Sprintf(`{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":%q}}]},`+
				`"scopeLogs":[{"logRecords":[{"severityNumber":17,"body":{"stringValue":"failure of kind %c"}}]}]}]}`, service, 'a'+rune(sent%26))
			fetch(http.Post("http://"+ip+":4318/v1/logs", "application/json", strings.NewReader(body)))
		}
		sent++
		text := metrics()
		return strings.Contains(text, "otelcol_exporter_sentry_refused_items{") && strings.Contains(text, "otelcol_exporter_sentry_discarded_items{")
	}, time.Minute, 100*time.Millisecond)

	text, seen := metrics(), map[string]bool{}
	for _, alert := range alerts(t) {
		for _, s := range alert.series {
			line := regexp.MustCompile(`(?m)^` + s.Metric + `(\{.*\})? `).FindString(text)
			if line == "" {
				continue
			}
			seen[alert.name] = true
			for _, label := range alert.labels() {
				assert.Regexp(t, `[{,]`+label+`="`, line, alert.name)
			}
		}
	}
	for _, name := range []string{"SentryDSNRefused", "SentryRefusesItems", "SentryItemsDropped", "SentryQueueFills", "SentryDoesNotTake"} {
		assert.Contains(t, seen, name)
	}
	assert.Regexp(t, `(?m)^otelcol_exporter_sentry_refused_items\{.*http_response_status_code="403".*\} [1-9]`, text)
}

// fetch gives an answer's body; "" where there is none yet.
func fetch(resp *http.Response, err error) string {
	if err != nil {
		return ""
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body) // what is cut off is not there yet
	return string(text)
}
