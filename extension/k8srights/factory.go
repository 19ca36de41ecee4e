package k8srights

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension"

	"github.com/otelcol-sentry/otelcol-sentry/extension/k8srights/internal/metadata"
)

// NewFactory makes the factory of the k8s_rights extension.
func NewFactory() extension.Factory {
	return extension.NewFactory(metadata.Type, createDefaultConfig, create, metadata.ExtensionStability)
}

func create(_ context.Context, set extension.Settings, cfg component.Config) (extension.Extension, error) {
	return newRights(cfg.(*Config), set)
}
