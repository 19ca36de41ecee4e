// Command haulage runs a scenario: one process each. Without an argument it lists them as NAME, KIND and FLAGS, with tabs between; see the
// Python scenarios for the kinds. The flag no_stacks says that the error has no stack of its own: the SDK's is the place of the capture.
package main

import (
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime/debug"
	"time"

	"github.com/getsentry/sentry-go"
	goerrors "github.com/go-errors/errors"
	"github.com/rs/zerolog"
	zerologerrors "github.com/rs/zerolog/pkgerrors"
	"github.com/sirupsen/logrus"
	"go.uber.org/zap"

	"example.com/haulage/depot"
	"example.com/haulage/freight"
)

// otel is nil in a run without the SDKs.
var otel *openTelemetry

// report is what a program does first with a panic: both SDKs get it, and it goes on.
func report() {
	if otel == nil {
		return
	}
	if r := recover(); r != nil {
		sentry.CurrentHub().Recover(r)
		sentry.Flush(5 * time.Second)
		otel.panicked(r)
		panic(r)
	}
}

// failed gives the error to both SDKs, then to the logger.
func failed(err error, message string, log func(message string, err error)) {
	if otel != nil {
		sentry.CaptureException(err)
		otel.slog.Error(message, "err", err)
	}
	log(message, err)
}

type scenario struct {
	name, kind, flags string
	run               func()
}

var empty depot.Fleet[string, int]

var scenarios = []scenario{
	{"panic_nil_pointer", "apart", "", func() { fmt.Println((&depot.Truck{}).Last()) }},
	{"panic_index", "apart", "", func() { (&depot.Truck{Axles: []int{9, 11}}).Load(5) }},
	{"panic_nil_map", "apart", "", func() { new(depot.Truck).Stow("reels", 4) }},
	{"panic_divide", "apart", "", func() { depot.Share(40, len(os.Args)-2) }},
	{"panic_assertion", "apart", "", func() { depot.Weight("heavy") }},
	{"panic_string", "apart", "", func() { panic("convoy: the road is closed") }},
	{"panic_generic", "apart", "", func() { empty.Must("HA 1701") }},
	{"panic_error", "apart", "", func() { panic(freight.Quote()) }},
	{"panic_own_error", "apart", "", func() { panic(freight.LimitError{Tons: 60}) }},
	{"panic_multiline", "apart", "", func() { panic(errors.New("brakes:\n\tfront 3 mm\n\trear 1 mm")) }},
	{"panic_closure", "apart", "", func() {
		depot.Each([]*depot.Truck{{Plate: "HA 1"}}, func(t *depot.Truck) { t.Load(0) })
	}},
	{"panic_goroutine", "apart", "", func() {
		go func() {
			defer report()
			depot.Each([]*depot.Truck{nil}, func(t *depot.Truck) { t.Stow("gravel", 12) })
		}()
		select {}
	}},

	{"recovered_stack", "together", "", recoveredStack},
	{"recovered_http", "apart", "", recoveredHTTP},
	{"pkgerrors_verbose", "together", "", func() {
		failed(freight.Border(), "job failed", func(m string, err error) { log.Printf("ERROR %s: %+v", m, err) })
	}},
	{"pkgerrors_zap", "together", "", func() {
		failed(freight.Customs(), "job failed", func(m string, err error) { zapLogger(zap.NewProductionConfig()).Error(m, zap.Error(err)) })
	}},
	{"pkgerrors_zerolog", "together", "", func() {
		zerolog.ErrorStackMarshaler = zerologerrors.MarshalStack
		failed(freight.Customs(), "job failed", func(m string, err error) { zerologLogger().Error().Stack().Err(err).Msg(m) })
	}},
	{"goerrors_stack", "together", "", func() {
		failed(freight.Toll(), "job failed", func(_ string, err error) {
			var stacked *goerrors.Error
			errors.As(err, &stacked)
			log.Print("job failed: ", stacked.ErrorStack())
		})
	}},
	{"slog_json", "together", "no_stacks", func() {
		failed(freight.ErrNoRoute, "job failed", func(m string, err error) {
			slog.New(slog.NewJSONHandler(os.Stderr, nil)).Error(m, "err", err, "order", 77)
		})
	}},
	{"slog_text", "together", "no_stacks", func() {
		failed(freight.Quote(), "job failed", func(m string, err error) {
			slog.New(slog.NewTextHandler(os.Stderr, nil)).Error(m, "error", err, "order", 77)
		})
	}},
	{"slog_join", "together", "no_stacks", func() {
		failed(freight.Papers(), "papers missing", func(m string, err error) {
			slog.New(slog.NewJSONHandler(os.Stderr, nil)).Error(m, "error", err)
		})
	}},
	{"zap_production", "together", "no_stacks", func() {
		failed(freight.LimitError{Tons: 60}, "overloaded", func(m string, err error) { zapLogger(zap.NewProductionConfig()).Error(m, zap.Error(err)) })
	}},
	{"zap_development", "together", "no_stacks", func() {
		failed(freight.Quote(), "no quote", func(m string, err error) { zapLogger(zap.NewDevelopmentConfig()).Error(m, zap.Error(err)) })
	}},
	{"zerolog_json", "together", "no_stacks", func() {
		failed(freight.ErrNoRoute, "job failed", func(m string, err error) { zerologLogger().Error().Err(err).Int("order", 77).Msg(m) })
	}},
	{"logrus_text", "together", "no_stacks", func() {
		failed(freight.ErrNoRoute, "job failed", func(m string, err error) { logrus.WithError(err).WithField("order", 77).Error(m) })
	}},
	{"logrus_json", "together", "no_stacks", func() {
		logrus.SetFormatter(&logrus.JSONFormatter{})
		failed(freight.Quote(), "no quote", func(m string, err error) { logrus.WithError(err).Error(m) })
	}},
}

func zapLogger(cfg zap.Config) *zap.Logger {
	logger, err := cfg.Build()
	if err != nil {
		panic(err)
	}
	return logger
}

func zerologLogger() *zerolog.Logger {
	logger := zerolog.New(os.Stderr).With().Timestamp().Logger()
	return &logger
}

// recoveredStack logs the panic and its stack itself, and goes on.
func recoveredStack() {
	defer func() {
		r := recover()
		if otel != nil {
			sentry.CurrentHub().Recover(r)
			otel.panicked(r)
		}
		log.Printf("panic: %v\n%s", r, debug.Stack())
	}()
	(&depot.Truck{}).Last()
}

// recoveredHTTP leaves it to net/http's server.
func recoveredHTTP() {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		defer report()
		new(depot.Truck).Stow("timber", 9)
	}))
	server.Start()
	defer server.Close()
	if res, err := http.Get(server.URL); err == nil {
		res.Body.Close()
	}
}

func main() {
	if len(os.Args) < 2 {
		for _, s := range scenarios {
			fmt.Printf("%s\t%s\t%s\n", s.name, s.kind, s.flags)
		}
		return
	}
	if os.Getenv("PARITY_SDK") != "off" {
		if err := sentry.Init(sentry.ClientOptions{Dsn: os.Getenv("PARITY_DSN"), Release: "haulage@7.0.2", Environment: "staging"}); err != nil {
			log.Fatal(err)
		}
		otel = startOTel()
		defer sentry.Flush(5 * time.Second)
	}
	defer report()
	for _, s := range scenarios {
		if s.name == os.Args[1] {
			s.run()
		}
	}
}
