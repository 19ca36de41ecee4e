package stacktrace

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// golangEvent is what sentry-go sent.
type golangEvent struct {
	Level      string              `json:"level"`
	Message    string              `json:"message"`
	Exceptions []golangEventError  `json:"exception"`
	Threads    []golangEventThread `json:"threads"`
}

type golangEventError struct {
	Type       string `json:"type"`
	Value      string `json:"value"`
	Stacktrace struct {
		Frames []golangEventFrame `json:"frames"`
	} `json:"stacktrace"`
	Mechanism struct {
		Type             string `json:"type"`
		Source           string `json:"source"`
		ExceptionID      int    `json:"exception_id"`
		ParentID         int    `json:"parent_id"`
		IsExceptionGroup bool   `json:"is_exception_group"`
	} `json:"mechanism"`
}

type golangEventThread struct {
	Stacktrace struct {
		Frames []golangEventFrame `json:"frames"`
	} `json:"stacktrace"`
}

type golangEventFrame struct {
	Function string `json:"function"`
	Module   string `json:"module"`
	Filename string `json:"filename"`
	AbsPath  string `json:"abs_path"`
	Lineno   int    `json:"lineno"`
	InApp    bool   `json:"in_app"`
}

// golangDiff compares field by field what testdata/parity/compare.py counts for Go, and the types and ids it calls soft. Both
// lists are paired from the end. ok counts what is equal; each difference is one line.
type golangDiff struct {
	ok    int
	lines []string
}

func (d *golangDiff) put(field, where string, sdk, have any) {
	if fmt.Sprint(sdk) == fmt.Sprint(have) {
		d.ok++
		return
	}
	d.lines = append(d.lines, strings.TrimSpace(field+" "+where)+fmt.Sprintf(": sdk %v, have %v", sdk, have))
}

func (d *golangDiff) event(sdk golangEvent, level string, tr Trace, ownStacks bool) {
	d.put("level", "", sdk.Level, level)
	if sdk.Message != "" {
		d.put("message", "", sdk.Message, tr.Message)
	}
	d.put("exception.count", "", len(sdk.Exceptions), len(tr.Exceptions))
	for i := 1; i <= len(sdk.Exceptions); i++ {
		a := sdk.Exceptions[len(sdk.Exceptions)-i]
		var b sentry.Exception
		if i <= len(tr.Exceptions) {
			b = tr.Exceptions[len(tr.Exceptions)-i]
		}
		where := fmt.Sprintf("-%d", i)
		d.put("type", where, a.Type, b.Type)
		d.put("value", where, strings.TrimSpace(a.Value), b.Value)
		if len(sdk.Exceptions) > 1 {
			m := b.Mechanism
			if m == nil {
				m = &sentry.Mechanism{}
			}
			d.put("mechanism", where, a.Mechanism, struct {
				Type, Source          string
				ExceptionID, ParentID int
				Group                 bool
			}{m.Type, m.Source, m.ExceptionID, m.ParentID, m.IsExceptionGroup})
		}
		// The stack of the outermost error is the SDK's own where the error has none.
		if frames := a.Stacktrace.Frames; ownStacks || i > 1 || len(b.Frames) > 0 {
			d.frames(where, frames, b.Frames)
		}
	}
	if len(sdk.Exceptions) == 0 && len(sdk.Threads) > 0 {
		var have []sentry.Frame
		if len(tr.Threads) > 0 {
			have = tr.Threads[0].Frames
		}
		d.frames("thread", sdk.Threads[0].Stacktrace.Frames, have)
	}
}

func (d *golangDiff) frames(where string, sdk []golangEventFrame, have []sentry.Frame) {
	d.put("frames.count", where, len(sdk), len(have))
	for i := 1; i <= len(sdk); i++ {
		a := sdk[len(sdk)-i]
		var b sentry.Frame
		if i <= len(have) {
			b = have[len(have)-i]
		}
		at := fmt.Sprintf("%s frame -%d", where, i)
		d.put("function", at, a.Function, b.Function)
		d.put("module", at, a.Module, b.Module)
		d.put("path", at, a.AbsPath+"|"+a.Filename, b.AbsPath+"|"+b.Filename)
		d.put("lineno", at, a.Lineno, b.Lineno)
		d.put("in_app", at, a.InApp, b.InApp == sentry.True)
	}
}

