package template

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cespare/xxhash/v2"
)

// generators make what programs put into their messages; a shape names one in angle brackets.
var generators = map[string]func(*rand.Rand) string{
	"n":     func(r *rand.Rand) string { return strconv.Itoa(r.IntN(1 << r.IntN(31))) },
	"float": func(r *rand.Rand) string { return strconv.FormatFloat(r.NormFloat64()*1e3, 'f', r.IntN(6), 64) },
	"uuid": func(r *rand.Rand) string {
		h := hexText(r, 16)
		return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
	},
	"hex":  func(r *rand.Rand) string { return hexText(r, 16) },
	"sha":  func(r *rand.Rand) string { return hexText(r, 32) },
	"addr": func(r *rand.Rand) string { return fmt.Sprintf("0x%x", r.Uint64()>>r.IntN(48)) },
	"ip": func(r *rand.Rand) string {
		return fmt.Sprintf("%d.%d.%d.%d", r.IntN(256), r.IntN(256), r.IntN(256), r.IntN(256))
	},
	"ipport": func(r *rand.Rand) string {
		return fmt.Sprintf("10.%d.%d.%d:%d", r.IntN(256), r.IntN(256), r.IntN(256), r.IntN(65536))
	},
	"any": anyAddress,
	"dur": func(r *rand.Rand) string { return time.Duration(r.Int64N(int64(1) << r.IntN(50))).String() },
	"size": func(r *rand.Rand) string {
		return strconv.Itoa(r.IntN(1000)) + []string{"B", "KiB", "MiB", "GiB", "kB", " MB"}[r.IntN(6)]
	},
	"rfc":    func(r *rand.Rand) string { return moment(r).Format(time.RFC3339Nano) },
	"iso":    func(r *rand.Rand) string { return moment(r).Format("2006-01-02 15:04:05,000") },
	"syslog": func(r *rand.Rand) string { return moment(r).Format(time.Stamp) },
	"ansi":   func(r *rand.Rand) string { return moment(r).Format(time.ANSIC) },
	"mail":   func(r *rand.Rand) string { return moment(r).Format(time.RFC1123Z) },
	"clf":    func(r *rand.Rand) string { return moment(r).Format("02/Jan/2006:15:04:05 -0700") },
	"email": func(r *rand.Rand) string {
		return letters(r, 3+r.IntN(6)) + "." + letters(r, 4) + "@" + letters(r, 5) + ".com"
	},
	"objid": func(r *rand.Rand) string { return hexText(r, 12) },
	"ulid":  func(r *rand.Rand) string { return "01" + pick(r, "0123456789ABCDEFGHJKMNPQRSTVWXYZ", 24) },
	"b64": func(r *rand.Rand) string {
		return base64.RawURLEncoding.EncodeToString([]byte(pick(r, "abcdefghijklmnopqrstuvwxyz{}:,\"", 60)))
	},
	"pod":  func(r *rand.Rand) string { return pick(r, podLetters, 9) + "-" + pick(r, podLetters, 5) },
	"name": func(r *rand.Rand) string { return letters(r, 3+r.IntN(9)) },
	"nano": func(r *rand.Rand) string { return pick(r, base62+"_-", 21) },
	"b62":  func(r *rand.Rand) string { return pick(r, "0123456789", 1) + pick(r, base62, 7) },
	"mac": func(r *rand.Rand) string {
		h := hexText(r, 6)
		return h[:2] + ":" + h[2:4] + ":" + h[4:6] + ":" + h[6:8] + ":" + h[8:10] + ":" + h[10:]
	},
	"hex8": func(r *rand.Rand) string { return hexText(r, 4) },
	"list": func(r *rand.Rand) string {
		return strings.Trim(strings.Join(strings.Fields(fmt.Sprint(r.Perm(1+r.IntN(5)))), ", "), "[]")
	},
	"query": func(r *rand.Rand) string {
		return letters(r, 3) + "=" + letters(r, 5) + "&page=" + strconv.Itoa(r.IntN(99))
	},
}

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

const podLetters = "bcdfghjklmnpqrstvwxz2456789"

func pick(r *rand.Rand, from string, n int) string {
	out := make([]byte, n)
	for i := range out {
		out[i] = from[r.IntN(len(from))]
	}
	return string(out)
}

func letters(r *rand.Rand, n int) string { return pick(r, "abcdefghijklmnopqrstuvwxyz", n) }

func hexText(r *rand.Rand, bytes int) string {
	b := make([]byte, bytes)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return hex.EncodeToString(b)
}

func anyAddress(r *rand.Rand) string {
	switch r.IntN(4) {
	case 0:
		return fmt.Sprintf("[2001:db8::%x:%x]:%d", r.IntN(65536), r.IntN(65536), r.IntN(65536))
	case 1:
		return fmt.Sprintf("[::%x]:%d", 1+r.IntN(9), r.IntN(65536))
	}
	return fmt.Sprintf("10.0.%d.%d:%d", r.IntN(256), r.IntN(256), r.IntN(65536))
}

