package conformance

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const given24 = "../../testdata/parity"

// TestCompare is the self-test of testdata/parity/compare.py: an event compared with itself, with nothing, and with damaged copies.
func TestCompare(t *testing.T) {
	pairs, err := ReadPairs(given24)
	require.NoError(t, err)
	require.NotEmpty(t, pairs)
	for _, p := range pairs {
		for _, event := range p.SDK {
			t.Run(p.Name(), func(t *testing.T) {
				for _, soft := range []bool{false, true} {
					itself(t, event, Options{Soft: soft})
				}
				damaged(t, event)
			})
		}
	}
}

func itself(t *testing.T, event Event, o Options) {
	same, none := Compare(event, copied(t, event), o), Compare(event, Event{}, o)
	for field, s := range same {
		assert.Positive(t, s.Total, field)
		assert.Equal(t, s.Total, s.Equal, field)
		assert.Equal(t, s.Total, none[field].Total, field)
	}
	assert.Len(t, none, len(same))
	for _, field := range []string{"platform", "exception.type", "frames.count", "frame.filename", "frame.lineno"} {
		assert.Zero(t, none[field].Equal, field)
	}
}

// damaged: a damaged copy shows exactly the damage; one frame missing at the outer end costs that frame only.
func damaged(t *testing.T, event Event) {
	bad, short := copied(t, event), copied(t, event)
	e := lastWithStack(bad)
	if e == nil {
		return
	}
	e["type"] = text(e["type"]) + "X"
	frames := framesOf(e)
	for i := len(frames) - 1; ; i-- {
		if frames[i]["lineno"] != nil {
			frames[i]["lineno"] = -1.0
			break
		}
	}
	var got []string
	for _, p := range Diff(event, bad, Options{}) {
		if !p.Equal {
			got = append(got, p.Field)
		}
	}
	want := []string{"exception.type", "frame.lineno"}
	if event["platform"] == "go" { // a text names no types
		want = want[1:]
	}
	assert.Equal(t, want, got)

	e = lastWithStack(short)
	var keep []any
	for _, f := range framesOf(e)[1:] {
		keep = append(keep, f)
	}
	object(e["stacktrace"])["frames"] = keep
	s := Compare(event, short, Options{})["frame.function"]
	assert.Equal(t, 1, s.Total-s.Equal)
}

func lastWithStack(event Event) Event {
	var last Event
	for _, e := range list(event["exception"]) {
		if !synthetic(e) && len(framesOf(e)) > 0 {
			last = e
		}
	}
	return last
}

func copied(t *testing.T, event Event) Event {
	raw, err := json.Marshal(event)
	require.NoError(t, err)
	var out Event
	require.NoError(t, json.Unmarshal(raw, &out))
	return out
}

// TestRules are the rules of the comparison that the given pairs do not meet.
func TestRules(t *testing.T) {
	frame := func(f Event) Event {
		return Event{"exception": Event{"values": []any{Event{"type": "E", "stacktrace": Event{"frames": []any{f}}}}}}
	}
	for name, c := range map[string]struct {
		sdk, ours Event
		field     string
		want      Share
	}{
		"no exception made up":       {Event{"message": "m"}, frame(Event{}), "exception.count", Share{0, 1}},
		"a bare list":                {Event{"exception": []any{Event{"type": "E", "value": "v"}}}, Event{"exception": []any{Event{"type": "E", "value": "v \n"}}}, "exception.value", Share{1, 1}},
		"a value that is not there":  {Event{"exception": []any{Event{"type": "E", "value": ""}}}, Event{}, "exception.value", Share{0, 1}},
		"python: relative path":      {with(frame(Event{"filename": "a/b.py"}), "python"), frame(Event{"filename": "/app/a/b.py"}), "frame.filename", Share{1, 1}},
		"python: other directory":    {with(frame(Event{"filename": "a/b.py"}), "python"), frame(Event{"filename": "/app/xa/b.py"}), "frame.filename", Share{0, 1}},
		"node: whole path only":      {with(frame(Event{"filename": "a/b.js"}), "node"), frame(Event{"filename": "/app/a/b.js"}), "frame.filename", Share{0, 1}},
		"node: file URL":             {with(frame(Event{"filename": "/a.js"}), "node"), frame(Event{"filename": "file:///a.js"}), "frame.filename", Share{1, 1}},
		"node: async and anonymous":  {with(frame(Event{"function": "Object.?"}), "node"), frame(Event{"function": "async Object.<anonymous>"}), "frame.function", Share{1, 1}},
		"in_app: null is false":      {with(frame(Event{"in_app": nil}), "python"), frame(Event{"in_app": false}), "frame.in_app", Share{1, 1}},
		"in_app: no frame, no match": {with(frame(Event{"in_app": false}), "python"), Event{}, "frame.in_app", Share{0, 1}},
		"java: no in_app, none":      {with(frame(Event{"function": "f"}), "java"), frame(Event{"function": "f"}), "frame.in_app", Share{}},
		"javascript is node":         {Event{"platform": "node"}, Event{"platform": "javascript"}, "platform", Share{1, 1}},
		"loguru's record":            {Event{"logentry": Event{"message": "2026-11-21 20:34:54.808 | ERROR    | __main__:handle:13 - failed\nTraceback"}}, Event{"logentry": Event{"formatted": "failed"}}, "message", Share{1, 1}},
		"synthetic: no stack":        {Event{"exception": []any{Event{"type": "Error", "mechanism": Event{"synthetic": true}, "stacktrace": Event{"frames": []any{Event{"lineno": 1.0}}}}}}, Event{}, "frame.lineno", Share{}},
		"the SDK's own frames":       {frame(Event{"abs_path": "/v/site-packages/sentry_sdk/x.py", "lineno": 1.0}), Event{}, "frames.count", Share{}},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, c.want, Compare(c.sdk, c.ours, Options{})[c.field])
		})
	}
}

func with(event Event, platform string) Event {
	event["platform"] = platform
	return event
}
