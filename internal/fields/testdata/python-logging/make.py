"""The standard library's logging in the formats that frameworks and their guides use.

Python 3.11; TZ=UTC python make.py
"""
import logging
import sys


def refund(id):
    raise LookupError(f"refund {id}: no card")


FORMATS = [
    logging.BASIC_FORMAT,
    "%(asctime)s %(levelname)s %(message)s",
    "%(asctime)s - %(name)s - %(levelname)s - %(message)s",
    "%(asctime)s [%(levelname)s] %(name)s: %(message)s",
    "%(asctime)s %(name)s %(levelname)s %(message)s",
    "%(asctime)s | %(levelname)-8s | %(name)s | %(message)s",
    "[%(asctime)s] %(levelname)s in %(module)s: %(message)s",
    "[%(asctime)s: %(levelname)s/%(processName)s] %(message)s",
    "[%(levelname)s] %(asctime)s %(name)s - %(message)s",
    "%(levelname)s %(asctime)s %(module)s %(process)d %(thread)d %(message)s",
    "%(levelname)s %(name)s:%(filename)s:%(lineno)d %(message)s",
    "%(levelname)-8s %(name)s:%(filename)s:%(lineno)d %(message)s",
    "%(asctime)s %(levelname)s [%(name)s] [%(filename)s:%(lineno)d] [trace_id=803b448a0489f84084905d3093480352 span_id=3425f23bb2432450 resource.service.name=booking] - %(message)s",
    "%(asctime)s %(process)d %(levelname)s %(name)s [-] %(message)s",
    "%(asctime)s,%(msecs)03d: %(levelname)s: %(name)s: %(message)s",
    "%(asctime)s %(threadName)s %(levelname)s %(name)s: %(message)s",
]
log = logging.getLogger("booking.api")
log.setLevel(logging.DEBUG)
handler = logging.StreamHandler(sys.stdout)
log.handlers = [handler]
for f in FORMATS:
    handler.setFormatter(logging.Formatter(f))
    log.info("started on :8080")
    log.warning("slow")
    try:
        refund(7)
    except LookupError:
        log.exception("booking 7 is gone")
