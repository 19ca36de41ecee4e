// log/slog: its handlers, the default one, and lmittmann/tint.
//
//	go 1.26, github.com/lmittmann/tint v1.1.2
//	go build -trimpath && ./booking 2>&1
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"os"

	"github.com/lmittmann/tint"
)

func say(l *slog.Logger) {
	l.Debug("cache warm", "entries", 12)
	l.Info("started", "addr", ":8080")
	l.Warn("slow", "err", nil)
	l.Error("refund failed", "err", fmt.Errorf("refund %d: %w", 7, errors.New("card expired")), slog.Group("user", "id", "u-9"))
	l.Log(context.Background(), slog.LevelError+4, "worse than an error")
	l.Log(context.Background(), slog.LevelInfo+2, "a notice")
	l.Log(context.Background(), slog.LevelDebug-4, "a trace")
	l.With("trace_id", "803b448a0489f84084905d3093480352", "span_id", "3425f23bb2432450").Error("tied")
}

func main() {
	log.SetOutput(os.Stdout)
	opts := &slog.HandlerOptions{Level: slog.LevelDebug - 4, AddSource: true}
	say(slog.New(slog.NewJSONHandler(os.Stdout, opts)))
	opts.AddSource = false
	say(slog.New(slog.NewTextHandler(os.Stdout, opts)))
	slog.SetLogLoggerLevel(slog.LevelDebug)
	say(slog.Default())
	say(slog.New(tint.NewHandler(os.Stdout, &tint.Options{Level: slog.LevelDebug - 4})))
}
