//go:build linux

package chaos

import (
	"bytes"
	"encoding/json"
	"net/http"
	"sync"

	"github.com/otelcol-sentry/otelcol-sentry/internal/envelope"
	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// The data categories that are counted.
var categories = []sentry.Category{sentry.CategoryError, sentry.CategoryLogItem, sentry.CategoryTransaction, sentry.CategorySpan}

// tally counts, by the number of a thing, how often Sentry took it, and whether Sentry refused it for good.
type tally struct {
	came     []uint16
	refused  []uint8
	distinct int // how many came at least once
	again    int // how often something came that had come before
	total    int
}

func (t *tally) reach(n int) {
	if n >= len(t.came) {
		t.came = append(t.came, make([]uint16, n+1-len(t.came)+len(t.came)/2)...)
		t.refused = append(t.refused, make([]uint8, len(t.came)-len(t.refused))...)
	}
}

func (t *tally) take(n int) {
	t.reach(n)
	if t.came[n] == 0 {
		t.distinct++
	} else {
		t.again++
	}
	t.came[n]++
	t.total++
}

// refuse gives how often the thing was refused by now.
func (t *tally) refuse(n int) int {
	t.reach(n)
	t.refused[n]++
	return int(t.refused[n])
}

// refusedForGood is how many things were refused and never came.
func (t *tally) refusedForGood() int {
	n := 0
	for i, times := range t.refused {
		if times > 0 && t.came[i] == 0 {
			n++
		}
	}
	return n
}

// parcel is what an envelope holds, by category: the numbers of the things.
type parcel struct {
	kind    string // type of its first item
	things  map[sentry.Category][]int
	id      string // of its event or transaction
	reports []discarded
}

// discarded is a line of a client report.
type discarded struct {
	Reason   string `json:"reason"`
	Category string `json:"category"`
	Quantity int    `json:"quantity"`
}

// books is what one project of the fake Sentry saw.
type books struct {
	mu       sync.Mutex
	tallies  map[sentry.Category]*tally
	ids      map[occurrence]string // the first id that a thing came with
	owners   map[string]occurrence
	second   int            // things that came with another id than before, and ids that came for another thing
	reported map[string]int // "reason/category"
	// answered counts what was answered with 2xx in time, refusals what was answered with 4xx for good: what the binary counts, too.
	answered, refusals map[sentry.Category]int
	envelopes          int
}

// occurrence is an event or a transaction.
type occurrence struct {
	category sentry.Category
	number   int
}

func newBooks() *books {
	b := &books{
		tallies: make(map[sentry.Category]*tally), ids: make(map[occurrence]string), owners: make(map[string]occurrence),
		reported: make(map[string]int), answered: make(map[sentry.Category]int), refusals: make(map[sentry.Category]int),
	}
	for _, c := range categories {
		b.tallies[c] = &tally{}
	}
	return b
}

// look notes the ids in an envelope, whatever is answered.
func (b *books) look(p *parcel) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.envelopes++
	for _, c := range []sentry.Category{sentry.CategoryError, sentry.CategoryTransaction} {
		for _, n := range p.things[c] {
			o := occurrence{c, n}
			if known, ok := b.ids[o]; ok && known != p.id {
				b.second++
			}
			if owner, ok := b.owners[p.id]; ok && owner != o {
				b.second++
			}
			b.ids[o], b.owners[p.id] = p.id, o
		}
	}
}

// take notes that Sentry has the things. inTime: the client hears of it.
func (b *books) take(p *parcel, inTime bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for c, numbers := range p.things {
		for _, n := range numbers {
			b.tallies[c].take(n)
		}
		if inTime {
			b.answered[c] += len(numbers)
		}
	}
}

// refuse notes that Sentry does not take the things as they are. A first 413 is an invitation to send them smaller.
func (b *books) refuse(p *parcel, status int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for c, numbers := range p.things {
		times := 0
		for _, n := range numbers {
			times = b.tallies[c].refuse(n)
		}
		if status != http.StatusRequestEntityTooLarge || times > 1 {
			b.refusals[c] += len(numbers)
		}
	}
}

func (b *books) report(p *parcel) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, d := range p.reports {
		b.reported[d.Reason+"/"+d.Category] += d.Quantity
	}
}

// reportedOf is what client reports said was dropped of a category.
func (b *books) reportedOf(c sentry.Category) int {
	n := 0
	for _, reason := range []string{"ratelimit_backoff", "send_error", "queue_overflow", "invalid", "sample_rate", "event_processor"} {
		n += b.reported[reason+"/"+string(c)]
	}
	return n
}

// unpack reads an envelope as quickly as it can be read: the strict reader is for samples.
func unpack(body []byte) (*parcel, error) {
	p := &parcel{things: make(map[sentry.Category][]int)}
	header, rest := line(body)
	var envelopeHeader struct {
		EventID string `json:"event_id"`
	}
	if err := json.Unmarshal(header, &envelopeHeader); err != nil {
		return nil, err
	}
	p.id = envelopeHeader.EventID
	for len(rest) > 0 {
		header, rest = line(rest)
		var item struct {
			Type   string `json:"type"`
			Length int    `json:"length"`
		}
		if err := json.Unmarshal(header, &item); err != nil {
			return nil, err
		}
		payload := rest[:item.Length]
		rest = rest[min(item.Length+1, len(rest)):]
		if p.kind == "" {
			p.kind = item.Type
		}
		if err := p.read(item.Type, payload); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func line(body []byte) (first, rest []byte) {
	if i := bytes.IndexByte(body, '\n'); i >= 0 {
		return body[:i], body[i+1:]
	}
	return body, nil
}

func (p *parcel) read(itemType string, payload []byte) error {
	switch itemType {
	case envelope.TypeLog:
		p.things[sentry.CategoryLogItem] = append(p.things[sentry.CategoryLogItem], numbersIn(payload, bodyMarker)...)
	case envelope.TypeEvent:
		n, err := eventNumber(payload)
		p.things[sentry.CategoryError] = append(p.things[sentry.CategoryError], n)
		return err
	case envelope.TypeTransaction:
		spans, err := spanNumbers(payload)
		if err != nil {
			return err
		}
		p.things[sentry.CategoryTransaction] = append(p.things[sentry.CategoryTransaction], spans[0]/spansPerTrace)
		p.things[sentry.CategorySpan] = append(p.things[sentry.CategorySpan], spans...)
	case envelope.TypeClientReport:
		var report struct {
			Discarded []discarded `json:"discarded_events"`
		}
		err := json.Unmarshal(payload, &report)
		p.reports = append(p.reports, report.Discarded...)
		return err
	}
	return nil
}
