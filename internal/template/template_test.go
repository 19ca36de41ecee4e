package template

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOf(t *testing.T) {
	tests := map[string]struct {
		text, want string
		params     []string
	}{
		"no parameter":                 {"connection lost", "connection lost", nil},
		"number":                       {"user 17 not found", "user {} not found", []string{"17"}},
		"signs":                        {"qty=-1 diff +3.5", "qty={} diff {}", []string{"-1", "+3.5"}},
		"groups of digits":             {"1,234,567 rows, 12,50 €", "{} rows, {} €", []string{"1,234,567", "12,50"}},
		"units":                        {"took 30ms, 1h2m3.5s and 1.5 s", "took {} and {}", []string{"30ms, 1h2m3.5s", "1.5 s"}},
		"sizes":                        {"12KiB of 4 GB, 50%", "{} of {}%", []string{"12KiB", "4 GB, 50"}},
		"ordinals":                     {"the 2nd of 3", "the {} of {}", []string{"2nd", "3"}},
		"a range":                      {"basket size 11 out of 1..9", "basket size {} out of {}..{}", []string{"11", "1", "9"}},
		"end of a sentence":            {"gone after 7.", "gone after {}.", []string{"7"}},
		"exponents":                    {"off by 1e-9 or 2.5E10", "off by {} or {}", []string{"1e-9", "2.5E10"}},
		"version":                      {"nginx 1.25.3-r2", "nginx {}-r{}", []string{"1.25.3", "2"}},
		"names with digits":            {"worker12 of pool-3-thread-4", "worker{} of pool-{}-thread-{}", []string{"12", "3", "4"}},
		"technical names":              {"utf8 in int64 over HTTP/1.1 on s3", "utf8 in int64 over HTTP/{} on s3", []string{"1.1"}},
		"hex":                          {"address 0x7ffe, sha deadbeef01", "address {}, sha {}", []string{"0x7ffe", "deadbeef01"}},
		"words of hex digits":          {"facade added, dead beef", "facade added, dead beef", nil},
		"hex without digits":           {"sha deadbeef, Foo@abcdef", "sha {}, Foo@{}", []string{"deadbeef", "abcdef"}},
		"uuid":                         {"order 5c0b9a1e-dead-beef-cafe-112233445566.", "order {}.", []string{"5c0b9a1e-dead-beef-cafe-112233445566"}},
		"mixed case ids":               {"lost cus_NffrFeUfNV2Hib and Ab3dEfGh", "lost cus_{} and {}", []string{"NffrFeUfNV2Hib", "Ab3dEfGh"}},
		"ids with dashes":              {"lost V1StGXR8_Z5jdHi6B-myT", "lost {}", []string{"V1StGXR8_Z5jdHi6B-myT"}},
		"no ids with dashes":           {"My-Service-V2-Prod-EU1 on x86_64-pc-linux-gnu", "My-Service-V{}-Prod-EU{} on x86_{}-pc-linux-gnu", []string{"2", "1", "64"}},
		"ids behind their noun":        {"session abcd1efg of user u-7 and order SKU-8x, key lost", "session {} of user {} and order {}, key lost", []string{"abcd1efg", "u-7", "SKU-8x"}},
		"hardware address":             {"no lease for 00:1a:2b:3c:4d:5e", "no lease for {}", []string{"00:1a:2b:3c:4d:5e"}},
		"iso duration":                 {"timeout of PT1H2.5S, then P1DT3S; PATH", "timeout of {}, then {}; PATH", []string{"PT1H2.5S", "P1DT3S"}},
		"several units":                {"after 1m 30s of 2 h", "after {} of {} h", []string{"1m 30s", "2"}},
		"ulid":                         {"job 01ARZ3NDEKTSV4RRFFQ69G5FAV", "job {}", []string{"01ARZ3NDEKTSV4RRFFQ69G5FAV"}},
		"camel case":                   {"AbstractAutowireCapableBeanFactory at getTwoByThree", "AbstractAutowireCapableBeanFactory at getTwoByThree", nil},
		"address":                      {"dial tcp 10.0.0.7:5432: refused", "dial tcp {}: refused", []string{"10.0.0.7:5432"}},
		"address of version 6":         {"dial tcp [fe80::1%eth0]:5432: refused", "dial tcp {}: refused", []string{"[fe80::1%eth0]:5432"}},
		"address of version 6, bare":   {"from ::1 and 2001:db8::ff00:42:8329", "from {} and {}", []string{"::1", "2001:db8::ff00:42:8329"}},
		"no address":                   {"std::move of a::b and Add::dead", "std::move of a::b and Add::dead", nil},
		"host and port":                {"localhost:5432 is down", "localhost:{} is down", []string{"5432"}},
		"iso time":                     {"at 2026-01-02T03:04:05.678Z it broke", "at {} it broke", []string{"2026-01-02T03:04:05.678Z"}},
		"time with a space":            {"[2026-01-02 03:04:05,678 +0200] broke", "[{}] broke", []string{"2026-01-02 03:04:05,678 +0200"}},
		"time of mail":                 {"since Mon, 02 Jan 2026 15:04:05 GMT.", "since {}.", []string{"Mon, 02 Jan 2026 15:04:05 GMT"}},
		"time of syslog":               {"Jan  2 15:04:05 host app", "{} host app", []string{"Jan  2 15:04:05"}},
		"time of Apache":               {"[02/Jan/2026:15:04:05 +0000] GET", "[{}] GET", []string{"02/Jan/2026:15:04:05 +0000"}},
		"time of C":                    {"on Fri Jan  2 15:04:05 2026 it broke", "on {} it broke", []string{"Fri Jan  2 15:04:05 2026"}},
		"dates":                        {"from 01/02/2026 to 2026.01.03", "from {} to {}", []string{"01/02/2026", "2026.01.03"}},
		"months that are words":        {"it may fail, Mar is short", "it may fail, Mar is short", nil},
		"mail":                         {"no mailbox a.b+c@example.org", "no mailbox {}", []string{"a.b+c@example.org"}},
		"identity":                     {"com.example.Foo@1a2b3c4d", "com.example.Foo@{}", []string{"1a2b3c4d"}},
		"path":                         {"GET /users/17/orders/5c0b9a1e0b1c4d2e/pdf", "GET /users/{}/orders/{}/pdf", []string{"17", "5c0b9a1e0b1c4d2e"}},
		"date in a path":               {"open /logs/2026/01/02/a.log", "open /logs/{}/{}/{}/a.log", []string{"2026", "01", "02"}},
		"url":                          {"get https://bob:pw@api.example.com:8443/v2/users/17?a=b&c=d: EOF", "get https://{}@api.example.com:{}/v{}/users/{}?{}: EOF", []string{"bob:pw", "8443", "2", "17", "a=b&c=d"}},
		"pods":                         {"pod shop/web-5d4f8b7c9-hmxzk and cache-0", "pod shop/web-{} and cache-{}", []string{"5d4f8b7c9-hmxzk", "0"}},
		"pod of a daemon set":          {"fluentd-qwxzk and redirect-https", "fluentd-{} and redirect-https", []string{"qwxzk"}},
		"list":                         {"ids [1, 2,3] of (4)", "ids [{}] of ({})", []string{"1, 2,3", "4"}},
		"list of quoted":               {`tables "a", "b"`, `tables "{}"`, []string{`a", "b`}},
		"quoted value":                 {`role "nobody_here" does not exist`, `role "{}" does not exist`, []string{"nobody_here"}},
		"empty value":                  {`role "" does not exist`, `role "{}" does not exist`, []string{""}},
		"quoted sentence":              {`failed: "no such host" for user 7`, `failed: "no such host" for user {}`, []string{"7"}},
		"quoted failure":               {`failed: "EOF", then 'context.DeadlineExceeded'`, `failed: "EOF", then 'context.DeadlineExceeded'`, nil},
		"quoted punctuation":           {"expected ',' or ';'", "expected ',' or ';'", nil},
		"numbers in a sentence":        {`said "order 17 is gone" twice`, `said "order {} is gone" twice`, []string{"17"}},
		"apostrophes":                  {"can't open ann's basket, isn't there", "can't open ann's basket, isn't there", nil},
		"backticks":                    {"undefined method `size' for `x`", "undefined method `{}' for `{}`", []string{"size", "x"}},
		"quote that is not closed":     {`unexpected " at 7`, `unexpected " at {}`, []string{"7"}},
		"json":                         {`{"user":"bob","error":"timeout","n":5,"msg":"no such host"}`, `{"user":"{}","error":"timeout","n":{},"msg":"no such host"}`, []string{"bob", "5"}},
		"json in json":                 {`{\"user\":\"bob\",\"code\":\"E_X\"}`, `{\"user\":\"{}\",\"code\":\"E_X\"}`, []string{"bob"}},
		"python's repr":                {"{'event': 'dict message', 'region': 'eu'}", "{'event': 'dict message', 'region': '{}'}", []string{"eu"}},
		"java's toString":              {"Foo[id=17, name=foo, state=OPEN]", "Foo[id={}, name={}, state=OPEN]", []string{"17", "foo"}},
		"logfmt":                       {`cannot load err="dial tcp: no route to host" order_id=abc-x user=bob`, `cannot load err="dial tcp: no route to host" order_id={} user={}`, []string{"abc-x", "bob"}},
		"id behind a colon":            {"requestId:abc gone", "requestId:{} gone", []string{"abc"}},
		"sql":                          {"SELECT id FROM t WHERE n IN (1, 2) AND c = 'big red dog'", "SELECT id FROM t WHERE n IN ({}) AND c = '{}'", []string{"1, 2", "big red dog"}},
		"first line":                   {"\n\nfirst 1\nsecond 2", "first {}", []string{"1"}},
		"colon":                        {"could not execute statement:\r\n  SELECT 1\nmore", "could not execute statement:\nSELECT {}", []string{"1"}},
		"nothing but parameters":       {"42\nof them", "{}\nof them", []string{"42"}},
		"nothing but a number":         {"404", "404", nil},
		"nothing but ids":              {"5c0b9a1e-0b1c-4d2e-8f00-112233445566 7", "5c0b9a1e-0b1c-4d2e-8f00-112233445566 7", nil},
		"nothing but a quoted value":   {"'SKU-17'", "'SKU-{}'", []string{"17"}},
		"a request line":               {`"GET /users/7 HTTP/1.1" 500 70606`, `"GET /users/{} HTTP/{}" {} {}`, []string{"7", "1.1", "500", "70606"}},
		"marks that the text had":      {"value {} of 7", "value {} of {}", []string{"7"}},
		"letters beyond ASCII":         {"Ungültige Menge für „4711“", "Ungültige Menge für „{}“", []string{"4711"}},
		"nothing":                      {" \n\t ", "", nil},
		"empty":                        {"", "", nil},
		"signs alone":                  {"...", "...", nil},
		"trailing colon, nothing more": {"order 1 failed:", "order {} failed:", []string{"1"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := Of(tt.text)
			assert.Equal(t, tt.want, got.Text)
			assert.Equal(t, tt.params, slices.Clip(append([]string(nil), got.Params...)))
		})
	}
}

