package stacktrace

import (
	"slices"
	"strings"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// nodeMaxFolds is how many lines that stand for frames one error may have.
const nodeMaxFolds = 20

// nodeFrames reads a run of frame lines, innermost first, at most MaxFrames, and the lines that stand for frames.
func nodeFrames(text string, run nodeRun) (frames []sentry.Frame, folds []nodeFoldAt) {
	frames = make([]sentry.Frame, 0, min(1+strings.Count(text[run.start:min(run.next, len(text))], "\n"), MaxFrames))
	for pos := run.start; pos < run.next && len(frames) < MaxFrames; {
		l := nodeLineAt(text, pos)
		pos = l.next
		c := text[l.start:l.end]
		call, kind := nodeSplitFrame(c)
		if kind == nodeLikeFrame {
			// Among V8's frames: one with a place of its own kind, such as a contract's "(contracts/Token.sol:30)".
			if _, line, _ := nodeSplitLocation(call.location); line == 0 {
				continue
			}
			kind = nodeFrame
		}
		if kind == nodeFrame {
			frames = append(frames, NodeFrame(call.function, call.location))
		} else if fold, ok := nodeReadFold(c); ok && len(folds) < nodeMaxFolds {
			fold.at = len(frames)
			folds = append(folds, fold)
		}
	}
	return frames, folds
}

// nodeReadFold reads "... 6 lines matching cause stack trace ..." and "... collapsed 38 duplicate lines matching above 2 lines 19 times...".
func nodeReadFold(c string) (nodeFoldAt, bool) {
	c, ok := strings.CutPrefix(c, "... ")
	if !ok {
		return nodeFoldAt{}, false
	}
	c = strings.TrimPrefix(c, "collapsed ")
	count, rest := nodeLeadingNumber(c)
	if strings.HasPrefix(rest, " lines matching cause stack trace") {
		return nodeFoldAt{count: count}, count > 0
	}
	if rest, ok = strings.CutPrefix(rest, " duplicate lines matching above "); !ok {
		return nodeFoldAt{}, false
	}
	above, _ := nodeLeadingNumber(rest)
	return nodeFoldAt{count: count, above: above}, count > 0 && above > 0
}

// nodeLeadingNumber reads the number that s starts with; at most four digits count.
func nodeLeadingNumber(s string) (n int, rest string) {
	i := nodeSkipDigits(s, 0)
	if i > 4 {
		return 0, s
	}
	n, _ = nodeNumber(s[:i])
	return n, s[i:]
}

// unfold puts the frames back that were left out. Those of causes come first: theirs may be what is missing further out.
func (c *nodeCollector) unfold() {
	for id := len(c.list) - 1; id >= 0; id-- {
		link := &c.list[id]
		var cause []sentry.Frame
		if link.cause >= 0 {
			cause = c.list[link.cause].exception.Frames
		}
		for i := len(link.folds) - 1; i >= 0; i-- {
			fold := link.folds[i]
			missing := nodeMissing(link.exception.Frames, cause, fold)
			frames := slices.Insert(link.exception.Frames, fold.at, missing...)
			link.exception.Frames = frames[:min(len(frames), MaxFrames)]
		}
	}
}

// nodeMissing finds the frames that a fold stands for. util.inspect leaves the first and the last equal frame in place.
func nodeMissing(frames, cause []sentry.Frame, fold nodeFoldAt) []sentry.Frame {
	if fold.at == 0 || fold.at > len(frames) {
		return nil
	}
	if fold.above > 0 {
		if fold.above > fold.at {
			return nil
		}
		unit := frames[fold.at-fold.above : fold.at]
		return slices.Repeat(unit, min(fold.count, MaxFrames)/fold.above)
	}
	for j := 0; j+fold.count < len(cause); j++ {
		if !nodeSameFrame(&cause[j], &frames[fold.at-1]) {
			continue
		}
		last := j + fold.count + 1
		if fold.at == len(frames) || last < len(cause) && nodeSameFrame(&cause[last], &frames[fold.at]) {
			return slices.Clone(cause[j+1 : last])
		}
	}
	return nil
}

func nodeSameFrame(a, b *sentry.Frame) bool {
	return a.Lineno == b.Lineno && a.Colno == b.Colno && a.Function == b.Function && a.Filename == b.Filename
}

// place adds what the arrow knows: the source line of the innermost frame, or the only place that is known of a thrown value.
func (t *nodeTrace) place(e *sentry.Exception) {
	if t.placed() {
		f := NodeFrame("", t.file)
		f.Lineno, f.ContextLine = t.line, t.source
		e.Frames = []sentry.Frame{f}
		return
	}
	if !t.arrow || len(e.Frames) == 0 {
		return
	}
	file, _, _ := nodeFilename(t.file)
	if f := &e.Frames[0]; f.Lineno == t.line && f.Filename == file {
		f.ContextLine = t.source
	}
}

// level is how bad the text says it is: what kills the process is fatal, but for rejections, which the SDK calls errors.
func (t *nodeTrace) level() sentry.Level {
	switch {
	case t.rejection:
		return sentry.LevelError
	case t.uncaught:
		return sentry.LevelFatal
	}
	return ""
}

// finish puts the list into Sentry's order and says how its members hang together (linked errors integration: aggregate-errors).
func (c *nodeCollector) finish(t *nodeTrace, made bool) []sentry.Exception {
	c.unfold()
	exceptions := make([]sentry.Exception, len(c.list))
	for id := range c.list {
		link := &c.list[id]
		e := &link.exception
		slices.Reverse(e.Frames)
		if len(c.list) > 1 {
			e.Mechanism = &sentry.Mechanism{Type: "generic", HasID: true, ExceptionID: id, IsExceptionGroup: c.hasMembers(id)}
		}
		if id > 0 {
			e.Mechanism.Type, e.Mechanism.Source = "chained", link.source
			e.Mechanism.HasParent, e.Mechanism.ParentID = true, link.parent
		} else {
			e.Mechanism = t.mechanism(e.Mechanism, made)
		}
		exceptions[len(c.list)-1-id] = *e
	}
	NodeModules(exceptions)
	return exceptions
}

// hasMembers tells whether an error's members are in the list.
func (c *nodeCollector) hasMembers(id int) bool {
	for i := id + 1; i < len(c.list); i++ {
		if c.list[i].parent == id && c.list[i].source != "cause" {
			return true
		}
	}
	return false
}

// mechanism says of the thrown error how it was caught, where the text does.
func (t *nodeTrace) mechanism(m *sentry.Mechanism, made bool) *sentry.Mechanism {
	if m == nil && !made && !t.rejection && !t.uncaught {
		return nil
	}
	if m == nil {
		m = &sentry.Mechanism{Type: "generic"}
	}
	m.Synthetic = made
	switch {
	case t.rejection:
		m.Type, m.Handled = "auto.node.onunhandledrejection", sentry.False
	case t.uncaught:
		m.Type, m.Handled = "auto.node.onuncaughtexception", sentry.False
	}
	return m
}
