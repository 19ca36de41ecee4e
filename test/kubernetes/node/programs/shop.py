"""Says a few things, and dies of an exception."""
import logging

logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s", level=logging.INFO)
log = logging.getLogger("shop")


class Stock:
    def take(self, item):
        raise LookupError(f"no {item} left")


def pay(order):
    log.info("order %d: taking one from the stock", order)
    Stock().take("tea")


log.info("shop is open")
log.info("order 4711 came in")
pay(4711)
