package envelope

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// sample is an envelope as plain JSON values, to be spoilt in one place.
type sample struct {
	Header map[string]any
	Items  []sampleItem
}

type sampleItem struct {
	Header  map[string]any
	Payload any // []byte: as it is; else written as JSON
}

// bytes writes the envelope; the lengths are right unless the sample says otherwise.
func (s *sample) bytes(t *testing.T) []byte {
	var out bytes.Buffer
	line := func(v any) []byte {
		text, err := json.Marshal(v)
		require.NoError(t, err)
		return append(text, '\n')
	}
	out.Write(line(s.Header))
	for _, item := range s.Items {
		payload, ok := item.Payload.([]byte)
		if !ok {
			payload = bytes.TrimSuffix(line(item.Payload), []byte("\n"))
		}
		if _, set := item.Header["length"]; !set {
			item.Header["length"] = len(payload)
		} else if item.Header["length"] == nil {
			delete(item.Header, "length")
		}
		out.Write(line(item.Header))
		out.Write(append(payload, '\n'))
	}
	return out.Bytes()
}

// sampleNow is the present of all samples.
var sampleNow = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// broken are the names of the rules that the sample breaks.
func (s *sample) broken(t *testing.T) map[string]bool {
	e, err := Parse(s.bytes(t))
	require.NoError(t, err)
	rules := make(map[string]bool)
	for _, v := range CheckWith(e, CheckOptions{Now: sampleNow}) {
		rules[v.Rule] = true
	}
	return rules
}

// at is the object or array at a path of keys and indexes.
func at(v any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			v = v.(map[string]any)[step]
		case int:
			v = v.([]any)[step]
		default:
			panic(fmt.Sprint("no step: ", step))
		}
	}
	return v
}

// obj is the object at a path.
func obj(v any, path ...any) map[string]any { return at(v, path...).(map[string]any) }

// payload is the payload of the only item.
func (s *sample) payload() map[string]any { return s.Items[0].Payload.(map[string]any) }

func parsed(text string) map[string]any {
	var v map[string]any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		panic(err)
	}
	return v
}

const sampleTrace = "4c79f60c11214eb38604f4ae0781bfb2"

