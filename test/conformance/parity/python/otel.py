"""The same failures through OpenTelemetry's own logging handler."""
import logging
import os
import sys

from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.resources import Resource

try:
    from opentelemetry.instrumentation.logging.handler import LoggingHandler
except ImportError:
    from opentelemetry.sdk._logs import LoggingHandler

_provider = LoggerProvider(resource=Resource.create({"service.name": "ferry", "service.version": "3.2.0"}))
_provider.add_log_record_processor(SimpleLogRecordProcessor(OTLPLogExporter(endpoint=os.environ["PARITY_OTLP"])))
_handler = LoggingHandler(logger_provider=_provider)


def emit(logger, level, message, *args, exc=None):
    exc_info = (type(exc), exc, exc.__traceback__) if exc else None
    _handler.emit(logging.LogRecord(logger, level, __file__, 0, message, args, exc_info))


def uncaught(kind, exc, tb):
    emit("ferry", logging.ERROR, "Unhandled exception", exc=exc.with_traceback(tb))


def install():
    """Uncaught exceptions too; whoever was there before is called after."""
    before = sys.excepthook

    def hook(kind, exc, tb):
        uncaught(kind, exc, tb)
        before(kind, exc, tb)

    sys.excepthook = hook


class Handler(logging.Handler):
    """Every record that logging handles at error level or above."""

    def emit(self, record):
        _handler.emit(record)
