package sentryinbox

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension"

	"github.com/otelcol-sentry/otelcol-sentry/extension/sentryinbox/internal/metadata"
)

// NewFactory makes the factory of the sentry_inbox extension.
func NewFactory() extension.Factory {
	return extension.NewFactory(metadata.Type, createDefaultConfig, create, metadata.ExtensionStability)
}

func create(_ context.Context, set extension.Settings, cfg component.Config) (extension.Extension, error) {
	return newInbox(cfg.(*Config), set), nil
}
