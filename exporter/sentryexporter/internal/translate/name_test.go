package translate

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

// Names of HTTP segments for which the instrumentation gives no route.
func TestHTTPNameWithoutRoute(t *testing.T) {
	for _, tc := range []struct {
		span         string
		in           attrs
		name, source string
	}{
		{"GET", attrs{"url.path": "/"}, "GET /", "route"},
		{"GET", attrs{"url.path": "/health"}, "GET /health", "url"},
		{"GET", attrs{"url.path": "/users/17/posts"}, "GET /users/*/posts", "url"},
		{"HTTP GET", attrs{"http.target": "/users/17?x=1"}, "GET /users/*", "url"},
		{"GET /users/17", attrs{"url.path": "/users/17"}, "GET /users/*", "url"},
		{"/users/17", attrs{"url.path": "/users/17"}, "GET /users/*", "url"},
		{"GET /x", attrs{"url.path": "/x", "http.response.status_code": 404}, "GET", "route"},
		{"GET", attrs{"url.path": "/", "http.response.status_code": 404}, "GET /", "route"},
		{"GET", nil, "GET", "route"},
		{"GET /users/{id}", attrs{"url.path": "/users/17"}, "GET /users/{id}", "route"},
		{"GET /users/:id", attrs{"url.path": "/users/17"}, "GET /users/:id", "route"},
		{"/users/<int:id>", attrs{"url.path": "/users/17"}, "/users/<int:id>", "route"},
		{"GET /a/{x}", attrs{"url.path": "/a/{x}"}, "GET /a/*", "url"}, // the path itself has braces
		{"UsersController#show", attrs{"url.path": "/users/17"}, "UsersController#show", "custom"},
		{"GET users#show", attrs{"url.path": "/users/17"}, "GET users#show", "custom"},
		{"HTTP request", attrs{"url.path": "/users/17"}, "HTTP request", "custom"},
		{"GET 17", attrs{"url.path": "/users/17"}, "GET /users/*", "url"},
		{"GET <unnamed>", attrs{"url.path": "/a"}, "GET /a", "url"},
		{"_OTHER /x", attrs{"http.request.method": "_OTHER", "http.route": "/x"}, "HTTP /x", "route"},
		{"x/", attrs{"http.method": "BREW", "http.target": "/pot"}, "HTTP /pot", "url"},
		{"GET", attrs{"http.method": "get", "http.route": "/x"}, "GET /x", "route"},
	} {
		in := attrs{"http.request.method": "GET"}
		for k, v := range tc.in {
			if k == "http.method" {
				delete(in, "http.request.method")
			}
			in[k] = v
		}
		tx := asRoot(t, tc.span, server, in)
		assert.Equal(t, tc.name, tx.Name, "%q %v", tc.span, tc.in)
		assert.Equal(t, tc.source, tx.Source, "%q %v", tc.span, tc.in)
	}
}

// Names of segments that make an HTTP request: the host belongs in the name, a port or a pod's address does not.
func TestHTTPClientName(t *testing.T) {
	for want, in := range map[string]attrs{
		"GET https://pay.example/charges/*": {"url.full": "https://u:p@pay.example:8443/charges/17?k=v"},
		"GET /charges":                      {"url.full": "http://10.1.2.3:8080/charges"},
		"GET /charges/":                     {"url.full": "http://[fe80::1]:8080/charges/"},
		"GET http://pay/charges":            {"server.address": "pay", "server.port": 80, "url.path": "/charges"},
		"GET http://pay/":                   {"http.scheme": "http", "http.host": "pay:81", "http.target": "/"},
		"GET /x":                            {"http.target": "/x"},
		"GET":                               {"server.address": "pay"},
	} {
		in["http.request.method"] = "GET"
		assert.Equal(t, want, asRoot(t, "GET", client, in).Name, "%v", in)
	}
}

