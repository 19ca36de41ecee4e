package stacktrace

import "strings"

// The reader of JavaScript's traces as V8, Node's util.inspect and the usual loggers print them. The rules of what comes out are @sentry/node's
// (type = err.name, frames as its stack line parser makes them, chains as its linked errors); where it is known to lose something that the text
// holds (the path in ENOENT's message, frames that only look like ones inside a message), the text wins.
//
// node_text.go: lines and colours; node_frame.go, node_module.go: frames; node_header.go, node_class.go: an error's name; node_open.go: what may stand before it;
// node_block.go: one error; node_read.go, node_find.go, node_quoted.go: finding and
// delimiting; node_parse.go, node_chain.go, node_value.go: what becomes of it.

var nodeReader = reader{
	language: Node,
	find:     nodeFind,
	parse:    nodeParse,
	key:      nodeKey,
}

// nodeKey reads as far as the thrown error's innermost frame. It allocates only where a text must be rewritten: a message with colour codes, one of
// several lines that a logger indented, a stack inside quotes.
func nodeKey(in Input, start, end int) (Key, bool) {
	if quoted, ok := nodeQuotedInput(&in, start); ok {
		return nodeKey(quoted, 0, len(quoted.Text))
	}
	text := in.Text[:end]
	t, ok := nodeRead(text, start, &in)
	if !ok || !t.accepted(&in) {
		return Key{}, false
	}
	k := Key{}
	k.Type, k.Message, _ = t.describe(text, &in)
	k.Message = strings.TrimSpace(k.Message)
	var f nodePlace
	if t.thrown.framed {
		f = nodeInnermost(text, t.thrown.run)
	} else if t.placed() {
		file, _, _ := nodeFilename(t.file)
		f.file, f.line = nodeShortFile(file), t.line
	}
	k.File, k.Line, k.Function = f.file, f.line, f.function
	return k, true
}

// nodePlace is where an error was thrown, as a Key has it.
type nodePlace struct {
	file     string
	line     int
	function string
}

// nodeInnermost reads the first frame of a run.
func nodeInnermost(text string, run nodeRun) nodePlace {
	for pos := run.start; pos < run.next && pos <= len(text); {
		l := nodeLineAt(text, pos)
		if call, kind := nodeSplitFrame(text[l.start:l.end]); kind == nodeFrame {
			file, line, _ := nodeSplitLocation(call.location)
			if line > 0 && (!strings.HasPrefix(file, "data:") || call.function == "") {
				return nodePlace{file: nodeDecodeURI(nodePlain(nodeShortFile(file))), line: line}
			}
			return nodePlace{function: nodePlain(call.function)}
		}
		pos = l.next
	}
	return nodePlace{}
}
