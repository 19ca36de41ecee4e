"""Scenarios: one process each. `scenarios.py` alone lists them as NAME<TAB>KIND.

KIND is `apart` where the SDKs change what is printed (an uncaught exception, say): the text is then that of a run without them
(PARITY_SDK=off); else `together`. Each function fails or logs as an app would; the SDK's integrations and OpenTelemetry's handler see the same exception object.
"""
import asyncio
import logging
import os
import sys
import threading

from ferry import cargo, harbour
from ferry.harbour import Harbour

SCENARIOS = {}


def scenario(kind):
    def add(f):
        SCENARIOS[f.__name__] = (kind, f)
        return f
    return add


@scenario("apart")
def uncaught_builtin():
    Harbour("north").moor("Petrel", "S9")


@scenario("apart")
def uncaught_custom():
    Harbour("north").plan([("Petrel", "N2"), ("Gannet", "N1")])


@scenario("apart")
def uncaught_cause():
    harbour.reroute("Petrel")


@scenario("apart")
def uncaught_context():
    cargo.tariff({"any": 12}, "horses")


@scenario("apart")
def uncaught_from_none():
    cargo.manifest("{")


@scenario("apart")
def uncaught_group():
    cargo.stow([901, 20, 1400])


@scenario("apart")
def uncaught_note():
    try:
        cargo.weigh(950)
    except ValueError as err:
        err.add_note("weighed at gate 4")
        err.add_note("by scale 11")
        raise


@scenario("apart")
def uncaught_recursion():
    harbour.count(40)


@scenario("apart")
def uncaught_syntax():
    import broken_schedule  # noqa: F401


@scenario("apart")
def uncaught_no_message():
    raise NotImplementedError


@scenario("apart")
def uncaught_code_from_text():
    exec(compile("def dredge(m):\n    return m / 0\ndredge(4)\n", "<dredger>", "exec"), {})


@scenario("apart")
def uncaught_async():
    async def main():
        await asyncio.gather(harbour.arrive("Petrel", "N2"), harbour.arrive("Gannet", "N1"))
    asyncio.run(main())


@scenario("apart")
def uncaught_thread():
    t = threading.Thread(target=Harbour("north").moor, args=("Petrel", "N1"), name="mooring-2")
    t.start()
    t.join()


@scenario("together")
def logging_basic():
    basic()
    log = logging.getLogger("ferry.office")
    try:
        Harbour.depth("4,5 m")
    except ValueError:
        log.exception("sounding %d failed", 17)


@scenario("together")
def logging_asctime():
    basic(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.INFO)
    log = logging.getLogger("ferry.office")
    log.info("office open")
    try:
        harbour.reroute("Petrel")
    except Exception:
        log.error("rerouting failed", exc_info=True)


@scenario("together")
def logging_critical():
    basic(format="[%(asctime)s] [%(process)d] [%(levelname)s] %(message)s", datefmt="%Y-%m-%d %H:%M:%S %z")
    try:
        cargo.tariff({"any": 12}, "horses")
    except ZeroDivisionError:
        logging.getLogger("ferry.till").critical("till is down", exc_info=True)


@scenario("together")
def logging_no_exception():
    basic(format="%(asctime)s - %(name)s - %(levelname)s - %(message)s")
    logging.getLogger("ferry.radio").error("no answer from %s after %d s", "Gannet", 45)


@scenario("together")
def logging_uvicorn():
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(levelname)s:     %(message)s"))
    log = logging.getLogger("uvicorn.error")
    log.addHandler(handler)
    listen()
    try:
        asyncio.run(harbour.arrive("Gannet", "N1"))
    except Exception as err:
        log.error("Exception in ASGI application\n", exc_info=err)


@scenario("together")
def logging_group():
    basic(format="%(levelname)s [%(name)s] %(message)s")
    try:
        cargo.stow([901, 1400])
    except ExceptionGroup:
        logging.getLogger("ferry.dock").exception("loading stopped")


