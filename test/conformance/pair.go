package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Languages that have pairs, in the order of the tables.
var Languages = []string{"python", "node", "java", "go"}

// Pair is one scenario: what an SDK sent, beside the text and the OTLP of the same crash.
type Pair struct {
	Language, Scenario string
	// SDK is what the SDK sent, in order.
	SDK []Event
	// Text is what the app wrote; Node's and Go's is that of a run without the SDK where the SDK changes it.
	Text string
	// OTLP is the request of the same exception as OTLP/JSON; nil where the language's OpenTelemetry SDK makes none.
	OTLP []byte
	// NoStacks as in Options.
	NoStacks bool
}

// Name of the pair: language/scenario.
func (p *Pair) Name() string { return p.Language + "/" + p.Scenario }

// ReadPairs reads root/<language>/<scenario>/{sdk.json,app.log,app.nosdk.log,otlp.json,meta.json}.
func ReadPairs(root string) ([]*Pair, error) {
	var out []*Pair
	for _, language := range Languages {
		dirs, err := os.ReadDir(filepath.Join(root, language))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		for _, dir := range dirs {
			p, err := readPair(filepath.Join(root, language, dir.Name()))
			if err != nil {
				return nil, fmt.Errorf("%s/%s: %w", language, dir.Name(), err)
			}
			p.Language, p.Scenario = language, dir.Name()
			out = append(out, p)
		}
	}
	return out, nil
}

func readPair(dir string) (*Pair, error) {
	p := &Pair{}
	raw, err := os.ReadFile(filepath.Join(dir, "sdk.json"))
	if err != nil {
		return nil, err
	}
	if p.SDK, err = decodeEvents(raw); err != nil {
		return nil, err
	}
	for _, name := range []string{"app.nosdk.log", "app.log"} {
		raw, err = os.ReadFile(filepath.Join(dir, name))
		if err == nil {
			p.Text = string(raw)
			break
		}
	}
	if err != nil {
		return nil, err
	}
	if p.OTLP, err = os.ReadFile(filepath.Join(dir, "otlp.json")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	meta := struct {
		NoStacks bool `json:"no_stacks"`
	}{}
	raw, err = os.ReadFile(filepath.Join(dir, "meta.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err == nil {
		err = json.Unmarshal(raw, &meta)
	}
	p.NoStacks = meta.NoStacks
	return p, err
}

// decodeEvents reads one event or a list of them.
func decodeEvents(raw []byte) ([]Event, error) {
	var events []Event
	if raw = bytes.TrimSpace(raw); len(raw) > 0 && raw[0] == '[' {
		return events, json.Unmarshal(raw, &events)
	}
	var event Event
	if err := json.Unmarshal(raw, &event); err != nil {
		return nil, err
	}
	return append(events, event), nil
}
