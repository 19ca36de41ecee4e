package store

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"
)

// issue is the events of one group in one project. It lives as long as one of its events is kept; its count and times also tell of those that left.
type issue struct {
	Issue
	events []*Event // oldest first
}

// Issue is what many events have in common. Names follow the event that came last.
type Issue struct {
	ID          string // 16 hex digits; the same group has the same id after a restart
	ProjectID   string
	Title       string
	Type, Value string
	Culprit     string
	Rule        string
	Level       string
	Logger      string
	Platform    string
	Unhandled   bool
	Count       int // events since the issue opened, also those no longer kept
	FirstSeen   time.Time
	LastSeen    time.Time
	// Kept is how many of its events are still here, Users how many users those name.
	Kept, Users int
	// Times of the kept events, oldest arrival first.
	Times []time.Time
	// LatestID is the id of the event that came last.
	LatestID string
}

// ShortID is the issue's name for people.
func (i *Issue) ShortID() string { return strings.ToUpper(i.ID[:7]) }

func issueKey(project string, group uint64) uint64 {
	return xxhash.Sum64String(fmt.Sprintf("%s/%016x", project, group))
}

// file adds a new event to its issue.
func (s *Store) file(e *Event) {
	is := s.issues[e.group]
	if is == nil {
		is = &issue{Issue: Issue{ID: e.IssueID, ProjectID: e.ProjectID, FirstSeen: e.Timestamp, LastSeen: e.Timestamp}}
		s.issues[e.group] = is
	}
	is.events = append(is.events, e)
	is.Count++
	is.Title, is.Type, is.Value, is.Culprit, is.Rule = e.Title, e.Type, e.Value, e.Culprit, e.Rule
	is.Level, is.Logger, is.Platform, is.Unhandled = e.Level, e.Logger, e.Platform, e.Unhandled
	is.LatestID = e.ID
	if e.Timestamp.Before(is.FirstSeen) {
		is.FirstSeen = e.Timestamp
	}
	if e.Timestamp.After(is.LastSeen) {
		is.LastSeen = e.Timestamp
	}
}

// forgetEvent takes the oldest event out of its issue: events leave in the order in which they came, so it is the issue's oldest as well.
func (s *Store) forgetEvent(e *Event) {
	is := s.issues[e.group]
	is.events[0] = nil
	is.events = is.events[1:]
	if len(is.events) == 0 {
		delete(s.issues, e.group)
	}
}

func (is *issue) view() Issue {
	v := is.Issue
	v.Kept = len(is.events)
	users := valueSet{}
	v.Times = make([]time.Time, 0, len(is.events))
	for _, e := range is.events {
		users.add(e.User)
		v.Times = append(v.Times, e.Timestamp)
	}
	v.Users = len(users)
	return v
}

// Issues lists the issues of which a kept event matches, the one seen last first, at most limit; total is how many match.
func (s *Store) Issues(q Query, limit int) (list []Issue, total int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var found []*issue
	for _, is := range s.issues {
		if slices.ContainsFunc(is.events, func(e *Event) bool { return q.matches(e) }) {
			found = append(found, is)
		}
	}
	slices.SortFunc(found, func(a, b *issue) int {
		return cmp.Or(b.LastSeen.Compare(a.LastSeen), cmp.Compare(a.ID, b.ID))
	})
	total = len(found)
	for _, is := range found[:min(limit, total)] {
		list = append(list, is.view())
	}
	return list, total
}

// Issue finds an issue by its id or short id.
func (s *Store) Issue(id string) (Issue, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	is := s.find(id)
	if is == nil {
		return Issue{}, false
	}
	return is.view(), true
}

func (s *Store) find(id string) *issue {
	for _, is := range s.issues {
		if strings.EqualFold(is.ID, id) || strings.EqualFold(is.ShortID(), id) {
			return is
		}
	}
	return nil
}

// IssueEvents lists the kept events of an issue that match, the one that came last first.
func (s *Store) IssueEvents(id string, q Query, limit int) (list []Event, total int, found bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	is := s.find(id)
	if is == nil {
		return nil, 0, false
	}
	for _, e := range slices.Backward(is.events) {
		if q.matches(e) {
			if total++; total <= limit {
				list = append(list, *e)
			}
		}
	}
	return list, total, true
}

// TagValues counts the values of each tag over the kept events of an issue.
func (s *Store) TagValues(id string) map[string]map[string]int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	is := s.find(id)
	if is == nil {
		return nil
	}
	out := map[string]map[string]int{}
	for _, e := range is.events {
		for _, t := range e.Tags {
			if out[t.Key] == nil {
				out[t.Key] = map[string]int{}
			}
			out[t.Key][t.Value]++
		}
	}
	return out
}

// Neighbours of an event within its issue: the ids of the one that came before it and of the one that came after, and its place, 1 being the oldest.
func (s *Store) Neighbours(e *Event) (previous, next string, place, kept int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	is := s.issues[e.group]
	if is == nil {
		return "", "", 0, 0
	}
	for i, other := range is.events {
		if other.Seq != e.Seq {
			continue
		}
		if i > 0 {
			previous = is.events[i-1].ID
		}
		if i+1 < len(is.events) {
			next = is.events[i+1].ID
		}
		return previous, next, i + 1, len(is.events)
	}
	return "", "", 0, len(is.events)
}
