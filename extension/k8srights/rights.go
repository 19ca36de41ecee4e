package k8srights

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/otelcol-sentry/otelcol-sentry/extension/k8srights/internal/metadata"
)

// rights is the extension.
type rights struct {
	cfg       *Config
	logger    *zap.Logger
	telemetry *metadata.TelemetryBuilder
	needed    []right
	reviewer  *reviewer
	host      component.Host

	stop context.CancelFunc
	done chan struct{}

	mu     sync.Mutex
	lacked []right // as the last check found it
}

// pause between two tries to reach the API server at the start.
const pause = time.Second

func newRights(cfg *Config, set extension.Settings) (*rights, error) {
	telemetry, err := metadata.NewTelemetryBuilder(set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	return &rights{cfg: cfg, logger: set.Logger, telemetry: telemetry, needed: rightsOf(cfg.Needs)}, nil
}

// Start fails with a sentence that names the missing rights.
func (x *rights) Start(ctx context.Context, host component.Host) error {
	reviewer, err := newReviewer(x.cfg.AuthType)
	if err != nil {
		return err
	}
	x.reviewer, x.host = reviewer, host
	missing, err := x.firstAnswer(ctx)
	if err != nil {
		return err
	}
	if len(missing) > 0 {
		return errors.New(x.complaint(ctx, missing))
	}
	if err := x.telemetry.RegisterExtensionK8sRightsMissingCallback(x.observe); err != nil {
		return err
	}
	background, stop := context.WithCancel(context.Background())
	x.stop, x.done = stop, make(chan struct{})
	go x.watch(background)
	return nil
}

// firstAnswer repeats the question until the API server answers it or the time is up.
func (x *rights) firstAnswer(ctx context.Context) ([]right, error) {
	ctx, cancel := context.WithTimeout(ctx, x.cfg.Timeout)
	defer cancel()
	var last error
	for {
		missing, err := x.reviewer.missing(ctx, x.needed)
		if err == nil {
			return missing, nil
		}
		if last == nil || ctx.Err() == nil {
			last = err // the last try ends with the time, which says nothing
		}
		select {
		case <-ctx.Done():
			return nil, last
		case <-time.After(pause):
		}
	}
}

func (x *rights) complaint(ctx context.Context, missing []right) string {
	return fmt.Sprintf("%s does not have all the rights that this configuration needs; missing: %s (%s)",
		x.reviewer.who(ctx), sentence(missing), x.cfg.Advice)
}

// Shutdown ends the checks.
func (x *rights) Shutdown(context.Context) error {
	if x.stop != nil {
		x.stop()
		<-x.done
	}
	if x.reviewer != nil {
		x.reviewer.close()
	}
	x.telemetry.Shutdown()
	return nil
}

func (x *rights) watch(ctx context.Context) {
	defer close(x.done)
	ticker := time.NewTicker(x.cfg.Interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			x.check(ctx)
		}
	}
}

// check says what has changed since the last one. A server that does not answer changes nothing: the rights are as they were.
func (x *rights) check(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, x.cfg.Timeout)
	defer cancel()
	missing, err := x.reviewer.missing(ctx, x.needed)
	if err != nil {
		x.telemetry.ExtensionK8sRightsFailedChecks.Add(ctx, 1)
		x.logger.Warn("The rights could not be checked", zap.Error(err))
		return
	}
	x.mu.Lock()
	before := x.lacked
	x.lacked = missing
	x.mu.Unlock()
	switch {
	case slices.Equal(before, missing):
	case len(missing) == 0:
		x.logger.Info("All rights are there again")
		componentstatus.ReportStatus(x.host, componentstatus.NewEvent(componentstatus.StatusOK))
	default:
		complaint := x.complaint(ctx, missing)
		x.logger.Error("Rights were lost: "+complaint, zap.String("missing", sentence(missing)))
		componentstatus.ReportStatus(x.host, componentstatus.NewRecoverableErrorEvent(errors.New(complaint)))
	}
}

// observe reports each right that is needed, so that an alert has something to look at before any is missing.
func (x *rights) observe(_ context.Context, observer metric.Int64Observer) error {
	x.mu.Lock()
	lacked := x.lacked
	x.mu.Unlock()
	for _, r := range x.needed {
		var missing int64
		if slices.Contains(lacked, r) {
			missing = 1
		}
		observer.Observe(missing, metric.WithAttributes(
			attribute.String("group", r.group), attribute.String("resource", r.resource), attribute.String("verb", r.verb)))
	}
	return nil
}
