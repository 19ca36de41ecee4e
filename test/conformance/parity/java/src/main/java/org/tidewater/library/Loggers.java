package org.tidewater.library;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import io.sentry.SentryOptions;
import io.sentry.jul.SentryHandler;
import io.sentry.logback.SentryAppender;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import net.logstash.logback.encoder.LogstashEncoder;
import org.apache.logging.log4j.core.config.ConfigurationSource;
import org.apache.logging.log4j.core.config.Configurator;
import org.apache.logging.log4j.core.config.xml.XmlConfiguration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The loggers, each with an output, and with both SDKs' appenders where they run. */
final class Loggers {
    private Loggers() {}

    static final String DESK = "org.tidewater.library.loan.Desk";

    static Logger logback(String pattern) {
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setPattern(pattern);
        return logback(encoder);
    }

    static Logger logstash() {
        return logback(new LogstashEncoder());
    }

    static Logger logbackJson() {
        return logback(new JsonEncoder());
    }

    private static Logger logback(Encoder<ILoggingEvent> encoder) {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        context.reset();
        encoder.setContext(context);
        encoder.start();
        ConsoleAppender<ILoggingEvent> console = new ConsoleAppender<>();
        console.setEncoder(encoder);
        add(context, console);
        if (Scenarios.SDK) {
            add(context, new SentryAppender());
            var otel = new io.opentelemetry.instrumentation.logback.appender.v1_0.OpenTelemetryAppender();
            add(context, otel);
            otel.setOpenTelemetry(Otel.SDK);
        }
        return LoggerFactory.getLogger(DESK);
    }

    private static void add(LoggerContext context, Appender<ILoggingEvent> appender) {
        appender.setContext(context);
        appender.start();
        context.getLogger(Logger.ROOT_LOGGER_NAME).addAppender(appender);
    }

    static org.apache.logging.log4j.Logger log4j(String layout) {
        String sdk = Scenarios.SDK ? "<Sentry name='sentry'/><OpenTelemetry name='otel'/>" : "";
        String refs = Scenarios.SDK ? "<AppenderRef ref='sentry'/><AppenderRef ref='otel'/>" : "";
        String xml = "<Configuration status='OFF'><Appenders>"
                + "<Console name='console'>" + layout + "</Console>" + sdk + "</Appenders>"
                + "<Loggers><Root level='info'><AppenderRef ref='console'/>" + refs + "</Root></Loggers></Configuration>";
        try {
            var source = new ConfigurationSource(new ByteArrayInputStream(xml.getBytes(StandardCharsets.UTF_8)));
            var context = (org.apache.logging.log4j.core.LoggerContext) org.apache.logging.log4j.LogManager.getContext(false);
            Configurator.reconfigure(new XmlConfiguration(context, source));
        } catch (java.io.IOException e) {
            throw new IllegalStateException(e);
        }
        if (Scenarios.SDK) {
            io.opentelemetry.instrumentation.log4j.appender.v2_17.OpenTelemetryAppender.install(Otel.SDK);
        }
        return org.apache.logging.log4j.LogManager.getLogger(DESK);
    }

    static java.util.logging.Logger jul() {
        var logger = java.util.logging.Logger.getLogger(DESK);
        if (Scenarios.SDK) {
            SentryOptions options = new SentryOptions();
            options.setDsn(System.getenv("PARITY_DSN"));
            logger.addHandler(new SentryHandler(options));
        }
        return logger;
    }
}
