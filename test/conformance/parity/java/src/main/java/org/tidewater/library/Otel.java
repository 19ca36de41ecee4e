package org.tidewater.library;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.exporter.otlp.http.logs.OtlpHttpLogRecordExporter;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.logs.SdkLoggerProvider;
import io.opentelemetry.sdk.logs.export.SimpleLogRecordProcessor;
import io.opentelemetry.sdk.resources.Resource;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.TimeUnit;

/** OpenTelemetry's logs SDK. */
final class Otel {
    private Otel() {}

    private static final SdkLoggerProvider PROVIDER = SdkLoggerProvider.builder()
            .setResource(Resource.getDefault().merge(Resource.create(Attributes.of(
                    AttributeKey.stringKey("service.name"), "library", AttributeKey.stringKey("service.version"), "5.1.0"))))
            .addLogRecordProcessor(SimpleLogRecordProcessor.create(
                    OtlpHttpLogRecordExporter.builder().setEndpoint(System.getenv("PARITY_OTLP")).build()))
            .build();

    static final OpenTelemetrySdk SDK = OpenTelemetrySdk.builder().setLoggerProvider(PROVIDER).build();

    /** By hand, as the appenders do it: where the failure meets no logger that has one. */
    static void emit(String scope, Severity severity, String body, Throwable thrown) {
        StringWriter stack = new StringWriter();
        thrown.printStackTrace(new PrintWriter(stack, true));
        var record = PROVIDER.get(scope).logRecordBuilder()
                .setSeverity(severity).setBody(body)
                .setAttribute(AttributeKey.stringKey("exception.type"), thrown.getClass().getName())
                .setAttribute(AttributeKey.stringKey("exception.stacktrace"), stack.toString());
        if (thrown.getMessage() != null) {
            record.setAttribute(AttributeKey.stringKey("exception.message"), thrown.getMessage());
        }
        record.emit();
        flush();
    }

    static void flush() {
        PROVIDER.forceFlush().join(10, TimeUnit.SECONDS);
    }
}
