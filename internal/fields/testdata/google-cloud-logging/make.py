"""google-cloud-logging: what its handler prints on GKE, and the shapes that Error Reporting reads.

pip install google-cloud-logging==3.17.0; TZ=UTC python make.py
"""
import json
import logging
import sys
import traceback

from google.cloud.logging_v2.handlers import StructuredLogHandler


def refund(id):
    raise LookupError(f"refund {id}: no card")


log = logging.getLogger("booking.api")
log.handlers = [StructuredLogHandler(stream=sys.stdout, project_id="shop")]
log.setLevel(logging.DEBUG)
log.debug("cache warm")
log.info("started", extra={"labels": {"region": "eu"}})
log.warning("slow", extra={"json_fields": {"took": 1.5}})
try:
    refund(7)
except LookupError:
    log.exception("booking %d is gone", 7, extra={"trace": "projects/shop/traces/803b448a0489f84084905d3093480352", "span_id": "3425f23bb2432450",
                                                  "http_request": {"requestMethod": "POST", "requestUrl": "http://shop/refunds", "userAgent": "curl/8"}})
    trace = traceback.format_exc()
    # https://cloud.google.com/error-reporting/docs/formatting-error-messages
    for entry in (
        {"severity": "ERROR", "message": "booking 7 is gone", "stack_trace": trace},
        {"severity": "ERROR", "message": trace},
        {"severity": "CRITICAL", "message": "booking 7 is gone", "exception": trace, "serviceContext": {"service": "booking", "version": "1.4.2"}},
        {"severity": "ERROR", "@type": "type.googleapis.com/google.devtools.clouderrorreporting.v1beta1.ReportedErrorEvent", "message": "booking 7 is gone",
         "serviceContext": {"service": "booking"}, "context": {"user": "u-9", "httpRequest": {"method": "POST", "url": "http://shop/refunds", "userAgent": "curl/8",
         "referrer": "http://shop/", "responseStatusCode": 500, "remoteIp": "10.0.0.9"}, "reportLocation": {"filePath": "booking/api.py", "lineNumber": 12, "functionName": "refund"}}},
        {"severity": "ALERT", "message": "drift"}, {"severity": "EMERGENCY", "message": "cannot go on"}, {"severity": "NOTICE", "message": "hello"}, {"severity": "DEFAULT", "message": "whatever"},
    ):
        print(json.dumps(entry))
