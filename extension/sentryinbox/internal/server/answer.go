package server

import (
	"encoding/json"
	"net/http"
)

// errorAnswer is Relay's form of an error: what is wrong, and the chain of what caused it, outermost first.
type errorAnswer struct {
	Detail string   `json:"detail"`
	Causes []string `json:"causes,omitempty"`
}

func writeError(w http.ResponseWriter, status int, detail string, causes ...string) {
	writeJSON(w, status, errorAnswer{detail, causes})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil { // only a payload that is no JSON could do that, and the store holds none
		status, body = http.StatusInternalServerError, []byte(`{"detail":"cannot encode the answer"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n'))
}
