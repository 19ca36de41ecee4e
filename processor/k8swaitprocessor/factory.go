package k8swaitprocessor

import (
	"context"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processorhelper"

	"github.com/otelcol-sentry/otelcol-sentry/processor/k8swaitprocessor/internal/metadata"
)

// NewFactory makes the factory of the k8s_wait processor.
func NewFactory() processor.Factory {
	return processor.NewFactory(metadata.Type, createDefaultConfig,
		processor.WithLogs(createLogs, metadata.LogsStability),
		processor.WithTraces(createTraces, metadata.TracesStability))
}

var capabilities = processorhelper.WithCapabilities(consumer.Capabilities{MutatesData: false})

func createLogs(ctx context.Context, set processor.Settings, cfg component.Config, next consumer.Logs) (processor.Logs, error) {
	g, err := newGate(cfg.(*Config), set.TelemetrySettings, time.Now)
	if err != nil {
		return nil, err
	}
	return processorhelper.NewLogs(ctx, set, cfg, next, g.logs, capabilities, processorhelper.WithShutdown(g.shutdown))
}

func createTraces(ctx context.Context, set processor.Settings, cfg component.Config, next consumer.Traces) (processor.Traces, error) {
	g, err := newGate(cfg.(*Config), set.TelemetrySettings, time.Now)
	if err != nil {
		return nil, err
	}
	return processorhelper.NewTraces(ctx, set, cfg, next, g.traces, capabilities, processorhelper.WithShutdown(g.shutdown))
}
