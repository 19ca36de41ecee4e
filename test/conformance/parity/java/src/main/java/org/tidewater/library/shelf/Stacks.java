package org.tidewater.library.shelf;

import java.util.List;
import java.util.Map;

/** The stacks: where books stand. */
public class Stacks {
    private static final Map<String, Integer> PLACES = Map.of("978-1", 4, "978-2", 0);

    private final String wing;

    public Stacks(String wing) {
        if (wing.isBlank()) {
            throw new IllegalArgumentException("a wing needs a name");
        }
        this.wing = wing;
    }

    public int place(String isbn) {
        return 100 / PLACES.get(isbn);
    }

    public int fetch(String isbn) {
        try {
            return place(isbn);
        } catch (RuntimeException e) {
            throw new Problems.BookMissing(isbn, e);
        }
    }

    public int fetchAll(List<String> isbns) {
        return isbns.stream().mapToInt(isbn -> new Object() {
            int row() {
                return fetch(isbn);
            }
        }.row()).sum();
    }

    public void close() {
        throw new Problems.Closed();
    }

    public static int number(String text) {
        return Integer.parseInt(text);
    }

    @Override
    public String toString() {
        return wing;
    }
}
