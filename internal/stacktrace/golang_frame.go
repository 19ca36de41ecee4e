package stacktrace

import (
	"slices"
	"strconv"
	"strings"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// GoFrame makes a frame as sentry-go does, from what the runtime says of a call: the function with its package path
// (`example.com/shop/cart.(*Basket).Add`), the file and the line (0: unknown).
//
// Module is the package path, Function the rest. An absolute file is AbsPath, one of a -trimpath build Filename. InApp is
// always set: sentry-go's rule (false under GOROOT, vendor, third_party), and false in the module cache, where the SDK says true.
func GoFrame(function, file string, line int) sentry.Frame {
	module, name := golangSplit(function)
	f := sentry.Frame{Function: name, Module: module, Lineno: max(line, 0), InApp: sentry.TriOf(golangInApp(module, file))}
	if golangAbsolute(file) {
		f.AbsPath = file
	} else {
		f.Filename = file
	}
	return f
}

// GoCall is one call of a stack that a logger wrote as data.
type GoCall struct {
	Function string // with its package path, or with Short set without it, as zerolog's pkgerrors writes it
	File     string
	Line     int // 0: unknown
	Short    bool
}

// ParseGoCall reads `function:file:line`, as eris writes calls into JSON. The package comes without its path.
func ParseGoCall(s string) (GoCall, bool) {
	c, ok := golangErisCall(s)
	return GoCall{Function: c.function, File: c.file, Line: c.line}, ok
}

// GoFrames makes frames of a stack that a logger wrote as data, newest call first. They come out as sentry-go's: outermost
// call first, without the runtime's own, without what ran because of a panic, at most MaxFrames.
func GoFrames(calls []GoCall) []sentry.Frame {
	for i, c := range calls {
		if c.Function == "runtime.gopanic" {
			calls = calls[i+1:]
			break
		}
	}
	own := make([]golangCall, len(calls))
	for i, c := range calls {
		own[i] = golangCall{function: c.Function, file: c.File, line: c.Line, short: c.Short}
	}
	return golangCallFrames(own)
}

// golangMain gives the package main to the calls without a package that lie in the folder of the function main.
func golangMain(calls []golangCall, frames []sentry.Frame) {
	dir := ""
	for _, c := range calls {
		if c.short && c.function == "main" {
			dir = c.file[:strings.LastIndexByte(c.file, '/')+1]
		}
	}
	if dir == "" {
		return
	}
	for i := range frames {
		f := &frames[i]
		if file := f.AbsPath + f.Filename; f.Module == "" && strings.HasPrefix(file, dir) && strings.IndexByte(file[len(dir):], '/') < 0 {
			f.Module = "main"
		}
	}
}

// golangFrame is GoFrame, also for functions without a package: then only the library's own can be told by the file.
func golangFrame(c golangCall) sentry.Frame {
	f := GoFrame(c.function, c.file, c.line)
	if c.short {
		f.Module, f.Function = "", c.function
		f.Module, _ = golangRootPackage(c.file)
		f.InApp = sentry.TriOf(golangInApp(f.Module, c.file))
	}
	return f
}

// golangSplit is golangPackage and what follows it, unquoted.
func golangSplit(name string) (module, function string) {
	module = golangPackage(name)
	if module == "" {
		return "", golangUnquote(name)
	}
	return golangUnquote(module), golangUnquote(name[len(module)+1:])
}

// golangUnquote undoes the linker's %xx.
func golangUnquote(s string) string {
	i := strings.IndexByte(s, '%')
	if i < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for ; i >= 0; i = strings.IndexByte(s, '%') {
		out = append(out, s[:i]...)
		if len(s) >= i+3 {
			if b, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				out, s = append(out, byte(b)), s[i+3:]
				continue
			}
		}
		out, s = append(out, '%'), s[i+1:]
	}
	return string(append(out, s...))
}

func golangAbsolute(path string) bool {
	if path == "" {
		return false
	}
	return path[0] == '/' || path[0] == '\\' || len(path) >= 3 && path[1] == ':' && (path[2] == '/' || path[2] == '\\')
}

func golangInApp(module, file string) bool {
	if golangHasElement(module, "vendor") || golangHasElement(module, "third_party") ||
		golangHasElement(file, "vendor") || golangHasElement(file, "third_party") {
		return false
	}
	if strings.Contains(file, "/pkg/mod/") || strings.Contains(file, "@v") { // the module cache, also as -trimpath leaves it
		return false
	}
	return !golangStandard(module, file)
}

// golangHasElement reports whether one element of a slash-separated path is the given one.
func golangHasElement(path, element string) bool {
	for path != "" {
		i := strings.Index(path, element)
		if i < 0 {
			return false
		}
		end := i + len(element)
		if (i == 0 || path[i-1] == '/') && (end == len(path) || path[end] == '/') {
			return true
		}
		path = path[end:]
	}
	return false
}

// golangStandard reports whether a frame lies in the standard library. GOROOT is not in the text: a package of the library
// whose file is under some .../src/<package of the library>, or relative (-trimpath). Packages may name each other's files:
// sync.runtime_Semacquire is in runtime/sema.go. A module of one's own may have no dot in its first element.
func golangStandard(module, file string) bool {
	if module == "" {
		_, ok := golangRootPackage(file)
		return ok
	}
	if !golangLibrary(golangFirstElement(module)) {
		return false
	}
	if !golangAbsolute(file) {
		return file == "" || strings.HasPrefix(file, "<") || golangLibrary(golangFirstElement(file))
	}
	i := strings.LastIndex(file, "/src/")
	return i >= 0 && golangLibrary(golangFirstElement(file[i+len("/src/"):]))
}

