package envelope

import (
	"math"
	"strconv"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// appendExceptions writes "exception": links without type and value say nothing and are left out (Relay requires one of them).
func appendExceptions(dst []byte, list []sentry.Exception, t *trim) []byte {
	mark := len(dst)
	dst = appendMember(dst, `"exception":{"values":[`)
	start := len(dst)
	if len(list) > t.exceptions { // the last ones are nearest to what was thrown, and hold the parents of those before them
		list = list[len(list)-t.exceptions:]
	}
	ids := hasChain(list)
	for i := range list {
		if x := &list[i]; x.Type != "" || x.Value != "" {
			dst = appendException(comma(dst), x, ids, t)
		}
	}
	if len(dst) == start {
		return dst[:mark]
	}
	return append(dst, "]}"...)
}

// hasChain reports whether the ids of the exceptions that will be written hang together (exception interface docs): all have one, the last has 0
// and no parent, every other one a parent that is there, and all parents lead to the last. Ids that do not are worse than none: Sentry would draw a wrong tree.
func hasChain(list []sentry.Exception) bool {
	parents := make(map[int]int, len(list))
	last := -1
	for i := range list {
		x := &list[i]
		if x.Type == "" && x.Value == "" {
			continue
		}
		m := x.Mechanism
		if m == nil || !m.HasID {
			return false
		}
		_, twice := parents[m.ExceptionID]
		parent := -1
		if m.HasParent {
			parent = m.ParentID
		}
		if twice || m.ExceptionID < 0 || m.ExceptionID > math.MaxInt32 || m.HasParent && parent < 0 {
			return false
		}
		parents[m.ExceptionID] = parent
		last = m.ExceptionID
	}
	return last == 0 && leadToRoot(parents)
}

// leadToRoot reports whether every id but 0 has a parent and reaches 0 over parents. Linear: an id that was found to reach it is marked.
func leadToRoot(parents map[int]int) bool {
	const root, reaches = -1, 0
	if parents[0] != root {
		return false
	}
	var path []int
	for id := range parents {
		path = path[:0]
		for id != 0 {
			parent, there := parents[id]
			if !there || parent < 0 || len(path) > len(parents) {
				return false
			}
			path = append(path, id)
			id = parent
		}
		for _, passed := range path {
			parents[passed] = reaches
		}
	}
	return true
}

func appendException(dst []byte, x *sentry.Exception, ids bool, t *trim) []byte {
	dst = append(dst, '{')
	dst = appendTextCut(dst, `"type":`, x.Type, MaxSymbol)
	dst = appendTextCut(dst, `"value":`, x.Value, t.text)
	dst = appendTextCut(dst, `"module":`, x.Module, MaxSymbol)
	dst = appendThreadID(dst, `"thread_id":`, x.ThreadID)
	dst = appendMechanism(dst, x.Mechanism, ids)
	dst = appendStacktrace(dst, x.Frames, t)
	return append(dst, '}')
}

// appendThreadID writes a thread's id: a number where it is one, as the SDKs do, so that exception and thread always agree.
func appendThreadID(dst []byte, literal, id string) []byte {
	if id == "" {
		return dst
	}
	if n, err := strconv.ParseUint(id, 10, 53); err == nil && (id[0] != '0' || n == 0 && len(id) == 1) {
		return strconv.AppendUint(appendMember(dst, literal), n, 10)
	}
	return appendTextCut(dst, literal, id, MaxThreadID)
}

func appendMechanism(dst []byte, m *sentry.Mechanism, ids bool) []byte {
	if m == nil {
		return dst
	}
	kind := m.Type
	if kind == "" {
		kind = "generic"
	}
	dst = appendTextCut(appendMember(dst, `"mechanism":{`), `"type":`, kind, MaxEnumLike)
	dst = appendTri(dst, `"handled":`, m.Handled)
	if m.Synthetic {
		dst = append(dst, `,"synthetic":true`...)
	}
	if ids {
		dst = strconv.AppendInt(append(dst, `,"exception_id":`...), int64(m.ExceptionID), 10)
		if m.HasParent {
			dst = strconv.AppendInt(append(dst, `,"parent_id":`...), int64(m.ParentID), 10)
		}
		if m.IsExceptionGroup {
			dst = append(dst, `,"is_exception_group":true`...)
		}
	}
	dst = appendTextCut(dst, `"source":`, m.Source, MaxEnumLike)
	return append(dst, '}')
}

// appendThreads writes "threads". Relay requires an id of each, and that no two are the same.
func appendThreads(dst []byte, threads []sentry.Thread, t *trim) []byte {
	mark := len(dst)
	dst = appendMember(dst, `"threads":{"values":[`)
	start := len(dst)
	used := make(map[string]bool, len(threads))
	for i := range threads {
		th := &threads[i]
		if t.threads || th.Crashed == sentry.True || th.Current == sentry.True {
			dst = appendThread(comma(dst), th, used, t)
		}
	}
	if len(dst) == start {
		return dst[:mark]
	}
	return append(dst, "]}"...)
}

// appendThread writes one thread. Without an id, or with one that is used, it gets a number of its own.
func appendThread(dst []byte, th *sentry.Thread, used map[string]bool, t *trim) []byte {
	dst = append(dst, '{')
	mark := len(dst)
	dst = appendThreadID(dst, `"id":`, th.ID)
	for n := len(used); len(dst) == mark || used[string(dst[mark:])]; n++ {
		dst = appendThreadID(dst[:mark], `"id":`, "#"+strconv.Itoa(n))
	}
	used[string(dst[mark:])] = true
	dst = appendTextCut(dst, `"name":`, th.Name, MaxThreadName)
	dst = appendTextCut(dst, `"state":`, th.State, MaxEnumLike)
	dst = appendTri(dst, `"crashed":`, th.Crashed)
	dst = appendTri(dst, `"current":`, th.Current)
	dst = appendTri(dst, `"main":`, th.Main)
	dst = appendStacktrace(dst, th.Frames, t)
	return append(dst, '}')
}
