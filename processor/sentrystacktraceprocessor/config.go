package sentrystacktraceprocessor

import (
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
)

// Config is the configuration of the sentry_stacktrace processor.
type Config struct {
	// StreamAttributes are the attributes of records that, with the resource and the scope, tell streams apart: lines of different streams
	// are never joined.
	StreamAttributes []string `mapstructure:"stream_attributes"`
	// FlushAfter is how long a record waits for those that may belong to it.
	FlushAfter time.Duration `mapstructure:"flush_after"`
	// MaxLines and MaxBytes bound a joined record.
	MaxLines int `mapstructure:"max_lines"`
	MaxBytes int `mapstructure:"max_bytes"`
	// MaxStreams bounds how many streams are held in memory. The one that was quiet for longest leaves first.
	MaxStreams int `mapstructure:"max_streams"`
	// Storage is the storage extension that keeps what is held. Without it that is lost when the process dies.
	Storage *component.ID `mapstructure:"storage"`
}

var (
	_ component.Config  = (*Config)(nil)
	_ confmap.Validator = (*Config)(nil)
)

func createDefaultConfig() component.Config {
	return &Config{
		// What the receivers and the usual shippers say of where a line was written.
		StreamAttributes: []string{
			"log.iostream", "log.file.path", "log.file.name", "stream", "source", "fluent.tag", "container_id", "container_name",
			"k8s.pod.uid", "k8s.pod.name", "k8s.container.name", "hostname", "appname", "proc_id",
		},
		FlushAfter: time.Second,
		MaxLines:   5000,
		MaxBytes:   512 << 10,
		MaxStreams: 10_000,
	}
}

// Validate names every key that is wrong.
func (cfg *Config) Validate() error {
	var errs []error
	for _, field := range []struct {
		name  string
		value int64
	}{
		{"flush_after", int64(cfg.FlushAfter)},
		{"max_lines", int64(cfg.MaxLines)},
		{"max_bytes", int64(cfg.MaxBytes)},
		{"max_streams", int64(cfg.MaxStreams)},
	} {
		if field.value <= 0 {
			errs = append(errs, fmt.Errorf("'%s' must be above 0", field.name))
		}
	}
	return errors.Join(errs...)
}
