package scrub

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// harmlessTexts look like secrets, or stand where secrets stand, and must arrive whole.
var harmlessTexts = []string{
	// Ids, hashes and numbers.
	"commit 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
	"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
	"image nginx:1.25.3@sha256:4c0fdaa8b6341bfdeca5f18f7837462c80cff90527ee35ef185571e1c327beac pulled",
	"registry.example.com/shop/auth:1.2.3",
	"registry.example.com/shop/vault-secret:2.0",
	"order 3f2504e0-4f89-11d3-9a0c-0305e82c3301 shipped",
	"uuid 41111111-1111-4111-8111-111111111111",
	"trace 4bf92f3577b34da6a3ce929d0e0e4736 span 00f067aa0ba902b7",
	"traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
	"order 4111111111111112 failed",       // fails Luhn
	"order 1234567812345670 failed",       // passes Luhn, no issuer
	"tracking 9400110200881234567890",     // parcels
	"at 1700000000000000004 ns",           // nanoseconds that pass Luhn
	"at 1731600000123456 us",              // microseconds
	"snowflake 411111111111111111 stored", // 18 digits
	"offset 4111111111111111111",          // 19 digits
	"id 54111111111111111 of 99",          // a card's number within a longer one
	"dump 4111 1111 1111 1111 2222 3333 4444 5555",
	"0.4111111111111111 of all",
	"4111111111111111.25 bytes per second",
	"block 4111111111111111abc",
	"name x_4111111111111111",
	"isbn 978-0-13-468599-1",
	"ean 4006381333931",
	"imei 49-015420-323751-8",
	"phone +49 30 901820, +1-202-555-0143",
	"call 555-010-9999 or 0800-123-4567",
	"part 123-456-7890, 12-34-5678",
	"ssn-like 000-12-3456, 666-12-3456, 900-12-3456, 123-00-4567, 123-45-0000",
	"invoice 1-078-05-1120-4",
	"from 2026-01-17 10:11:12.123456789 to 2026-01-17T10:11:13.000Z",
	"version 4.1.1, v2.0.0-rc.1+build.20260117, go1.26.8",
	"ip 10.0.0.1:8080, [2001:db8::1]:443, mac 00:1b:44:11:3a:b7",
	"GB82 is a postcode, DE89 a road",
	"DE89370400440532013001 is no account", // its check digits are wrong
	"FR TOBIAS 2000 MARCH 1234",
	// Words that are names of secrets.
	"password reset mail sent to 3 users",
	"the password is too short",
	"password: must be at least 8 characters",
	"Password: required",
	"invalid password for user bob",
	"token expired after 3600 s",
	"Unexpected token: END_OBJECT",
	"Unexpected token '<', \"<!DOCTYPE \"... is not valid JSON",
	"SyntaxError: Unexpected token: punc (})",
	"token_count=1234 author=bob",
	"gen_ai.usage.input_tokens=512 gen_ai.usage.output_tokens=77",
	"max_tokens: 4096, total_tokens: 589",
	"next_page_token=abc123def456",
	"cookie_consent=true cookie_policy=2024",
	"password_reset_enabled=true password_length=12 password_policy=strict1",
	"secret \"db-creds\" not found in namespace \"shop\"",
	"MountVolume.SetUp failed for volume \"token\" : secret \"default-token-x7k2q\" not found",
	"secret_name=db-creds1 secretKeyRef",
	"session: closed, auth: ok, token: none",
	"auth=basic auth_method=oauth2 auth_type=jwt",
	"cache key: user17:profile9, partition key=p17, primary_key=id42",
	"cache.key=orders:17 idempotency_key=3f2504e0 routing-key=a.b.c",
	"bearer authentication is required, Bearer token missing",
	"WWW-Authenticate: Bearer realm=\"shop\", error=\"invalid_token\"",
	"Basic authentication failed, Basic functionality test passed",
	"the desk- and disk-based task-0123456789012345678901234 ran",
	"risk-0123456789AbCdEfGhIjKl flask-0123456789AbCdEfGhIjKl",
	"eyJ is how base64 of JSON begins, eyJhbGciOiJIUzI1NiJ9 too",
	"npm_config_cache=/root/.npm npm_lifecycle_event=test",
	"AKIA is a prefix, AKIASHORT too, SKU 12345",
	"ghp_short key-word SG.nothing hf_model",
	"xoxb is a slack prefix",
	"http://localhost:8080/login?next=/home&page=2",
	"https://user@example.com/path, mailto:bob@example.com",
	"https://0123456789abcdef0123456789abcdef@o1.ingest.sentry.io/42", // a DSN's public key
	"git@github.com:org/repo.git",
	"npm i @scope/pkg@1.2.3 && docker run a/b:1@sha256:00",
	"-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJ\n-----END CERTIFICATE-----",
	"-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAu1SU1LfVLPHCozMxH2Mo\n-----END PUBLIC KEY-----",
	"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk",
	// Code and traces.
	"at com.example.auth.TokenService.refresh(TokenService.java:117)",
	"io.jsonwebtoken.ExpiredJwtException: JWT expired at 2026-01-17T10:11:12Z",
	"com.example.PasswordResetController: handled 17",
	"System.IO.FileLoadException: 'Newtonsoft.Json, Version=13.0.0.0, Culture=neutral, PublicKeyToken=30ad4fe6b2a6aeed'",
	"  File \"/app/auth/token.py\", line 33, in check\n    token = get_token(request)",
	"    return login(user, password=self.password)",
	"    def login(self, user: str, password: str) -> bool:",
	"    const apiKey = process.env.API_KEY;",
	"    token := r.Header.Get(\"X-Token\")",
	"main.(*Server).auth(0xc000010a00)\n\t/app/auth.go:17 +0x1d",
	"/app/src/secret.rs:42:9, session.py:17, password.go:33",
	"if password == other { return errPassword }",
	"Auth::login Token::new std::string::password",
	"SELECT id FROM users WHERE password = ? AND token = $1",
	"INSERT INTO sessions (token, secret) VALUES (%s, %(secret)s)",
	"DB_PASSWORD=${DB_PASSWORD} TOKEN=$(cat /run/token) password={{ .Values.password }}",
	"password=*** token=<redacted> secret=[REDACTED] api_key=xxxxxxxx",
	"password=null secret=None token=undefined pwd=",
	`{"password":null,"token":"","secret":false}`,
	`{"author":"bob","keyboard":"qwerty17","monkey":"m1","tokenizer":"bpe17","secretary":"eve9"}`,
	`{"public_key":"MIIBIjANBgkqhkiG9w0B","ssh_fingerprint":"SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8"}`,
	"compass=n17 bypass=on1 passenger=17a",
	"http://auth:8080/health, token-service:8443, secret-store:443",
	"cookie jar cleared; session store has 17 sessions",
	"AuthorizationPolicy: allow17, CookieAuthenticationHandler: done1",
	"Array cookie: ac",
	"PWD=/app/src OLDPWD=/ HOME=/root",
	"docker run -v $PWD:/data -v ${PWD}:/x alpine",
	`{"env":{"PWD":"/app","OLDPWD":"/"}}`,
	`{"token":{"type":"string","count":17},"session":{"state":"open17"},"auth":{"method":"x17"}}`,
	"creds := base64.StdEncoding.EncodeToString([]byte(auth))",
	"### Basic Options",
	"string password = 2;",
	"<secretName>db-creds1</secretName><author>bob</author>",
}

