"""ecs-logging: Elastic Common Schema from logging and from structlog.

pip install ecs-logging==2.3.0 structlog==26.1.0; TZ=UTC python make.py
"""
import logging
import sys

import ecs_logging
import structlog


def refund(id):
    raise LookupError(f"refund {id}: no card")


log = logging.getLogger("booking.api")
handler = logging.StreamHandler(sys.stdout)
handler.setFormatter(ecs_logging.StdlibFormatter(extra={"service.name": "booking", "service.version": "1.4.2", "service.environment": "prod"}))
log.handlers = [handler]
log.setLevel(logging.DEBUG)
log.debug("cache warm", extra={"entries": 12})
log.info("started")
log.warning("slow")
try:
    refund(7)
except LookupError:
    log.exception("booking %d is gone", 7, extra={"trace.id": "803b448a0489f84084905d3093480352", "http.request.method": "POST", "url.full": "http://shop/refunds"})
    log.critical("cannot go on")

structlog.configure(processors=[structlog.processors.format_exc_info, ecs_logging.StructlogFormatter()], wrapper_class=structlog.BoundLogger,
                    logger_factory=structlog.PrintLoggerFactory(sys.stdout))
slog = structlog.get_logger("booking")
slog.info("started", custom="x")
try:
    refund(7)
except LookupError:
    slog.error("booking is gone", exc_info=True)
