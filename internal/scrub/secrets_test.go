package scrub

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// The secrets of these tables are made up, or are the examples of their providers' documentation. Those with a provider's prefix are put
// together here, so that no scanner of repositories takes them for real.

const (
	hex32   = "9f86d081884c7d659a2feaa0c55ad015"
	mixed40 = "wJalrXUtnFEMIbK7MDENGbPxRfiCYEXAMPLEKEYx"
	mixed24 = "4eC39HqLyjWDarjtT1zdp7dc"
	jwtText = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9." + "eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIn0." + "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"
	pemBody = "MIIEpAIBAAKCAQEA7bq8vQmZp0LxN1oG5sQeTnRkYw2uVfJHc9dXA3rZtKyBgW6h\nPq4LmUe1iOaSvT8xCjDwFzNkRbG7y5HnQdMlX0cVsAtJpEuI2oKZ3fYgWhrB9"
)

// secretText is a text with a secret in it; all of Gone must be gone, all of Stay must stay.
type secretText struct {
	text string
	gone []string
	stay []string
	rule Rule
}

func one(rule Rule, before, secret, after string) secretText {
	st := secretText{text: before + secret + after, gone: []string{secret}, rule: rule}
	for _, part := range []string{before, after} {
		if part = strings.TrimSpace(part); part != "" {
			st.stay = append(st.stay, part)
		}
	}
	return st
}

