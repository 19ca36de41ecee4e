package stacktrace

import (
	"strings"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// PythonException makes an exception of a type as Python prints it (`package.module.Class`, builtins bare) and its message.
// Type is the class with the classes or functions around it, Module the dotted module, as sentry-sdk sends them.
func PythonException(qualifiedType, value string) sentry.Exception {
	module, name := pySplitType(qualifiedType, "")
	return sentry.Exception{Type: name, Module: module, Value: value}
}

// PythonFrame makes a frame of what a traceback tells about a call. line 0: unknown; contextLine is the source of that line, with or without
// its indentation.
//
// Under site-packages, dist-packages or the standard library the path tells the sys.path entry, so that Filename is relative to it, Module is
// known and InApp false; elsewhere Filename is the whole path, Module unknown and InApp true (false for scripts in bin/). AbsPath is the path as printed.
func PythonFrame(path, function string, line int, contextLine string) sentry.Frame {
	f := sentry.Frame{
		Function: pyFunction(path, function), Filename: path, AbsPath: path, Lineno: line,
		ContextLine: strings.TrimSpace(contextLine), InApp: sentry.True,
	}
	if module, ok := strings.CutPrefix(path, "<frozen "); ok {
		f.Module, f.InApp = strings.TrimSuffix(module, ">"), sentry.False
		return f
	}
	if rel := pyInLibrary(path); rel != "" {
		f.Filename, f.Module, f.InApp = rel, pyModule(rel), sentry.False
		return f
	}
	switch {
	case pyLauncher(path):
		f.InApp = sentry.False
	case path == "" || pyGenerated(path) || pyCompiled(path):
		f.InApp = sentry.Unset
	}
	return f
}

// pyLauncher tells whether the file is a script that pip made to start a program: `/usr/local/bin/gunicorn`.
func pyLauncher(path string) bool {
	name := pyBase(path)
	if name == path || strings.IndexByte(name, '.') >= 0 && !strings.HasSuffix(name, ".exe") {
		return false
	}
	switch pyBase(path[:len(path)-len(name)-1]) {
	case "bin", "sbin", "Scripts":
		return true
	}
	return false
}

// pyGenerated tells whether code was made by a library at run time: `<attrs generated init x.Y>`, `<decorator-gen-3>`.
// Code that the app itself runs or types in counts as the app's.
func pyGenerated(path string) bool {
	if path[0] != '<' {
		return false
	}
	switch path {
	case "<string>", "<stdin>", "<console>", "<template>", "<unknown>":
		return false
	}
	return true
}

// pyCompiled tells whether the frame is Cython's: its path is relative to where the library was built.
func pyCompiled(path string) bool {
	return strings.HasSuffix(path, ".pyx") || strings.HasSuffix(path, ".pxd") || strings.HasSuffix(path, ".pxi")
}

// pyFunction is co_name. CPython prints just that; where a printer gives co_qualname (`Class.method`) the last name is co_name. Names of
// Cython and of templates may have dots.
func pyFunction(path, function string) string {
	if dot := strings.LastIndexByte(function, '.'); dot >= 0 && (strings.HasSuffix(path, ".py") || strings.Contains(function, ".<locals>.")) {
		return function[dot+1:]
	}
	return function
}

// pyInLibrary gives the path below site-packages, dist-packages or the standard library, or "".
func pyInLibrary(path string) string {
	for _, dir := range [...]string{"site-packages", "dist-packages"} {
		i := strings.LastIndex(path, dir)
		if rest := pyBelow(path, i, len(dir)); rest != "" {
			if egg, inner, ok := strings.Cut(rest, "/"); ok && strings.HasSuffix(egg, ".egg") {
				return inner
			}
			return rest
		}
	}
	return pyInStdlib(path)
}

// pyBelow gives what is below the directory at path[i:i+n].
func pyBelow(path string, i, n int) string {
	if i <= 0 || !pySlash(path[i-1]) || i+n >= len(path) || !pySlash(path[i+n]) {
		return ""
	}
	return path[i+n+1:]
}

func pySlash(c byte) bool { return c == '/' || c == '\\' }

// pyInStdlib gives the path below `lib/python3.11/`, `lib64/python3.11/`, `lib/pypy3.10/`, `python311.zip/`, `Python311\Lib\`, or "".
func pyInStdlib(path string) string {
	for i := range len(path) {
		if !pySlash(path[i]) {
			continue
		}
		rest := path[i+1:]
		name := rest[:pyNameEnd(rest)]
		below := rest[min(len(name)+1, len(rest)):]
		parent := path[:i]
		switch {
		case below == "":
		case (pyNumbered(name, "python") || pyNumbered(name, "pypy")) && (pyEndsIn(parent, "lib") || pyEndsIn(parent, "lib64")):
			return below
		case strings.HasSuffix(name, ".zip") && pyNumbered(strings.TrimSuffix(name, ".zip"), "python"):
			return below
		case name == "Lib" && pyNumbered(pyBase(parent), "Python"):
			return below
		}
	}
	return ""
}

func pyNameEnd(s string) int {
	if i := strings.IndexAny(s, `/\`); i >= 0 {
		return i
	}
	return len(s)
}

// pyNumbered tells whether a name is the word and a version: python3.11, Python311.
func pyNumbered(name, word string) bool {
	v, ok := strings.CutPrefix(name, word)
	return ok && v != "" && pyDigit(v[0]) && strings.Trim(v, "0123456789.t") == ""
}

func pyEndsIn(path, dir string) bool { return pyBase(path) == dir }

// pyBase is the last name of a path.
func pyBase(path string) string {
	if i := strings.LastIndexAny(path, `/\`); i >= 0 {
		return path[i+1:]
	}
	return path
}

// pyModule is the dotted name of a file relative to its sys.path entry, or "" where it is no module's.
func pyModule(rel string) string {
	name, ok := strings.CutSuffix(rel, ".py")
	if !ok || strings.ContainsAny(name, ".- ") {
		return ""
	}
	name = strings.TrimSuffix(strings.ReplaceAll(name, `\`, "/"), "/__init__")
	return strings.ReplaceAll(name, "/", ".")
}

// pySplitType parts a printed type into module and qualified class name. Packages and modules are lower case, classes are not: the class name
// is the run of capitalised names at the end, where functions are classes' parents it begins before `<locals>`. A name that the trace shows to
// be a package's (`PIL` by a frame in `/PIL/`) is module all the same.
func pySplitType(printed, trace string) (module, name string) {
	if strings.IndexByte(printed, '.') < 0 {
		return "", printed
	}
	at := pyClassStart(printed)
	for range 8 {
		dot := strings.IndexByte(printed[at:], '.')
		if dot < 0 || !pyUpper(printed[at:]) || !pySeenPath(trace, printed[at:at+dot]) {
			break
		}
		at += dot + 1
	}
	if at == 0 {
		return "", printed
	}
	return printed[:at-1], printed[at:]
}

// pyClassStart gives where the class name begins.
func pyClassStart(printed string) int {
	end := len(printed)
	if i := strings.Index(printed, ".<locals>."); i >= 0 {
		end = i
	}
	at := strings.LastIndexByte(printed[:end], '.') + 1 // the last name is class in any case
	for at > 0 {
		before := strings.LastIndexByte(printed[:at-1], '.') + 1
		module := before == 0 && end == len(printed) && !pyUpper(printed[at:]) // `MySQLdb.error`
		if module || !pyUpper(printed[before:at-1]) {
			break
		}
		at = before
	}
	return at
}

// pySeenPath tells whether the name is a directory or a source file in a path of the trace.
func pySeenPath(trace, name string) bool {
	for from := 0; ; {
		i := strings.Index(trace[from:], name)
		if i < 0 {
			return false
		}
		i += from
		from = i + len(name)
		if i > 0 && pySlash(trace[i-1]) && from < len(trace) && (pySlash(trace[from]) || strings.HasPrefix(trace[from:], ".py")) {
			return true
		}
	}
}
