package stacktrace

import "strings"

// What the runtime prints of a panic's value (printpanics, printpanicval; seen with Go 1.21, 1.24 and 1.26):
//
//	error                        panic: <Error()>             also of a wrapped or a user's own error: no type, no mark
//	fmt.Stringer                 panic: <String()>
//	string                       panic: <the text>            \n becomes \n\t (Go >= 1.23); before, the bare line end
//	bool, numbers                panic: 42, true, 1.5         floats as +1.500000e+000 before Go 1.26
//	other kinds with a name      panic: main.code(7), main.text("x")
//	anything else                panic: (main.order) 0xa19ba0
//
// So the text of panic(err) and of panic("text") is the same. sentry-go sends the first as an exception and everything that is
// no error as a message. What tells them apart, in this order:
//
//  1. the runtime's own errors, by their texts: exceptions, and the type is known;
//  2. values printed in Go syntax: had they been errors, Error() would stand there: messages;
//  3. `panic({0x4faf20?, 0x531c50?})`: type and data word of the value, where a deferred call printed the stack. A data word in
//     the read-only data is a constant, and constant errors are rare: a message;
//  4. the function that panicked: log.Panic, regexp.MustCompile and most of the standard library panic with text;
//  5. nothing: an exception of type "panic". If it was text after all, its wording, place and level are still right, while an
//     error shown as a message would have lost its exception and stack.

// golangVerdict is what sentry-go makes of a panic.
type golangVerdict struct {
	typ     string // of the exception; "panic" where the text has none
	message bool   // a message event
}

// golangPanicType is the type where the text does not tell it.
const golangPanicType = "panic"

// golangJudge tells what a panic's value was. words are the arguments of the panic's frame, culprit is the function that
// panicked; "" where not known.
func golangJudge(value, words, culprit string) golangVerdict {
	if typ := golangRuntimeError(value); typ != "" {
		return golangVerdict{typ: typ}
	}
	if golangPrintedValue(value) || golangConstant(words) || golangTextPanicker(culprit) {
		return golangVerdict{message: true}
	}
	return golangVerdict{typ: golangPanicType}
}

// golangRuntimeErrors: how the errors that the runtime and the library themselves panic with begin, and their types
// (runtime/error.go, panic.go, chan.go, map.go; reflect/value.go; net/http/server.go). The first that fits counts.
var golangRuntimeErrors = [...]struct{ prefix, typ string }{
	{"runtime error: index out of range", "runtime.boundsError"},
	{"runtime error: slice bounds out of range", "runtime.boundsError"},
	{"runtime error: cannot convert slice with length", "runtime.boundsError"},
	{"runtime error: ", "runtime.errorString"},
	{"interface conversion: ", "*runtime.TypeAssertionError"},
	{"assignment to entry in nil map", "runtime.plainError"},
	{"send on closed channel", "runtime.plainError"},
	{"close of closed channel", "runtime.plainError"},
	{"close of nil channel", "runtime.plainError"},
	{"makechan: size out of range", "runtime.plainError"},
	{"value method ", "runtime.plainError"},
	{"panic called with nil argument", "*runtime.PanicNilError"},
	{"reflect: call of ", "*reflect.ValueError"},
	{"net/http: abort Handler", "*errors.errorString"},
}

func golangRuntimeError(value string) string {
	for _, e := range golangRuntimeErrors {
		if strings.HasPrefix(value, e.prefix) {
			if e.prefix == "value method " && !strings.HasSuffix(value, " pointer") {
				break
			}
			return e.typ
		}
	}
	return ""
}

// golangPrintedValue reports whether the runtime printed the value in Go syntax: it is neither an error nor a string.
func golangPrintedValue(v string) bool {
	switch v {
	case "":
		return false
	case "true", "false", "nil":
		return true
	}
	if golangTypeOf(v) != "" {
		return true
	}
	return golangNumber(v)
}

// golangNumber: decimal integers, floats, complex numbers in parentheses.
func golangNumber(s string) bool {
	switch s {
	case "", "Inf", "NaN":
		return false
	case "+Inf", "-Inf":
		return true
	}
	c := s[0]
	return (c == '+' || c == '-' || c == '(' || c >= '0' && c <= '9') &&
		strings.Trim(s, "0123456789+-.eInfNa()i") == "" && strings.ContainsAny(s, "0123456789")
}

