package kubernetes

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentrytest"
)

// TestGatewayForApps: an app that sends to a gateway without an agent is known by its address.
func TestGatewayForApps(t *testing.T) {
	c := needCluster(t)
	c.apply(t, `{apiVersion: v1, kind: Namespace, metadata: {name: gateway-apps}}`)
	fake := sentrytest.Start(t)
	g := newGateway(t, c, fake.DSN("7"))
	g.start()
	p := newNode(t, c, "gateway-node").run(podSpec{namespace: "gateway-apps", deployment: "cart", ip: loopback()})
	newApp(t, p.ip).logs(g, logOf(map[string]any{"k8s.pod.name": "somebody-else"}, func(rec plog.LogRecord) {
		rec.SetSeverityNumber(plog.SeverityNumberError)
		rec.Body().SetStr("without an agent")
	}))
	e := fake.WaitForItems("event", 1)[0].Item()
	assert.Equal(t, p.name, at(e, "server_name"))
	assert.Equal(t, "cart", at(e, "tags", "k8s.deployment.name"))
	assert.Equal(t, "gateway-node", at(e, "tags", "k8s.node.name"))
	assert.Equal(t, "1.4.2", at(e, "release"))
}

// TestGatewayForShippers: Fluent Bit and syslog.
func TestGatewayForShippers(t *testing.T) {
	c := needCluster(t)
	c.apply(t, `{apiVersion: v1, kind: Namespace, metadata: {name: shippers, annotations: {sentry.io/project: checkout}}}`)
	fake := sentrytest.Start(t)
	g := newGateway(t, c, fake.DSN("7"), twoProjects(fake, "shippers"))
	g.start()
	p := newNode(t, c, "shippers-node").run(podSpec{namespace: "shippers", deployment: "cart", containers: []string{"app", "proxy"}})

	t.Run("Fluent Bit", func(t *testing.T) {
		send(t, g.ip+":24224", forward(time.Now(), map[string]any{
			"log": `{"level":"error","msg":"by Fluent Bit"}`, "stream": "stderr",
			"kubernetes": map[string]any{
				"pod_name": p.name, "namespace_name": p.namespace, "pod_id": p.uid, "container_name": "app", "host": "shippers-node",
			},
		}))
		fake.WaitFor(func() bool { return len(events(fake)["by Fluent Bit"]) == 1 })
		r := events(fake)["by Fluent Bit"][0]
		e := r.Item()
		assert.Equal(t, "8", r.Project)
		assert.Equal(t, p.name, at(e, "server_name"))
		assert.Equal(t, "cart", at(e, "tags", "k8s.deployment.name"))
		assert.Equal(t, "app", at(e, "tags", "k8s.container.name"))
		assert.Equal(t, "1.4.2", at(e, "release"))
	})
	t.Run("syslog", func(t *testing.T) {
		send(t, g.ip+":5514", []byte("<11>1 "+time.Now().UTC().Format(time.RFC3339Nano)+" router-1 dhcpd 123 - - no free leases\n"))
		fake.WaitFor(func() bool { return len(events(fake)) == 2 })
		for text, of := range events(fake) {
			if text != "by Fluent Bit" {
				assert.Contains(t, text, "no free leases")
				assert.Equal(t, "error", at(of[0].Item(), "level"))
			}
		}
	})
}

func send(t *testing.T, address string, message []byte) {
	conn, err := net.Dial("tcp", address)
	require.NoError(t, err)
	_, err = conn.Write(message)
	require.NoError(t, err)
	require.NoError(t, conn.Close())
}

// forward is a message of Fluent's forward protocol: [tag, time, record] in MessagePack.
func forward(at time.Time, record map[string]any) []byte {
	var b bytes.Buffer
	b.WriteByte(0x93)
	pack(&b, "kube.var.log.containers")
	b.WriteByte(0xd2)
	_ = binary.Write(&b, binary.BigEndian, int32(at.Unix())) // to memory
	pack(&b, record)
	return b.Bytes()
}

// pack writes maps of texts and maps in MessagePack.
func pack(b *bytes.Buffer, v any) {
	switch v := v.(type) {
	case string:
		b.WriteByte(0xda)
		_ = binary.Write(b, binary.BigEndian, uint16(len(v))) // to memory
		b.WriteString(v)
	case map[string]any:
		b.WriteByte(0x80 | byte(len(v)))
		for key, value := range v {
			pack(b, key)
			pack(b, value)
		}
	}
}