// secretTexts are secrets that patterns find by themselves.
var secretTexts = []secretText{
	// Credentials in URLs and connection strings.
	one(RuleURL, "connect postgres://shop:", "hunter2", "@db.internal:5432/shop failed"),
	one(RuleURL, "mysql://root:", "p@ss/w0rd!", "@127.0.0.1:3306/orders"),
	one(RuleURL, "amqp://guest:", "s3cr3t", "@rabbit:5672/%2f"),
	one(RuleURL, "redis://:", "r3d1s-pw", "@cache:6379/0"),
	one(RuleURL, "mongodb+srv://app:", "Mongo%21pw", "@cluster0.abcde.mongodb.net/test?retryWrites=true"),
	one(RuleURL, "https://oauth2:", "Zx81kQ9", "@gitlab.example.com/a/b.git"),
	one(RuleURL, "clone https://", "f4k3t0k3nf4k3t0k3nf4k3t0k3n12345678", "@git.example.com/x.git"),
	one(RuleURL, "smtp://mailer:", "mail-pw-1", "@smtp.example.com:587"),
	one(RuleURL, "dial shop:", "g0-sql-pw", "@tcp(10.0.0.3:3306)/shop?parseTime=true"),
	one(RuleURL, "jdbc:oracle:thin:scott/", "tiger42", "@//db:1521/XE"),
	one(RuleURL, "https://0123456789abcdef0123456789abcdef:", "fedcba9876543210fedcba9876543210", "@sentry.example.com/42"),
	one(RulePair, "jdbc:postgresql://db/shop?user=shop&password=", "jdbcpw1", "&ssl=true"),
	one(RulePair, "jdbc:sqlserver://db:1433;databaseName=shop;user=sa;password=", "Str0ngPw", ";encrypt=true"),
	one(RulePair, "Server=db;Database=shop;User Id=sa;Password=", "Adm1n!pw", ";Encrypt=True"),
	one(RulePair, "Driver={ODBC Driver 18};Server=db;Uid=sa;Pwd=", "0dbcPw", ";"),
	one(RulePair, "host=db user=shop password=", "libpqpw", " sslmode=disable"),
	one(RulePair, "DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=", "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==", ";EndpointSuffix=core.windows.net"),
	one(RulePair, "Endpoint=sb://bus.servicebus.windows.net/;SharedAccessKeyName=root;SharedAccessKey=", "kXJhbmRvbWtleTEyMw==", ";EntityPath=q"),
	one(RulePair, "https://shop.blob.core.windows.net/c/b?sv=2022-11-02&se=2026-01-01&sr=b&sp=r&sig=", "dGhpc2lzYXNpZ25hdHVyZQ%3D%3D", "&x=1"),
	one(RulePair, "https://s3.amazonaws.com/b/k?X-Amz-Date=20260101T000000Z&X-Amz-Signature=", "fe5f80f77d5fa3beca038a248ff027d0445342fe2855ddc963176630326f1024", "&x=1"),
	// Schemes of authorization.
	one(RuleScheme, "sent Bearer ", "abc123def456", " upstream"),
	one(RuleScheme, "sent bearer ", "mF_9.B5f-4.1JqM", " upstream"),
	one(RuleScheme, "got Basic ", base64.StdEncoding.EncodeToString([]byte("aladdin:opensesame")), " from proxy"),
	one(RulePersonal, "curl -H 'Authorization: ", "Digest username=\"bob\", realm=\"x\", response=\""+hex32+"\"", "' http://x/"),
	one(RulePersonal, "< Set-Cookie: ", "sid=38afes7a8; HttpOnly", "\n< Server: x"),
	one(RulePersonal, "> Cookie: ", "theme=dark; sessionid=abcdef0123456789", "\n> Host: x"),
	// Tokens of providers.
	one(RuleJWT, "verify ", jwtText, " failed"),
	one(RuleToken, "aws ", "AKI"+"AIOSFODNN7EXAMPLE", " denied"),
	one(RulePair, "aws_secret_access_key = ", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "\nregion = eu"),
	one(RuleToken, "push with ", "gh"+"p_"+mixed40[:36], " refused"),
	one(RuleToken, "push with ", "github_"+"pat_11ABCDEFG0"+mixed40, " refused"),
	one(RuleToken, "push with ", "glp"+"at-"+mixed24, " refused"),
	one(RuleToken, "slack ", "xox"+"b-123456789012-1234567890123-"+mixed24, " invalid_auth"),
	one(RuleToken, "POST https://hooks.slack.com/services/", "T00000000/B00000000/"+mixed24, " 404"),
	one(RuleToken, "geocode ", "AI"+"zaSyD"+mixed40[:34], " quota"),
	one(RuleToken, "stripe ", "sk_"+"live_"+mixed24, " expired"),
	one(RuleToken, "openai ", "sk"+"-"+mixed24+mixed24, " quota"),
	one(RuleToken, "openai ", "sk"+"-proj-"+mixed40+"_"+mixed24, " quota"),
	one(RuleToken, "anthropic ", "sk"+"-ant-api03-"+mixed40+"-"+mixed24, " quota"),
	one(RuleToken, "upload ", "sntr"+"ys_eyJpYXQiOjE2ODczMzY1NDMuNjk4NTksInVybCI6bnVsbH0=_"+mixed40, " forbidden"),
	one(RuleToken, "publish ", "np"+"m_"+mixed40[:36], " failed"),
	one(RuleToken, "twine ", "pypi-"+"AgEIcHlwaS5vcmc"+mixed40, " failed"),
	one(RuleToken, "mail ", "S"+"G."+mixed24[:22]+"."+mixed40+"abc", " failed"),
	one(RuleToken, "bot ", "123456789:AA"+mixed40[:33], " failed"),
	one(RuleToken, "hub ", "h"+"f_"+mixed40[:34], " failed"),
	one(RuleToken, "vault ", "hv"+"s.CAESI"+mixed40, " sealed"),
	one(RuleToken, "shop ", "shp"+"at_"+hex32, " failed"),
	one(RuleToken, "drop ", "dop_"+"v1_"+hex32+hex32, " failed"),
	one(RulePrivateKey, "-----BEGIN RSA PRIVATE KEY-----\n", pemBody, "\n-----END RSA PRIVATE KEY-----"),
	one(RulePrivateKey, "key -----BEGIN OPENSSH PRIVATE KEY-----\n", pemBody, "\n-----END OPENSSH PRIVATE KEY----- read"),
	one(RulePrivateKey, "key -----BEGIN PRIVATE KEY-----\n", pemBody, ""),
	// Numbers.
	one(RuleCard, "charge ", "4111111111111111", " declined"),
	one(RuleCard, "charge ", "5555 5555 5555 4444", " declined"),
	one(RuleCard, "charge ", "3782-822463-10005", " declined"),
	one(RuleCard, "charge ", "6011000990139424", ", declined"),
	one(RuleCard, "charge ", "2223 0031 2200 3222", " declined"),
	one(RuleCard, "charge card=", "4012888888881881", " declined"),
	one(RuleIBAN, "refund to ", "DE89370400440532013000", " failed"),
	one(RuleIBAN, "refund to ", "GB82 WEST 1234 5698 7654 32", " failed"),
	one(RuleSSN, "ssn of ", "078-05-1120", " rejected"),
	// Pairs in texts of all kinds.
	one(RulePair, "login user=bob password=", "hunter2", " ip=10.1.2.3"),
	one(RulePair, "login failed, password: ", "Tr0ub4dor&3", ", user: bob"),
	one(RulePair, "{Name:bob Password:", "swordfish", " Age:7}"),
	one(RulePair, "User(name=bob, password=", "letmein", ", age=7)"),
	one(RulePair, "{'user': 'bob', 'password': '", "correct horse", "', 'n': 1}"),
	one(RulePair, `{"user":"bob","api_key":"`, "a1b2c3d4", `","n":1}`),
	one(RulePair, `{:user=>"bob", :password=>"`, "rubypw", `"}`),
	one(RulePair, "params: user[password]=", "railspw", "&user[name]=bob"),
	one(RulePair, "export DB_PASSWORD=", "envpw", " PORT=1"),
	one(RulePair, "spring.datasource.password=", "springpw", "\nserver.port=1"),
	one(RulePair, "mysqldump --password ", "dumppw1", " shop"),
	one(RulePair, "java -Djavax.net.ssl.keyStorePassword=", "changeit", " -jar x.jar"),
	one(RulePair, "<user>bob</user><password>", "xmlpw", "</password>"),
	one(RulePair, "CREATE USER bob WITH PASSWORD '", "sqlpw", "' LOGIN"),
	one(RulePair, "GET /cb?code=1&access_token=", "ya30.abcdef", "&state=x HTTP/1.1"),
	one(RulePair, "x-api-key: ", "abcd-1234-efgh", "\nhost: x"),
	one(RulePair, "API key: ", "k3y-12345678", " is not active"),
	one(RulePair, `{"name":"DB_PASSWORD","value":"`, "podpw", `"},{"name":"PORT","value":"1"}`),
	one(RulePersonal, `{"headers":[["accept","*/*"],["authorization","`, "Bearer abcdef", `"]]}`),
	one(RulePersonal, "scope {'headers': [(b'host', b'x'), (b'cookie', b'", "sid=abc", "')]}"),
	one(RulePair, "{'a': 1, 'key': 'x'} ['x-api-key', '", "abcd", "']"),
	one(RulePair, "curl -u admin:", "curlpw", " https://example.com"),
	one(RulePair, "mysql -uroot -p", "mysqlpw", " shop"),
	one(RulePair, `<add key="DbPassword" value="`, "xmlattr", `" />`),
	one(RulePair, "[{name: DB_PASSWORD, value: ", "yamlpw", "}, {name: PORT}]"),
	one(RulePair, "Provider=SQLOLEDB;User ID=sa;Password=", "p w d", ";Pooling=true"),
	one(RulePair, "credit card: ", "4242 4242 4242 4242", " exp 12/27"),
	one(RulePair, "auth=", "Bearer abcdefgh", " next"),
	one(RulePair, `{"credentials":{"username":"bob","key":"`, "leafpw", `"},"n":1}`),
	one(RulePair, `{"db":{"password":["`, "listpw", `"]},"n":1}`),
	one(RulePair, "redirect=%2Flogin%3Ftoken%3D", "abc123", "%26next%3D1"),
}

