package conformance

import "fmt"

// Scored is a place that was compared, of one pair and source.
type Scored struct {
	Pair, Source string
	Place
	// Reason of a named difference; "" where both are equal, or where nothing names it.
	Reason string
	// Open: it is named, and ours to close.
	Open bool
}

// Score compares the events of a pair with ours of one source. Each of the SDK's events meets the one of ours that is most like it. The place
// "events" says whether ours are as many.
func Score(p *Pair, source string, ours []Event) []Scored {
	places := []Place{{Field: "events", SDK: len(p.SDK), Ours: len(ours), Equal: len(ours) == len(p.SDK)}}
	left := append([]Event(nil), ours...)
	for i, sdk := range p.SDK {
		best, at := Diff(sdk, nil, Options{NoStacks: p.NoStacks}), -1
		for j, e := range left {
			if d := Diff(sdk, e, Options{NoStacks: p.NoStacks}); at < 0 || equals(d) > equals(best) {
				best, at = d, j
			}
		}
		if at >= 0 {
			left = append(left[:at], left[at+1:]...)
		}
		for _, place := range best {
			if len(p.SDK) > 1 {
				place.Where = fmt.Sprintf("event[%d] %s", i, place.Where)
			}
			places = append(places, place)
		}
	}
	var out []Scored
	for _, place := range places {
		s := Scored{Pair: p.Name(), Source: source, Place: place}
		if !place.Equal {
			s.name()
		}
		out = append(out, s)
	}
	return out
}

func (s *Scored) name() {
	for _, d := range Differences {
		if d.Names(s.Pair, s.Source, s.Place) {
			s.Reason = d.Reason
			return
		}
	}
	for _, d := range Open {
		if d.Names(s.Pair, s.Source, s.Place) {
			s.Reason, s.Open = d.Reason, true
			return
		}
	}
}

func equals(places []Place) int {
	n := 0
	for _, p := range places {
		if p.Equal {
			n++
		}
	}
	return n
}

// Tally counts places.
type Tally struct {
	// Total is all places that the SDK's event has, Named those where a named difference lies that is not open, Equal those that are the same.
	Total, Named, Equal int
}

// Add counts one place.
func (t *Tally) Add(s Scored) {
	t.Total++
	switch {
	case s.Equal:
		t.Equal++
	case s.Reason != "" && !s.Open:
		t.Named++
	}
}

// Comparable is the share of the places that can be compared at all, in percent.
func (t Tally) Comparable() float64 { return percent(t.Equal, t.Total-t.Named) }

// Raw is the share of all places, in percent.
func (t Tally) Raw() float64 { return percent(t.Equal, t.Total) }

func percent(n, of int) float64 {
	if of == 0 {
		return 100
	}
	return 100 * float64(n) / float64(of)
}
