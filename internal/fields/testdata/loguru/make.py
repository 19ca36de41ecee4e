"""loguru: serialize=True and the default text.

pip install loguru==0.7.3; TZ=UTC python make.py
"""
import sys

from loguru import logger


def refund(id):
    raise LookupError(f"refund {id}: no card")


def say():
    logger.trace("tick")
    logger.debug("cache warm")
    logger.bind(addr=":8080").info("started")
    logger.success("paid")
    logger.warning("slow")
    try:
        refund(7)
    except LookupError:
        logger.bind(trace_id="803b448a0489f84084905d3093480352").exception("booking {} is gone", 7)
    logger.critical("cannot go on")


logger.remove()
sink = logger.add(sys.stdout, serialize=True, level="TRACE", backtrace=False, diagnose=False)
say()
logger.remove(sink)
logger.add(sys.stdout, level="TRACE", colorize=False, backtrace=False, diagnose=False)
say()
