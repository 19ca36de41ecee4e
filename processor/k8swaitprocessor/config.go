package k8swaitprocessor

import (
	"errors"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
)

// Config is the configuration of the k8s_wait processor.
type Config struct {
	// Attributes that k8s_attributes sets on the resource of every pod that it knows. All must be there.
	Attributes []string `mapstructure:"attributes"`
	// Timeout is how long requests of one pod are held up. After that they pass as they are: metadata may never come.
	Timeout time.Duration `mapstructure:"timeout"`
}

const defaultTimeout = 10 * time.Second

var (
	_ component.Config  = (*Config)(nil)
	_ confmap.Validator = (*Config)(nil)
)

func createDefaultConfig() component.Config {
	return &Config{Attributes: []string{"k8s.node.name"}, Timeout: defaultTimeout}
}

// Validate checks that there is something to wait for, and an end to it.
func (cfg *Config) Validate() error {
	var errs []error
	if len(cfg.Attributes) == 0 {
		errs = append(errs, errors.New("'attributes' must say what to wait for"))
	}
	if cfg.Timeout <= 0 {
		errs = append(errs, errors.New("'timeout' must be above 0"))
	}
	return errors.Join(errs...)
}
