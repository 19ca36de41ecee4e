package k8swaitprocessor

import (
	"sync"
	"time"
)

// maxWaits bounds the pods of one generation; there are two.
const maxWaits = 4096

// memory is how long a pod without metadata is remembered at least, so that it is waited for once and not at each of its requests.
const memory = time.Hour

// waits knows since when each pod is waited for. The zero value is ready. Safe for concurrent use.
type waits struct {
	mu            sync.Mutex
	recent, older map[string]*wait // two generations: the older one is forgotten as a whole
	turned        time.Time
}

type wait struct {
	since time.Time
	over  bool
}

type state int

const (
	waiting state = iota // ask again
	givenUp              // it has waited long enough, as of now
	known                // it had waited long enough before
)

// ask begins a wait, or says how one stands.
func (w *waits) ask(pod string, now time.Time, timeout time.Duration) state {
	w.mu.Lock()
	defer w.mu.Unlock()
	one := w.find(pod, now)
	switch {
	case one.over:
		return known
	case now.Sub(one.since) >= timeout:
		one.over = true
		return givenUp
	default:
		return waiting
	}
}

func (w *waits) find(pod string, now time.Time) *wait {
	if len(w.recent) >= maxWaits || now.Sub(w.turned) >= memory {
		w.older, w.recent, w.turned = w.recent, map[string]*wait{}, now
	}
	one := w.recent[pod]
	if one == nil {
		if one = w.older[pod]; one == nil {
			one = &wait{since: now}
		}
		w.recent[pod] = one
	}
	return one
}
