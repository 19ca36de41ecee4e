package envelope

import (
	"errors"
	"strconv"
	"time"
)

// Violation is one rule of the protocol that an envelope breaks.
type Violation struct {
	Rule   string // its name in Rules
	Item   int    // index of the item; -1: the envelope's header, or the envelope as a whole
	Path   string // where in the payload or header, such as "exception.values[0].type"
	Detail string
}

// String is one line that names all.
func (v Violation) String() string {
	where := "envelope"
	if v.Item >= 0 {
		where = "item " + strconv.Itoa(v.Item)
	}
	if v.Path != "" {
		where += ", " + v.Path
	}
	return v.Rule + " (" + where + "): " + v.Detail
}

// CheckOptions say how strictly time is taken.
type CheckOptions struct {
	Now     time.Time // what timestamps are compared with; zero: the envelope's sent_at
	SkipAge bool      // do not compare timestamps with anything
}

// maxViolations bounds what is told of one envelope.
const maxViolations = 1000

// Check tells every rule that e breaks, in the order of the envelope. It takes sent_at for the present.
func Check(e *Envelope) []Violation { return CheckWith(e, CheckOptions{}) }

// CheckWith is Check with options.
func CheckWith(e *Envelope, opts CheckOptions) []Violation {
	c := &checker{e: e, opts: opts, item: -1, docs: make([]*document, len(e.Items))}
	c.present = opts.Now
	if c.present.IsZero() {
		c.present = e.SentAt
	}
	for i := range e.Items {
		c.item = i
		c.docs[i] = c.read(&e.Items[i])
	}
	c.item = -1
	c.flaws(e.header)
	c.shape(&headerShape, e.header.root(), nil)
	for i := range envelopeRules {
		c.apply(&envelopeRules[i], e.header.root(), nil)
	}
	for i := range e.Items {
		c.item = i
		c.checkItem(&e.Items[i])
	}
	return c.out
}

type checker struct {
	e       *Envelope
	opts    CheckOptions
	present time.Time
	docs    []*document // of the items' payloads; nil: not JSON
	item    int
	rule    string // that broken applies to
	out     []Violation
}

func (c *checker) report(rule string, at *path, detail string) {
	if len(c.out) < maxViolations {
		c.out = append(c.out, Violation{rule, c.item, at.String(), detail})
	}
}

// broken reports the rule that is being applied.
func (c *checker) broken(at *path, detail string) { c.report(c.rule, at, detail) }

// read reads the payload of an item, if it is JSON and of a size that is worth reading.
func (c *checker) read(item *ParsedItem) *document {
	kind := itemKinds[item.Type]
	if kind == nil || kind.payload == nil || len(item.Payload) > kind.maxBytes {
		return nil
	}
	doc, err := readJSON(item.Payload)
	if err != nil {
		var broken *syntaxError
		if errors.As(err, &broken) {
			c.report(broken.rule, nil, broken.Error())
		}
		return nil
	}
	c.flaws(doc)
	return doc
}

func (c *checker) flaws(doc *document) {
	if doc == nil {
		return
	}
	for _, f := range doc.flaws {
		c.report(f.rule, nil, f.detail)
	}
}

// checkItem checks one item: its header, then what it holds.
func (c *checker) checkItem(item *ParsedItem) {
	c.flaws(item.header)
	for i := range itemRules {
		c.apply(&itemRules[i], item.header.root(), nil)
	}
	if doc := c.docs[c.item]; doc != nil {
		c.object(ruleObject, itemKinds[item.Type].payload, doc.root(), nil)
	}
}
