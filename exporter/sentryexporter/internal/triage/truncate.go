package triage

import (
	"fmt"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
)

// maxText is how many bytes of one text are carried. An event may have 1 MiB in all and 8192 characters of message, but a stack trace
// is read whole first; both of its ends matter (the thrown exception and the root cause), so the middle goes.
const maxText = 512 << 10

// truncate cuts the texts of a copy that are longer than any event can show, and says how many. Cutting twice changes nothing.
func truncate(rec plog.LogRecord) int {
	n := truncateValue(rec.Body(), 0)
	for _, v := range rec.Attributes().All() {
		n += truncateValue(v, 0)
	}
	return n
}

// maxDepth bounds how deep nested values are followed; the encoder keeps no more levels than that.
const maxDepth = 16

func truncateValue(v pcommon.Value, depth int) int {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		if cut, ok := cutMiddle(v.Str()); ok {
			v.SetStr(cut)
			return 1
		}
	case pcommon.ValueTypeBytes:
		if v.Bytes().Len() > maxText {
			v.Bytes().FromRaw(v.Bytes().AsRaw()[:maxText])
			return 1
		}
	case pcommon.ValueTypeMap:
		n := 0
		if depth < maxDepth {
			for _, child := range v.Map().All() {
				n += truncateValue(child, depth+1)
			}
		}
		return n
	case pcommon.ValueTypeSlice:
		n := 0
		if depth < maxDepth {
			for _, child := range v.Slice().All() {
				n += truncateValue(child, depth+1)
			}
		}
		return n
	case pcommon.ValueTypeEmpty, pcommon.ValueTypeBool, pcommon.ValueTypeInt, pcommon.ValueTypeDouble:
	}
	return 0
}

func cutMiddle(s string) (string, bool) {
	if len(s) <= maxText {
		return s, false
	}
	const reserve = 128 // for the line that says so, and for the bytes of runes cut in two
	head := s[:(maxText-reserve)*3/4]
	tail := s[len(s)-(maxText-reserve)/4:]
	// Whole lines on both sides, so that no frame is cut in two.
	if i := strings.LastIndexByte(head, '\n'); i > len(head)/2 {
		head = head[:i]
	}
	if i := strings.IndexByte(tail, '\n'); i >= 0 && i < len(tail)/2 {
		tail = tail[i+1:]
	}
	gap := fmt.Sprintf("\n... %d bytes cut ...\n", len(s)-len(head)-len(tail))
	return strings.ToValidUTF8(head, "") + gap + strings.ToValidUTF8(tail, ""), true
}
