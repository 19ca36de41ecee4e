package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"reflect"
	"runtime/debug"

	"go.opentelemetry.io/contrib/bridges/otelslog"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"
)

// openTelemetry is the logs SDK, and the slog bridge on it.
type openTelemetry struct {
	provider *sdklog.LoggerProvider
	slog     *slog.Logger
}

func startOTel() *openTelemetry {
	exporter, err := otlploghttp.New(context.Background(), otlploghttp.WithEndpointURL(os.Getenv("PARITY_OTLP")))
	if err != nil {
		panic(err)
	}
	provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewSimpleProcessor(exporter)), sdklog.WithResource(resource.Default()))
	return &openTelemetry{provider: provider, slog: otelslog.NewLogger("haulage", otelslog.WithLoggerProvider(provider))}
}

// panicked is by hand: no bridge sees a panic.
func (o *openTelemetry) panicked(r any) {
	var rec log.Record
	rec.SetSeverity(log.SeverityFatal)
	rec.SetBody(attribute.StringValue("panic"))
	rec.AddAttributes(
		attribute.String("exception.type", reflect.TypeOf(r).String()),
		attribute.String("exception.message", fmt.Sprint(r)),
		attribute.String("exception.stacktrace", string(debug.Stack())))
	o.provider.Logger("haulage").Emit(context.Background(), rec)
}
