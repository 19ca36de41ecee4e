package org.tidewater.library.loan;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.tidewater.library.shelf.Problems;
import org.tidewater.library.shelf.Stacks;

/** The desk: lends and takes back. */
public class Desk {
    private final Stacks stacks = new Stacks("east");

    public void lend(String isbn) {
        try {
            stacks.fetch(isbn);
        } catch (Problems.BookMissing e) {
            throw new IllegalStateException("loan of " + isbn + " refused", e);
        }
    }

    /** A resource that fails on closing too. */
    public void inventory() throws Exception {
        try (AutoCloseable first = () -> fail("ledger A"); AutoCloseable second = stacks::close) {
            throw new Problems.ShelfFull("row 9 is full");
        }
    }

    private static void fail(String what) throws IOException {
        throw new IOException(what, new UncheckedIOException(new IOException("disk")));
    }

    public Object later(Callable<?> work) throws Exception {
        FutureTask<?> task = new FutureTask<>(work);
        task.run();
        try {
            return task.get();
        } catch (ExecutionException e) {
            throw new Exception(e);
        }
    }

    public byte[] card(int reader) throws IOException {
        return Files.readAllBytes(Path.of("/var/lib/library/card-" + reader));
    }

    /** A class whose initialiser fails. */
    public static class Rules {
        static final int DAYS = Stacks.number("three weeks");
    }

    public int due() {
        return Rules.DAYS;
    }

    public Object reflect(String method) throws Exception {
        return Desk.class.getMethod(method).invoke(this);
    }
}
