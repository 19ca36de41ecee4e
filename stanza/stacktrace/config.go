package stacktrace

import (
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/component"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/stanza/operator"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/stanza/operator/helper"

	"github.com/otelcol-sentry/otelcol-sentry/internal/clock"
)

// Type is the operator's name in a list of operators.
const Type = "sentry_stacktrace"

func init() {
	operator.Register(Type, func() operator.Builder { return NewConfig() })
}

// Config is the operator's configuration. README.md explains each field.
type Config struct {
	helper.WriterConfig `mapstructure:",squash"`

	// Format is how the lines are framed: auto, cri, docker, none.
	Format string `mapstructure:"format"`
	// AddMetadataFromFilePath reads namespace, pod, container and restart count from the path of kubelet's files, as the container
	// operator does. Other paths give none.
	AddMetadataFromFilePath bool `mapstructure:"add_metadata_from_filepath"`
	// FlushAfter is how long a line waits for those that may belong to it.
	FlushAfter time.Duration `mapstructure:"flush_after"`
	// MaxLines and MaxBytes bound a joined record.
	MaxLines int             `mapstructure:"max_lines"`
	MaxBytes helper.ByteSize `mapstructure:"max_bytes"`
	// MaxFiles bounds how many files are held in memory. The one that was quiet for longest leaves first.
	MaxFiles int `mapstructure:"max_files"`
	// ShutdownTimeout is how long the pipeline may take, while the collector stops, to accept what is on its way.
	ShutdownTimeout time.Duration `mapstructure:"shutdown_timeout"`
}

// NewConfig gives the defaults.
func NewConfig() *Config {
	return &Config{
		WriterConfig:            helper.NewWriterConfig(Type, Type),
		Format:                  "auto",
		AddMetadataFromFilePath: true,
		FlushAfter:              time.Second,
		MaxLines:                5000,
		MaxBytes:                512 << 10,
		MaxFiles:                2000,
		ShutdownTimeout:         5 * time.Second,
	}
}

// Validate names every field that cannot be.
func (c *Config) Validate() error {
	var errs []error
	if framings[c.Format] == nil {
		errs = append(errs, fmt.Errorf("'format' is %q: it must be auto, cri, docker or none", c.Format))
	}
	for _, field := range []struct {
		name  string
		value int64
	}{
		{"flush_after", int64(c.FlushAfter)},
		{"max_lines", int64(c.MaxLines)},
		{"max_bytes", int64(c.MaxBytes)},
		{"max_files", int64(c.MaxFiles)},
		{"shutdown_timeout", int64(c.ShutdownTimeout)},
	} {
		if field.value <= 0 {
			errs = append(errs, fmt.Errorf("'%s' must be above zero", field.name))
		}
	}
	return errors.Join(errs...)
}

// Build makes the operator. It is called while the receiver is made, before anything is read.
func (c *Config) Build(set component.TelemetrySettings) (operator.Operator, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("operator '%s': %w", c.ID(), err)
	}
	writer, err := c.WriterConfig.Build(set)
	if err != nil {
		return nil, err
	}
	return newOperator(c, writer, clock.System{}), nil
}