// secretKeys are keys whose values are secrets.
var secretKeys = []string{
	"password", "userPassword", "db.password", "PASSWORD", "passwd", "user_passwd", "new_password", "passwordConfirmation", "password_hash", "pwd", "DB_PASS",
	"PGPASSWORD", "secret", "client_secret", "clientSecret", "AWS_SECRET_ACCESS_KEY", "aws_access_key_id", "webhookSecret", "api_key", "apiKey", "x-api-key",
	"http.request.header.x-api-key", "X-Auth-Token", "access_token", "refreshToken", "id_token", "csrf_token", "XSRF-TOKEN", "token", "auth_token", "slack_bot_token",
	"credentials", "private_key", "privateKey", "ssh_key", "encryption_key", "signing-key", "authorization", "Authorization", "http.request.header.authorization",
	"Proxy-Authorization", "cookie", "cookies", "http.request.header.cookie", "http.response.header.set-cookie", "Set-Cookie", "session", "sessionId", "session_id",
	"JSESSIONID", "PHPSESSID", "otp", "otp_code", "two_factor", "verification_code", "passphrase", "credit_card", "card_number", "cvv", "ssn", "jwt",
	"mysql_pwd", "keystorePassword", "mdc.password", "smtp_pass", "db.query.parameter.password", "url.path.parameter.token", "sas_token", "app_key", "licenseKey",
	"auth", "basic_auth", "oauth_token", "bearer_token", "recovery_codes", "password_reset_token", "ldap_bind_pw", "redis.auth", "x-amz-security-token",
}