func moment(r *rand.Rand) time.Time { return time.Unix(1.6e9+r.Int64N(3e8), r.Int64N(1e9)).UTC() }

// shapes are lines as programs write them.
var shapes = []string{
	"user <n> not found",
	"order <uuid> could not be charged: card <hex> declined after <dur>",
	"dial tcp <any>: connect: connection refused",
	"read tcp <ipport>-><ipport>: i/o timeout",
	"[<iso>] [http-nio-<n>-exec-<n>] request <hex> failed in <dur>",
	"<syslog> sshd[<n>]: Failed password for <email> from <ip> port <n>",
	"worker <n> died at <rfc> (address <addr>, rss <size>)",
	"since <mail> no answer", "<ansi> no answer", "[<clf>] no answer",
	"GET /api/v1/users/<n>/orders/<objid>?<query> answered <n>",
	"get https://shop.example.com/items/<uuid>?<query>: context deadline exceeded",
	"Pod shop/checkout-<pod> restarted <n> times",
	"cannot decode token eyJ<b64>: signature is invalid",
	"blob sha256:<sha> not found in <size> cache",
	"request req_<b62> for session <b62> on node-<n> (mac <mac>) is gone", "commit <hex8> of Foo@<hex8> is bad",
	"job <ulid> lost", "temperature <float> out of range",
	"user \"<name>\" has no role '<name>'",
	"Reservation[id=<n>, name=<name>, amount=<float>] failed",
	"msg failed user_id=<name> trace_id=<hex> err=\"no such host\" took=<dur>",
	"{\"user\":\"<name>\",\"id\":<n>,\"error\":\"no such table\"}",
	"SELECT * FROM t WHERE a = '<name> <name>' AND b IN (<list>)",
	"ids [<list>] are gone",
	"duplicate key value violates unique constraint \"orders_pkey\" Key (id)=(<n>)",
	"Task tasks.checkout[<uuid>] raised unexpected: OutOfStock('only <n> of SKU-<n> left')",
	"com.example.Foo@<objid> leaked by Thread-<n>",
	"/srv/app/main.go:<n>: order <n> lost",
}

// TestLinesThatDifferInParametersAreOne: 1,000 lines of each shape have one template.
func TestLinesThatDifferInParametersAreOne(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 4))
	for _, shape := range shapes {
		templates, hashes := map[string]string{}, map[uint64]bool{}
		for range 1000 {
			line := fill(r, shape)
			templates[Of(line).Text] = line
			hashes[Hash(line)] = true
		}
		if len(templates) != 1 || len(hashes) != 1 {
			t.Errorf("%s has %d templates, %d hashes: %q", shape, len(templates), len(hashes), firstOf(templates, 4))
		}
	}
}

// firstOf is what a failing test shows.
func firstOf(templates map[string]string, n int) (out []string) {
	for text, line := range templates {
		if out = append(out, text+" <- "+line); len(out) == n {
			break
		}
	}
	return out
}

func fill(r *rand.Rand, shape string) string {
	var b strings.Builder
	for {
		open := strings.IndexByte(shape, '<')
		if open < 0 {
			return b.String() + shape
		}
		name, rest, _ := strings.Cut(shape[open+1:], ">")
		b.WriteString(shape[:open])
		b.WriteString(generators[name](r))
		shape = rest
	}
}

func FuzzTemplate(f *testing.F) {
	for _, m := range messages(f) {
		f.Add(m)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for _, shape := range shapes {
		f.Add(fill(r, shape))
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := Of(text)
		if len(got.Text) > MaxBytes {
			t.Fatalf("%d bytes", len(got.Text))
		}
		if (got.Text == "") != (strings.Trim(text[:min(len(text), maxRead)], " \t\r\n") == "") {
			t.Fatalf("%q of %q", got.Text, text)
		}
		for _, p := range got.Params {
			if !strings.Contains(text, p) {
				t.Fatalf("%q is not in %q", p, text)
			}
		}
		if marks := strings.Count(got.Text, Placeholder); marks < len(got.Params) && len(got.Text) < MaxBytes-1 {
			t.Fatalf("%d marks for %q", marks, got.Params)
		}
		if Hash(text) != xxhash.Sum64String(got.Text) {
			t.Fatalf("the hash of %q is not that of %q", text, got.Text)
		}
	})
}

func BenchmarkHash(b *testing.B) {
	all := messages(b)
	bytes := 0
	for _, m := range all {
		bytes += len(m)
	}
	b.SetBytes(int64(bytes) / int64(len(all)))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		Hash(all[i%len(all)])
	}
}

func BenchmarkOf(b *testing.B) {
	all := messages(b)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		Of(all[i%len(all)])
	}
}

func BenchmarkHashAdversarial(b *testing.B) {
	for name, part := range map[string]string{"quotes": `'a "b `, "colons": "a1:b::", "mail": "a.b-c+", "hex": "a1b2-", "open": `\" "x`} {
		text := strings.Repeat(part, 1000)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				Hash(text)
			}
		})
	}
}
