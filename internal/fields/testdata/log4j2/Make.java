// log4j2: JsonTemplateLayout with the templates it ships, JsonLayout with its stack traces as structure and as text, pattern layouts.
//
//   org.apache.logging.log4j:log4j-core:2.25.1, log4j-layout-template-json:2.25.1, com.fasterxml.jackson.core:jackson-databind:2.19.0 on Java 17
//   javac -cp 'lib/*' Make.java && TZ=UTC java -cp 'lib/*:.' Make
import java.net.URI;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.Logger;
import org.apache.logging.log4j.ThreadContext;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.config.Configurator;
import org.apache.logging.log4j.core.config.builder.api.ConfigurationBuilder;
import org.apache.logging.log4j.core.config.builder.api.ConfigurationBuilderFactory;
import org.apache.logging.log4j.core.config.builder.api.LayoutComponentBuilder;
import org.apache.logging.log4j.core.config.builder.impl.BuiltConfiguration;

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

    static void say(String kind, String... attributes) {
        ConfigurationBuilder<BuiltConfiguration> b = ConfigurationBuilderFactory.newConfigurationBuilder();
        LayoutComponentBuilder layout = b.newLayout(kind);
        for (int i = 0; i < attributes.length; i += 2) layout.addAttribute(attributes[i], attributes[i + 1]);
        b.add(b.newAppender("out", "Console").add(layout));
        b.add(b.newRootLogger(Level.TRACE).add(b.newAppenderRef("out")));
        LoggerContext context = Configurator.initialize(b.build());
        Logger log = context.getLogger("com.example.booking.Refunds");
        log.trace("tick");
        log.debug("cache warm, {} entries", 12);
        log.info("started on {}", 8080);
        ThreadContext.put("trace_id", "803b448a0489f84084905d3093480352");
        ThreadContext.put("span_id", "3425f23bb2432450");
        log.warn("slow");
        try {
            refund(7);
        } catch (RefundException e) {
            log.error("booking {} is gone", 7, e);
        }
        log.fatal("cannot go on");
        ThreadContext.clearAll();
        context.stop();
    }

    public static void main(String[] args) {
        for (String template : new String[] {"EcsLayout", "GelfLayout", "GcpLayout", "JsonLayout", "LogstashJsonEventLayoutV1", "StackTraceElementLayout"})
            if (!template.startsWith("Stack")) say("JsonTemplateLayout", "eventTemplateUri", "classpath:" + template + ".json");
        say("JsonLayout", "compact", "true", "eventEol", "true", "properties", "true");
        say("JsonLayout", "compact", "true", "eventEol", "true", "properties", "true", "stacktraceAsString", "true");
        say("PatternLayout", "pattern", "%d{ISO8601} [%t] %-5level %logger{36} - %msg%n");
        say("PatternLayout", "pattern", "%highlight{%d{yyyy-MM-dd HH:mm:ss.SSS} %-5p} %style{[%t]}{magenta} %c{1.} : %m%n%xEx", "disableAnsi", "false");
        say("PatternLayout", "pattern", "[%d{dd/MMM/yyyy HH:mm:ss Z}] %p %X %c{1} - %m%n");
        say("PatternLayout", "pattern", "%p;%d;%t;%c;%m%n");
        say("PatternLayout", "pattern", "%d{ISO8601} %p %c %m %ex{separator(¦)}%n");
        say("PatternLayout", "pattern", "%d{UNIX_MILLIS} %p %t %c: %enc{%m}{CRLF}%n%rEx");
        say("PatternLayout", "pattern", "%d{DEFAULT_MICROS}¦%level¦%thread¦%logger{1.}¦%X{tenant}¦%msg¦%throwable%n");
    }
}
