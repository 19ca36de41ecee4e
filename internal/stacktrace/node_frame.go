package stacktrace

import (
	"strings"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// Frames as V8 prints them (JSStackFrame serialisation): "at [async ]function (location)" or "at [async ]location".
// What becomes of them is what @sentry/node makes of them (its node stack line parser): the names and rules below are its.

// nodeFrameKind says how sure it is that a line is a V8 frame.
type nodeFrameKind uint8

const (
	nodeNoFrame   nodeFrameKind = iota
	nodeLikeFrame               // starts with "at ", but its place is none of V8's: Java, .NET, a sentence
	nodeFrame
)

// nodeCall is one frame line taken apart. The parts may hold colour codes.
type nodeCall struct {
	function, location string
	rest               string // what stands behind the frame in the same line: "{" before properties, "," in a list, an app's own text
}

// nodeSplitFrame takes the content of a line apart.
func nodeSplitFrame(line string) (nodeCall, nodeFrameKind) {
	if !strings.HasPrefix(line, "at ") {
		return nodeCall{}, nodeNoFrame
	}
	s := nodeTrim(line[3:])
	if after, ok := strings.CutPrefix(s, "async "); ok {
		s = nodeTrim(after)
	}
	open := nodeOpenParen(s)
	if end := nodeBareEnd(s, open); end > 0 {
		if !nodeBarePath(s[:end]) {
			return nodeCall{}, nodeLikeFrame
		}
		return nodeCall{location: s[:end], rest: nodeTrim(s[end:])}, nodeFrame
	}
	if open < 0 {
		if place, rest, _ := strings.Cut(s, " "); place == "<anonymous>" || place == "native" || strings.HasPrefix(place, "wasm://") {
			return nodeCall{location: place, rest: nodeTrim(rest)}, nodeFrame
		}
		return nodeCall{function: s}, nodeLikeFrame
	}
	closing := nodeCloseParen(s, open)
	if closing < 0 {
		return nodeCall{}, nodeLikeFrame
	}
	c := nodeCall{function: nodeTrim(s[:open]), location: nodeTrim(s[open+1 : closing]), rest: nodeTrim(s[closing+1:])}
	if !nodeKnownPlace(c.location) {
		return c, nodeLikeFrame
	}
	return c, nodeFrame
}

// nodeOpenParen finds the first "(" with a blank before it: Java and .NET print none there.
func nodeOpenParen(s string) int {
	for i := 1; i < len(s); i++ {
		if s[i] != '(' {
			continue
		}
		if end := nodeTrimEnd(s[:i], 0); end < i && strings.IndexByte(s[end:i], ' ') >= 0 {
			return i
		}
	}
	return -1
}

// nodeCloseParen finds the ")" that belongs to the "(" at open; paths such as /app/(shop)/page.js hold pairs of their own.
func nodeCloseParen(s string, open int) int {
	depth := 0
	for i := open; i < len(s); i++ {
		switch s[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	if i := strings.LastIndexByte(s[open:], ')'); i > 0 {
		return open + i
	}
	return -1
}

// nodeBareEnd finds the end of "path:line:column" that stands before the "(" at open, or 0.
func nodeBareEnd(s string, open int) int {
	if open < 0 {
		open = len(s)
	}
	for i := 0; i < open; i++ {
		if s[i] != ':' {
			continue
		}
		j := nodeSkipDigits(s, i+1)
		if j == i+1 || j >= len(s) || s[j] != ':' {
			continue
		}
		end := nodeSkipDigits(s, j+1)
		if end == j+1 {
			continue
		}
		if end == len(s) || s[end] == ' ' || s[end] == ',' || s[end] == nodeEscape {
			return end
		}
	}
	return 0
}

func nodeSkipDigits(s string, i int) int {
	for i < len(s) && nodeDigit(s[i]) {
		i++
	}
	return i
}

// nodeBarePath tells a path from a time or a sentence with numbers.
func nodeBarePath(location string) bool {
	file, _, _ := nodeSplitLocation(location)
	if file == "" || nodeDigit(file[0]) || nodeCompiled(file) {
		return false
	}
	return strings.ContainsAny(file, `/\.:[<`) || strings.HasPrefix(file, "REPL")
}

// nodeCompiled tells the sources of compiled languages: Rust's backtraces print "at file:line:column" too, also of the C library.
func nodeCompiled(file string) bool {
	switch file[strings.LastIndexByte(file, '.')+1:] {
	case "rs", "c", "h", "cc", "cpp", "cxx", "hpp", "hh", "S", "s", "asm", "m", "mm", "swift", "zig", "go", "cr", "nim":
		return true
	}
	return false
}

// nodeKnownPlace tells whether the text in a frame's parentheses is one of V8's.
func nodeKnownPlace(location string) bool {
	file, line, column := nodeSplitLocation(location)
	switch {
	case line > 0 && column > 0:
		return file != ""
	case line > 0:
		return nodeScriptFile(file)
	}
	return location == "<anonymous>" || location == "native" || location == "unknown" || strings.HasPrefix(location, "index ") ||
		strings.HasPrefix(location, "eval at ") || strings.HasPrefix(location, "wasm://") || strings.Contains(location, ":wasm-function[")
}

// nodeScriptFile tells a script's name from others by its suffix or scheme.
func nodeScriptFile(file string) bool {
	if i := strings.IndexByte(file, '?'); i >= 0 {
		file = file[:i]
	}
	if dot := strings.LastIndexByte(file, '.'); dot >= 0 {
		switch file[dot+1:] {
		case "js", "mjs", "cjs", "ts", "mts", "cts", "jsx", "tsx", "vue", "svelte", "sol":
			return true
		}
	}
	for _, start := range [...]string{"node:", "internal/", "file://", "[eval", "[stdin]", "[worker eval]", "<anonymous", "evalmachine.", "data:", "webpack"} {
		if strings.HasPrefix(file, start) {
			return true
		}
	}
	return false
}

// nodeSplitLocation splits "file:line:column"; line and column are 0 where they are not there.
func nodeSplitLocation(location string) (file string, line, column int) {
	n, start := nodeNumber(location)
	if start == len(location) || start == 0 || location[start-1] != ':' {
		return location, 0, 0
	}
	file = location[:start-1]
	m, start := nodeNumber(file)
	if start == len(file) || start == 0 || file[start-1] != ':' {
		return file, n, 0
	}
	return file[:start-1], m, n
}

// NodeFrame makes the frame that @sentry/node sends of a V8 frame's two parts: the function as printed ("async " and "<anonymous>" too) and
// what stands in the parentheses ("/app/x.js:1:2", "node:fs:573:18", "<anonymous>", "index 0"). Both may be empty. Module is the file's name
// alone unless the file is a package's: NodeModules completes it when all frames are known.
func NodeFrame(function, location string) sentry.Frame {
	location = nodePlain(nodeTrim(location))
	f := sentry.Frame{Function: nodeFunction(nodePlain(nodeTrim(function)))}
	if mime, ok := strings.CutPrefix(location, "data:"); ok && f.Function != "?" {
		mime, _, _ = strings.Cut(mime, ",")
		f.Filename = "<data:" + mime + ">"
		return f
	}
	f.Filename, f.Lineno, f.Colno = nodeFilename(location)
	f.InApp = sentry.TriOf(nodeInApp(f.Filename))
	f.Module = nodeModule(f.Filename, "")
	return f
}

// nodeFunction is the SDK's name of a function: "?" for one without a name, "Object.?" for Object.<anonymous>; "new X", "[as y]", "#z" stay.
func nodeFunction(name string) string {
	name = strings.TrimPrefix(name, "async ")
	if name == "" || name == "<anonymous>" {
		return "?"
	}
	dot := strings.LastIndexByte(name, '.')
	if dot > 0 && name[dot-1] == '.' {
		dot-- // Module._extensions..js
	}
	if dot <= 0 {
		return name
	}
	object, method := name[:dot], name[dot+1:]
	if i := strings.Index(object, ".Module"); i > 0 {
		name, object = name[i+1:], object[:i]
	}
	if method == "<anonymous>" {
		return object + ".?"
	}
	return name
}

// nodeFilename splits a location and gives the file's name as the SDK does: "file://" cut, percent-decoded. "" for native code.
func nodeFilename(location string) (file string, line, column int) {
	file, line, column = nodeSplitLocation(location)
	if file == "native" {
		return "", 0, 0
	}
	file = strings.TrimPrefix(file, "file://")
	if len(file) > 2 && file[0] == '/' && file[1] >= 'A' && file[1] <= 'Z' && file[2] == ':' {
		file = file[1:]
	}
	return nodeDecodeURI(file), line, column
}

// nodeInApp is the SDK's rule (12.11): neither Node's own code (no absolute, relative or URL path) nor a package's.
func nodeInApp(file string) bool {
	if strings.Contains(file, "node_modules/") || file == "" {
		return false
	}
	return file[0] == '/' || file[0] == '.' || len(file) > 1 && file[0] >= 'A' && file[0] <= 'Z' && file[1] == ':' || nodeHasScheme(file)
}

// nodeHasScheme tells whether a name starts with a URL's scheme and "://".
func nodeHasScheme(file string) bool {
	scheme, _, ok := strings.Cut(file, "://")
	if !ok || scheme == "" || !nodeLetter(scheme[0]) {
		return false
	}
	for i := 1; i < len(scheme); i++ {
		if c := scheme[i]; !nodeLetter(c) && !nodeDigit(c) && c != '.' && c != '-' && c != '+' {
			return false
		}
	}
	return true
}

func nodeLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
