// Command gen turns the JSON files of internal/conventions into tables.go. Run it by `go generate ./internal/conventions`: the same files
// give the same bytes, and a test holds the checked-in file to that.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

func main() {
	src, err := generate(".")
	if err == nil {
		err = os.WriteFile("tables.go", src, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "conventions:", err)
		os.Exit(1)
	}
}

// generate reads data/ and extra/ below dir and returns the text of tables.go.
func generate(dir string) ([]byte, error) {
	m, err := load(dir)
	if err != nil {
		return nil, err
	}
	return emit(m)
}

// attribute is an entry of attributes.json.
type attribute struct {
	Type        string   `json:"type"`
	Scrub       string   `json:"scrub"`
	OTel        bool     `json:"otel"`
	Replacement string   `json:"replacement"`
	Status      string   `json:"status"`
	Keys        []string `json:"keys"`
	Dynamic     bool     `json:"dynamic_suffix"`
}

// group is an entry of names.json or descriptions.json.
type group struct {
	Ops       []string `json:"ops"`
	Like      string   `json:"like"`
	Templates []string `json:"templates"`
}

// part is a piece of a template: text, or a key.
type part struct{ literal, key string }

// templates are the templates of each op.
type templates map[string][][]part

// model is all that tables.go is made of.
type model struct {
	attrs        map[string]attribute
	ops          []string // known ops, sorted
	names        templates
	descriptions templates
	fields       []string // keys that a template asks for, sorted
}

func load(dir string) (*model, error) {
	m := &model{}
	if err := readJSON(&m.attrs, dir, "data", "attributes.json"); err != nil {
		return nil, err
	}
	if err := readJSON(&m.ops, dir, "data", "ops.json"); err != nil {
		return nil, err
	}
	var err error
	if m.names, err = loadTemplates(dir, "names.json"); err != nil {
		return nil, err
	}
	if m.descriptions, err = loadTemplates(dir, "descriptions.json"); err != nil {
		return nil, err
	}
	m.collect()
	return m, nil
}

// collect makes the sorted lists of ops and fields.
func (m *model) collect() {
	ops, fields := map[string]bool{}, map[string]bool{}
	for _, op := range m.ops {
		ops[op] = true
	}
	for _, table := range []templates{m.names, m.descriptions} {
		for op, list := range table {
			ops[op] = true
			for _, t := range list {
				for _, p := range t {
					if p.key != "" {
						fields[p.key] = true
					}
				}
			}
		}
	}
	m.ops, m.fields = sorted(ops), sorted(fields)
}

// loadTemplates merges data/name with extra/name: templates of extra come after those that an op has.
func loadTemplates(dir, name string) (templates, error) {
	out := templates{}
	for _, sub := range []string{"data", "extra"} {
		var groups []group
		if err := readJSON(&groups, dir, sub, name); err != nil {
			return nil, err
		}
		for _, g := range groups {
			list := out[g.Like]
			if g.Like != "" && list == nil {
				return nil, fmt.Errorf("%s/%s: no op %q to be like", sub, name, g.Like)
			}
			for _, text := range g.Templates {
				t, err := parseTemplate(text)
				if err != nil {
					return nil, fmt.Errorf("%s/%s: %w", sub, name, err)
				}
				list = append(list[:len(list):len(list)], t)
			}
			for _, op := range g.Ops {
				out[op] = append(out[op][:len(out[op]):len(out[op])], list...)
			}
		}
	}
	return out, nil
}

// parseTemplate cuts "{{a.b}} text" into its parts.
func parseTemplate(text string) ([]part, error) {
	var out []part
	for rest := text; rest != ""; {
		open := strings.Index(rest, "{{")
		if open != 0 {
			if open < 0 {
				open = len(rest)
			}
			out, rest = append(out, part{literal: rest[:open]}), rest[open:]
			continue
		}
		end := strings.Index(rest, "}}")
		if end < 3 {
			return nil, fmt.Errorf("template %q: a placeholder is empty or does not end", text)
		}
		out, rest = append(out, part{key: rest[2:end]}), rest[end+2:]
	}
	if len(out) == 0 {
		return nil, errors.New("an empty template")
	}
	return out, nil
}

func readJSON(into any, path ...string) error {
	name := filepath.Join(path...)
	b, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func sorted[V any](set map[string]V) []string {
	out := make([]string, 0, len(set))
	for s := range set {
		out = append(out, s)
	}
	sort.Strings(out)
	return out
}
