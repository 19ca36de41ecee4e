package rules

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
)

func attrs(pairs ...string) pcommon.Map {
	m := pcommon.NewMap()
	for i := 0; i < len(pairs); i += 2 {
		m.PutStr(pairs[i], pairs[i+1])
	}
	return m
}

// timeout is a Java exception as a plain log line shows it.
func timeout() *Occurrence {
	return &Occurrence{
		Type:       "SocketTimeoutException",
		Qualified:  func() string { return "java.net.SocketTimeoutException" },
		Logger:     "org.apache.kafka.clients.NetworkClient",
		Messages:   [3]string{"poll failed", "Read timed out after 17 ms"},
		Attributes: [2]pcommon.Map{attrs("http.route", "/health/live"), attrs("http.route", "/", "net.peer", "db-1")},
		Resource:   attrs("k8s.namespace.name", "dev-3", "service.name", "checkout"),
	}
}

func TestConditions(t *testing.T) {
	for name, tt := range map[string]struct {
		rule Rule
		want bool
	}{
		"type":                         {Rule{Exceptions: []string{"SocketTimeoutException"}}, true},
		"type by a pattern":            {Rule{Exceptions: []string{"Nothing", "*Timeout*"}}, true},
		"type with its package":        {Rule{Exceptions: []string{"java.net.SocketTimeoutException"}}, true},
		"all of a package":             {Rule{Exceptions: []string{"java.net.*"}}, true},
		"any package":                  {Rule{Exceptions: []string{"*.SocketTimeoutException"}}, true},
		"another package":              {Rule{Exceptions: []string{"com.acme.SocketTimeoutException"}}, false},
		"another type":                 {Rule{Exceptions: []string{"TimeoutException"}}, false},
		"logger":                       {Rule{Loggers: []string{"org.apache.kafka.*"}}, true},
		"another logger":               {Rule{Loggers: []string{"kafka"}}, false},
		"message":                      {Rule{Messages: []string{`^poll`}}, true},
		"message of the exception":     {Rule{Messages: []string{`nothing`, `timed out after \d+ ms$`}}, true},
		"another message":              {Rule{Messages: []string{`^failed`}}, false},
		"attribute":                    {Rule{Attributes: map[string]string{"http.route": "/health*"}}, true},
		"attribute of the span":        {Rule{Attributes: map[string]string{"net.peer": "db-?"}}, true},
		"the event's goes first":       {Rule{Attributes: map[string]string{"http.route": "/"}}, false},
		"one attribute of two":         {Rule{Attributes: map[string]string{"http.route": "*", "user": "*"}}, false},
		"resource":                     {Rule{Resource: map[string]string{"service.name": "check*"}}, true},
		"another resource":             {Rule{Resource: map[string]string{"service.name": "cart"}}, false},
		"namespace":                    {Rule{Namespaces: []string{"prod", "dev-*"}}, true},
		"another namespace":            {Rule{Namespaces: []string{"prod"}}, false},
		"project":                      {Rule{Projects: []string{"shop"}}, true},
		"another project":              {Rule{Projects: []string{"search"}}, false},
		"all conditions must hold":     {Rule{Namespaces: []string{"dev-*"}, Exceptions: []string{"Other"}}, false},
		"all conditions hold":          {Rule{Namespaces: []string{"dev-*"}, Exceptions: []string{"*"}, Projects: []string{"*"}}, true},
		"an attribute that is nowhere": {Rule{Attributes: map[string]string{"none": "*"}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			set, err := Compile([]Rule{{Loggers: []string{"none"}}, tt.rule})
			require.NoError(t, err)
			assert.Equal(t, tt.want, set.For("shop").Matches(timeout()))
		})
	}
}

func TestTypesAsTheyAreKnown(t *testing.T) {
	match := func(pattern string, o Occurrence) bool {
		set, err := Compile([]Rule{{Exceptions: []string{pattern}}})
		require.NoError(t, err)
		return set.Matches(&o)
	}
	assert.True(t, match("KeyError", Occurrence{Type: "KeyError"}))
	assert.True(t, match("clinic.errors.*", Occurrence{Type: "SlotTaken", Named: "clinic.errors.SlotTaken"}))
	assert.True(t, match("*fs.PathError", Occurrence{Type: "*fs.PathError"}))
	assert.True(t, match("PathError", Occurrence{Type: "*fs.PathError"}))
	assert.False(t, match("os.KeyError", Occurrence{Type: "KeyError"}), "unknown is no match")
	assert.False(t, match("*", Occurrence{}), "no exception is no type")
}

// TestWhatIsExpensiveIsAskedLate: the qualified type is not looked for where the bare one settles it.
func TestWhatIsExpensiveIsAskedLate(t *testing.T) {
	asked := 0
	o := timeout()
	o.Qualified = func() string { asked++; return "java.net.SocketTimeoutException" }
	set, err := Compile([]Rule{{Exceptions: []string{"java.net.ConnectException", "SocketTimeoutException"}}})
	require.NoError(t, err)
	assert.True(t, set.Matches(o))
	assert.Zero(t, asked)
}

func TestRulesThatAreWrong(t *testing.T) {
	_, err := Compile([]Rule{{Loggers: []string{"a"}}, {}, {Messages: []string{"ok", "(", "["}}})
	assert.ErrorContains(t, err, "'1': a rule without conditions")
	assert.ErrorContains(t, err, "'2': 'messages::1'")
	assert.ErrorContains(t, err, "'messages::2'")
	set, err := Compile(nil)
	require.NoError(t, err)
	assert.True(t, set.Empty())
	assert.False(t, set.Matches(timeout()))
}
