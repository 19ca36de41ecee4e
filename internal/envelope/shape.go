package envelope

import (
	"strconv"
	"strings"
)

// shape is what an object of the protocol may hold. Each field with a demand is one rule, named <shape>.<field>; so is an unknown member (<shape>.unknown).
type shape struct {
	name   string
	source string // where the protocol says so
	fields []field
	open   bool // other members are free data
	more   []rule
}

// field is one member of an object. null is the same as absent (Relay's Annotated<T>).
type field struct {
	name   string
	need   bool
	is     demand // what the value must be; nil: anything
	sub    *shape // an object of this shape
	list   *shape // an array of objects of this shape
	values *shape // likewise, usually wrapped as {"values": [...]}
}

// ruled reports whether there is anything to break about f.
func (f *field) ruled() bool {
	return f.need || f.is != nil || f.sub != nil || f.list != nil || f.values != nil
}

// rule is a demand on more than one member.
type rule struct {
	name   string
	source string
	check  func(c *checker, v value, at *path)
}

// demand tells what is wrong with a value; "" if nothing is.
type demand func(value) string

// path is where in a document a value stands, as a list from the inside out.
type path struct {
	parent *path
	key    string
	index  int
}

func (p *path) member(key string) *path { return &path{p, key, -1} }
func (p *path) element(i int) *path     { return &path{p, "", i} }

// String is such as exception.values[0].type.
func (p *path) String() string {
	var b strings.Builder
	p.write(&b)
	return b.String()
}

func (p *path) write(b *strings.Builder) {
	if p == nil {
		return
	}
	p.parent.write(b)
	if p.key == "" && p.index >= 0 {
		b.WriteString("[" + strconv.Itoa(p.index) + "]")
		return
	}
	if b.Len() > 0 {
		b.WriteByte('.')
	}
	b.WriteString(p.key)
}

// shape checks an object against s.
func (c *checker) shape(s *shape, v value, at *path) {
	for key := range v.members() {
		if !s.open && !s.knows(key) {
			c.report(s.name+".unknown", at.member(key), "not a member of the protocol")
		}
	}
	for i := range s.fields {
		f := &s.fields[i]
		c.field(s.name+"."+f.name, f, v.get(f.name), at.member(f.name))
	}
	for i := range s.more {
		c.apply(&s.more[i], v, at)
	}
}

func (c *checker) apply(r *rule, v value, at *path) {
	outer := c.rule
	c.rule = r.name
	r.check(c, v, at)
	c.rule = outer
}

func (s *shape) knows(key string) bool {
	for i := range s.fields {
		if s.fields[i].name == key {
			return true
		}
	}
	return false
}

func (c *checker) field(rule string, f *field, v value, at *path) {
	if v.kind() == kindNull {
		if f.need {
			c.report(rule, at, "is missing")
		}
		return
	}
	if f.is != nil {
		if wrong := f.is(v); wrong != "" {
			c.report(rule, at, wrong)
			return
		}
	}
	switch {
	case f.sub != nil:
		c.object(rule, f.sub, v, at)
	case f.list != nil:
		c.list(rule, f.list, v, at)
	case f.values != nil:
		if v.kind() == kindObject {
			v, at = v.get("values"), at.member("values")
		}
		c.list(rule, f.values, v, at)
	}
}

func (c *checker) object(rule string, s *shape, v value, at *path) {
	if v.kind() != kindObject {
		c.report(rule, at, "must be an object, is "+kindNames[v.kind()])
		return
	}
	c.shape(s, v, at)
}

func (c *checker) list(rule string, s *shape, v value, at *path) {
	if v.kind() != kindArray {
		c.report(rule, at, "must be an array, is "+kindNames[v.kind()])
		return
	}
	i := 0
	for element := range v.elements() {
		c.object(rule, s, element, at.element(i))
		i++
	}
}
