package page

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func every(t *testing.T, ext string) map[string]string {
	out := map[string]string{}
	require.NoError(t, fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ext) {
			data, err := files.ReadFile(path)
			require.NoError(t, err)
			out[path] = string(data)
		}
		return err
	}))
	require.NotEmpty(t, out)
	return out
}

// TestNoMarkupFromStrings: there is no call in the page's code that takes a string for markup or for script. What an event says stays text.
func TestNoMarkupFromStrings(t *testing.T) {
	forbidden := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|srcdoc|\beval\(|new Function|setTimeout\("|javascript:`)
	for path, text := range every(t, ".js") {
		for i, line := range strings.Split(text, "\n") {
			if code, _, _ := strings.Cut(line, "//"); forbidden.MatchString(code) {
				t.Errorf("%s:%d: %s", path, i+1, line)
			}
		}
	}
}

// TestNothingFromOutside: no address of another origin is fetched, imported or linked to; the page works on a machine without a network.
func TestNothingFromOutside(t *testing.T) {
	outside := regexp.MustCompile(`(?i)(https?:)?//[a-z0-9.-]+\.[a-z]{2,}|@import|@font-face|url\(`)
	for _, ext := range []string{".js", ".css", ".html", ".svg"} {
		for path, text := range every(t, ext) {
			text = strings.ReplaceAll(text, "http://www.w3.org/2000/svg", "") // a namespace, not an address
			for _, found := range outside.FindAllString(text, -1) {
				t.Errorf("%s: %s", path, found)
			}
		}
	}
}

func TestNoInlineScriptOrStyle(t *testing.T) {
	html := every(t, ".html")["index.html"]
	assert.NotRegexp(t, `(?i)<script(?:\s[^>]*)?>[^<]`, html)
	assert.NotRegexp(t, `(?i)<style|\sstyle=|\son[a-z]+=`, html)
}

// TestEveryImportIsThere: modules name files and exports that exist.
func TestEveryImportIsThere(t *testing.T) {
	modules := every(t, ".js")
	imports := regexp.MustCompile(`(?m)^import (?:\* as \w+|\{([^}]*)\}) from "\./([\w.]+)";`)
	for path, text := range modules {
		for _, m := range imports.FindAllStringSubmatch(text, -1) {
			target, ok := modules["static/"+m[2]]
			if !assert.True(t, ok, "%s imports %s", path, m[2]) {
				continue
			}
			for _, name := range strings.Split(m[1], ",") {
				if name = strings.TrimSpace(name); name != "" {
					exported := strings.Contains(target, "function "+name+"(") || strings.Contains(target, "const "+name+" ") || strings.Contains(target, "class "+name+" ")
					assert.True(t, exported, "%s imports %s from %s", path, name, m[2])
					assert.GreaterOrEqual(t, strings.Count(text, name), 2, "%s imports %s and does not use it", path, name)
				}
			}
		}
	}
}

func TestEveryReferencedFileIsServed(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/{$}", Index)
	mux.HandleFunc("/static/{file}", Static)
	request := func(path string, headers ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		return w
	}
	index := request("/")
	assert.Equal(t, 200, index.Code)
	assert.Equal(t, "text/html; charset=utf-8", index.Header().Get("Content-Type"))
	found := regexp.MustCompile(`(?:href|src)="(/static/[^"]+)"`).FindAllStringSubmatch(index.Body.String(), -1)
	require.NotEmpty(t, found)
	for _, m := range found {
		w := request(m[1])
		assert.Equal(t, 200, w.Code, m[1])
		assert.NotEmpty(t, w.Body.String(), m[1])
		again := request(m[1], "If-None-Match", w.Header().Get("ETag"))
		assert.Equal(t, http.StatusNotModified, again.Code, m[1])
	}
	for ext, contentType := range map[string]string{"app.js": "text/javascript; charset=utf-8", "base.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"} {
		assert.Equal(t, contentType, request("/static/"+ext).Header().Get("Content-Type"))
	}
	for _, path := range []string{"/static/..%2fpage.go", "/static/nothing.js", "/static/%2e%2e"} {
		assert.Equal(t, 404, request(path).Code, path)
	}
}
