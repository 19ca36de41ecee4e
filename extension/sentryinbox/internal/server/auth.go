package server

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// credentials are who sends. The public key of a DSN is any text without spaces: which one is no concern of the inbox.
type credentials struct {
	key    string
	client string // "sentry_client", such as sentry.python/2.1
}

var (
	errNoAuth      = errors.New("missing authorization information")
	errManyAuth    = errors.New("multiple authorization payloads detected")
	errBadAuth     = errors.New("bad x-sentry-auth header")
	errBadKey      = errors.New("bad sentry DSN public key")
	errBadVersion  = errors.New("unsupported protocol version")
	errBadProject  = errors.New("bad project path parameter")
	protocolNumber = "7" // the only one in use; SDKs may leave it out
)

// requestAuth reads X-Sentry-Auth, or the query parameters of the same names. Both at once contradict each other, as in Relay. ok tells whether there
// was either: an envelope may bring a DSN instead.
func requestAuth(r *http.Request) (c credentials, ok bool, err error) {
	query := r.URL.Query()
	headers := r.Header.Values("X-Sentry-Auth")
	// "Authorization: Sentry ..." is an old place that Relay still reads.
	if auth := r.Header.Get("Authorization"); len(auth) > 7 && strings.EqualFold(auth[:7], "sentry ") {
		headers = append(headers, auth)
	}
	if len(headers) == 0 && !query.Has("sentry_key") {
		return credentials{client: r.UserAgent()}, false, nil
	}
	if len(headers) > 1 || len(headers) == 1 && query.Has("sentry_key") {
		return c, true, errManyAuth
	}
	get := query.Get
	if len(headers) == 1 {
		fields, ok := parseAuthHeader(headers[0])
		if !ok {
			return c, true, errBadAuth
		}
		get = func(key string) string { return fields[key] }
	}
	if version := get("sentry_version"); version != "" && version != protocolNumber {
		return c, true, errBadVersion
	}
	c = credentials{key: get("sentry_key"), client: get("sentry_client")}
	if c.client == "" {
		c.client = r.UserAgent()
	}
	if !validKey(c.key) {
		return c, true, errBadKey
	}
	return c, true, nil
}

// parseAuthHeader reads "Sentry sentry_key=abc, sentry_version=7": pairs parted by commas or spaces.
func parseAuthHeader(header string) (map[string]string, bool) {
	if len(header) < 7 || !strings.EqualFold(header[:6], "sentry") || header[6] != ' ' {
		return nil, false
	}
	fields := map[string]string{}
	for pair := range strings.FieldsFuncSeq(header[7:], func(r rune) bool { return r == ',' || r == ' ' }) {
		key, value, found := strings.Cut(pair, "=")
		if !found {
			return nil, false
		}
		if unescaped, err := url.PathUnescape(value); err == nil {
			value = unescaped
		}
		fields[key] = value
	}
	return fields, true
}

func validKey(key string) bool {
	if key == "" || len(key) > 256 {
		return false
	}
	for i := range len(key) {
		if key[i] <= ' ' || key[i] >= 0x7f {
			return false
		}
	}
	return true
}

// projectOf reads the project number of the path: digits, without sign, not 0.
func projectOf(r *http.Request) (string, error) {
	n, err := strconv.ParseUint(r.PathValue("project"), 10, 64)
	if err != nil || n == 0 {
		return "", errBadProject
	}
	return strconv.FormatUint(n, 10), nil
}

// dsnOf takes a DSN of an envelope header apart.
func dsnOf(dsn string) (key, project string, err error) {
	u, err := url.Parse(dsn)
	if err != nil || u.Host == "" || u.User == nil {
		return "", "", errBadKey
	}
	key = u.User.Username()
	if !validKey(key) {
		return "", "", errBadKey
	}
	return key, u.Path[strings.LastIndexByte(u.Path, '/')+1:], nil
}
