// klog: plain and structured calls, and the JSON that Kubernetes components print.
//
//	k8s.io/klog/v2 v2.140.0, k8s.io/component-base v0.37.2
//	go build -trimpath && ./booking 2>&1
package main

import (
	"context"
	"errors"
	"flag"
	"os"

	logsapi "k8s.io/component-base/logs/api/v1"
	json "k8s.io/component-base/logs/json"
	"k8s.io/klog/v2"
)

func say() {
	klog.Info("started")
	klog.V(4).InfoS("Cache warm", "entries", 12)
	klog.Warning("slow")
	klog.Errorf("refund of %d failed: %v", 7, errors.New("card expired"))
	klog.ErrorS(errors.New("card expired"), "Refund failed", "booking", 7, "pod", klog.KRef("shop", "web-0"))
	klog.ErrorS(errors.New("card expired\nat the bank"), "Refund failed")
	klog.ErrorS(nil, "No error at hand")
	klog.Flush()
}

func main() {
	fs := flag.NewFlagSet("klog", flag.PanicOnError)
	klog.InitFlags(fs)
	_ = fs.Parse([]string{"-v=4", "-logtostderr=true"})
	os.Stderr = os.Stdout
	say()
	logger, control := json.Factory{}.Create(*logsapi.NewLoggingConfiguration(), logsapi.LoggingOptions{ErrorStream: os.Stdout, InfoStream: os.Stdout})
	klog.SetLoggerWithOptions(logger, klog.FlushLogger(control.Flush))
	say()
	klog.FromContext(context.Background()).Info("by logr")
	klog.Flush()
}
