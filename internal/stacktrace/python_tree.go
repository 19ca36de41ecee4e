package stacktrace

import (
	"strconv"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// pyMaxLevel is how deep groups are kept: traceback prints 10 (max_group_depth).
const pyMaxLevel = 16

// pyNode is one exception, what it came from, and what a group holds.
type pyNode struct {
	exception sentry.Exception
	cause     *pyNode
	link      string // how cause is tied to it: __cause__ or __context__
	depth     int    // length of the chain below
	members   []*pyNode
}

// pyTree puts the exceptions together in the order in which the text has them: causes before what they caused, members after their group.
type pyTree struct {
	last [pyMaxLevel]*pyNode // the newest exception of every level; level 0 holds the thrown one
	link [pyMaxLevel]string  // the separator read after it
}

func (t *pyTree) add(level int, e sentry.Exception) {
	if level >= pyMaxLevel {
		return
	}
	node := &pyNode{exception: e}
	if t.link[level] != "" && t.last[level] != nil {
		node.cause, node.link = t.last[level], t.link[level]
		if node.depth = node.cause.depth + 1; node.depth > 2*MaxExceptions {
			node.cut()
		}
	}
	t.last[level], t.link[level] = node, ""
}

// cut drops the far end of a chain. It is called once in MaxExceptions links: linear.
func (n *pyNode) cut() {
	n.depth = MaxExceptions
	for range MaxExceptions {
		n = n.cause
	}
	n.cause = nil
}

func (t *pyTree) separate(level int, link string) {
	if level < pyMaxLevel {
		t.link[level] = link
	}
}

// endMember hangs the exception that a member of a group came down to under the group.
func (t *pyTree) endMember(level int) {
	if level < 1 || level >= pyMaxLevel {
		return
	}
	if group := t.last[level-1]; group != nil && t.last[level] != nil && len(group.members) < MaxExceptions {
		group.members = append(group.members, t.last[level])
	}
	t.last[level], t.link[level] = nil, ""
}

// closeTo ends the members of all groups deeper than level.
func (t *pyTree) closeTo(level int) {
	for l := pyMaxLevel - 1; l > level; l-- {
		t.endMember(l)
	}
}

// exceptions gives the tree in the SDK's order: an exception, its cause, its members, each with all that is below it; then turned round.
// Ids count in that order. Under a group the SDK gives every cause the parent 0 (exceptions_from_error does not hand parent_id on to causes):
// so do we, for Sentry groups by these ids. A chain without groups has no ids there; here they name the owner.
func (t *pyTree) exceptions() []sentry.Exception {
	root := t.last[0]
	if root == nil {
		return nil
	}
	if root.cause == nil && root.members == nil {
		if root.exception.Mechanism != nil {
			root.exception.Mechanism.HasID = root.exception.Mechanism.IsExceptionGroup
		}
		return []sentry.Exception{root.exception}
	}
	f := pyFlat{group: root.exception.Mechanism != nil && root.exception.Mechanism.IsExceptionGroup}
	f.walk(root, -1, "")
	for i, j := 0, len(f.list)-1; i < j; i, j = i+1, j-1 {
		f.list[i], f.list[j] = f.list[j], f.list[i]
	}
	return f.list
}

type pyFlat struct {
	list  []sentry.Exception
	group bool // the thrown exception is a group
}

func (f *pyFlat) walk(n *pyNode, parent int, source string) {
	if len(f.list) >= MaxExceptions {
		return
	}
	id, e := len(f.list), n.exception
	m := sentry.Mechanism{Type: "generic", HasID: true, ExceptionID: id, Source: source}
	if parent >= 0 {
		m.Type, m.HasParent, m.ParentID = "chained", true, parent
	}
	if e.Mechanism != nil {
		m.IsExceptionGroup, m.Synthetic = e.Mechanism.IsExceptionGroup, e.Mechanism.Synthetic
	}
	e.Mechanism = &m
	f.list = append(f.list, e)
	if n.cause != nil {
		owner := id
		if f.group {
			owner = 0
		}
		f.walk(n.cause, owner, n.link)
	}
	for i, member := range n.members {
		f.walk(member, id, "exceptions["+strconv.Itoa(i)+"]")
	}
}
