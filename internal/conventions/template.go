package conventions

import "strings"

// Field is an attribute that a template can ask for. Fields count from 0 to NumFields-1.
type Field uint8

// Key is the attribute's current key.
func (f Field) Key() string { return fieldKeys[f] }

// Keys are all keys the field's value may stand under, the best first: with them a template is filled from old conventions too.
func (f Field) Keys() []string {
	if a, ok := Lookup(fieldKeys[f]); ok && len(a.Keys) > 0 {
		return a.Keys
	}
	return fieldKeys[f : f+1]
}

// Part is a piece of a template: fixed text, or a field where Literal is empty.
type Part struct {
	Literal string
	Field   Field
}

// Template is a text with places for attributes.
type Template []Part

// Source has the values for a template.
type Source interface {
	// AppendField appends the field's value, or reports false if there is none.
	AppendField(dst []byte, f Field) ([]byte, bool)
}

// Append appends the filled template to dst. Where a field has no value it reports false and returns dst as it was.
func (t Template) Append(dst []byte, src Source) ([]byte, bool) {
	start := len(dst)
	for i := range t {
		if t[i].Literal != "" {
			dst = append(dst, t[i].Literal...)
			continue
		}
		var ok bool
		if dst, ok = src.AppendField(dst, t[i].Field); !ok {
			return dst[:start], false
		}
	}
	return dst, true
}

// Fixed reports whether the template asks for no attribute: the last resort of a list.
func (t Template) Fixed() bool {
	return len(t) == 1 && t[0].Literal != ""
}

// Names are the templates of the low-cardinality name of a span with this op: the first that can be filled is the name. An op that has
// none takes those of the op above it: queue.publish those of queue.
func Names(op string) []Template { return nearest(nameTemplates, op) }

// Descriptions are the templates of the description of a span with this op, as Names.
func Descriptions(op string) []Template { return nearest(descriptionTemplates, op) }

func nearest(table map[string][]Template, op string) []Template {
	for op != "" {
		if t, ok := table[op]; ok {
			return t
		}
		op = op[:max(strings.LastIndexByte(op, '.'), 0)]
	}
	return nil
}
