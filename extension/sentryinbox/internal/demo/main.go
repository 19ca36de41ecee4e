// Command demo serves an inbox filled with samples, to look at the page while working on it:
//
//	go run ./extension/sentryinbox/internal/demo -endpoint 127.0.0.1:8969
package main

import (
	"bytes"
	"context"
	"flag"
	"log"
	"net/http"
	"os"
	"os/signal"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/extension"
	"go.uber.org/zap"

	"github.com/otelcol-sentry/otelcol-sentry/extension/sentryinbox"
	"github.com/otelcol-sentry/otelcol-sentry/extension/sentryinbox/internal/samples"
)

func main() {
	endpoint := flag.String("endpoint", "127.0.0.1:8969", "address to listen on")
	empty := flag.Bool("empty", false, "send nothing")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *endpoint, *empty)
	stop()
	if err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, endpoint string, empty bool) error {
	factory := sentryinbox.NewFactory()
	config := factory.CreateDefaultConfig().(*sentryinbox.Config)
	config.Endpoint = endpoint
	set := extension.Settings{ID: component.NewID(factory.Type()), TelemetrySettings: componenttest.NewNopTelemetrySettings()}
	set.Logger = zap.Must(zap.NewDevelopment())
	inbox, err := factory.Create(ctx, set, config)
	if err != nil {
		return err
	}
	if err := inbox.Start(ctx, componenttest.NewNopHost()); err != nil {
		return err
	}
	if !empty {
		if err := send("http://" + endpoint); err != nil {
			return err
		}
	}
	<-ctx.Done()
	return inbox.Shutdown(context.Background())
}

func send(url string) error {
	now := time.Now()
	bodies := append(samples.Shop(now), samples.Flawed(now)...)
	bodies = append(bodies, samples.Malformed()...)
	bodies = append(bodies, bodies[0]) // a repeat
	for _, body := range bodies {
		req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url+"/api/1/envelope/", bytes.NewReader(body))
		if err != nil {
			return err
		}
		req.Header.Set("X-Sentry-Auth", "Sentry sentry_version=7, sentry_client=sentry.otelcol/0.1.0, sentry_key=inbox")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		_ = resp.Body.Close()
	}
	return nil
}
