package offsetguard

import (
	"errors"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
)

// Config is the configuration of the offset_guard extension.
type Config struct {
	// Storage is the extension that keeps what receivers write.
	Storage component.ID `mapstructure:"storage"`
}

var (
	_ component.Config  = (*Config)(nil)
	_ confmap.Validator = (*Config)(nil)
)

func createDefaultConfig() component.Config { return &Config{} }

// Validate checks that there is a storage behind.
func (cfg *Config) Validate() error {
	if cfg.Storage == (component.ID{}) {
		return errors.New("'storage' must name the storage extension that keeps the offsets")
	}
	return nil
}
