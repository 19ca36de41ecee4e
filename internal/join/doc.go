// Package join decides which lines of one stream are one record: the lines of a stack trace with the log line that introduced it.
//
// In: the lines that one pipe of one container or one file gave, in their order, each with whatever the caller keeps of it.
// Out: records, each the lines that belong together, in the order of their first lines. A line belongs to one record; no line is lost,
// changed or repeated.
// It must not know: pdata, stanza, files, storage, the clock (times are numbers that the caller gives), other streams.
//
// Every line is a record of its own, unless the grammar of a language says that it belongs to a stack trace: a state machine for each
// family (Java and its kin, Python, Go, Node) takes the lines that its runtime prints. White space at the beginning of a line alone
// joins nothing. Lines of other writers on the same pipe, between those of a trace, stay records of their own. A line of JSON is never
// joined.
//
// The same lines give the same records, in whatever portions they come: nothing depends on where a batch ends, only on how long a line
// was waited for (Stream.Expire).
package join