// TestGatewayTLS: apps that check the gateway's certificate.
func TestGatewayTLS(t *testing.T) {
	c := needCluster(t)
	dir := t.TempDir()
	pki, err := newAuthority(dir)
	require.NoError(t, err)
	require.NoError(t, pki.issue("tls", pkix.Name{CommonName: "gateway"}))
	fake := sentrytest.Start(t)
	g := newGateway(t, c, fake.DSN("7"), "configs/gateway-tls.yaml", `processors: {k8s_wait: {timeout: 1ms}}`)
	g.env = append(g.env, "GATEWAY_TLS="+dir)
	g.start()

	roots := x509.NewCertPool()
	roots.AddCert(pki.cert)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "localhost"}}, Timeout: patience}
	t.Cleanup(client.CloseIdleConnections)
	body, err := plogotlp.NewExportRequestFromLogs(logOf(nil, func(rec plog.LogRecord) {
		rec.SetSeverityNumber(plog.SeverityNumberError)
		rec.Body().SetStr("by TLS")
	})).MarshalProto()
	require.NoError(t, err)
	g.eventually("it does not take it", func() bool {
		resp, err := client.Post("https://"+g.ip+":4318/v1/logs", "application/x-protobuf", bytes.NewReader(body))
		require.NoError(t, err)
		defer resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
	fake.WaitForItems("event", 1)
	resp, err := http.Post("http://"+g.ip+":4318/v1/logs", "application/x-protobuf", bytes.NewReader(body))
	require.NoError(t, err)
	defer resp.Body.Close()
	assert.Equal(t, http.StatusBadRequest, resp.StatusCode, "without TLS")
}

// TestGatewayReplicas: apps send the spans of one trace to two gateways; they meet in one.
func TestGatewayReplicas(t *testing.T) {
	c := needCluster(t)
	c.apply(t, `{apiVersion: v1, kind: Namespace, metadata: {name: replicas}}`)
	fake := sentrytest.Start(t)
	g1, g2 := newGateway(t, c, fake.DSN("7")), newGateway(t, c, fake.DSN("7"))
	for _, g := range []*agent{g1, g2} {
		overlay := filepath.Join(t.TempDir(), "both.yaml")
		require.NoError(t, os.WriteFile(overlay, []byte(byTrace(g1, g2)), 0o600))
		g.args = append(g.args, "--config", "configs/gateway-replicas.yaml", "--config", overlay)
		g.launch()
	}
	g1.ready()
	g2.ready()
	p := newNode(t, c, "replicas-node").run(podSpec{namespace: "replicas", deployment: "cart", ip: loopback()})
	sdk := newApp(t, p.ip)
	for i := range 8 {
		sdk.traces(g1, spanOf(map[string]any{"service.name": "cart"}, traceSpan(i, 2, 1)))
		sdk.traces(g2, spanOf(map[string]any{"service.name": "cart"}, traceSpan(i, 1, 0)))
	}
	for _, r := range fake.WaitForItems("transaction", 8) {
		assert.Len(t, r.Item()["spans"], 1)
		assert.Equal(t, p.name, at(r.Item(), "server_name"))
	}
}

// TestSidecar: one app's files and OTLP, without a Kubernetes API.
func TestSidecar(t *testing.T) {
	fake := sentrytest.Start(t)
	fake.SkipAge()
	fake.MortalSenders()
	logs := t.TempDir()
	s := newCollector(t, nil, "", []string{"configs/sidecar.yaml"})
	s.env = append(s.env, "SENTRY_DSN="+fake.DSN("7"), "SIDECAR_LISTEN="+s.ip, "SIDECAR_LOGS="+logs, "SIDECAR_STATE="+s.state,
		"OTEL_RESOURCE_ATTRIBUTES=service.name=cart,service.version=1.4.2,k8s.pod.name=cart-1,k8s.namespace.name=shop,k8s.deployment.name=cart")
	s.start()
	file := filepath.Join(logs, "app.log")
	crash := &crashes[0]
	text := lines(crash.text)
	write := func(lines ...string) {
		f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640)
		require.NoError(t, err)
		for _, line := range lines {
			_, err = fmt.Fprintln(f, line)
			require.NoError(t, err)
		}
		require.NoError(t, f.Close())
	}
	write(`{"level":"error","msg":"a sign"}`)
	write(text...)
	fake.WaitFor(func() bool { return len(fake.Accepted("event")) == 2 })
	crash.one(t, fake, &pod{name: "cart-1"}, "a sign")
	e := events(fake)["a sign"][0].Item()
	assert.Equal(t, "1.4.2", at(e, "release"))
	assert.Equal(t, "cart", at(e, "tags", "k8s.deployment.name"))

	s.kill()
	require.NoError(t, os.Rename(file, file+".1"))
	write(`{"level":"error","msg":"after the kill"}`)
	s.start()
	fake.WaitFor(func() bool { return len(events(fake)["after the kill"]) == 1 })
	newApp(t, loopback()).traces(s, spanOf(map[string]any{"service.version": "2.0"}, traceSpan(0, 1, 0)))
	tx := fake.WaitForItems("transaction", 1)[0].Item()
	assert.Equal(t, "2.0", at(tx, "release"), "what the app says wins")
	assert.Equal(t, "cart-1", at(tx, "server_name"))
}