// golangTypeOf is T of a value printed as `(T) 0xa19ba0`, `T(7)`, `T(true)` or `T("text")`, else "".
func golangTypeOf(v string) string {
	if strings.HasPrefix(v, "(") {
		i := strings.LastIndex(v, ") 0x")
		if i > 1 && len(v) > i+4 && strings.Trim(v[i+4:], "0123456789abcdef") == "" {
			return v[1:i]
		}
		return ""
	}
	i := strings.IndexByte(v, '(')
	if i <= 0 || v[len(v)-1] != ')' || !golangName(v[:i], false) {
		return ""
	}
	switch inner := v[i+1 : len(v)-1]; {
	case len(inner) >= 2 && inner[0] == '"' && inner[len(inner)-1] == '"', inner == "true", inner == "false", golangNumber(inner):
		return v[:i]
	}
	return ""
}

// golangConstant reports whether the words of a panic's value point into the read-only data of a program that is not position
// independent: its value was a constant when the program was linked. There, text comes first, then the read-only data that
// begins with the types, then the line table, about as long as the text, then variables. The type word thus bounds the text's
// length; constants were 0.2 to 0.4 of it behind the type word, variables 0.9 to 1.2 (Go 1.21 to 1.26, programs of 1 to 9 MB).
func golangConstant(words string) bool {
	t, rest := golangWord(words)
	d, _ := golangWord(rest)
	if t == 0 || d <= t || d >= 1<<30 {
		return false
	}
	text := uint64(0x400000) // where amd64 programs begin; others begin lower
	if t < text {
		text = 0x10000
	}
	return t > text && (d-t)*10 < (t-text)*6
}

// golangWord reads one hexadecimal word out of `{0x4faf20?, 0x531c50?}`.
func golangWord(s string) (word uint64, rest string) {
	i := strings.Index(s, "0x")
	if i < 0 {
		return 0, ""
	}
	s = s[i+2:]
	for len(s) > 0 && word < 1<<60 {
		c := s[0] | 0x20
		switch {
		case c >= '0' && c <= '9':
			word = word<<4 | uint64(c-'0')
		case c >= 'a' && c <= 'f':
			word = word<<4 | uint64(c-'a'+10)
		default:
			return word, s
		}
		s = s[1:]
	}
	return word, s
}

// golangTextPanicker knows functions that panic with text, not with an error.
func golangTextPanicker(function string) bool {
	if strings.HasPrefix(function, "go.uber.org/zap/zapcore.") || strings.Contains(function, "zerolog.") || strings.Contains(function, "k8s.io/klog/") {
		return true
	}
	module := golangPackage(function)
	if !golangLibrary(golangFirstElement(module)) {
		return strings.Contains(function, ".(*Logger).Panic.func") // zerolog's, inlined into its caller
	}
	switch module { // these panic with errors
	case "text/template", "html/template", "net/netip", "flag", "math/big", "crypto/x509", "encoding/asn1", "runtime":
		return false
	}
	return !strings.HasPrefix(module, "internal/") && !strings.HasPrefix(function, "bytes.(*Buffer).")
}

// golangFatals are texts of runtime.throw and runtime.fatal that no stack needs to prove (GOTRACEBACK=none).
var golangFatals = [...]string{
	"all goroutines are asleep - deadlock!", "concurrent map ", "stack overflow", "out of memory", "runtime: ", "sync: ",
	"no goroutines (main called runtime.Goexit) - deadlock!", "unexpected signal during runtime execution", "fault",
}

func golangFatalText(value string) bool {
	for _, f := range golangFatals {
		if strings.HasPrefix(value, f) && (value == f || f[len(f)-1] == ' ' || f == "out of memory") {
			return true
		}
	}
	return false
}

// golangTypeName is the type as sentry-go writes it (reflect: the last element of the package path) of what OpenTelemetry's
// SDK or a logger puts into exception.type: the whole package path. The package's name is taken to be the path's last element
// that is no version.
func golangTypeName(typ string) string {
	name := typ
	if i := strings.IndexByte(name, '['); i > 0 {
		name = name[:i]
	}
	slash := strings.LastIndexByte(name, '/')
	if slash < 0 {
		return typ
	}
	pointer := typ[:len(typ)-len(strings.TrimLeft(typ, "*"))]
	if last := name[slash+1:]; len(last) > 2 && last[0] == 'v' && last[1] >= '0' && last[1] <= '9' { // .../pgx/v5.Error
		if dot := strings.IndexByte(last, '.'); dot > 0 {
			path := strings.TrimLeft(name[:slash], "*")
			return pointer + golangUnquote(path[strings.LastIndexByte(path, '/')+1:]) + typ[slash+1+dot:]
		}
	}
	return pointer + golangUnquote(typ[slash+1:])
}

// golangNoError reports whether exception.type names a type that cannot be an error: panic("text") recorded by OpenTelemetry
// (a type without a package comes as ".string").
func golangNoError(typ string) bool {
	switch strings.TrimPrefix(typ, ".") {
	case "string", "bool", "int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64", "uintptr",
		"float32", "float64", "complex64", "complex128", "byte", "rune":
		return true
	}
	return false
}
