package k8swaitprocessor

import (
	"context"
	"fmt"
	"net"
	"time"

	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/zap"

	"github.com/otelcol-sentry/otelcol-sentry/processor/k8swaitprocessor/internal/metadata"
)

// gate lets requests through whose resources are complete. Safe for concurrent use.
type gate struct {
	attributes []string
	timeout    time.Duration
	logger     *zap.Logger
	telemetry  *metadata.TelemetryBuilder
	now        func() time.Time
	waits      waits
}

func newGate(cfg *Config, set component.TelemetrySettings, now func() time.Time) (*gate, error) {
	telemetry, err := metadata.NewTelemetryBuilder(set)
	if err != nil {
		return nil, err
	}
	return &gate{attributes: cfg.Attributes, timeout: cfg.Timeout, logger: set.Logger, telemetry: telemetry, now: now}, nil
}

func (g *gate) shutdown(context.Context) error {
	g.telemetry.Shutdown()
	return nil
}

func (g *gate) logs(ctx context.Context, ld plog.Logs) (plog.Logs, error) {
	incomplete := 0
	for _, rl := range ld.ResourceLogs().All() {
		open, err := g.pass(ctx, rl.Resource().Attributes())
		if err != nil {
			return ld, err
		}
		if !open {
			for _, sl := range rl.ScopeLogs().All() {
				incomplete += sl.LogRecords().Len()
			}
		}
	}
	g.count(ctx, incomplete)
	return ld, nil
}

func (g *gate) traces(ctx context.Context, td ptrace.Traces) (ptrace.Traces, error) {
	incomplete := 0
	for _, rs := range td.ResourceSpans().All() {
		open, err := g.pass(ctx, rs.Resource().Attributes())
		if err != nil {
			return td, err
		}
		if !open {
			for _, ss := range rs.ScopeSpans().All() {
				incomplete += ss.Spans().Len()
			}
		}
	}
	g.count(ctx, incomplete)
	return td, nil
}

func (g *gate) count(ctx context.Context, incomplete int) {
	if incomplete > 0 {
		g.telemetry.ProcessorK8sWaitIncomplete.Add(ctx, int64(incomplete))
	}
}

// pass reports whether the resource is complete; an error says that it should come again. A request is refused as a whole: that of a log
// file is of one pod, that of an app too, and an app cannot repeat a part.
func (g *gate) pass(ctx context.Context, attrs pcommon.Map) (complete bool, _ error) {
	if g.complete(attrs) {
		return true, nil
	}
	key := keyOf(ctx, attrs)
	if key == "" {
		return false, nil // nothing says which pod it is: there is nothing to wait for
	}
	now := g.now()
	state := g.waits.ask(key, now, g.timeout)
	switch state {
	case waiting:
		g.telemetry.ProcessorK8sWaitRefused.Add(ctx, 1)
		return false, fmt.Errorf("the metadata of the pod %s is not known yet", key)
	case givenUp:
		g.logger.Warn("The metadata of a pod is still not known; its telemetry passes without",
			zap.String("pod", key), zap.String("name", text(attrs, "k8s.pod.name")), zap.Duration("waited", g.timeout))
	}
	return false, nil
}

func (g *gate) complete(attrs pcommon.Map) bool {
	for _, key := range g.attributes {
		if _, ok := attrs.Get(key); !ok {
			return false
		}
	}
	return true
}

// keyOf names the pod as k8s_attributes looked for it: by its uid (log files), else by the address of the connection.
func keyOf(ctx context.Context, attrs pcommon.Map) string {
	if uid := text(attrs, "k8s.pod.uid"); uid != "" {
		return uid
	}
	switch addr := client.FromContext(ctx).Addr.(type) {
	case *net.TCPAddr:
		return addr.IP.String()
	case *net.IPAddr:
		return addr.String()
	case *net.UDPAddr:
		return addr.IP.String()
	}
	return ""
}

func text(attrs pcommon.Map, key string) string {
	if v, ok := attrs.Get(key); ok {
		return v.AsString()
	}
	return ""
}
