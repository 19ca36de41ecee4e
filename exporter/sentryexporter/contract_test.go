package sentryexporter

import (
	"context"
	"net/http"
	"testing"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pipeline"
	"go.opentelemetry.io/collector/receiver"

	"github.com/otelcol-sentry/otelcol-sentry/exporter/sentryexporter/internal/metadata"
	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentrytest"
)

const contractElements = 300

// TestConsumeContract holds the exporter to the Collector's contract: what is refused for now is tried again, what is refused for good is
// not, and everything else arrives. The queue is off, as the contract's checker counts as soon as Consume has returned.
func TestConsumeContract(t *testing.T) {
	for _, signal := range []pipeline.Signal{pipeline.SignalLogs, pipeline.SignalTraces} {
		t.Run(signal.String(), func(t *testing.T) {
			fake := sentrytest.Start(t)
			exportertest.CheckConsumeContract(exportertest.CheckConsumeContractParams{
				T:                    t,
				NumberOfTestElements: contractElements,
				Signal:               signal,
				ExporterFactory:      errorsOnly(),
				ExporterConfig: testConfig(fake, withoutQueue, func(cfg *Config) {
					cfg.Retry.InitialInterval = time.Microsecond
					cfg.Retry.MaxInterval = time.Microsecond
				}),
				ReceiverFactory: receiverOf(fake),
			})
		})
	}
}

// errorsOnly is our factory for the records of the contract's checker, which carry nothing but an attribute: they become errors.
func errorsOnly() exporter.Factory {
	ours := NewFactory()
	return exporter.NewFactory(metadata.Type, createDefaultConfig,
		exporter.WithLogs(func(ctx context.Context, set exporter.Settings, cfg component.Config) (exporter.Logs, error) {
			e, err := ours.CreateLogs(ctx, set, cfg)
			return &asErrors{Logs: e}, err
		}, component.StabilityLevelAlpha),
		exporter.WithTraces(func(ctx context.Context, set exporter.Settings, cfg component.Config) (exporter.Traces, error) {
			return ours.CreateTraces(ctx, set, cfg)
		}, component.StabilityLevelAlpha),
	)
}

type asErrors struct {
	exporter.Logs
	n int
}

func (e *asErrors) ConsumeLogs(ctx context.Context, ld plog.Logs) error {
	rec := ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0)
	rec.SetSeverityNumber(plog.SeverityNumberError)
	e.n++
	rec.SetTimestamp(pcommon.NewTimestampFromTime(time.Now()) + pcommon.Timestamp(e.n))
	return e.Logs.ConsumeLogs(ctx, ld)
}

// receiverOf hands what the fake gets to the checker's consumer, with the attribute that it looks for, and answers as the consumer does.
func receiverOf(fake *sentrytest.Fake) receiver.Factory {
	return receiver.NewFactory(component.MustNewType("fake"), func() component.Config { return &struct{}{} },
		receiver.WithLogs(func(_ context.Context, _ receiver.Settings, _ component.Config, next consumer.Logs) (receiver.Logs, error) {
			fake.AnswerWith(func(r *sentrytest.Received) sentrytest.Answer {
				if r.Type() == envelope.TypeClientReport {
					return sentrytest.Answer{}
				}
				ld := plog.NewLogs()
				id := r.Item()["extra"].(map[string]any)["test_id"].(string)
				ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty().Attributes().PutStr("test_id", id)
				return answerOf(next.ConsumeLogs(context.Background(), ld))
			})
			return nopComponent{}, nil
		}, component.StabilityLevelAlpha),
		receiver.WithTraces(func(_ context.Context, _ receiver.Settings, _ component.Config, next consumer.Traces) (receiver.Traces, error) {
			fake.AnswerWith(func(r *sentrytest.Received) sentrytest.Answer {
				if r.Type() == envelope.TypeClientReport {
					return sentrytest.Answer{}
				}
				td := ptrace.NewTraces()
				trace := r.Item()["contexts"].(map[string]any)["trace"].(map[string]any)
				id := trace["data"].(map[string]any)["test_id"].(string)
				td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty().Attributes().PutStr("test_id", id)
				return answerOf(next.ConsumeTraces(context.Background(), td))
			})
			return nopComponent{}, nil
		}, component.StabilityLevelAlpha),
	)
}

type nopComponent struct {
	component.StartFunc
	component.ShutdownFunc
}

func answerOf(err error) sentrytest.Answer {
	switch {
	case err == nil:
		return sentrytest.Answer{}
	case consumererror.IsPermanent(err):
		return sentrytest.Answer{Status: http.StatusBadRequest}
	default:
		return sentrytest.Answer{Status: http.StatusServiceUnavailable}
	}
}
