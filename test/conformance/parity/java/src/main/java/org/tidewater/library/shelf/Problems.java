package org.tidewater.library.shelf;

/** What can go wrong between the shelves. */
public final class Problems {
    private Problems() {}

    public static class BookMissing extends RuntimeException {
        public BookMissing(String isbn, Throwable cause) {
            super("no copy of " + isbn, cause);
        }
    }

    public static class ShelfFull extends Exception {
        public ShelfFull(String message) {
            super(message);
        }

        @Override
        public String toString() {
            return "ShelfFull(" + getMessage() + ")";
        }
    }

    public static class Closed extends IllegalStateException {}
}