// messages are those of testdata/messages.jsonl.
func messages(t testing.TB) (out []string) {
	f, err := os.Open(filepath.Join("testdata", "messages.jsonl"))
	require.NoError(t, err)
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var m string
		require.NoError(t, json.Unmarshal(lines.Bytes(), &m))
		out = append(out, m)
	}
	return out
}

// TestUnlikeMessagesStayApart: of 200 messages of real programs at least 190 keep a template of their own.
func TestUnlikeMessagesStayApart(t *testing.T) {
	all := messages(t)
	require.Len(t, all, 200)
	templates, hashes := map[string][]string{}, map[uint64]string{}
	for _, m := range all {
		text := Of(m).Text
		templates[text] = append(templates[text], m)
		hashes[Hash(m)] = text
	}
	for text, same := range templates {
		if len(same) > 1 {
			t.Logf("one template %q: %q", text, same)
		}
	}
	t.Logf("%d templates", len(templates))
	assert.GreaterOrEqual(t, len(templates), 190)
	assert.Len(t, hashes, len(templates))
	for _, m := range all {
		assert.Equal(t, Of(m).Text, hashes[Hash(m)])
	}
}

func TestTemplateIsBounded(t *testing.T) {
	for name, text := range map[string]string{
		"words":        strings.Repeat("word ", 10_000),
		"umlauts":      "a" + strings.Repeat("ü", 10_000),
		"numbers":      strings.Repeat("word 1 ", 10_000),
		"quotes":       strings.Repeat(`"a b `, 10_000),
		"other quotes": strings.Repeat("'a 'b ", 10_000),
		"colons":       strings.Repeat("a:b::", 10_000),
		"long number":  "number " + strings.Repeat("1", 100_000),
		"long name":    strings.Repeat("a1", 50_000),
		"long quoted":  `value "` + strings.Repeat("x", 100_000) + `"`,
		"lines":        strings.Repeat("\n", 100_000) + "x",
	} {
		got := Of(text)
		assert.LessOrEqual(t, len(got.Text), MaxBytes, name)
		assert.True(t, utf8.ValidString(got.Text), name)
	}
}

// TestCutDoesNotDependOnParameters: the cut lies in the template, so that what stands before it may be longer or shorter.
func TestCutDoesNotDependOnParameters(t *testing.T) {
	tail := strings.Repeat("and so on ", 200)
	assert.Equal(t, Hash("order 1 of 0x7ffe failed "+tail), Hash("order 1234567890 of 0x7ffe00112233 failed "+tail))
}

func TestHashDoesNotAllocate(t *testing.T) {
	all := messages(t)
	assert.Zero(t, testing.AllocsPerRun(10, func() {
		for _, m := range all {
			Hash(m)
		}
	}))
}