// harmlessKeys hold values that must arrive whole.
var harmlessKeys = map[string]string{
	"author": "bob17", "token_count": "17", "token_type": "bearer17", "tokenizer": "bpe17", "gen_ai.usage.input_tokens": "512x9", "max_tokens": "4096",
	"password_reset_enabled": "true1", "password_policy": "strict17", "passwordLength": "12x34", "secret_name": "db-creds1", "secretVersion": "v17abc",
	"cookie_consent": "all17", "cookie.domain": "example17.com", "cache.key": "orders17", "partition_key": "p17abc", "routing-key": "a17.b17", "primaryKey": "id17ab",
	"idempotency_key": "3f2504e04f8911d3", "public_key": "MIIBIjANBgkq17", "key": "some17key", "keys": "a17,b17", "keyboard": "us17intl", "monkey": "m17key",
	"session.id": "a17b17c17d17", "mcp.session.id": "a17b17c17d17", "session_duration": "17s", "session_count": "17x", "auth_method": "oauth17", "auth.type": "basic17",
	"authenticated": "yes17", "oauth_scope": "read17", "authority": "example17.com", "k8s.secret.name": "db-creds17", "aws.secretsmanager.secret.arn": "arn:aws:x17",
	"credentials_provider": "env17", "nextPageToken": "CAEQAA17", "continuation_token": "abc17def", "compass": "n17w", "passenger": "p17", "bypass": "on17",
	"http.request.header.user-agent": "curl/8.17", "http.request.header.accept": "text/17", "http.response.header.content-type": "text/17", "server.address": "db17.internal",
	"user_agent.original": "Mozilla/5.17", "code.function.name": "resetPassword17", "k8s.pod.name": "auth-7d9f8b6c5d-x2x4z", "container.id": "9f86d081884c7d65",
	"service.version": "1.17.4", "error.type": "InvalidTokenError17", "exception.type": "SecretNotFound17", "messaging.message.id": "41111111-17", "db.user": "shop17",
	"username": "bob17", "email_domain": "example17.com", "status_code": "200", "zip_code": "12345", "currency_code": "EUR17", "phone_number": "0309018", "order_number": "A-17-4711",
	"pin": "gpio17", "signature": "sha17abc", "sig": "17", "salt_lake": "city17", "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "design": "d17", "assigned": "to17",
	"credit": "17.50", "card": "visa17", "code": "E17abc", "ticket": "JIRA-17", "hash": "17abcdef", "otpauth_issuer": "x17", "mode_of_two": "b17",
}

