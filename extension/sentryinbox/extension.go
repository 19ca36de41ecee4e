package sentryinbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/extension"
	"go.uber.org/zap"

	"github.com/otelcol-sentry/otelcol-sentry/extension/sentryinbox/internal/server"
	"github.com/otelcol-sentry/otelcol-sentry/extension/sentryinbox/internal/store"
)

// inbox is the extension. Its store lives as long as it: what was received is gone after a restart.
type inbox struct {
	config *Config
	logger *zap.Logger

	server *http.Server
	done   chan struct{}
	addr   net.Addr
}

func newInbox(config *Config, set extension.Settings) *inbox {
	return &inbox{config: config, logger: set.Logger}
}

// Start listens, so that a port in use stops the Collector at once with an error that says so.
func (x *inbox) Start(ctx context.Context, host component.Host) error {
	listener, err := x.listen(ctx)
	if err != nil {
		return err
	}
	x.addr = listener.Addr()
	x.server = server.New(server.Options{
		Store: store.New(store.Limits{
			Items: x.config.MaxItems,
			Bytes: int(x.config.MaxBytes),
		}, time.Now),
		Logger:           x.logger,
		MaxEnvelopeBytes: int(x.config.MaxEnvelopeBytes),
		MaxInFlightBytes: int(x.config.MaxBytes),
		AllowRemote:      x.config.AllowRemote,
		AllowedHosts:     x.config.AllowedHosts,
	})
	x.done = make(chan struct{})
	go func() {
		defer close(x.done)
		if err := x.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			componentstatus.ReportStatus(host, componentstatus.NewFatalErrorEvent(fmt.Errorf("the inbox's server has ended: %w", err)))
		}
	}()
	x.logger.Info("Sentry inbox is ready", zap.String("page", "http://"+x.addr.String()+"/"),
		zap.String("dsn", "http://inbox@"+x.addr.String()+"/1"))
	return nil
}

// listen checks the address once more when it is known: what localhost means is up to the machine.
func (x *inbox) listen(ctx context.Context) (net.Listener, error) {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", x.config.Endpoint)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on endpoint %q (is another program using the port?): %w", x.config.Endpoint, err)
	}
	addr, err := netip.ParseAddrPort(listener.Addr().String())
	if !x.config.AllowRemote && (err != nil || !addr.Addr().Unmap().IsLoopback()) {
		return nil, errors.Join(fmt.Errorf("endpoint %q is %v on this machine, which others can reach: set allow_remote: true if they may",
			x.config.Endpoint, listener.Addr()), listener.Close())
	}
	return server.LimitConnections(listener, server.MaxConnections), nil
}

// shutdownGrace is how long requests that are under way may take to end: a sender that is slow, or a browser that holds a connection open without a word,
// must not keep the Collector from stopping.
const shutdownGrace = 5 * time.Second

// Shutdown lets requests that are under way end, then ends them. It may be called without Start.
func (x *inbox) Shutdown(ctx context.Context) error {
	if x.server == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, shutdownGrace)
	defer cancel()
	var err error
	if x.server.Shutdown(ctx) != nil {
		err = x.server.Close()
	}
	<-x.done
	return err
}