var (
	golangFrameFields = []string{"frames.count", "function", "module", "path", "lineno", "in_app"}
	// golangNotShown: an exception or a message where sentry-go has the other: none of its fields has a counterpart.
	golangNotShown = append([]string{"message", "exception.count", "type", "value", "mechanism"}, golangFrameFields...)
)

// golangSDKDiffers: what the text does not tell, by case; the reasons stand beside. Any other difference fails.
var golangSDKDiffers = map[string][]string{
	// The runtime prints panic(err) and panic("text") alike (golang_panic.go), and no type.
	"panic_errnew": {"type"}, "panic_errglobal": {"type"}, "panic_ptrstruct": {"type"}, "panicgo_errnew": {"type"},
	"panic_template": {"type"}, "panic_netip": {"type"},
	"panic_wrap":        {"exception.count", "type", "mechanism", "value -2"}, // fmt.Errorf's %w is not seen in the text
	"panic_sprintf":     golangNotShown,                                       // text made at run time: taken for an error
	"panic_chain2":      golangNotShown,                                       // a message; with the panic before it, two exceptions
	"panic_chain":       golangNotShown,
	"panic_conststruct": golangNotShown, // a constant error: taken for constant text
	"panic_strerr":      golangNotShown,
	"panic_errno":       golangNotShown,
	// A panic's value that is no error: sentry-go sends %#v of it, the runtime prints its type.
	"panic_code": {"message"}, "panic_mystr": {"message"}, "panic_plain": {"message"}, "panic_stringer": {"message"},
	// An error of another package under a wrapper: neither its type is printed nor that it is one.
	"pkg_wrapstd": {"type -3"}, "eris_ext": {"type -2", "module"}, "juju_std": append([]string{"type -2"}, golangFrameFields...),
	"pkg_withstack": {"exception.count", "type", "mechanism", "value -2"}, // looks like errors.New
	"pkg_multiline": golangNotShown,                                       // looks like an error under two wrappers
	"pingcap_trace": {"mechanism"},                                        // Cause instead of Unwrap
	// One call is printed of the two or three that are kept.
	"xerrors_new": golangFrameFields, "xerrors_wrap": golangFrameFields,
	"xerrors_nowrap": append([]string{"exception.count", "type"}, golangFrameFields...), // %v prints like %w
	// Functions without their package's path, or without a package.
	"eris_wrap": {"module"}, "eris_wrap3": {"module"}, "goerr_new": {"module"}, "goerr_wrap": {"module"},
	"goerr_prefix": {"module", "value -2"}, // the prefix is not marked
	"oops_std":     {"type -2", "module"},
	// oops leaves its own calls out of the text.
	"oops_new": append([]string{"type -2"}, golangFrameFields...), "oops_wrap": append([]string{"type -3"}, golangFrameFields...),
	// juju's errors give sentry-go no stack: the text's places are more.
	"juju_new": golangFrameFields, "juju_trace": golangFrameFields,
}

func TestGolangSDK(t *testing.T) {
	paths, err := filepath.Glob("testdata/golang/*.sdk.json")
	require.NoError(t, err)
	require.Greater(t, len(paths), 50)
	equal, different := 0, map[string]int{}
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".sdk.json")
		t.Run(name, func(t *testing.T) {
			var sdk golangEvent
			golangJSON(t, path, &sdk)
			in := golangCase(t, "testdata/golang/"+name+".txt")
			tr, ok := Parse(in)
			if golangNoStack[name] {
				assert.False(t, ok)
				return
			}
			require.True(t, ok)
			level := string(tr.Level)
			if level == "" {
				level = "error"
			}
			var d golangDiff
			d.event(sdk, level, tr, !in.Whole)
			for _, line := range d.lines {
				if golangExcused(golangSDKDiffers[name], line) {
					different[strings.SplitN(line, " ", 2)[0]]++
				} else {
					t.Error(line)
				}
			}
			equal += d.ok
		})
	}
	t.Logf("equal to sentry-go: %d fields; different, each with a reason: %v", equal, different)
}

