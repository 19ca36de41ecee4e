import java.util.logging.*;

/** Says a few things, and dies of an exception. */
public class Shop {
    static final Logger LOG = Logger.getLogger("shop");

    static class Stock {
        void take(String item) {
            throw new IllegalStateException("no " + item + " left");
        }
    }

    static void pay(int order) {
        LOG.info("order " + order + ": taking one from the stock");
        new Stock().take("tea");
    }

    public static void main(String[] args) {
        LOG.info("shop is open");
        LOG.info("order 4711 came in");
        pay(4711);
    }
}