// golangRootPackage is the package of a file under GOROOT, for traces that print functions without their package.
func golangRootPackage(file string) (string, bool) {
	path := file
	if golangAbsolute(file) {
		i := strings.LastIndex(file, "/src/")
		if i < 0 || !golangRoot(file[:i]) {
			return "", false
		}
		path = file[i+len("/src/"):]
	}
	if !golangLibrary(golangFirstElement(path)) {
		return "", false
	}
	if i := strings.LastIndexByte(path, '/'); i > 0 {
		return path[:i], true
	}
	return "", false
}

// golangRoot knows the usual names of GOROOT: .../go, .../go1.26, .../libexec (Homebrew), .../toolchain@v0.0.1-go1.26.linux-amd64.
func golangRoot(dir string) bool {
	last := dir[strings.LastIndexByte(dir, '/')+1:]
	return last == "go" || last == "libexec" || strings.Contains(last, "go1.")
}

func golangFirstElement(path string) string {
	if i := strings.IndexByte(path, '/'); i >= 0 {
		return path[:i]
	}
	return path
}

// golangLibrary knows the first path elements of the standard library (go list std, Go 1.0 to 1.26).
func golangLibrary(element string) bool {
	switch element {
	case "archive", "arena", "bufio", "builtin", "bytes", "cmp", "compress", "container", "context", "crypto", "database", "debug",
		"embed", "encoding", "errors", "expvar", "flag", "fmt", "go", "hash", "html", "image", "index", "internal", "io", "iter",
		"log", "maps", "math", "mime", "net", "os", "path", "plugin", "reflect", "regexp", "runtime", "simd", "slices", "sort",
		"strconv", "strings", "structs", "sync", "syscall", "testing", "text", "time", "unicode", "unique", "unsafe", "weak":
		return true
	}
	return false
}

// golangDropped: frames that sentry-go leaves out: the runtime's, the test runner's, its own. The builtin panic is runtime.gopanic.
func golangDropped(c golangCall) bool {
	if c.short {
		if root, ok := golangRootPackage(c.file); ok {
			// runtime.main is given the file of what was inlined at its end (go-errors).
			return root == "runtime" || root == "testing" || strings.HasPrefix(root, "internal/runtime/")
		}
		return c.function == "goexit" && strings.HasPrefix(c.file, "asm_") || c.function == "main" && c.file == "proc.go"
	}
	if i := strings.LastIndexByte(c.function, '.'); strings.HasPrefix(c.function[i+1:], "gowrap") || strings.HasPrefix(c.function[i+1:], "deferwrap") {
		return true // the compiler's wrapper of a go or defer statement, which runtime.Callers leaves out
	}
	switch module := golangPackage(c.function); module {
	case "runtime", "testing":
		return true
	case "":
		return c.function == "panic"
	default:
		return strings.HasPrefix(module, "github.com/getsentry/sentry-go") && !strings.HasSuffix(module, "_test")
	}
}

// golangPackage is the package path of a qualified function name: up to the first dot after the last slash (debug/gosym,
// Sym.PackageName), still as the linker wrote it. What the compiler makes (`type:.eq.main.T`, `go:...`) has none.
func golangPackage(name string) string {
	if strings.HasPrefix(name, "go:") || strings.HasPrefix(name, "type:") || strings.HasPrefix(name, "(") {
		return ""
	}
	if i := strings.IndexByte(name, '['); i >= 0 { // type arguments of Go 1.18 to 1.20 hold paths of their own
		name = name[:i]
	}
	slash := strings.LastIndexByte(name, '/') + 1
	if i := strings.IndexByte(name[slash:], '.'); i >= 0 && slash+i+1 < len(name) {
		return name[:slash+i]
	}
	return ""
}

// golangFrames reads the frames that are left of a stack, the newest MaxFrames of them, outermost call first.
func golangFrames(st golangStack) []sentry.Frame {
	var frames []sentry.Frame
	for len(frames) < MaxFrames {
		call, ok := st.next()
		if !ok {
			break
		}
		if !golangDropped(call) {
			frames = append(frames, st.frame(call))
		}
	}
	return golangOrder(frames)
}

// golangOrder turns frames that were read newest first, and takes the caller's name off a closure's: main.main.func1 called
// from main.main is func1. Newest to oldest, so that a caller still has its whole name (sentry-go, cleanupFunctionNamePrefix).
func golangOrder(frames []sentry.Frame) []sentry.Frame {
	slices.Reverse(frames)
	for i := len(frames) - 1; i > 0; i-- {
		caller := frames[i-1].Function
		if name := frames[i].Function; len(name) > len(caller) && name[len(caller)] == '.' && strings.HasPrefix(name, caller) {
			frames[i].Function = name[len(caller)+1:]
		}
	}
	return frames
}

// golangInnermost is the frame that golangFrames puts last. False: none is left.
func golangInnermost(st golangStack) (golangCall, bool) {
	for {
		call, ok := st.next()
		if !ok || !golangDropped(call) {
			return call, ok
		}
	}
}

// golangKeyFrame sets what tells the place of a failure.
func golangKeyFrame(k *Key, call golangCall) {
	k.Line, k.Function = call.line, ""
	k.File = call.file[strings.LastIndexAny(call.file, `/\`)+1:]
	if k.File == "" {
		_, k.Function = golangSplit(call.function)
		if call.short {
			k.Function = call.function
		}
	}
}
