"""Datadog: ddtrace's log injection, and its standard attributes for errors as its log libraries for other languages write them.

pip install ddtrace==4.16.0 python-json-logger==4.2.0; TZ=UTC DD_SERVICE=booking DD_ENV=prod DD_VERSION=1.4.2 DD_TRACE_ENABLED=true DD_INSTRUMENTATION_TELEMETRY_ENABLED=false python make.py
"""
import json
import logging
import sys
import traceback

from ddtrace.trace import tracer
from ddtrace import patch

patch(logging=True)
tracer.enabled = False if "--off" in sys.argv else tracer.enabled

from pythonjsonlogger.json import JsonFormatter


def refund(id):
    raise LookupError(f"refund {id}: no card")


log = logging.getLogger("booking.api")
handler = logging.StreamHandler(sys.stdout)
handler.setFormatter(JsonFormatter("%(asctime)s %(levelname)s %(name)s %(message)s %(dd.service)s %(dd.env)s %(dd.version)s %(dd.trace_id)s %(dd.span_id)s"))
log.handlers = [handler]
log.setLevel(logging.DEBUG)
with tracer.trace("refund"):
    log.info("started")
    try:
        refund(7)
    except LookupError as e:
        log.exception("booking %d is gone", 7)
        # https://docs.datadoghq.com/logs/log_collection/ - error.kind, error.message, error.stack, error.fingerprint
        print(json.dumps({"status": "error", "level": "error", "message": "booking 7 is gone", "logger": {"name": "booking.api", "thread_name": "MainThread"},
                          "error": {"kind": type(e).__name__, "message": str(e), "stack": traceback.format_exc(), "fingerprint": "refund-no-card"},
                          "dd": {"trace_id": "1311768467463790320", "span_id": "67667974448284343", "service": "booking"}, "usr": {"id": "u-9", "email": "a@example.com"}}))