func TestSecretsAreEnough(t *testing.T) {
	require.GreaterOrEqual(t, len(secretTexts)+len(secretKeys), 120)
}

func logsWith(fill func(res pcommon.Resource, scope pcommon.InstrumentationScope, rec plog.LogRecord)) plog.Logs {
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	sl := rl.ScopeLogs().AppendEmpty()
	fill(rl.Resource(), sl.Scope(), sl.LogRecords().AppendEmpty())
	return ld
}

func tracesWith(fill func(res pcommon.Resource, span ptrace.Span)) ptrace.Traces {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	fill(rs.Resource(), rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty())
	return td
}

// scrubbed scrubs either request and gives its JSON back, with what was written where checked against asking.
func scrubbed(t *testing.T, s *Scrubber, request any) string {
	t.Helper()
	var counts Counts
	var out []byte
	var err error
	var asked bool
	switch r := request.(type) {
	case plog.Logs:
		asked = s.NeedsLogs(r)
		s.Logs(r, &counts)
		require.False(t, s.NeedsLogs(r), "scrubbing again would change it")
		out, err = (&plog.JSONMarshaler{}).MarshalLogs(r)
	case ptrace.Traces:
		asked = s.NeedsTraces(r)
		s.Traces(r, &counts)
		require.False(t, s.NeedsTraces(r), "scrubbing again would change it")
		out, err = (&ptrace.JSONMarshaler{}).MarshalTraces(r)
	}
	require.NoError(t, err)
	require.Equal(t, asked, counts != Counts{}, "what is asked is what is done")
	var back any
	require.NoError(t, json.Unmarshal(out, &back))
	return strings.Join(leaves(back, nil), "\x00")
}

// leaves are all strings in a value.
func leaves(v any, list []string) []string {
	switch v := v.(type) {
	case string:
		return append(list, v)
	case []any:
		for _, e := range v {
			list = leaves(e, list)
		}
	case map[string]any:
		for _, e := range v {
			list = leaves(e, list)
		}
	}
	return list
}

func jsonText(v any) string {
	out, _ := json.Marshal(v)
	return string(out)
}