// golangNoStack: %+v of these prints no stack at all.
var golangNoStack = map[string]bool{"pkg_fmt": true, "join_pkg": true}

func golangExcused(excuses []string, line string) bool {
	return slices.ContainsFunc(excuses, func(e string) bool { return strings.HasPrefix(line, e) })
}

func golangJSON(t *testing.T, path string, into any) {
	t.Helper()
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, into))
}

// golangParityDiffers: the pairs of testdata/parity/go, text and OTLP.
var golangParityDiffers = map[string][]string{
	"zap_wrap text":      {"exception.count", "type", "value -", "mechanism", "lineno"}, // errors wrapped by fmt are printed as one; the place is the log call's
	"zap_wrap otlp":      {"exception.count", "type", "value -", "mechanism", "lineno"},
	"slogjson_join text": nil, // no stack, nothing for this package
	"slogjson_join otlp": nil,
}

func TestGolangParity(t *testing.T) {
	dirs, err := filepath.Glob("../../testdata/parity/go/*")
	require.NoError(t, err)
	require.NotEmpty(t, dirs)
	different := map[string]int{}
	equal := 0
	for _, dir := range dirs {
		var sdk []golangEvent
		golangJSON(t, dir+"/sdk.json", &sdk)
		require.Len(t, sdk, 1)
		for _, source := range []string{"text", "otlp"} {
			name := filepath.Base(dir) + " " + source
			t.Run(name, func(t *testing.T) {
				in, level := golangParityInput(t, dir, source)
				tr, ok := Parse(in)
				if excuses, known := golangParityDiffers[name]; known && excuses == nil {
					assert.False(t, ok)
					return
				}
				require.True(t, ok)
				golangCheckKey(t, in, tr)
				if level == "" {
					level = string(tr.Level)
				}
				var d golangDiff
				d.event(sdk[0], level, tr, true)
				for _, line := range d.lines {
					if golangExcused(golangParityDiffers[name], line) {
						different[name]++
					} else {
						t.Error(line)
					}
				}
				equal += d.ok
			})
		}
	}
	t.Logf("equal to sentry-go: %d fields; different, each with a reason: %v", equal, different)
	assert.Subset(t, slices.Collect(maps.Keys(golangParityDiffers)), slices.Collect(maps.Keys(different)))
}

// golangParityInput reads one side of a pair. level is what the record says.
func golangParityInput(t *testing.T, dir, source string) (in Input, level string) {
	t.Helper()
	in = Input{Language: Go}
	if source == "text" {
		text, err := os.ReadFile(dir + "/app.log")
		require.NoError(t, err)
		if in.Text = string(text); !strings.HasPrefix(in.Text, "{") {
			if !strings.HasPrefix(in.Text, "panic: ") {
				level = "error"
			}
			return in, level
		}
		var fields map[string]any
		require.NoError(t, json.Unmarshal(text, &fields))
		in.Message, _ = fields["error"].(string)
		in.Text, in.Whole = "", true
		if stack, ok := fields["stacktrace"].(string); ok {
			in.Text = stack
		}
		return in, "error"
	}
	var request struct {
		ResourceLogs []struct {
			ScopeLogs []struct {
				LogRecords []struct {
					SeverityNumber int `json:"severityNumber"`
					Attributes     []struct {
						Key   string `json:"key"`
						Value struct {
							StringValue string `json:"stringValue"`
						} `json:"value"`
					} `json:"attributes"`
				} `json:"logRecords"`
			} `json:"scopeLogs"`
		} `json:"resourceLogs"`
	}
	golangJSON(t, dir+"/otlp.json", &request)
	record := request.ResourceLogs[0].ScopeLogs[0].LogRecords[0]
	in.Whole = true
	for _, a := range record.Attributes {
		switch a.Key {
		case "exception.type":
			in.Type = a.Value.StringValue
		case "exception.message":
			in.Message = a.Value.StringValue
		case "exception.stacktrace":
			in.Text = a.Value.StringValue
		}
	}
	if level = "error"; record.SeverityNumber >= 21 {
		level = "fatal"
	}
	return in, level
}
