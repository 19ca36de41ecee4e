package translate

import (
	"encoding/hex"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

func testDSC(t testing.TB, dsn string) DSC {
	parsed, err := sentry.ParseDSN(dsn)
	require.NoError(t, err)
	return NewDSC(parsed)
}

func members(tags []sentry.Tag) map[string]string {
	out := map[string]string{}
	for _, m := range tags {
		out[m.Key] = m.Value
	}
	return out
}

func traceID(t testing.TB, text string) (id sentry.TraceID) {
	raw, err := hex.DecodeString(text)
	require.NoError(t, err)
	copy(id[:], raw)
	return id
}

func TestDSC(t *testing.T) {
	const id = "5b8aa5a2d2c872e8321cf37308d69df2"
	d := testDSC(t, "https://abc@o42.ingest.us.sentry.io/7")
	span := ptrace.NewSpan()
	assert.Equal(t, map[string]string{
		"trace_id": id, "public_key": "abc", "org_id": "42", "sample_rate": "1", "sample_rand": "0.886910", "sampled": "true",
	}, members(d.OfSpan(traceID(t, id), span)))
	assert.Equal(t, map[string]string{"trace_id": id, "public_key": "abc", "org_id": "42"}, members(d.OfTrace(traceID(t, id))))
	assert.Equal(t, map[string]string{"trace_id": id, "public_key": "k"}, members(testDSC(t, "http://k@sentry.example/1").OfTrace(traceID(t, id))))
}

func TestSampleRate(t *testing.T) {
	for state, want := range map[string]string{
		"":                             "1",
		"ot=th:0":                      "1",
		"ot=th:8":                      "0.5",
		"ot=th:c":                      "0.25",
		"ot=th:f":                      "0.0625",
		"ot=th:e6666666666666":         "0.1",
		"ot=th:e666":                   "0.100006103515625",
		"ot=th:fd70a3d70a3d71":         "0.009999999999999995",
		"ot=th:ffffffffffffff":         "0.000000000000000013877787807814457",
		"ot=rv:0123456789abcd;th:8":    "0.5",
		"vendor=x,ot=th:c;p:8 , y=z":   "0.25",
		"ot=rv:0123456789abcd":         "1",
		"ot=th:xyz":                    "1",
		"ot=th:":                       "1",
		"ot=th:123456789abcdef":        "1", // too long
		"ot=th:+8":                     "1",
		"other=th:8":                   "1",
		"=,,;ot,ot=,ot=;;th,ot=th;:::": "1",
	} {
		rate, _ := sampling(state, sentry.TraceID{1})
		assert.Equal(t, want, rate, state)
	}
}

// The randomness is the sampler's: of the state, else of the trace id's last seven bytes. A trace is kept where it is below the rate.
func TestSampleRand(t *testing.T) {
	for _, tc := range []struct{ state, trace, want string }{
		{"ot=th:8", "000000000000000000ffffffffffffff", "0.000000"},
		{"ot=th:8", "00000000000000000080000000000000", "0.499999"},
		{"ot=th:0", "00000000000000000000000000000000", "0.999999"},
		{"ot=th:8;rv:ffffffffffffff", "00000000000000000000000000000000", "0.000000"},
		{"ot=th:8;rv:fff", "000000000000000000c0000000000000", "0.249999"},
		{"ot=th:8", "00000000000000000000000000000000", "0.499999"}, // kept although the sampler would not have: still below the rate
	} {
		_, random := sampling(tc.state, traceID(t, tc.trace))
		assert.Equal(t, tc.want, random, "%+v", tc)
	}
}

func TestSampledMeansBelowTheRate(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 20_000 {
		var id sentry.TraceID
		for i := range id {
			id[i] = byte(r.Uint32())
		}
		state := "ot=th:" + strings.TrimRight(strconv.FormatUint(r.Uint64()>>8>>r.IntN(40)|1<<55, 16), "0")
		rate, random := sampling(state, id)
		a, err := strconv.ParseFloat(rate, 64)
		require.NoError(t, err)
		b, err := strconv.ParseFloat(random, 64)
		require.NoError(t, err)
		require.True(t, 0 <= b && b < a && a <= 1, "%s: %s %s", state, rate, random)
	}
}

// What a Sentry SDK at the head of the trace said is used as it is.
func TestDSCOfTheHead(t *testing.T) {
	const id = "5b8aa5a2d2c872e8321cf37308d69df2"
	d := testDSC(t, "https://abc@o42.ingest.us.sentry.io/7")
	of := func(a attrs) map[string]string {
		span := ptrace.NewSpan()
		a.to(t, span.Attributes())
		return members(d.OfSpan(traceID(t, id), span))
	}
	said := attrs{
		"sentry-trace_id": id, "sentry-public_key": "web", "sentry-sample_rate": "0.25", "sentry-sample_rand": "0.1", "sentry-sampled": "true",
		"sentry-release": "web@1.2", "sentry-environment": "production", "sentry-transaction": "/cart", "sentry-org_id": "7",
		"sentry-replay_id": "0123456789abcdef0123456789abcdef", "sentry-user_segment": "old", "other": "x",
	}
	assert.Equal(t, map[string]string{
		"trace_id": id, "public_key": "web", "sample_rate": "0.25", "sample_rand": "0.1", "sampled": "true", "release": "web@1.2",
		"environment": "production", "transaction": "/cart", "org_id": "7", "replay_id": "0123456789abcdef0123456789abcdef",
	}, of(said))
	assert.Equal(t, map[string]string{"trace_id": id, "public_key": "web"}, of(attrs{
		"sentry-trace_id": id, "sentry-public_key": "web", "sentry-sample_rate": "often", "sentry-sample_rand": "2", "sentry-sampled": "maybe",
		"sentry-release": "a/b", "sentry-environment": "none", "sentry-org_id": "x", "sentry-replay_id": "1",
	}), "what is no valid value is left out")
	said["sentry-sampled"] = "false"
	assert.NotContains(t, of(said), "sample_rand", "which says otherwise")
	assert.Equal(t, "false", of(said)["sampled"])
	for _, foreign := range []attrs{
		{"sentry-trace_id": strings.Repeat("1", 32), "sentry-public_key": "web"},
		{"sentry-trace_id": id},
		{"sentry-trace_id": 7, "sentry-public_key": "web"},
	} {
		assert.Equal(t, "abc", of(foreign)["public_key"], "%v", foreign)
	}
}
