package sentrysegmentprocessor

import (
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
)

// Config is the configuration of the sentry_segment processor.
type Config struct {
	// WaitAfterRoot is how long a segment waits for more of its spans once its root has come.
	WaitAfterRoot time.Duration `mapstructure:"wait_after_root"`
	// IdleTimeout is how long a segment without a root waits after its last span.
	IdleTimeout time.Duration `mapstructure:"idle_timeout"`
	// MaxBytes bounds what is held, in bytes of memory: about 1 to 2 KB a span. From three quarters on segments leave early; what would
	// exceed it is refused.
	MaxBytes int64 `mapstructure:"max_bytes"`
	// MaxRequestBytes bounds a request to the next consumer, in bytes of memory. A larger segment goes alone, whole.
	MaxRequestBytes int64 `mapstructure:"max_request_bytes"`
	// BlockOnOverflow makes a request wait for room until its context ends, instead of being refused at once.
	BlockOnOverflow bool `mapstructure:"block_on_overflow"`
	// RememberedSpans is for how many spans it is known that they have left, so that late ones below them need not wait for a root:
	// about 13 bytes each. 0: for none.
	RememberedSpans int `mapstructure:"remembered_spans"`
	// ShutdownTimeout bounds how long the shutdown takes to hand on what is held.
	ShutdownTimeout time.Duration `mapstructure:"shutdown_timeout"`
	// Shards is the number of goroutines that hold segments, 1 to 64. Each has its part of MaxBytes, and sends requests of its own.
	Shards int `mapstructure:"shards"`
	// Storage is the storage extension of the journal. Without it what is held is lost when the process dies.
	Storage *component.ID `mapstructure:"storage"`
}

var (
	_ component.Config  = (*Config)(nil)
	_ confmap.Validator = (*Config)(nil)
)

// The defaults and bounds.
const (
	defaultWaitAfterRoot   = 2 * time.Second
	defaultIdleTimeout     = 30 * time.Second
	defaultMaxBytes        = 128 << 20
	defaultMaxRequestBytes = 4 << 20
	defaultRememberedSpans = 500_000
	defaultShutdownTimeout = 10 * time.Second
	defaultShards          = 1

	minMaxBytes = 1 << 20
	maxShards   = 64

	// largestSegment is the part of max_bytes at which a segment leaves at once, so that no trace takes all the room.
	largestSegment = 4
)

func createDefaultConfig() component.Config {
	return &Config{
		WaitAfterRoot:   defaultWaitAfterRoot,
		IdleTimeout:     defaultIdleTimeout,
		MaxBytes:        defaultMaxBytes,
		MaxRequestBytes: defaultMaxRequestBytes,
		RememberedSpans: defaultRememberedSpans,
		ShutdownTimeout: defaultShutdownTimeout,
		Shards:          defaultShards,
	}
}

// Validate names every key that is wrong and says what it may be.
func (cfg *Config) Validate() error {
	var errs []error
	require := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	require(cfg.WaitAfterRoot >= 0, "'wait_after_root' must not be negative")
	require(cfg.IdleTimeout > 0, "'idle_timeout' must be above 0")
	require(cfg.IdleTimeout >= cfg.WaitAfterRoot, "'idle_timeout' must be at least 'wait_after_root' (%v), not %v",
		cfg.WaitAfterRoot, cfg.IdleTimeout)
	require(cfg.MaxBytes >= minMaxBytes, "'max_bytes' must be at least %d, not %d", minMaxBytes, cfg.MaxBytes)
	require(cfg.MaxRequestBytes > 0 && cfg.MaxRequestBytes <= cfg.MaxBytes/largestSegment,
		"'max_request_bytes' must be above 0 and at most a quarter of 'max_bytes', not %d", cfg.MaxRequestBytes)
	require(cfg.RememberedSpans >= 0, "'remembered_spans' must not be negative")
	require(cfg.ShutdownTimeout > 0, "'shutdown_timeout' must be above 0")
	require(cfg.Shards >= 1 && cfg.Shards <= maxShards, "'shards' must be from 1 to %d, not %d", maxShards, cfg.Shards)
	return errors.Join(errs...)
}
