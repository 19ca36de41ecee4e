'use strict';
// Sentry's SDK, and OpenTelemetry's logs SDK for the same exception objects.
const Sentry = require('@sentry/node');
const { LoggerProvider, SimpleLogRecordProcessor } = require('@opentelemetry/sdk-logs');
const { OTLPLogExporter } = require('@opentelemetry/exporter-logs-otlp-http');
const { resourceFromAttributes } = require('@opentelemetry/resources');
const { SeverityNumber } = require('@opentelemetry/api-logs');

Sentry.init({ dsn: process.env.PARITY_DSN, release: 'greenhouse@0.9.1', environment: 'staging' });

const provider = new LoggerProvider({
  resource: resourceFromAttributes({ 'service.name': 'greenhouse', 'service.version': '0.9.1', 'telemetry.sdk.language': 'nodejs' }),
  processors: [new SimpleLogRecordProcessor({ exporter: new OTLPLogExporter({ url: process.env.PARITY_OTLP }) })],
});
const logger = provider.getLogger('greenhouse');

function emit(severityText, body, exception) {
  logger.emit({ severityNumber: SeverityNumber[severityText], severityText, body, exception });
}

process.on('uncaughtExceptionMonitor', (err) => emit('FATAL', 'Uncaught exception', err));
process.on('unhandledRejection', (err) => emit('ERROR', 'Unhandled rejection', err));

module.exports = {
  exception(err, message, level) {
    Sentry.captureException(err, { level });
    emit(level.toUpperCase(), message, err);
  },
  message(text) {
    Sentry.captureMessage(text, 'error');
    emit('ERROR', text);
  },
};
