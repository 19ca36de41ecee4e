package main

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTablesAreCurrent(t *testing.T) {
	want, err := generate("..")
	require.NoError(t, err)
	got, err := os.ReadFile("../tables.go")
	require.NoError(t, err)
	// Not assert.Equal: a difference would print both files.
	assert.True(t, bytes.Equal(want, got), "tables.go is not what data/ and extra/ give: run go generate ./internal/conventions")
}

func TestParseTemplate(t *testing.T) {
	got, err := parseTemplate("GET {{a.b}}:{{c}}")
	require.NoError(t, err)
	assert.Equal(t, []part{{literal: "GET "}, {key: "a.b"}, {literal: ":"}, {key: "c"}}, got)
	for _, bad := range []string{"", "{{", "{{}}", "{{a", "x {{a}"} {
		_, err := parseTemplate(bad)
		assert.Error(t, err, bad)
	}
}
