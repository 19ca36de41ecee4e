// logback: JsonEncoder, logstash-logback-encoder and patterns that frameworks ship.
//
//   ch.qos.logback:logback-classic:1.5.18, net.logstash.logback:logstash-logback-encoder:8.1 on Java 17
//   javac -cp 'lib/*' Make.java && TZ=UTC java -cp 'lib/*:.' Make
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import net.logstash.logback.argument.StructuredArguments;
import net.logstash.logback.encoder.LogstashEncoder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

public class Make {
    static class RefundException extends RuntimeException {
        RefundException(String m, Throwable c) { super(m, c); }
    }

    static void refund(int id) {
        try {
            Integer.parseInt("x" + id);
        } catch (NumberFormatException e) {
            RefundException r = new RefundException("refund " + id + " failed", e);
            r.addSuppressed(new IllegalStateException("ledger still open"));
            throw r;
        }
    }

    static void say(Encoder<ILoggingEvent> encoder) {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        context.reset();
        encoder.setContext(context);
        encoder.start();
        ConsoleAppender<ILoggingEvent> out = new ConsoleAppender<>();
        out.setContext(context);
        out.setEncoder(encoder);
        out.start();
        ch.qos.logback.classic.Logger root = context.getLogger("ROOT");
        root.setLevel(Level.TRACE);
        root.addAppender(out);
        Logger log = LoggerFactory.getLogger("com.example.booking.Refunds");
        log.trace("tick");
        log.debug("cache warm, {} entries", 12);
        log.info("started on {} as {}", 8080, "booking");
        MDC.put("traceId", "803b448a0489f84084905d3093480352");
        MDC.put("spanId", "3425f23bb2432450");
        log.warn("slow: {}", StructuredArguments.kv("took", 1.5));
        try {
            refund(7);
        } catch (RefundException e) {
            log.error("booking {} is gone", 7, e);
        }
        log.atError().addKeyValue("tenant", "north").log("fluent");
        MDC.clear();
    }

    static PatternLayoutEncoder pattern(String p) {
        PatternLayoutEncoder e = new PatternLayoutEncoder();
        e.setPattern(p);
        return e;
    }

    public static void main(String[] args) {
        say(new JsonEncoder());
        JsonEncoder formatted = new JsonEncoder();
        formatted.setWithFormattedMessage(true);
        formatted.setWithMessage(false);
        say(formatted);
        say(new LogstashEncoder());
        say(pattern("%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5level [%thread] [%X{traceId:-},%X{spanId:-}] %logger{36} - %msg%n"));
        say(pattern("%d{HH:mm:ss.SSS} %highlight(%-5level) %cyan(%logger{15}) - %msg %n"));
        say(pattern("[%level] %date{ISO8601} %logger - %msg traceId=%X{traceId}%n"));
        say(pattern("%d{HH:mm:ss.SSS} [%thread] %-5level %logger{36} -%kvp- %msg%n"));
        say(pattern("%date %level [%thread] %logger{10} [%file:%line] %msg%n"));
        say(pattern("%level %logger %msg %nopex%n"));
        say(pattern("%date{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} ¦ %-5level ¦ %thread ¦ %logger ¦ %X ¦ %msg ¦ %n%ex"));
        say(pattern("%-5relative %-5level [%thread] %logger{0} %mdc - %msg%n%rEx{full}"));
        say(pattern("[%d{dd.MM.yyyy HH:mm:ss}] %p %c [%t] %m%n%xEx{full}"));
    }
}