func TestPathPattern(t *testing.T) {
	for in, want := range map[string]string{
		"":                   "/",
		"/":                  "/",
		"a":                  "/a",
		"/a/":                "/a/",
		"//":                 "//",
		"/api/v2/orders":     "/api/v2/orders",
		"/api/v12/x":         "/api/v12/x",
		"/v1234/x":           "/*/x",
		"/oauth2/token":      "/oauth2/token",
		"/17":                "/*",
		"/order-17":          "/*",
		"/sku-1":             "/*",
		"/ab12":              "/*",
		"/users/me/edit":     "/users/me/edit",
		"/index.html":        "/index.html",
		"/.well-known/x_y~z": "/.well-known/x_y~z",
		"/a@b.example":       "/*",
		"/a%20b":             "/*",
		"/caf\u00e9":         "/*",
		"/k=v;w":             "/*",
		"/OData/$metadata":   "/OData/$metadata",
		"/123e4567-e89b-12d3-a456-426614174000/x": "/*/x",
		"/abcdefghijklmnopqrstuvwxyzabcdefghi":    "/*",
		"/a/b/c/d/e/f/g/h":                        "/a/b/c/d/e/f/g/h",
		"/a/b/c/d/e/f/g/h/i/j":                    "/a/b/c/d/e/f/g/h/**",
		"/\x00\xff":                               "/*",
	} {
		assert.Equal(t, want, string(appendPathPattern(nil, in)), in)
	}
}

func TestSplitURL(t *testing.T) {
	for in, want := range map[string]urlParts{
		"":                              {},
		"/p":                            {path: "/p"},
		"/p?q=1#f":                      {path: "/p", query: "q=1"},
		"http://h":                      {scheme: "http", host: "h"},
		"http://h?q":                    {scheme: "http", host: "h", query: "q"},
		"https://u:p@h:1/p?q#f":         {scheme: "https", host: "h:1", path: "/p", query: "q"},
		"https://u:p@ss@h/p@q":          {scheme: "https", host: "h", path: "/p@q"},
		"http://[::1]:80/p":             {scheme: "http", host: "[::1]:80", path: "/p"},
		"/redirect?to=http://other/x#y": {path: "/redirect", query: "to=http://other/x"},
	} {
		assert.Equal(t, want, splitURL(in), in)
	}
}

func TestRequest(t *testing.T) {
	for _, tc := range []struct {
		in   attrs
		want sentry.Request
	}{
		{attrs{"http.request.method": "GET", "url.full": "https://u:p@h/p?q=1#f"}, sentry.Request{Method: "GET", URL: "https://h/p", QueryString: "q=1"}},
		{attrs{"http.method": "POST", "http.url": "http://h:8080/p"}, sentry.Request{Method: "POST", URL: "http://h:8080/p"}},
		{attrs{"http.method": "GET", "http.scheme": "http", "http.host": "h:5000", "http.target": "/p?q=1"}, sentry.Request{Method: "GET", URL: "http://h:5000/p", QueryString: "q=1"}},
		{attrs{"http.method": "GET", "http.scheme": "https", "net.host.name": "h", "net.host.port": 443, "http.target": "/p"}, sentry.Request{Method: "GET", URL: "https://h/p"}},
		{attrs{"http.request.method": "GET", "url.scheme": "https", "server.address": "h", "server.port": "8443", "url.path": "/p", "url.query": "?q"}, sentry.Request{Method: "GET", URL: "https://h:8443/p", QueryString: "q"}},
		{attrs{"http.request.method": "GET", "server.address": "h", "server.port": 80, "url.path": "/p"}, sentry.Request{Method: "GET", URL: "http://h/p"}},
		{attrs{"http.request.method": "BREW", "url.path": "/p"}, sentry.Request{Method: "BREW", URL: "/p"}},
	} {
		tx := asRoot(t, "n", server, tc.in)
		if assert.NotNil(t, tx.Request, "%v", tc.in) {
			assert.Equal(t, tc.want, *tx.Request, "%v", tc.in)
		}
		assert.Empty(t, tx.Contexts)
		assert.Nil(t, asRoot(t, "n", client, tc.in).Request, "what a client asks for is not its own request")
	}
	assert.Nil(t, asRoot(t, "n", server, attrs{"url.path": "/p"}).Request)
}
