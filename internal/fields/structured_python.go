package fields

import (
	"strings"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// pythonException splits a qualified class as sentry-sdk does: the type without its module.
func pythonException(qualified, value string) sentry.Exception {
	i := strings.LastIndexByte(qualified, '.')
	return sentry.Exception{Type: qualified[i+1:], Module: qualified[:max(i, 0)], Value: value}
}

// pythonFrame makes the frame of a call.
func pythonFrame(path, function string, line int, contextLine string) sentry.Frame {
	return sentry.Frame{Function: function, Filename: path, AbsPath: path, Lineno: line, ContextLine: strings.TrimSpace(contextLine)}
}
