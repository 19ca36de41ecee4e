package stacktrace

import (
	"strconv"
	"strings"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// pyRaised is one exception while it is read.
type pyRaised struct {
	begun      bool   // something of it was seen
	printed    string // its type as printed; "": not seen
	value      pyText
	first      pyText // the message without its last paragraph
	paragraph  int    // where that ends in the input; 0: it has only one
	group      bool
	spaced     bool   // a blank line between header and type: loguru's diagnose format
	call       pyCall // the innermost so far
	sourced    bool   // the call's source was read
	outermost  string // function of the outermost call
	syntaxPath string // where a SyntaxError is
	syntaxLine int
	frames     []sentry.Frame // with a tree only

	name, module, message string // set by resolve
	synthetic             bool
}

// keep appends a frame. Of more than MaxFrames the newest stay.
func (c *pyRaised) keep(f sentry.Frame) {
	if len(c.frames) == 2*MaxFrames {
		c.frames = append(c.frames[:0], c.frames[MaxFrames:]...)
	}
	if c.frames == nil {
		c.frames = make([]sentry.Frame, 0, 16)
	}
	c.frames = append(c.frames, f)
}

// resolve makes name, module and message of what was printed; a trace without a last line has them from the fields beside it.
func (c *pyRaised) resolve(in Input, thrown bool, text string) {
	switch {
	case c.printed != "":
		c.module, c.name = pySplitType(c.printed, text)
		c.message = c.value.String()
		if module, ok := strings.CutSuffix(in.Type, "."+c.name); ok && thrown && c.module == "" { // rich prints no modules
			c.module = module
		}
	case thrown && in.Type != "":
		c.module, c.name = pySplitType(in.Type, text)
		c.message = in.Message
	default:
		c.name, c.synthetic = "Exception", true
		return
	}
	switch {
	case c.syntaxPath != "" && c.printed != "": // str(SyntaxError)
		c.message += " (" + pyBase(c.syntaxPath) + ", line " + strconv.Itoa(c.syntaxLine) + ")"
	case c.isGroup(): // the SDK takes BaseExceptionGroup.message
		if start, end := pyGroupSize(c.message); start >= 0 {
			c.message = pyCutOut(c.message, start, end)
		}
	case c.spaced && c.name == "AssertionError" && c.message == c.call.source:
		c.message = "" // loguru shows the source where an assert has no message
	default:
		if start, end := pySuggestion(c.name, c.message); start >= 0 {
			c.message = pyCutOut(c.message, start, end)
		}
	}
}

func pyCutOut(s string, start, end int) string {
	if end == len(s) {
		return s[:start]
	}
	return s[:start] + s[end:]
}

func (c *pyRaised) isGroup() bool { return c.group || strings.HasSuffix(c.name, "ExceptionGroup") }

func (c *pyRaised) exception() sentry.Exception {
	frames := c.frames
	if len(frames) > MaxFrames {
		frames = frames[len(frames)-MaxFrames:]
	}
	e := sentry.Exception{Type: c.name, Module: c.module, Value: c.message, Frames: frames}
	if c.isGroup() || c.synthetic {
		e.Mechanism = &sentry.Mechanism{Type: "generic", IsExceptionGroup: c.isGroup(), Synthetic: c.synthetic}
	}
	return e
}