func TestHarmlessTexts(t *testing.T) {
	require.GreaterOrEqual(t, len(harmlessTexts)+len(harmlessKeys), 120)
	s := newScrubber(t, Config{})
	for place, put := range textPlaces {
		t.Run(place, func(t *testing.T) {
			for _, text := range harmlessTexts {
				requireWhole(t, s, put(text), text)
			}
		})
	}
}

func TestHarmlessKeys(t *testing.T) {
	s := newScrubber(t, Config{})
	for place, put := range keyPlaces {
		t.Run(place, func(t *testing.T) {
			for key, value := range harmlessKeys {
				requireWhole(t, s, put(key, value), key)
			}
		})
	}
}

func requireWhole(t *testing.T, s *Scrubber, request any, what string) {
	t.Helper()
	switch r := request.(type) {
	case plog.Logs:
		require.False(t, s.NeedsLogs(r), what)
	case ptrace.Traces:
		require.False(t, s.NeedsTraces(r), what)
	}
	require.NotContains(t, scrubbed(t, s, request), Filtered, what)
}

func TestNumbersAreNoSecrets(t *testing.T) {
	s := newScrubber(t, Config{})
	m := pcommon.NewMap()
	m.PutInt("token", 17)
	m.PutInt("input_tokens", 4111)
	m.PutInt("timestamp", 1_700_000_000_000_000_004)
	m.PutInt("order", 4111111111111112)
	m.PutDouble("session", 0.5)
	m.PutBool("password", true)
	m.PutEmpty("secret")
	require.False(t, s.NeedsAttributes(m))

	m.PutInt("n", 4111111111111111)
	m.PutDouble("f", 4111111111111111)
	m.PutInt("cvv", 123)
	m.PutInt("password", 123456)
	var counts Counts
	s.Attributes(m, &counts)
	require.Equal(t, Counts{RuleKey: 2, RuleCard: 2}, counts)
	for _, key := range []string{"n", "f", "cvv", "password"} {
		v, _ := m.Get(key)
		require.Equal(t, Filtered, v.AsString(), key)
	}
}
