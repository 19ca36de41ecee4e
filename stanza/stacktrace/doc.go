// Package stacktrace is an operator for the `operators` list of a file_log receiver: it joins the lines of a stack trace, and the log line
// that introduced it, into one entry.
//
// In: entries whose body is a line, raw as kubelet wrote it (CRI, docker) or as the app did, with the path and the offset in their attributes;
// the files themselves, which tell what an entry is of and what the receiver cut off it (docs/adr/0009).
// Out: entries in the order of their first lines. A joined one is the entry of its first line with all lines as its body.
// It must not know: pdata, the exporter, what a stack trace says. Which lines belong together is internal/join's to say.
//
// What it holds survives a kill, and what the pipeline refused while the collector stopped is sent after the restart (README.md).
package stacktrace
