package org.tidewater.library;

import io.opentelemetry.api.logs.Severity;
import io.sentry.Sentry;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import org.slf4j.MDC;
import org.tidewater.library.loan.Desk;
import org.tidewater.library.shelf.Stacks;

/** Scenarios: one process each. Without an argument they are listed as NAME TAB KIND; see the Python scenarios for the kinds. */
public final class Scenarios {
    static final boolean SDK = !"off".equals(System.getenv("PARITY_SDK"));

    static final String PLAIN = "%d{yyyy-MM-dd HH:mm:ss.SSS} %-5level [%thread] %logger - %msg%n";
    static final String SHORT = "%d{HH:mm:ss.SSS} [%thread] %-5level %logger{36} -%kvp- %msg%n";
    static final String BOOT = "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %5p 41 --- [library] [%15.15t] %-40.40logger{39} : %m%n%ex";
    static final String ROOT_FIRST = "%d{\"yyyy-MM-dd HH:mm:ss,SSS\"} %p [%t] %c: %m%n%rEx";
    static final String PATTERN = "<PatternLayout pattern='%d %-5p [%t] %c - %m%n'/>";
    static final String EXTENDED = "<PatternLayout pattern='%d{ISO8601} [%t] %-5level %logger{36} - %msg%n%xEx'/>";
    static final String ECS = "<JsonTemplateLayout eventTemplateUri='classpath:EcsLayout.json'/>";

    interface Run {
        void run() throws Throwable;
    }

    interface Log {
        void log(Throwable t);
    }

    static final Map<String, Run> APART = new LinkedHashMap<>();
    static final Map<String, Run> TOGETHER = new LinkedHashMap<>();

    static void failing(Run run, Log log) {
        try {
            run.run();
        } catch (Throwable t) {
            log.log(t);
        }
    }

    /** Where no logger of ours sees the exception, the app reports it itself. */
    static void report(Throwable t) {
        if (SDK) {
            Sentry.captureException(t);
            Otel.emit("library", Severity.ERROR, "reported", t);
        }
    }

    static void logback(String name, String pattern, String message, Run run) {
        TOGETHER.put(name, () -> failing(run, t -> Loggers.logback(pattern).error(message, t)));
    }

    static void log4j(String name, String layout, String message, Run run) {
        TOGETHER.put(name, () -> failing(run, t -> Loggers.log4j(layout).error(message, t)));
    }

    static {
        Desk desk = new Desk();
        APART.put("uncaught_runtime", () -> new Stacks("west").place("978-2"));
        APART.put("uncaught_cause", () -> desk.lend("978-9"));
        APART.put("uncaught_suppressed", desk::inventory);
        APART.put("uncaught_no_message", () -> new Stacks("west").close());
        APART.put("uncaught_initializer", desk::due);
        APART.put("uncaught_thread", () -> {
            Thread t = new Thread(() -> desk.lend("978-2"), "returns-3");
            t.start();
            t.join();
        });
        APART.put("uncaught_reflection", () -> desk.reflect("inventory"));

        logback("logback_plain", PLAIN, "lending failed", () -> new Stacks(" "));
        logback("logback_cause", PLAIN, "lending failed", () -> desk.lend("978-9"));
        logback("logback_short_logger", SHORT, "lending failed", () -> desk.lend("978-2"));
        logback("logback_suppressed", PLAIN, "inventory failed", desk::inventory);
        logback("logback_no_message", PLAIN, "closing failed", () -> new Stacks("west").close());
        logback("logback_boot", BOOT, "Servlet.service() for servlet threw exception", () -> desk.later(() -> desk.card(12)));
        logback("logback_root_first", ROOT_FIRST, "lending failed", () -> desk.lend("978-9"));
        logback("logback_lambda", PLAIN, "reading list failed", () -> new Stacks("west").fetchAll(List.of("978-1", "978-2")));
        logback("logback_multiline", PLAIN, "lending failed\n  reader: 12\n  desk: east", () -> Stacks.number("twelve"));
        logback("logback_reflection", PLAIN, "job failed", () -> desk.reflect("due"));
        TOGETHER.put("logback_parameters", () -> failing(() -> desk.card(7), t -> Loggers.logback(PLAIN).error("card {} of {} unread", 7, "east", t)));
        TOGETHER.put("logback_message", () -> Loggers.logback(PLAIN).error("reader {} has {} overdue books", 12, 3));
        TOGETHER.put("logback_mdc", () -> failing(() -> desk.lend("978-2"), t -> {
            MDC.put("reader", "12");
            Loggers.logback("%d{ISO8601} %-5level [%thread] [reader=%X{reader}] %logger - %msg%n").error("lending failed", t);
        }));
        TOGETHER.put("logback_json", () -> failing(() -> desk.lend("978-9"), t -> Loggers.logbackJson().error("lending failed", t)));
        TOGETHER.put("logstash_cause", () -> failing(() -> desk.lend("978-9"), t -> Loggers.logstash().error("lending failed", t)));
        TOGETHER.put("logstash_suppressed", () -> failing(desk::inventory, t -> Loggers.logstash().error("inventory failed", t)));
        log4j("log4j_pattern", PATTERN, "lending failed", () -> desk.lend("978-9"));
        log4j("log4j_extended", EXTENDED, "inventory failed", desk::inventory);
        log4j("log4j_ecs", ECS, "lending failed", () -> desk.lend("978-2"));
        TOGETHER.put("log4j_fatal", () -> failing(() -> desk.card(3), t -> Loggers.log4j(PATTERN).fatal("desk closed", t)));
        APART.put("jul_severe", () -> failing(() -> desk.lend("978-9"), t -> {
            Loggers.jul().log(Level.SEVERE, "lending failed", t);
            if (SDK) {
                Otel.emit(Loggers.DESK, Severity.ERROR, "lending failed", t);
            }
        }));
        TOGETHER.put("print_stack_trace", () -> failing(() -> desk.later(() -> desk.card(12)), t -> {
            report(t);
            t.printStackTrace();
        }));
    }

    public static void main(String[] args) throws Throwable {
        if (args.length == 0) {
            APART.keySet().forEach(name -> System.out.println(name + "\tapart"));
            TOGETHER.keySet().forEach(name -> System.out.println(name + "\ttogether"));
            return;
        }
        if (SDK) {
            Thread.setDefaultUncaughtExceptionHandler((thread, thrown) -> Otel.emit("library", Severity.FATAL, "Uncaught exception", thrown));
            Sentry.init(options -> {
                options.setDsn(System.getenv("PARITY_DSN"));
                options.setRelease("library@5.1.0");
                options.setEnvironment("staging");
            });
        }
        APART.getOrDefault(args[0], TOGETHER.get(args[0])).run();
        if (SDK) {
            Otel.flush();
            Sentry.close();
        }
    }
}