@scenario("together")
def asyncio_never_retrieved():
    basic(format="%(asctime)s %(levelname)-8s %(name)s %(message)s")

    async def main():
        task = asyncio.ensure_future(harbour.arrive("Gannet", "N1"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        del task
    asyncio.run(main())


@scenario("together")
def loguru_default():
    from loguru import logger
    try:
        Harbour("north").moor("Petrel", "N1")
    except Exception as err:
        logger.exception("mooring failed")
        both("__main__", "mooring failed", exc=err)


@scenario("together")
def loguru_serialize():
    from loguru import logger
    logger.remove(0)
    logger.add(sys.stderr, serialize=True, diagnose=False)
    try:
        harbour.reroute("Petrel")
    except Exception as err:
        logger.exception("rerouting failed")
        both("__main__", "rerouting failed", exc=err)


@scenario("together")
def structlog_json():
    import structlog
    structlog.configure(processors=[structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso"),
                                    structlog.processors.format_exc_info, structlog.processors.JSONRenderer()])
    log = structlog.get_logger()
    try:
        cargo.weigh(1200)
    except ValueError as err:
        captured("weighing failed", err, lambda: log.error("weighing failed", load=1200, exc_info=True))


@scenario("together")
def structlog_dict_tracebacks():
    import structlog
    from structlog.tracebacks import ExceptionDictTransformer
    dict_tracebacks = structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False))
    structlog.configure(processors=[structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso"), dict_tracebacks,
                                    structlog.processors.JSONRenderer()])
    log = structlog.get_logger()
    try:
        harbour.reroute("Petrel")
    except Exception as err:
        captured("rerouting failed", err, lambda: log.exception("rerouting failed", ship="Petrel"))


@scenario("together")
def structlog_console():
    import structlog
    structlog.configure(processors=[structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S"),
                                    structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)])
    log = structlog.get_logger()
    try:
        Harbour.depth("shallow")
    except ValueError as err:
        captured("sounding failed", err, lambda: log.exception("sounding failed", gauge=3))


@scenario("together")
def jsonlogger():
    from pythonjsonlogger.json import JsonFormatter
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    log = logging.getLogger("ferry.office")
    log.addHandler(handler)
    listen()
    try:
        cargo.manifest("page")
    except Exception:
        log.exception("manifest refused", extra={"voyage": 88})


@scenario("together")
def flask_request():
    from flask import Flask
    app = Flask("ferry_web")
    listen()

    @app.get("/berth/<name>")
    def berth(name):
        return Harbour("north").moor("Petrel", name)

    assert app.test_client().get("/berth/N1").status_code == 500


def basic(**format):
    logging.basicConfig(**format)
    listen()


def listen():
    """OpenTelemetry's handler beside the app's own."""
    if SDK:
        logging.getLogger().addHandler(otel.Handler(level=logging.ERROR))


def both(logger, message, exc):
    """OpenTelemetry's handler by hand, where the logger is not logging's."""
    if SDK:
        otel.emit(logger, logging.ERROR, message, exc=exc)


def captured(message, exc, log):
    """Loggers that the SDK has no integration for: the app reports the exception itself, as the SDK's documentation says."""
    if SDK:
        import sentry_sdk
        sentry_sdk.capture_exception(exc)
        otel.emit("ferry", logging.ERROR, message, exc=exc)
    log()


SDK = os.environ.get("PARITY_SDK") != "off"


def main():
    if len(sys.argv) < 2:
        for name, (kind, _) in SCENARIOS.items():
            print(name, kind, sep="\t")
        return
    kind, run = SCENARIOS[sys.argv[1]]
    if SDK:
        import sentry_sdk
        sentry_sdk.init(dsn=os.environ["PARITY_DSN"], release="ferry@3.2.0", environment="staging")
        if kind == "apart":
            otel.install()
            before = threading.excepthook
            threading.excepthook = lambda args: (otel.uncaught(args.exc_type, args.exc_value, args.exc_traceback), before(args))
    run()


if __name__ == "__main__":
    if SDK and len(sys.argv) > 1:
        import otel
    main()