// textPlaces put a text where no key says that it is secret.
var textPlaces = map[string]func(text string) any{
	"attribute": func(text string) any {
		return logsWith(func(_ pcommon.Resource, _ pcommon.InstrumentationScope, rec plog.LogRecord) {
			rec.Attributes().PutStr("note", text)
		})
	},
	"nested map": func(text string) any {
		return logsWith(func(_ pcommon.Resource, _ pcommon.InstrumentationScope, rec plog.LogRecord) {
			rec.Attributes().PutEmptyMap("a").PutEmptyMap("b").PutEmptyMap("c").PutStr("note", text)
		})
	},
	"array": func(text string) any {
		return logsWith(func(_ pcommon.Resource, _ pcommon.InstrumentationScope, rec plog.LogRecord) {
			list := rec.Attributes().PutEmptySlice("notes")
			list.AppendEmpty().SetStr("x")
			list.AppendEmpty().SetEmptySlice().AppendEmpty().SetStr(text)
		})
	},
	"bytes": func(text string) any {
		return logsWith(func(_ pcommon.Resource, _ pcommon.InstrumentationScope, rec plog.LogRecord) {
			rec.Attributes().PutStr("kept", "x")
			v := rec.Attributes().PutEmpty("raw")
			v.SetEmptyBytes().FromRaw([]byte(text))
			var counts Counts
			s, _ := New(Config{})
			s.Attributes(rec.Attributes(), &counts)
			v.SetStr(string(v.Bytes().AsRaw()))
		})
	},
	"body text": func(text string) any {
		return logsWith(func(_ pcommon.Resource, _ pcommon.InstrumentationScope, rec plog.LogRecord) { rec.Body().SetStr(text) })
	},
	"body map": func(text string) any {
		return logsWith(func(_ pcommon.Resource, _ pcommon.InstrumentationScope, rec plog.LogRecord) {
			rec.Body().SetEmptyMap().PutStr("msg", text)
		})
	},
	"body JSON": func(text string) any {
		return logsWith(func(_ pcommon.Resource, _ pcommon.InstrumentationScope, rec plog.LogRecord) {
			rec.Body().SetStr(jsonText(map[string]any{"level": "info", "msg": text}))
		})
	},
	"JSON in JSON": func(text string) any {
		return logsWith(func(_ pcommon.Resource, _ pcommon.InstrumentationScope, rec plog.LogRecord) {
			rec.Body().SetStr(jsonText(map[string]any{"level": "info", "msg": jsonText(map[string]any{"note": text})}))
		})
	},
	"header": func(text string) any {
		return tracesWith(func(_ pcommon.Resource, span ptrace.Span) {
			span.Attributes().PutEmptySlice("http.request.header.x-note").AppendEmpty().SetStr(text)
		})
	},
	"stack trace": func(text string) any {
		return logsWith(func(_ pcommon.Resource, _ pcommon.InstrumentationScope, rec plog.LogRecord) {
			rec.Attributes().PutStr("exception.stacktrace", "java.lang.IllegalStateException: "+text+"\n\tat com.example.Shop.pay(Shop.java:17)\nCaused by: java.io.IOException: "+text)
		})
	},
	"exception message": func(text string) any {
		return tracesWith(func(_ pcommon.Resource, span ptrace.Span) {
			event := span.Events().AppendEmpty()
			event.SetName("exception")
			event.Attributes().PutStr("exception.message", text)
		})
	},
	"span attribute": func(text string) any {
		return tracesWith(func(_ pcommon.Resource, span ptrace.Span) { span.Attributes().PutStr("db.query.text", text) })
	},
	"span name": func(text string) any {
		return tracesWith(func(_ pcommon.Resource, span ptrace.Span) { span.SetName(text) })
	},
	"span status": func(text string) any {
		return tracesWith(func(_ pcommon.Resource, span ptrace.Span) { span.Status().SetMessage(text) })
	},
	"span link": func(text string) any {
		return tracesWith(func(_ pcommon.Resource, span ptrace.Span) {
			span.Links().AppendEmpty().Attributes().PutStr("note", text)
		})
	},
	"resource": func(text string) any {
		return tracesWith(func(res pcommon.Resource, _ ptrace.Span) { res.Attributes().PutStr("process.command_line", text) })
	},
	"scope": func(text string) any {
		return logsWith(func(_ pcommon.Resource, scope pcommon.InstrumentationScope, _ plog.LogRecord) {
			scope.Attributes().PutStr("note", text)
		})
	},
	"event name": func(text string) any {
		return logsWith(func(_ pcommon.Resource, _ pcommon.InstrumentationScope, rec plog.LogRecord) { rec.SetEventName(text) })
	},
	"query": func(text string) any {
		return tracesWith(func(_ pcommon.Resource, span ptrace.Span) {
			span.Attributes().PutStr("url.full", "https://shop.example.com/x?a=1&note="+url.QueryEscape(text)+"&b=2")
		})
	},
}

// unescaped tells what a text says to somebody who reads through escapes.
func unescaped(text string) string {
	text = strings.NewReplacer(`\\n`, "\n", `\n`, "\n", `\\\"`, `"`, `\"`, `"`, `\\u0026`, "&", `\u0026`, "&", `\u003c`, "<", `\u003e`, ">", `\\u003c`, "<", `\\u003e`, ">").Replace(text)
	if plain, err := url.QueryUnescape(strings.ReplaceAll(text, "+", " ")); err == nil && strings.Contains(text, "url") {
		return plain
	}
	return text
}

func TestSecretsInTexts(t *testing.T) {
	s := newScrubber(t, Config{})
	for place, put := range textPlaces {
		t.Run(place, func(t *testing.T) {
			for _, secret := range secretTexts {
				out := scrubbed(t, s, put(secret.text))
				for _, reading := range readings(out) {
					for _, gone := range secret.gone {
						require.NotContains(t, reading, gone, secret.text)
					}
				}
				require.Contains(t, out, Filtered)
				for _, stay := range secret.stay {
					require.True(t, anyContains(readings(out), stay), "%q is gone from %q of %q", stay, out, secret.text)
				}
			}
		})
	}
}

// readings are a text as it is, and without the escapes of JSON and of URLs.
func readings(text string) []string {
	plain := unescaped(unescaped(text))
	out := []string{text, plain}
	if decoded, err := url.QueryUnescape(text); err == nil {
		out = append(out, decoded)
	}
	return out
}

