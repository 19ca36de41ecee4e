package offsetguard

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension"

	"github.com/otelcol-sentry/otelcol-sentry/extension/offsetguard/internal/metadata"
)

// NewFactory makes the factory of the offset_guard extension.
func NewFactory() extension.Factory {
	return extension.NewFactory(metadata.Type, createDefaultConfig, create, metadata.ExtensionStability)
}

func create(_ context.Context, set extension.Settings, cfg component.Config) (extension.Extension, error) {
	return &guard{behind: cfg.(*Config).Storage, logger: set.Logger}, nil
}
