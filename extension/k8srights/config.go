package k8srights

import (
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
)

// Config is the configuration of the k8s_rights extension.
type Config struct {
	// AuthType says how the extension finds the API server and who it is there, as in k8s_attributes: "serviceAccount" or "kubeConfig".
	AuthType string `mapstructure:"auth_type"`
	// Needs are the rights without which the Collector must not start.
	Needs []Need `mapstructure:"needs"`
	// Timeout of the check at the start, for as long as the API server does not answer.
	Timeout time.Duration `mapstructure:"timeout"`
	// Interval of the checks after that.
	Interval time.Duration `mapstructure:"interval"`
	// Advice ends the error: what the reader should do.
	Advice string `mapstructure:"advice"`
}

// Need is a rule as in a ClusterRole: every verb on every resource.
type Need struct {
	// Group of the resources; empty is the core group.
	Group string `mapstructure:"group"`
	// Resources in the plural, as in RBAC.
	Resources []string `mapstructure:"resources"`
	// Verbs, as in RBAC.
	Verbs []string `mapstructure:"verbs"`
	// Namespace in which they are needed; empty is the whole cluster.
	Namespace string `mapstructure:"namespace"`
}

const (
	authServiceAccount = "serviceAccount"
	authKubeConfig     = "kubeConfig"

	defaultTimeout  = 30 * time.Second
	defaultInterval = time.Minute
	minInterval     = time.Second
)

var (
	_ component.Config  = (*Config)(nil)
	_ confmap.Validator = (*Config)(nil)
	_ confmap.Validator = (*Need)(nil)
)

func createDefaultConfig() component.Config {
	return &Config{
		AuthType: authServiceAccount,
		Timeout:  defaultTimeout,
		Interval: defaultInterval,
		Advice:   "docs/kubernetes.md has the ClusterRole",
	}
}

// Validate checks the vocabulary. Every error names its key.
func (cfg *Config) Validate() error {
	var errs []error
	if cfg.AuthType != authServiceAccount && cfg.AuthType != authKubeConfig {
		errs = append(errs, fmt.Errorf("'auth_type' must be %s or %s, not %q", authServiceAccount, authKubeConfig, cfg.AuthType))
	}
	if len(cfg.Needs) == 0 {
		errs = append(errs, errors.New("'needs' must say which rights are needed"))
	}
	if cfg.Timeout <= 0 {
		errs = append(errs, errors.New("'timeout' must be above 0"))
	}
	if cfg.Interval < minInterval {
		errs = append(errs, fmt.Errorf("'interval' must be at least %v", minInterval))
	}
	return errors.Join(errs...)
}

// Validate checks that the rule says something.
func (n *Need) Validate() error {
	if len(n.Resources) == 0 || len(n.Verbs) == 0 {
		return errors.New("'resources' and 'verbs' must both name something")
	}
	return nil
}