func anyContains(list []string, part string) bool {
	for _, text := range list {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}

func TestRulesOfTexts(t *testing.T) {
	s := newScrubber(t, Config{})
	for _, secret := range secretTexts {
		var counts, want Counts
		want[secret.rule] = 1
		s.Text(secret.text, &counts)
		require.Equal(t, want, counts, secret.text)
	}
}

const secretValue = "zq7-Kx2_secret.V9"

// keyPlaces put a value under a key.
var keyPlaces = map[string]func(key, value string) any{
	"attribute": func(key, value string) any {
		return logsWith(func(_ pcommon.Resource, _ pcommon.InstrumentationScope, rec plog.LogRecord) {
			rec.Attributes().PutStr(key, value)
		})
	},
	"span attribute": func(key, value string) any {
		return tracesWith(func(_ pcommon.Resource, span ptrace.Span) { span.Attributes().PutStr(key, value) })
	},
	"list under the key": func(key, value string) any {
		return tracesWith(func(_ pcommon.Resource, span ptrace.Span) {
			span.Attributes().PutEmptySlice(key).AppendEmpty().SetStr(value)
		})
	},
	"nested map": func(key, value string) any {
		return logsWith(func(_ pcommon.Resource, _ pcommon.InstrumentationScope, rec plog.LogRecord) {
			rec.Attributes().PutEmptyMap("request").PutEmptyMap("headers").PutStr(key, value)
		})
	},
	"map in an array": func(key, value string) any {
		return logsWith(func(_ pcommon.Resource, _ pcommon.InstrumentationScope, rec plog.LogRecord) {
			rec.Body().SetEmptySlice().AppendEmpty().SetEmptyMap().PutStr(key, value)
		})
	},
	"name and value": func(key, value string) any {
		return logsWith(func(_ pcommon.Resource, _ pcommon.InstrumentationScope, rec plog.LogRecord) {
			m := rec.Attributes().PutEmptySlice("env").AppendEmpty().SetEmptyMap()
			m.PutStr("name", key)
			m.PutStr("value", value)
		})
	},
	"body map": func(key, value string) any {
		return logsWith(func(_ pcommon.Resource, _ pcommon.InstrumentationScope, rec plog.LogRecord) {
			rec.Body().SetEmptyMap().PutStr(key, value)
		})
	},
	"body JSON": func(key, value string) any {
		return textPlaces["body text"](jsonText(map[string]any{"a": 1, key: value, "z": "end"}))
	},
	"nested JSON": func(key, value string) any {
		return textPlaces["body text"](jsonText(map[string]any{"a": map[string]any{"b": []any{map[string]any{key: value}}}}))
	},
	"JSON with lists": func(key, value string) any {
		return textPlaces["body text"](jsonText(map[string]any{"headers": map[string]any{key: []string{value}}}))
	},
	"JSON in JSON": func(key, value string) any {
		return textPlaces["attribute"](jsonText(map[string]any{"msg": "got " + jsonText(map[string]any{key: value})}))
	},
	"query": func(key, value string) any {
		return tracesWith(func(_ pcommon.Resource, span ptrace.Span) {
			span.Attributes().PutStr("url.full", "https://x.example.com/y?a=1&"+url.QueryEscape(key)+"="+value+"&z=2")
		})
	},
	"form": func(key, value string) any { return textPlaces["body text"](key + "=" + value + "&z=2") },
	"logfmt": func(key, value string) any {
		return textPlaces["body text"]("level=info " + key + "=" + value + " z=2")
	},
	"colon": func(key, value string) any {
		return textPlaces["body text"]("request failed\n" + key + ": " + value + "\nz: 2")
	},
	"exception message": func(key, value string) any {
		return textPlaces["exception message"](fmt.Sprintf("bad request {%s=%s, z=2}", key, value))
	},
	"stack trace": func(key, value string) any {
		return textPlaces["stack trace"](fmt.Sprintf("bad request {%s=%s, z=2}", key, value))
	},
	"resource": func(key, value string) any {
		return tracesWith(func(res pcommon.Resource, _ ptrace.Span) { res.Attributes().PutStr(key, value) })
	},
	"span event": func(key, value string) any {
		return tracesWith(func(_ pcommon.Resource, span ptrace.Span) {
			span.Events().AppendEmpty().Attributes().PutStr(key, value)
		})
	},
}

func TestSecretsUnderKeys(t *testing.T) {
	s := newScrubber(t, Config{})
	for place, put := range keyPlaces {
		t.Run(place, func(t *testing.T) {
			for _, key := range secretKeys {
				if place == "colon" && strings.Contains(strings.ToLower(key), "cookie") {
					continue // a cookie in a header is a pair itself: secretTexts
				}
				out := scrubbed(t, s, put(key, secretValue))
				require.NotContains(t, out, secretValue, key)
				require.Contains(t, out, Filtered, key)
			}
		})
	}
}
