package envelope

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// Envelope is a parsed envelope. All bytes in it alias the parsed body.
type Envelope struct {
	Header map[string]json.RawMessage
	// The members of the header that have a type, zero where they are missing or malformed (Check tells which).
	EventID sentry.EventID
	SentAt  time.Time
	DSN     string
	SDK     SDK
	DSC     []sentry.Tag // members of "trace" that are strings
	Items   []ParsedItem

	header *document
}

// ParsedItem is one item of a parsed envelope.
type ParsedItem struct {
	Type        string
	ContentType string
	Header      map[string]json.RawMessage
	Length      int // as the header says; -1: it does not
	ItemCount   int // likewise
	Payload     []byte
	Offset      int // of Payload in the body

	header *document
}

// ParseError says where the framing of an envelope is broken. The whole envelope is then worth nothing: Relay answers 400.
type ParseError struct {
	Item   int // index of the item; -1: the envelope's header
	Offset int // in bytes, in the body
	Reason string
}

func (e *ParseError) Error() string {
	where := "envelope header"
	if e.Item >= 0 {
		where = "item " + strconv.Itoa(e.Item)
	}
	return fmt.Sprintf("%s, byte %d: %s", where, e.Offset, e.Reason)
}

// Parse reads an envelope with the framing of the envelope docs: a header line, then items of a header line and a payload each. With "length" a payload
// is that many bytes and a line end or the end of the body; without it ends at the next line end. Line ends are \n alone.
func Parse(body []byte) (*Envelope, error) {
	if len(body) > MaxEnvelopeBytes {
		return nil, &ParseError{-1, MaxEnvelopeBytes, "the envelope is too large"}
	}
	line, at := cutLine(body, 0)
	header, err := readHeader(line)
	if err != nil {
		return nil, &ParseError{-1, err.offset, err.reason}
	}
	e := &Envelope{Header: rawMembers(header.root()), header: header}
	e.readHeader(header.root())
	for at < len(body) {
		if len(e.Items) == maxItems {
			return nil, &ParseError{len(e.Items), at, "too many items"}
		}
		item, next, err := parseItem(body, at)
		if err != nil {
			return nil, &ParseError{len(e.Items), err.offset, err.reason}
		}
		e.Items = append(e.Items, item)
		at = next
	}
	return e, nil
}

// cutLine gives the line that begins at at, without its end, and where the next one begins.
func cutLine(body []byte, at int) (line []byte, next int) {
	if n := bytes.IndexByte(body[at:], '\n'); n >= 0 {
		return body[at : at+n], at + n + 1
	}
	return body[at:], len(body)
}

// readHeader reads a line that must be one JSON object.
func readHeader(line []byte) (*document, *syntaxError) {
	if len(line) > maxHeaderBytes {
		return nil, &syntaxError{ruleJSONSyntax, 0, "the header is too long"}
	}
	doc, err := readJSON(line)
	if err != nil {
		broken := func() *syntaxError {
			target := &syntaxError{}
			_ = errors.As(err, &target)
			return target
		}()
		return nil, &syntaxError{broken.rule, broken.offset, "the header is not JSON: " + broken.reason}
	}
	if doc.root().kind() != kindObject {
		return nil, &syntaxError{ruleJSONSyntax, 0, "the header is not an object"}
	}
	return doc, nil
}

// rawMembers are the members of an object as text.
func rawMembers(object value) map[string]json.RawMessage {
	members := make(map[string]json.RawMessage)
	for key, member := range object.members() {
		members[key] = member.raw()
	}
	return members
}

func (e *Envelope) readHeader(header value) {
	e.EventID, _ = sentry.ParseEventID(header.get("event_id").str())
	e.SentAt, _ = time.Parse(time.RFC3339Nano, header.get("sent_at").str())
	e.DSN = header.get("dsn").str()
	e.SDK = SDK{header.get("sdk", "name").str(), header.get("sdk", "version").str()}
	for key, member := range header.get("trace").members() {
		if member.kind() == kindString {
			e.DSC = append(e.DSC, sentry.Tag{Key: key, Value: member.str()})
		}
	}
}

// parseItem reads the item that begins at at.
func parseItem(body []byte, at int) (item ParsedItem, next int, broken *syntaxError) {
	line, start := cutLine(body, at)
	doc, broken := readHeader(line)
	if broken != nil {
		broken.offset += at
		return item, 0, broken
	}
	header := doc.root()
	item = ParsedItem{Header: rawMembers(header), Offset: start, header: doc, Type: header.get("type").str(), ContentType: header.get("content_type").str()}
	var ok bool
	if item.ItemCount, ok = count(header.get("item_count")); !ok {
		return item, 0, &syntaxError{offset: at, reason: "item_count is no count"}
	}
	if item.Length, ok = count(header.get("length")); !ok {
		return item, 0, &syntaxError{offset: at, reason: "length is no count"}
	}
	if item.Type == "" {
		return item, 0, &syntaxError{offset: at, reason: "the item has no type"}
	}
	if item.Length < 0 {
		item.Payload, next = cutLine(body, start)
		return item, next, nil
	}
	if item.Length > len(body)-start {
		return item, 0, &syntaxError{offset: start, reason: fmt.Sprintf("length says %d bytes, %d are left", item.Length, len(body)-start)}
	}
	next = start + item.Length
	item.Payload = body[start:next:next]
	if next < len(body) {
		if body[next] != '\n' {
			return item, 0, &syntaxError{offset: next, reason: "no line end behind the payload"}
		}
		next++
	}
	return item, next, nil
}

// count is a number of things: -1 if there is none; ok is false for what is no such number.
func count(v value) (n int, ok bool) {
	if v.kind() == kindNull {
		return -1, true
	}
	parsed, err := strconv.ParseUint(string(v.raw()), 10, 31)
	return int(parsed), err == nil && v.kind() == kindNumber
}
