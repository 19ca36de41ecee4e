package envelope

import "time"

// Violation is one rule of the protocol that an envelope breaks.
type Violation struct {
	Rule   string // its name in Rules
	Item   int    // index of the item; -1: the envelope's header, or the envelope as a whole
	Path   string // where in the payload or header, such as "exception.values[0].type"
	Detail string
}

// CheckOptions say how strictly time is taken.
type CheckOptions struct {
	Now     time.Time // what timestamps are compared with; zero: the envelope's sent_at
	SkipAge bool      // do not compare timestamps with anything
}

// Check tells every rule that e breaks, in the order of the envelope. It takes sent_at for the present.
func Check(e *Envelope) []Violation { return CheckWith(e, CheckOptions{}) }

// The rules that the JSON reader itself holds.
const (
	ruleJSONSyntax    = "json.syntax"
	ruleJSONDepth     = "json.depth"
	ruleJSONDuplicate = "json.duplicate-key"
	ruleJSONUTF8      = "json.utf8"
	ruleJSONNumber    = "json.number"
)

type checker struct {
	e    *Envelope
	opts CheckOptions
	item int
	out  []Violation
}

// CheckWith is Check with options.
func CheckWith(e *Envelope, opts CheckOptions) []Violation {
	c := &checker{e: e, opts: opts, item: -1}
	for i := range e.Items {
		c.item = i
		doc, err := readJSON(e.Items[i].Payload)
		if err != nil {
			c.report(ruleJSONSyntax, "", err.Error())
			continue
		}
		for _, f := range doc.flaws {
			c.report(f.rule, "", f.detail)
		}
	}
	return c.out
}

func (c *checker) report(rule, path, detail string) {
	c.out = append(c.out, Violation{rule, c.item, path, detail})
}
