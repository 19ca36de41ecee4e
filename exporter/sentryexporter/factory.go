package sentryexporter

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/exporter"

	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/metadata"
)

// NewFactory makes the factory of the sentry exporter.
func NewFactory() exporter.Factory {
	return exporter.NewFactory(
		metadata.Type,
		createDefaultConfig,
		exporter.WithLogs(createLogs, metadata.LogsStability),
		exporter.WithTraces(createTraces, metadata.TracesStability),
	)
}

func createLogs(_ context.Context, set exporter.Settings, cfg component.Config) (exporter.Logs, error) {
	return &logsExporter{signal: signal{owner: ownerOf(cfg.(*Config), set)}}, nil
}

func createTraces(_ context.Context, set exporter.Settings, cfg component.Config) (exporter.Traces, error) {
	return &tracesExporter{signal: signal{owner: ownerOf(cfg.(*Config), set)}}, nil
}
