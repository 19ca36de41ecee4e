package sentryinbox

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/component"
)

// The defaults and the bounds of the configuration.
const (
	defaultEndpoint         = "127.0.0.1:8969" // the port that Spotlight uses: SDKs know it
	defaultMaxItems         = 1000
	defaultMaxBytes         = ByteSize(64 << 20)
	defaultMaxEnvelopeBytes = ByteSize(20 << 20)

	maxMaxItems         = 100_000
	minMaxEnvelopeBytes = ByteSize(1 << 10)
)

// Config is the configuration of the sentry_inbox extension.
type Config struct {
	// Endpoint is the address to listen on, "host:port". Anything but a loopback address needs AllowRemote. Port 0 takes a free port
	// and logs it.
	Endpoint string `mapstructure:"endpoint"`

	// AllowRemote permits an Endpoint that other machines can reach. The inbox has no login: whoever reaches it reads everything in it.
	AllowRemote bool `mapstructure:"allow_remote"`

	// AllowedHosts are names, without port, that the page and the JSON API answer to besides localhost and (with AllowRemote) any
	// IP address. Other names are refused: a web page elsewhere could have pointed its own name at this machine (DNS rebinding).
	// "*" answers to every name. Envelopes are taken under any name.
	AllowedHosts []string `mapstructure:"allowed_hosts"`

	// MaxItems is how many items of each kind are kept (events, transactions, spans, logs, others, and envelopes with what the check
	// found in them): 1 to 100000. The oldest of a kind leave first.
	MaxItems int `mapstructure:"max_items"`

	// MaxBytes bounds all that is kept, and separately all that is being received at one moment. When it is reached the kind of items that uses
	// most loses its oldest.
	MaxBytes ByteSize `mapstructure:"max_bytes"`

	// MaxEnvelopeBytes bounds one envelope, decompressed: 1 KiB to MaxBytes. A larger one is answered with 413.
	MaxEnvelopeBytes ByteSize `mapstructure:"max_envelope_bytes"`
}

func createDefaultConfig() component.Config {
	return &Config{
		Endpoint:         defaultEndpoint,
		MaxItems:         defaultMaxItems,
		MaxBytes:         defaultMaxBytes,
		MaxEnvelopeBytes: defaultMaxEnvelopeBytes,
	}
}

// Validate names every key that is wrong and says what it may be.
func (c *Config) Validate() error {
	var errs []error
	if err := c.validateEndpoint(); err != nil {
		errs = append(errs, err)
	}
	for i, host := range c.AllowedHosts {
		if !validHost(host) {
			errs = append(errs, fmt.Errorf(`allowed_hosts[%d]: %q must be a host name without scheme, port or path, or "*"`, i, host))
		}
	}
	if c.MaxItems < 1 || c.MaxItems > maxMaxItems {
		errs = append(errs, fmt.Errorf("max_items: must be from 1 to %d, not %d", maxMaxItems, c.MaxItems))
	}
	if c.MaxEnvelopeBytes < minMaxEnvelopeBytes {
		errs = append(errs, fmt.Errorf("max_envelope_bytes: must be at least %v, not %v", minMaxEnvelopeBytes, c.MaxEnvelopeBytes))
	}
	if c.MaxBytes < c.MaxEnvelopeBytes {
		errs = append(errs, fmt.Errorf("max_bytes: must be at least max_envelope_bytes (%v), not %v", c.MaxEnvelopeBytes, c.MaxBytes))
	}
	return errors.Join(errs...)
}

func (c *Config) validateEndpoint() error {
	host, port, err := net.SplitHostPort(c.Endpoint)
	if err != nil {
		return fmt.Errorf(`endpoint: %q must be "host:port", such as %q`, c.Endpoint, defaultEndpoint)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("endpoint: port %q must be a number from 0 to 65535", port)
	}
	if !c.AllowRemote && !isLoopback(host) {
		return fmt.Errorf("endpoint: %q can be reached from other machines, and the inbox has no login; "+
			"use 127.0.0.1 or localhost, or set allow_remote: true", c.Endpoint)
	}
	return nil
}

// isLoopback reports whether only this machine can reach the host. An empty host means every interface.
func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

func validHost(host string) bool {
	if host == "*" {
		return true
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return host != "" && !strings.ContainsAny(host, ":/@?#*[] \t\r\n")
}
