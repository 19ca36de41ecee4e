// zap: what its JSON and console encoders print.
//
//	go.uber.org/zap v1.28.0, github.com/pkg/errors v0.9.1
//	go build -trimpath && ./booking 2>&1
package main

import (
	"errors"
	"os"

	pkgerrors "github.com/pkg/errors"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

func refund(id int) error {
	return pkgerrors.Wrapf(errors.New("card expired"), "refund %d", id)
}

func logger(enc zapcore.Encoder) *zap.Logger {
	core := zapcore.NewCore(enc, zapcore.Lock(os.Stdout), zapcore.DebugLevel)
	return zap.New(core, zap.AddCaller(), zap.AddStacktrace(zapcore.ErrorLevel), zap.WithFatalHook(zapcore.WriteThenPanic)).Named("booking")
}

func say(l *zap.Logger) {
	defer func() { _ = recover() }()
	l.Debug("cache warm", zap.Int("entries", 12))
	l.Info("started", zap.String("addr", ":8080"))
	l.Warn("slow", zap.Duration("took", 1500000000), zap.Error(errors.New("none yet")))
	l.Error("refund failed", zap.Error(refund(7)), zap.String("trace_id", "803b448a0489f84084905d3093480352"), zap.String("span_id", "3425f23bb2432450"))
	l.Error("plain", zap.Error(errors.New("card expired")), zap.Namespace("user"), zap.String("id", "u-9"))
	l.DPanic("drift")
	l.Fatal("cannot go on")
}

func main() {
	prod := zap.NewProductionEncoderConfig()
	say(logger(zapcore.NewJSONEncoder(prod)))
	prod.EncodeTime = zapcore.RFC3339NanoTimeEncoder
	prod.TimeKey, prod.MessageKey, prod.LevelKey = "timestamp", "message", "severity"
	prod.EncodeLevel = zapcore.CapitalLevelEncoder
	say(logger(zapcore.NewJSONEncoder(prod)))
	dev := zap.NewDevelopmentEncoderConfig()
	say(logger(zapcore.NewConsoleEncoder(dev)))
}
