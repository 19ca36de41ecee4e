package stacktrace

import (
	"path"
	"strings"
	"unicode/utf8"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// NodeModules sets the module of every frame as @sentry/node does: "folder:file" under the main script's folder, "package.folder:file" in a
// package, else the file's name. The SDK knows the main script from the process; here it is the file that Node's loader ran first, or, where
// no such frame is there, the deepest folder that holds all of the app's own files.
func NodeModules(exceptions []sentry.Exception) {
	base := nodeMainFolder(exceptions)
	for i := range exceptions {
		for j := range exceptions[i].Frames {
			f := &exceptions[i].Frames[j]
			f.Module = nodeModule(f.Filename, base)
		}
	}
}

// nodeModule names the module of one file. base: the main script's folder.
func nodeModule(file, base string) string {
	if file == "" || file[0] == '<' && strings.HasPrefix(file, "<data:") {
		return ""
	}
	folder, name := path.Split(nodeSlashes(file))
	folder = strings.TrimSuffix(folder, "/")
	if ext := path.Ext(name); ext != name && (ext == ".js" || ext == ".mjs" || ext == ".cjs") {
		name = strings.TrimSuffix(name, ext)
	}
	const packages = "/node_modules"
	if i := strings.LastIndex(folder, packages); i >= 0 {
		inside := strings.TrimPrefix(folder[i+len(packages):], "/")
		return strings.ReplaceAll(inside, "/", ".") + ":" + name
	}
	inside, ok := strings.CutPrefix(folder, base)
	if base == "" || !ok || len(inside) < 2 || inside[0] != '/' {
		return name
	}
	return strings.ReplaceAll(inside[1:], "/", ".") + ":" + name
}

// nodeSlashes is a Windows path without its drive and with slashes; others stay.
func nodeSlashes(file string) string {
	if len(file) < 3 || file[1] != ':' || file[0] < 'A' || file[0] > 'Z' {
		return file
	}
	return strings.ReplaceAll(file[2:], `\`, "/")
}

// nodeMainFolder guesses the folder of the script that was started.
func nodeMainFolder(exceptions []sentry.Exception) string {
	for i := len(exceptions) - 1; i >= 0; i-- {
		frames := exceptions[i].Frames
		for j := 0; j+1 < len(frames); j++ {
			if frames[j].Function == "Module._compile" && nodeOwnFile(&frames[j+1]) {
				return nodeFolder(frames[j+1].Filename)
			}
		}
	}
	common, found := "", false
	for i := range exceptions {
		for j := range exceptions[i].Frames {
			f := &exceptions[i].Frames[j]
			if !nodeOwnFile(f) {
				continue
			}
			if folder := nodeFolder(f.Filename); !found {
				common, found = folder, true
			} else {
				common = nodeCommonFolder(common, folder)
			}
		}
	}
	return common
}

// nodeOwnFile tells whether a frame lies in one of the app's own files, by an absolute path.
func nodeOwnFile(f *sentry.Frame) bool {
	return f.InApp == sentry.True && (f.Filename[0] == '/' || f.Filename != nodeSlashes(f.Filename))
}

func nodeFolder(file string) string {
	folder, _ := path.Split(nodeSlashes(file))
	return strings.TrimSuffix(folder, "/")
}

// nodeCommonFolder is the deepest folder above both.
func nodeCommonFolder(a, b string) string {
	for a != "" && b != a && (!strings.HasPrefix(b, a) || b[len(a)] != '/') {
		a = a[:max(strings.LastIndexByte(a, '/'), 0)]
	}
	return a
}

// nodeDecodeURI is JavaScript's decodeURI: percent codes become characters but for those that separate a URL's parts; a malformed name stays.
func nodeDecodeURI(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b.WriteByte(s[i])
			continue
		}
		if i+2 >= len(s) {
			return s
		}
		hi, lo := nodeHex(s[i+1]), nodeHex(s[i+2])
		if hi < 0 || lo < 0 {
			return s
		}
		c := byte(hi<<4 | lo)
		if strings.IndexByte(";/?:@&=+$,#", c) >= 0 {
			b.WriteString(s[i : i+3])
		} else {
			b.WriteByte(c)
		}
		i += 2
	}
	if decoded := b.String(); utf8.ValidString(decoded) {
		return decoded
	}
	return s
}

func nodeHex(c byte) int {
	switch {
	case nodeDigit(c):
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}