// The samples hold every shape of the rule book and break no rule.
var samples = map[string]func() *sample{
	"event": func() *sample {
		return &sample{
			Header: parsed(`{"event_id":"00000000000000000000000000000001","sent_at":"2026-03-01T12:00:00Z","sdk":{"name":"a","version":"1"},
				"trace":{"trace_id":"` + sampleTrace + `","public_key":"k","sample_rate":"0.5","sample_rand":"0.25","sampled":"true"}}`),
			Items: []sampleItem{{Header: parsed(`{"type":"event"}`), Payload: parsed(`{
				"event_id":"00000000000000000000000000000001","timestamp":1772366390.5,"platform":"java","level":"error","logger":"l","transaction":"t",
				"release":"a@1","environment":"prod","dist":"1","server_name":"h","sdk":{"name":"a","version":"1"},
				"logentry":{"formatted":"user 1","message":"user %d","params":[1]},
				"exception":{"values":[
					{"type":"A","value":"a","mechanism":{"type":"chained","exception_id":1,"parent_id":0,"source":"cause"}},
					{"type":"B","value":"b","module":"m","thread_id":1,"mechanism":{"type":"generic","handled":false,"exception_id":0},
					 "stacktrace":{"frames":[{"function":"f","filename":"f.java","lineno":1,"colno":2,"in_app":true,"vars":{"x":1}},{"function":"g"}]}}]},
				"threads":{"values":[{"id":1,"name":"main","crashed":true},{"id":"2","stacktrace":{"frames":[{"filename":"x"}]}}]},
				"breadcrumbs":{"values":[{"timestamp":1772366380,"type":"default","level":"info","message":"m","data":{"a":1}},{"timestamp":1772366381,"message":"n"}]},
				"fingerprint":["{{ default }}","x"],"user":{"id":"1","ip_address":"::1"},
				"request":{"url":"http://x","method":"GET","headers":[["a","b"]],"data":"x"},
				"contexts":{"trace":{"trace_id":"` + sampleTrace + `","span_id":"fa90fdead5f74052","op":"http","status":"ok","origin":"auto.http",
					"links":[{"trace_id":"` + sampleTrace + `","span_id":"fa90fdead5f74053"}]},"os":{"name":"Linux"},
					"flags":{"values":[{"flag":"new-cart","result":true},{"flag":"theme","result":"dark"}]}},
				"tags":{"a":"b","c":"d"},"extra":{"x":{"y":1}},"transaction_info":{"source":"route"}}`)}},
		}
	},
	"transaction": func() *sample {
		return &sample{
			Header: parsed(`{"event_id":"00000000000000000000000000000001","sent_at":"2026-03-01T12:00:00Z"}`),
			Items: []sampleItem{{Header: parsed(`{"type":"transaction"}`), Payload: parsed(`{
				"type":"transaction","event_id":"00000000000000000000000000000001","start_timestamp":1772366389,"timestamp":1772366390.5,
				"platform":"go","transaction":"t","transaction_info":{"source":"route"},
				"contexts":{"trace":{"trace_id":"` + sampleTrace + `","span_id":"fa90fdead5f74052"}},
				"measurements":{"m":{"value":1,"unit":"byte"}},"tags":{"a":"b"},
				"spans":[{"trace_id":"` + sampleTrace + `","span_id":"fa90fdead5f74053","parent_span_id":"fa90fdead5f74052","start_timestamp":1772366389,
					"timestamp":1772366389.5,"op":"db","description":"d","status":"ok","origin":"manual","data":{"a":[1]}}]}`)}},
		}
	},
	"log": func() *sample {
		return &sample{
			Header: parsed(`{"sent_at":"2026-03-01T12:00:00Z"}`),
			Items: []sampleItem{{Header: parsed(`{"type":"log","item_count":1,"content_type":"` + ContentTypeLog + `"}`), Payload: parsed(`{"version":2,"items":[
				{"timestamp":1772366390,"trace_id":"` + sampleTrace + `","level":"warn","body":"b","severity_number":13,
				 "attributes":{"a":{"type":"string","value":"x"},"b":{"type":"array","value":["x"]},"c":{"type":"integer","value":1,"unit":"byte"}}}]}`)}},
		}
	},
	"span": func() *sample {
		return &sample{
			Header: parsed(`{"sent_at":"2026-03-01T12:00:00Z","trace":{"trace_id":"` + sampleTrace + `","public_key":"k"}}`),
			Items: []sampleItem{{Header: parsed(`{"type":"span","item_count":1,"content_type":"` + ContentTypeSpan + `"}`), Payload: parsed(`{"version":2,"items":[
				{"trace_id":"` + sampleTrace + `","span_id":"fa90fdead5f74053","name":"n","status":"ok","is_segment":true,"start_timestamp":1772366389,
				 "end_timestamp":1772366390,"attributes":{"a":{"type":"double","value":1.5}},
				 "links":[{"trace_id":"` + sampleTrace + `","span_id":"fa90fdead5f74053","attributes":{"a":{"type":"boolean","value":true}}}]}]}`)}},
		}
	},
	"trace_metric": func() *sample {
		return &sample{
			Header: parsed(`{"sent_at":"2026-03-01T12:00:00Z"}`),
			Items: []sampleItem{{Header: parsed(`{"type":"trace_metric","item_count":1,"content_type":"` + ContentTypeTraceMetric + `"}`), Payload: parsed(`{"version":2,"items":[
				{"timestamp":1772366390,"trace_id":"` + sampleTrace + `","name":"a.b","type":"counter","value":1,"unit":"byte"}]}`)}},
		}
	},
	"client_report": func() *sample {
		return &sample{
			Header: parsed(`{"sent_at":"2026-03-01T12:00:00Z"}`),
			Items: []sampleItem{{
				Header:  parsed(`{"type":"client_report"}`),
				Payload: parsed(`{"timestamp":1772366390,"discarded_events":[{"reason":"sample_rate","category":"error","quantity":3}]}`),
			}},
		}
	},
	"check_in": func() *sample {
		return &sample{
			Header: parsed(`{"sent_at":"2026-03-01T12:00:00Z"}`),
			Items: []sampleItem{{Header: parsed(`{"type":"check_in"}`), Payload: parsed(`{"check_in_id":"00000000000000000000000000000001","monitor_slug":"a-b",
				"status":"ok","monitor_config":{"schedule":{"type":"crontab","value":"* * * * *"}}}`)}},
		}
	},
}

func TestSamplesBreakNoRule(t *testing.T) {
	for name, make := range samples {
		require.Empty(t, make().broken(t), name)
	}
}
