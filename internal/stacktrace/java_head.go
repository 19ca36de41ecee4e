package stacktrace

import (
	"strings"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// javaToStrings are the classes of widespread libraries whose toString leaves the class out: what it prints first, the class.
var javaToStrings = [...]struct{ prefix, class, suffix string }{
	// reactor-core, FluxOnAssembly.OnAssemblyException
	{"The stacktrace has been enhanced by Reactor, refer to additional information below: ", "reactor.core.publisher.FluxOnAssembly$OnAssemblyException", ""},
	// groovy, PowerAssertionError
	{"Assertion failed: \n\n", "org.codehaus.groovy.runtime.powerassert.PowerAssertionError", "\n"},
}

// javaEndings are what names of exceptions end in; nothing else is taken for one where only the name can tell.
var javaEndings = [...]string{"Exception", "Error", "Throwable", "Failure", "Fault"}

// javaReadHead splits what Throwable.toString gave: "class: message", "class". printed is false where a toString of its own said something else:
// value is then all of it, and class at most a name without a package.
func javaReadHead(s string) (class, value string, printed bool) {
	for i := range javaToStrings {
		if rest, ok := strings.CutPrefix(s, javaToStrings[i].prefix); ok {
			return javaToStrings[i].class, strings.TrimSuffix(rest, javaToStrings[i].suffix), true
		}
	}
	s = s[javaHash(s):]
	n := javaClassEnd(s)
	if n == 0 {
		if n = javaNameEnd(s); n > 0 && javaEnding(s[:n]) { // BoomException{code=7}
			return s[:n], s, false
		}
		return "", s, false
	}
	class, s = s[:n], s[n:]
	if strings.HasPrefix(s, ";") {
		return class, javaSAX(s), true
	}
	value = strings.TrimPrefix(strings.TrimPrefix(s, ":"), " ")
	if value == "null" { // Logback's and Log4j's word for no message
		value = ""
	}
	return class, value, true
}

// javaSAX cuts what SAXParseException.toString puts before the message: "; lineNumber: 1; columnNumber: 9; ".
func javaSAX(s string) string {
	for {
		rest, ok := strings.CutPrefix(s, "; ")
		if !ok {
			return strings.TrimPrefix(s, ";")
		}
		s = rest
		named := false
		for _, key := range [...]string{"publicId: ", "systemId: ", "lineNumber: ", "columnNumber: "} {
			named = named || strings.HasPrefix(s, key)
		}
		if !named {
			return s
		}
		end := strings.Index(s, "; ")
		if end < 0 {
			return ""
		}
		s = s[end:]
	}
}

// javaHash is the length of "<#5b8a3f1c> ", the stack hash that logstash-logback-encoder writes before the class.
func javaHash(s string) int {
	if !strings.HasPrefix(s, "<#") {
		return 0
	}
	if end := strings.Index(s[:min(len(s), 24)], "> "); end >= 0 {
		return end + len("> ")
	}
	return 0
}

// javaClassEnd is the length of the class name that s begins with; 0 where what follows is neither the end, a message nor a line end.
func javaClassEnd(s string) int {
	n := javaNameEnd(s)
	if n == 0 || n == len(s) {
		return n
	}
	switch s[n] {
	case '\n', '\r':
		return n
	case ':':
		if n+1 == len(s) || s[n+1] == ' ' || s[n+1] == '\n' || s[n+1] == '\r' {
			return n
		}
	case ';':
		if strings.HasPrefix(s[n:], "; lineNumber: ") || strings.HasPrefix(s[n:], "; publicId: ") || strings.HasPrefix(s[n:], "; systemId: ") {
			return n
		}
	}
	return 0
}

// javaNameEnd is the length of the binary class name that s begins with, with or without a package.
func javaNameEnd(s string) int {
	part := 0 // where the current part of the name began
	i := 0
	for ; i < len(s); i++ {
		b := s[i]
		switch {
		case b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', b == '_', b == '$', b >= 0x80 && !javaSeparatorAt(s, i):
		case (b >= '0' && b <= '9' || b == '-') && i > part:
		case b == '.' && i > part && i+1 < len(s):
			part = i + 1
		default:
			if part == i && i > 0 { // the full stop ended a sentence
				return 0
			}
			return i
		}
	}
	return i
}

// javaSeparatorAt: a broken bar is what layouts put between fields, never part of a name.
func javaSeparatorAt(s string, i int) bool { return strings.HasPrefix(s[i:], "¦") }

// javaQualified reports whether a name has a package and then a class in upper case.
func javaQualified(name string) bool {
	dot := strings.LastIndexByte(name, '.')
	return dot > 0 && name[0] >= 'a' && name[0] <= 'z' && dot+1 < len(name) && (name[dot+1] < 'a' || name[dot+1] > 'z')
}

// javaEnding reports whether a name says that it is an exception.
func javaEnding(name string) bool {
	for _, ending := range javaEndings {
		if strings.HasSuffix(name, ending) {
			return true
		}
	}
	return false
}

// javaRoots are where packages begin that no other language has.
var javaRoots = [...]string{"java.", "javax.", "jakarta.", "jdk.", "sun.", "kotlin.", "kotlinx.", "scala.", "groovy.", "akka.", "reactor.", "android.", "androidx.", "com.", "org.", "net.", "io."}

// javaStackless reports whether a name is surely that of a Java exception though no frame follows: Python's are module.NameError too.
func javaStackless(name string) bool {
	if !javaQualified(name) || !javaEnding(name) {
		return false
	}
	if strings.HasSuffix(name, "Exception") || strings.IndexByte(name, '.') == 2 {
		return true
	}
	for _, root := range javaRoots {
		if strings.HasPrefix(name, root) {
			return true
		}
	}
	return false
}

// javaInlineHead finds where in a line an exception is printed behind other text ("Could not ship com.example.Broken: x"); -1: nowhere.
// sure: its name ends like an exception's; else it is the last name (the first may be the logger's).
// The names that it wraps ("a.B: c.D: text") belong to its message.
func javaInlineHead(line string) (at int, sure bool) {
	chain, end := -1, -1 // where the last chain of names began, where its last name ended
	for i := 0; i < len(line); {
		n := 0
		if i == 0 || javaBefore(line[:i]) {
			n = javaNameEnd(line[i:])
		}
		if n == 0 {
			i++
			continue
		}
		if name := line[i : i+n]; javaClassEnd(line[i:]) == n && javaQualified(name) {
			if chain < 0 || line[end:i] != ": " {
				chain = i
			}
			end = i + n
			if javaEnding(name) {
				return chain, true
			}
		}
		i += n
	}
	return chain, false
}

// javaBefore reports whether a name may begin after the text.
func javaBefore(s string) bool {
	switch s[len(s)-1] {
	case ' ', '\t', '\n', '|', ':', '=', '"', '\'', '(', '[', '>':
		return true
	}
	return strings.HasSuffix(s, "¦")
}

// JavaException makes the exception of a class, as Class.getName or getCanonicalName gives it, and its message: the type is the class without its
// package, the package is the module (io.sentry's SentryException). A nested class that is written with full stops gets its $ back.
func JavaException(class, message string) sentry.Exception {
	dot := strings.LastIndexByte(class, '.')
	if strings.IndexByte(class, '$') < 0 {
		for dot > 0 {
			outer := strings.LastIndexByte(class[:dot], '.')
			if b := class[outer+1]; b < 'A' || b > 'Z' {
				break
			}
			dot = outer
		}
	}
	e := javaException(class, dot, message)
	if strings.IndexByte(e.Type, '.') >= 0 {
		e.Type = strings.ReplaceAll(e.Type, ".", "$")
	}
	return e
}

// javaException splits a class at the full stop before its name without the package; -1: there is no package.
func javaException(class string, dot int, message string) sentry.Exception {
	return sentry.Exception{Type: class[dot+1:], Module: class[:max(dot, 0)], Value: message}
}

// JavaFrame makes the frame of one StackTraceElement. A line below 1 means that it is not known; native is what the JVM marks with the line -2.
func JavaFrame(class, method, file string, line int, native bool) sentry.Frame {
	if native && file == "" {
		file = javaNatives[class]
	}
	return sentry.Frame{Function: method, Module: class, Filename: file, Lineno: max(line, 0), Native: sentry.TriOf(native)}
}

// javaNatives are the sources of the JDK's native methods that stand in stack traces: the text says "Native Method" where the JVM, and so the
// SDK's event and a structured logger, know the file.
var javaNatives = map[string]string{
	"java.io.FileDescriptor":               "FileDescriptor.java",
	"java.io.FileInputStream":              "FileInputStream.java",
	"java.io.FileOutputStream":             "FileOutputStream.java",
	"java.io.RandomAccessFile":             "RandomAccessFile.java",
	"java.io.UnixFileSystem":               "UnixFileSystem.java",
	"java.io.WinNTFileSystem":              "WinNTFileSystem.java",
	"java.lang.Class":                      "Class.java",
	"java.lang.ClassLoader":                "ClassLoader.java",
	"java.lang.Object":                     "Object.java",
	"java.lang.ProcessHandleImpl":          "ProcessHandleImpl.java",
	"java.lang.ProcessImpl":                "ProcessImpl.java",
	"java.lang.Runtime":                    "Runtime.java",
	"java.lang.Shutdown":                   "Shutdown.java",
	"java.lang.System":                     "System.java",
	"java.lang.Thread":                     "Thread.java",
	"java.lang.Throwable":                  "Throwable.java",
	"java.lang.UNIXProcess":                "UNIXProcess.java",
	"java.lang.invoke.MethodHandleNatives": "MethodHandleNatives.java",
	"java.lang.ref.Reference":              "Reference.java",
	"java.lang.reflect.Array":              "Array.java",
	"java.lang.reflect.Executable":         "Executable.java",
	"java.net.DualStackPlainSocketImpl":    "DualStackPlainSocketImpl.java",
	"java.net.Inet4AddressImpl":            "Inet4AddressImpl.java",
	"java.net.Inet6AddressImpl":            "Inet6AddressImpl.java",
	"java.net.NetworkInterface":            "NetworkInterface.java",
	"java.net.PlainDatagramSocketImpl":     "PlainDatagramSocketImpl.java",
	"java.net.PlainSocketImpl":             "PlainSocketImpl.java",
	"java.net.SocketInputStream":           "SocketInputStream.java",
	"java.net.SocketOutputStream":          "SocketOutputStream.java",
	"java.security.AccessController":       "AccessController.java",
	"java.util.jar.JarFile":                "JarFile.java",
	"java.util.zip.Deflater":               "Deflater.java",
	"java.util.zip.Inflater":               "Inflater.java",
	"java.util.zip.ZipFile":                "ZipFile.java",
	"jdk.internal.loader.NativeLibraries":  "NativeLibraries.java",
	"jdk.internal.misc.Unsafe":             "Unsafe.java",
	"jdk.internal.misc.VM":                 "VM.java",
	"jdk.internal.reflect.DirectMethodHandleAccessor$NativeAccessor": "DirectMethodHandleAccessor.java",
	"jdk.internal.reflect.NativeConstructorAccessorImpl":             "NativeConstructorAccessorImpl.java",
	"jdk.internal.reflect.NativeMethodAccessorImpl":                  "NativeMethodAccessorImpl.java",
	"jdk.internal.vm.Continuation":                                   "Continuation.java",
	"sun.misc.Unsafe":                                                "Unsafe.java",
	"sun.nio.ch.DatagramChannelImpl":                                 "DatagramChannelImpl.java",
	"sun.nio.ch.DatagramDispatcher":                                  "DatagramDispatcher.java",
	"sun.nio.ch.EPoll":                                               "EPoll.java",
	"sun.nio.ch.EPollArrayWrapper":                                   "EPollArrayWrapper.java",
	"sun.nio.ch.FileChannelImpl":                                     "FileChannelImpl.java",
	"sun.nio.ch.FileDispatcherImpl":                                  "FileDispatcherImpl.java",
	"sun.nio.ch.IOUtil":                                              "IOUtil.java",
	"sun.nio.ch.KQueue":                                              "KQueue.java",
	"sun.nio.ch.NativeThread":                                        "NativeThread.java",
	"sun.nio.ch.Net":                                                 "Net.java",
	"sun.nio.ch.SocketChannelImpl":                                   "SocketChannelImpl.java",
	"sun.nio.ch.SocketDispatcher":                                    "SocketDispatcher.java",
	"sun.nio.ch.UnixDispatcher":                                      "UnixDispatcher.java",
	"sun.nio.ch.UnixFileDispatcherImpl":                              "UnixFileDispatcherImpl.java",
	"sun.nio.ch.WEPoll":                                              "WEPoll.java",
	"sun.nio.fs.LinuxNativeDispatcher":                               "LinuxNativeDispatcher.java",
	"sun.nio.fs.UnixNativeDispatcher":                                "UnixNativeDispatcher.java",
	"sun.nio.fs.WindowsNativeDispatcher":                             "WindowsNativeDispatcher.java",
	"sun.reflect.NativeConstructorAccessorImpl":                      "NativeConstructorAccessorImpl.java",
	"sun.reflect.NativeMethodAccessorImpl":                           "NativeMethodAccessorImpl.java",
	"sun.security.pkcs11.wrapper.PKCS11":                             "PKCS11.java",
}
