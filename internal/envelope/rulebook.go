package envelope

import (
	"cmp"
	"slices"
)

// Rule is one rule of the rule book.
type Rule struct {
	Name   string
	Source string // where the protocol says so
}

// The rules that the JSON reader itself holds.
const (
	ruleJSONSyntax    = "json.syntax"
	ruleJSONDepth     = "json.depth"
	ruleJSONDuplicate = "json.duplicate-key"
	ruleJSONUTF8      = "json.utf8"
	ruleJSONNumber    = "json.number"
	ruleObject        = "item.object"
)

var jsonRules = []Rule{
	{ruleJSONSyntax, "RFC 8259; relay answers 400"},
	{ruleJSONDepth, "serde_json: recursion limit 128"},
	{ruleJSONDuplicate, "RFC 8259 section 4: readers differ"},
	{ruleJSONUTF8, "RFC 8259 section 8; serde_json refuses it"},
	{ruleJSONNumber, "RFC 8259 section 6; serde_json refuses it"},
	{ruleObject, srcItems},
}

// Rules lists all rules that Check knows, by name.
func Rules() []Rule {
	book := make(map[string]string)
	for _, r := range jsonRules {
		book[r.Name] = r.Source
	}
	addRules(book, itemRules)
	addRules(book, envelopeRules)
	addShape(book, &headerShape)
	for _, kind := range itemKinds {
		addShape(book, kind.payload)
	}
	list := make([]Rule, 0, len(book))
	for name, source := range book {
		list = append(list, Rule{name, source})
	}
	slices.SortFunc(list, func(a, b Rule) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

func addRules(book map[string]string, rules []rule) {
	for i := range rules {
		book[rules[i].name] = rules[i].source
	}
}

func addShape(book map[string]string, s *shape) {
	if s == nil {
		return
	}
	addRules(book, s.more)
	if !s.open {
		book[s.name+".unknown"] = s.source
	}
	for i := range s.fields {
		f := &s.fields[i]
		if f.ruled() {
			book[s.name+"."+f.name] = s.source
		}
		addShape(book, f.sub)
		addShape(book, f.list)
		addShape(book, f.values)
	}
}
