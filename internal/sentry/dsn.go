package sentry

import (
	"errors"
	"net/url"
	"strings"
)

// DSN is a parsed data source name: where a project's envelopes go and the public key that opens the door
// (develop docs, SDK > Overview > Parsing the DSN). It has no String method: a DSN is a secret and is never printed.
type DSN struct {
	scheme, host, path string
	publicKey          string
	projectID          string
}

// Errors of ParseDSN. None of them carries any part of the text: a DSN is a secret, and a mistyped one still holds most of it.
var (
	ErrDSNEmpty   = errors.New("is empty: copy the DSN from Sentry under Project Settings > Client Keys (DSN)")
	ErrDSNSyntax  = errors.New("is not a URL of the form https://<public key>@<host>/<project number>")
	ErrDSNScheme  = errors.New("must begin with https:// or http://")
	ErrDSNKey     = errors.New("has no public key: https://<public key>@<host>/<project number>")
	ErrDSNHost    = errors.New("has no host: https://<public key>@<host>/<project number>")
	ErrDSNProject = errors.New("does not end in a project number: https://<public key>@<host>/<project number>")
)

// ParseDSN reads "{scheme}://{public_key}[:{secret}]@{host}[:{port}]{/path}/{project number}". The secret is obsolete and dropped.
// The public key is any non-empty string; compatible servers use other keys than Sentry's 32 hex digits.
func ParseDSN(text string) (DSN, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return DSN{}, ErrDSNEmpty
	}
	if !strings.HasPrefix(text, "https://") && !strings.HasPrefix(text, "http://") {
		return DSN{}, ErrDSNScheme
	}
	u, err := url.Parse(text)
	if err != nil || u.RawQuery != "" || u.Fragment != "" {
		return DSN{}, ErrDSNSyntax
	}
	if u.User == nil || u.User.Username() == "" {
		return DSN{}, ErrDSNKey
	}
	if strings.ContainsAny(u.User.Username(), ", \t\r\n\"") {
		return DSN{}, ErrDSNSyntax // would break out of the X-Sentry-Auth header
	}
	if u.Hostname() == "" {
		return DSN{}, ErrDSNHost
	}
	path := strings.TrimSuffix(u.EscapedPath(), "/")
	slash := strings.LastIndexByte(path, '/')
	if slash < 0 || !isNumber(path[slash+1:]) {
		return DSN{}, ErrDSNProject
	}
	return DSN{scheme: u.Scheme, host: u.Host, path: path[:slash], publicKey: u.User.Username(), projectID: path[slash+1:]}, nil
}

func isNumber(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// EnvelopeURL is where envelopes are posted. It holds no secret.
func (d DSN) EnvelopeURL() string {
	return d.scheme + "://" + d.host + d.path + "/api/" + d.projectID + "/envelope/"
}

// Host is the host and port that the DSN names.
func (d DSN) Host() string { return d.host }

// ProjectID is the project's number, the last part of the DSN.
func (d DSN) ProjectID() string { return d.projectID }

// PublicKey opens the project for writing. Never print it.
func (d DSN) PublicKey() string { return d.publicKey }

// OrgID is the organisation's number where the host reveals it (o123.ingest.us.sentry.io), else "".
func (d DSN) OrgID() string {
	label, _, _ := strings.Cut(d.host, ".")
	if len(label) > 1 && label[0] == 'o' && isNumber(label[1:]) {
		return label[1:]
	}
	return ""
}
