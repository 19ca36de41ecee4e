"""python-json-logger: defaults, renamed fields, numbers.

pip install python-json-logger==4.2.0; TZ=UTC python make.py
"""
import logging
import sys

from pythonjsonlogger.json import JsonFormatter


def refund(id):
    raise LookupError(f"refund {id}: no card")


def say(formatter):
    log = logging.getLogger("booking.api")
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    log.handlers = [handler]
    log.setLevel(logging.DEBUG)
    log.debug("cache warm", extra={"entries": 12})
    log.info("started")
    log.warning("slow")
    try:
        refund(7)
    except LookupError:
        log.exception("booking %d is gone", 7, extra={"trace_id": "803b448a0489f84084905d3093480352"})
        log.critical("cannot go on", exc_info=True, stack_info=True)


say(JsonFormatter("%(asctime)s %(levelname)s %(name)s %(threadName)s %(message)s"))
say(JsonFormatter("%(levelno)s %(pathname)s %(lineno)d %(funcName)s %(message)s", timestamp=True))
say(JsonFormatter("{levelname}{name}{message}{exc_info}", style="{", rename_fields={"levelname": "severity", "name": "logger", "exc_info": "stack_trace"}, timestamp="@timestamp"))
