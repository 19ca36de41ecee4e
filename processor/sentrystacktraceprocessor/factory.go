package sentrystacktraceprocessor

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/processor"

	"github.com/otelcol-sentry/otelcol-sentry/internal/clock"
	"github.com/otelcol-sentry/otelcol-sentry/processor/sentrystacktraceprocessor/internal/metadata"
)

// NewFactory makes the factory of the sentry_stacktrace processor.
func NewFactory() processor.Factory {
	return processor.NewFactory(metadata.Type, createDefaultConfig, processor.WithLogs(createLogs, metadata.LogsStability))
}

func createLogs(_ context.Context, set processor.Settings, cfg component.Config, next consumer.Logs) (processor.Logs, error) {
	return newProcessor(set, cfg.(*Config), next, clock.System{})
}
