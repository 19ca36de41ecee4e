package envelope

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-sentry/otelcol-sentry/internal/sentry"
)

func TestAppendString(t *testing.T) {
	for in, want := range map[string]string{
		"":                        `""`,
		"plain":                   `"plain"`,
		"a\"b\\c/d":               `"a\"b\\c/d"`,
		"\n\r\t\b\f\x00\x1f":      `"\n\r\t\b\f\u0000\u001f"`,
		"\x7f":                    "\"\x7f\"",
		"<a href='x'>&\u2028":     "\"<a href='x'>&\u2028\"",
		"é世\U0001F600":            "\"é世\U0001F600\"",
		"\xff":                    "\"\ufffd\"",
		"a\xc3":                   "\"a\ufffd\"",
		"\xe4\xb8b":               "\"\ufffd\ufffdb\"",
		"\xed\xa0\x80":            "\"\ufffd\ufffd\ufffd\"",
		"\ufffd":                  "\"\ufffd\"",
		strings.Repeat("x", 1000): `"` + strings.Repeat("x", 1000) + `"`,
	} {
		require.Equal(t, "before"+want, string(AppendString([]byte("before"), in)), "%q", in)
	}
}

// FuzzAppendString compares with encoding/json, and the cut forms with what they promise.
func FuzzAppendString(f *testing.F) {
	for _, s := range nasty {
		f.Add(s, uint16(len(s)))
	}
	f.Fuzz(func(t *testing.T, s string, limit uint16) {
		want, err := json.Marshal(s)
		require.NoError(t, err)
		got := AppendString(nil, s)
		require.Equal(t, decoded(t, want), decoded(t, got))
		doc, err := readJSON(got)
		require.NoError(t, err)
		require.Empty(t, doc.flaws)

		most := int(limit)%300 + 3
		cut := decoded(t, appendCut(nil, s, most))
		whole := decoded(t, got)
		require.LessOrEqual(t, utf8.RuneCountInString(cut), most)
		if utf8.RuneCountInString(whole) <= most {
			require.Equal(t, whole, cut)
		} else {
			require.Equal(t, most, utf8.RuneCountInString(cut))
			require.True(t, strings.HasPrefix(whole, strings.TrimSuffix(cut, "...")))
		}

		out, ok := appendWithin([]byte("before"), s, int(limit))
		require.LessOrEqual(t, len(out)-len("before"), int(limit))
		if !ok {
			require.Equal(t, "before", string(out))
			return
		}
		within := decoded(t, out[len("before"):])
		if within != whole {
			require.Greater(t, len(got), int(limit))
			require.True(t, strings.HasPrefix(whole, strings.TrimSuffix(within, "...")), "%q %q", whole, within)
		}
	})
}

func decoded(t *testing.T, text []byte) (s string) {
	t.Helper()
	require.NoError(t, json.Unmarshal(text, &s), "%s", text)
	return s
}

func TestAppendTime(t *testing.T) {
	for in, want := range map[sentry.Time]string{
		0:                         "0",
		1:                         "0.000000001",
		10:                        "0.00000001",
		1_000:                     "0.000001",
		1_000_000_000:             "1",
		1_700_000_000_000_000_001: "1700000000.000000001",
		1_700_000_000_100_000_000: "1700000000.1",
		1_700_000_000_012_345_678: "1700000000.012345678",
		math.MaxUint64:            "18446744073.709551615",
	} {
		require.Equal(t, want, string(AppendTime(nil, in)))
	}
	at := time.Date(2026, 3, 1, 0, 0, 0, 999_999_999, time.UTC)
	require.Equal(t, strconv.FormatInt(at.Unix(), 10)+".999999999", string(AppendTime(nil, sentry.Time(at.UnixNano()))))
}

func TestAppendFloat(t *testing.T) {
	for in, want := range map[float64]string{
		0: "0.0", 1: "1.0", -2.5: "-2.5", 1e20: "100000000000000000000.0", 1e21: "1e+21", 1e-6: "0.000001", 1e-7: "1e-07", 0.1: "0.1",
		math.MaxFloat64: "1.7976931348623157e+308", math.SmallestNonzeroFloat64: "5e-324",
	} {
		got, ok := AppendFloat(nil, in)
		require.True(t, ok)
		require.Equal(t, want, string(got))
		back, err := strconv.ParseFloat(string(got), 64)
		require.NoError(t, err)
		require.Equal(t, in, back)
	}
	for _, none := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		got, ok := AppendFloat([]byte("x"), none)
		require.False(t, ok)
		require.Equal(t, "x", string(got))
	}
}
