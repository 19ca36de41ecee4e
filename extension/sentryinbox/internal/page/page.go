// Package page holds the inbox's page: HTML, CSS and JavaScript as they are served, with nothing from outside and no build step.
//
// In: nothing.
// Out: two handlers. The page reads the JSON API under /api/0/; it builds its document from text nodes alone, so that nothing in an event is markup.
// It must not know: the store.
package page

import (
	"bytes"
	"embed"
	"hash/fnv"
	"net/http"
	"path"
	"strconv"
	"time"
)

//go:embed index.html static
var files embed.FS

var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
}

// Index serves the page.
func Index(w http.ResponseWriter, r *http.Request) { serve(w, r, "index.html") }

// Static serves the file that the request path names as {file}.
func Static(w http.ResponseWriter, r *http.Request) { serve(w, r, "static/"+r.PathValue("file")) }

// serve answers with an ETag, so that a browser fetches a file again only after an upgrade.
func serve(w http.ResponseWriter, r *http.Request, name string) {
	data, err := files.ReadFile(name)
	contentType, known := contentTypes[path.Ext(name)]
	if err != nil || !known {
		http.NotFound(w, r)
		return
	}
	sum := fnv.New64a()
	_, _ = sum.Write(data)
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("ETag", `"`+strconv.FormatUint(sum.Sum64(), 36)+`"`)
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(data))
}
