package sentry

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestFingerprintVariable(t *testing.T) {
	for part, want := range map[string]string{
		"{{ default }}": "default", "{{default}}": "default", " {{ tags.shop }} ": "tags.shop", "{{}}": "",
	} {
		name, ok := FingerprintVariable(part)
		assert.True(t, ok, part)
		assert.Equal(t, want, name)
	}
	for _, text := range []string{"", "default", "{{ default", "default }}", "{ default }", "a {{ default }}"} {
		_, ok := FingerprintVariable(text)
		assert.False(t, ok, text)
	}
}
