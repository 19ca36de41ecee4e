// Spring Boot: its console pattern and its structured formats.
//
//   org.springframework.boot:spring-boot-starter:3.5.0 on Java 17
//   javac -cp 'lib/*' -d . Make.java && TZ=UTC java -cp 'lib/*:.' com.example.booking.Make (it starts itself once for each format)
package com.example.booking;

import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;

@SpringBootConfiguration
public class Make {
    static class RefundException extends RuntimeException {
        RefundException(String m, Throwable c) { super(m, c); }
    }

    static void refund(int id) {
        try {
            Integer.parseInt("x" + id);
        } catch (NumberFormatException e) {
            throw new RefundException("refund " + id + " failed", e);
        }
    }

    public static void main(String[] args) throws Exception {
        if (args.length == 0) {
            for (String option : List.of("--spring.application.name=booking", "--logging.structured.format.console=ecs", "--logging.structured.format.console=gelf",
                    "--logging.structured.format.console=logstash", "--logging.pattern.correlation=[%X{traceId:-}-%X{spanId:-}] "))
                new ProcessBuilder("java", "-cp", System.getProperty("java.class.path"), "com.example.booking.Make", option, "--spring.main.banner-mode=off", "--logging.level.com.example=trace",
                        "--spring.output.ansi.enabled=never", "--logging.structured.ecs.service.name=booking", "--logging.structured.ecs.service.version=1.4.2",
                        "--logging.structured.ecs.service.environment=prod").inheritIO().start().waitFor();
            return;
        }
        SpringApplication.run(Make.class, args);
        Logger log = LoggerFactory.getLogger("com.example.booking.Refunds");
        log.trace("tick");
        log.debug("cache warm, {} entries", 12);
        MDC.put("traceId", "803b448a0489f84084905d3093480352");
        MDC.put("spanId", "3425f23bb2432450");
        log.warn("slow");
        try {
            refund(7);
        } catch (RefundException e) {
            log.error("booking {} is gone", 7, e);
        }
        log.atError().addKeyValue("tenant", "north").log("fluent");
    }
}
