"""structlog: JSON with dict_tracebacks and format_exc_info, the console, logfmt.

pip install structlog==26.1.0; TZ=UTC python make.py
"""
import sys

import structlog
from structlog.processors import JSONRenderer, LogfmtRenderer, TimeStamper, add_log_level, dict_tracebacks, format_exc_info


class RefundError(Exception):
    pass


def refund(id):
    try:
        {}["card"]
    except KeyError as e:
        raise RefundError(f"refund {id} failed") from e


def say(*processors):
    structlog.configure(processors=[structlog.stdlib.add_logger_name, add_log_level, TimeStamper(fmt="iso"), *processors],
                        logger_factory=lambda name="booking.api": Named(name), cache_logger_on_first_use=False)
    log = structlog.get_logger()
    log.debug("cache.warm", entries=12)
    log.info("started", addr=":8080")
    log.warning("slow")
    try:
        refund(7)
    except RefundError:
        log.exception("booking is gone", trace_id="803b448a0489f84084905d3093480352", note="two words")
    try:
        raise ExceptionGroup("both", [ValueError("one"), TypeError("two")])
    except ExceptionGroup:
        log.critical("group", exc_info=True)
    try:
        refund(8)
    except RefundError:
        try:
            raise LookupError("while handling")
        except LookupError as e:
            e.add_note("seen at the desk")
            log.error("context", exc_info=e)


class Named(structlog.PrintLogger):
    def __init__(self, name):
        super().__init__(sys.stdout)
        self.name = name


say(dict_tracebacks, JSONRenderer())
say(format_exc_info, JSONRenderer(sort_keys=True))
say(format_exc_info, LogfmtRenderer(key_order=["timestamp", "level", "event"]))
say(structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback))
