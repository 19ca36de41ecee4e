// logrus: JSON, text, and text for a terminal.
//
//	github.com/sirupsen/logrus v1.10.2
//	go build -trimpath && ./booking 2>&1
package main

import (
	"errors"
	"os"

	"github.com/sirupsen/logrus"
)

func say(l *logrus.Logger) {
	l.SetOutput(os.Stdout)
	l.SetLevel(logrus.TraceLevel)
	l.ExitFunc = func(int) {}
	defer func() { _ = recover() }()
	l.Trace("tick")
	l.WithField("entries", 12).Debug("cache warm")
	l.WithField("addr", ":8080").Info("started")
	l.WithError(errors.New("none yet")).Warn("slow")
	l.WithError(errors.New("card expired")).WithFields(logrus.Fields{"booking": 7, "traceId": "803b448a0489f84084905d3093480352"}).Error("refund failed")
	l.Fatal("cannot go on")
	l.Panic("drift")
}

func main() {
	l := logrus.New()
	l.SetFormatter(&logrus.JSONFormatter{})
	l.SetReportCaller(true)
	say(l)
	l = logrus.New()
	l.SetFormatter(&logrus.JSONFormatter{FieldMap: logrus.FieldMap{logrus.FieldKeyTime: "@timestamp", logrus.FieldKeyLevel: "severity", logrus.FieldKeyMsg: "message"}})
	say(l)
	l = logrus.New()
	l.SetFormatter(&logrus.TextFormatter{})
	say(l)
	l = logrus.New()
	l.SetFormatter(&logrus.TextFormatter{ForceColors: true})
	say(l)
	l = logrus.New()
	l.SetFormatter(&logrus.TextFormatter{ForceColors: true, FullTimestamp: true})
	say(l)
}
