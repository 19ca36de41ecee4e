package stacktrace

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// testdata/node/frames.json is what the stack line parser of @sentry/node 11.12.0 made of each line, with /app as the main script's folder.
func TestNodeFrameAsTheSDK(t *testing.T) {
	data, err := os.ReadFile("testdata/node/frames.json")
	require.NoError(t, err)
	var cases []struct {
		Line, Function, Filename, Module string
		Lineno, Colno                    int
		InApp                            *bool `json:"in_app"`
	}
	require.NoError(t, json.Unmarshal(data, &cases))
	for _, c := range cases {
		call, kind := nodeSplitFrame(c.Line)
		require.Equal(t, nodeFrame, kind, c.Line)
		got := NodeFrame(call.function, call.location)
		got.Module = nodeModule(got.Filename, "/app")
		want := sentry.Frame{Function: c.Function, Filename: c.Filename, Module: c.Module, Lineno: c.Lineno, Colno: c.Colno}
		if c.InApp != nil {
			want.InApp = sentry.TriOf(*c.InApp)
		}
		if strings.Contains(c.Filename, `\`) || strings.Contains(c.Filename, "%zz") {
			// The SDK ran on Linux, where a backslash is no separator; and it names no module for a malformed name.
			want.Module, got.Module = "", ""
		}
		assert.Equal(t, want, got, c.Line)
	}
}

func TestNodeModules(t *testing.T) {
	frames := func(files ...string) []sentry.Exception {
		e := sentry.Exception{}
		for _, file := range files {
			e.Frames = append(e.Frames, NodeFrame("f", file+":1:1"))
		}
		return []sentry.Exception{e}
	}
	modules := func(e []sentry.Exception) (names []string) {
		NodeModules(e)
		for _, f := range e[0].Frames {
			names = append(names, f.Module)
		}
		return names
	}
	main := frames("node:internal/modules/cjs/loader", "/srv/app/server/main.js", "/srv/app/server/db/pool.js", "/srv/app/shared/x.js")
	main[0].Frames[0].Function = "Module._compile"
	assert.Equal(t, []string{"loader", "main", "db:pool", "x"}, modules(main), "the main script's folder")
	assert.Equal(t, []string{"lib:a", "lib.deep:b", "c"}, modules(frames("/srv/app/lib/a.js", "/srv/app/lib/deep/b.mjs", "/srv/app/c.cjs")), "the common folder")
	assert.Equal(t, []string{"a", "express.lib:router"}, modules(frames("/srv/app/a.js", "/srv/app/node_modules/express/lib/router.js")))
	assert.Equal(t, []string{"lib:b.ts", "a"}, modules(frames(`C:\srv\app\lib\b.ts`, `C:\srv\app\a.js`)), "Windows")
	assert.Equal(t, []string{"a", "b"}, modules(frames("/srv/app/a.js", "/srv/app/b.js")))
	assert.Equal(t, []string{"", "task_queues"}, modules(frames("native", "node:internal/process/task_queues")))
}

func TestNodeSplitFrameRefuses(t *testing.T) {
	for _, line := range []string{
		"at java.base/java.lang.Thread.run(Thread.java:829)",
		"at com.example.Foo.bar(Foo.kt:12) ~[app.jar:1.0]",
		"at sun.reflect.NativeMethodAccessorImpl.invoke0(Native Method)",
		"at Shop.Cart.Add(String sku) in /src/Cart.cs:line 12",
		"at System.Threading.Tasks.Task.Execute()",
		"at System.Foo.Bar (System.String a, System.Int32 b) [0x00012] in <8f2c>:0",
		"at /rustc/90b35a/library/std/src/panicking.rs:645:5",
		"at ./csu/../csu/libc-start.c:360:3",
		"at the depot: 3 trucks",
		"at 10:30:15 the job stopped",
		"at 2026/01/02 10:30:15",
		"at noon (local time)",
		"at nowhere",
	} {
		_, kind := nodeSplitFrame(line)
		assert.NotEqual(t, nodeFrame, kind, line)
	}
}
