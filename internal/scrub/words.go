package scrub

// word says what a word of a key's name means for the value under the key.
type word uint32

const (
	// The value of a key with such a word in it is a secret, unless the key ends in a fact about it ("password_length").
	wSecret word = 1 << iota
	// The same where it is the last word: "token", but not "token_service".
	wToken
	// Passwords for once: digits too.
	wOnce
	// The same, but as often it names something harmless ("auth", "session"): in free text only a value that looks like a secret is one.
	wSoft
	// Cookies and authorizations: secrets unless the sender wants personal data.
	wHeader
	wCookie
	// "key", and the words that make a secret of it: "api key", not "cache key".
	wKey
	wKeyOf
	// "code", and the words that make a secret of it: "otp code", not "status code".
	wCode
	wCodeOf
	// "number", and what makes a card's number of it.
	wNumber
	wCard
	// The last word of a key that tells a fact about the secret, not the secret.
	wFact
	// A last word that changes nothing: "password_value", "token_prod".
	wPlain
	// A word before "token" that makes it something harmless: "next_token".
	wNotToken
	// "token" in the plural: a count, unless the word before says whose.
	wTokens
	// Public halves of keys are no secrets.
	wPublic
	// "id", and the words whose ids are secrets by themselves ("session id") or with "key" between ("access key id").
	wID
	wIDOf
	wKeyIDOf
	wDigits
	// Words of addresses of clients: "x_forwarded_for", "client_ip". A remote address may be that of a server.
	wAddress
	wAddressOf
	// Secrets in the query of a URL, and nothing elsewhere.
	wQuery
	// The second halves of "two factor", "social security", "seed phrase".
	wSecond
	wFirst
	// "pwd" by itself: a password, or the working directory.
	wPwd
)

// words are the words of keys that mean something here. Sources of the secret ones: Relay's @password rule and list of cookies (relay-pii), the
// deny-lists of Sentry's SDKs (EventScrubber), the configuration keys and environment variables of common servers and clouds.
var words = func() map[string]word {
	m := make(map[string]word, 512)
	for _, row := range []struct {
		is    word
		words []string
	}{
		{wSecret, []string{
			"password", "passwords", "passwd", "passphrase", "passcode", "pwd", "pswd", "passwort", "kennwort", "senha", "contrasena", "wachtwoord",
			"secret", "secrets", "credential", "credentials", "creds", "apikey", "apikeys", "apitoken", "privatekey", "secretkey", "accesskey",
			"clientsecret", "encryptionkey", "signingkey", "masterkey", "storepass", "keypass", "userpass", "rootpw", "bindpw",
			"cardnumber", "creditcard", "ccnumber", "cvv", "cvc", "ssn", "seedphrase",
		}},
		{wToken, []string{
			"token", "accesstoken", "authtoken", "refreshtoken", "bearertoken", "idtoken", "sessiontoken", "usertoken", "accesskeyid",
			"jwt", "jws", "csrf", "xsrf", "csrftoken", "xsrftoken", "pass", "pw", "psk", "sas", "twofactor",
			"sessionid", "sessid", "jsessionid", "phpsessid", "aspxauth", "sentrysid",
		}},
		{wOnce, []string{"otp", "totp"}},
		{wSoft, []string{"auth", "oauth", "session", "authentication", "symfony", "mnemonic"}},
		{wHeader, []string{"authorization", "cookie", "cookies", "setcookie", "proxyauthorization"}},
		{wCookie, []string{"cookie", "cookies", "setcookie"}},
		{wKey, []string{"key", "keys"}},
		{wKeyOf, []string{
			"api", "access", "secret", "private", "encryption", "encrypt", "decryption", "decrypt", "signing", "sign", "account", "shared", "master",
			"ssh", "license", "auth", "subscription", "app", "application", "consumer", "functions", "aes", "des", "rsa", "hmac", "session", "admin",
			"root", "webhook", "deploy", "integration", "write", "wrapping", "crypto", "cipher", "jwt", "gpg", "pgp", "tls", "ssl", "preshared",
			"stripe", "sendgrid", "datadog", "mailgun", "twilio", "openai", "anthropic", "google", "github", "aws", "azure", "firebase", "algolia",
		}},
		{wCode, []string{"code", "codes", "pin"}},
		{wCodeOf, []string{"otp", "totp", "mfa", "fa", "factor", "verification", "security", "auth", "authorization", "recovery", "sms"}},
		{wNumber, []string{"number", "num", "no", "pan"}},
		{wCard, []string{"card", "cc", "creditcard"}},
		{wPlain, []string{
			"value", "val", "hash", "hashed", "salt", "plain", "plaintext", "text", "txt", "str", "string", "raw", "old", "new", "current", "previous", "prev",
			"confirm", "confirmation", "again", "repeat", "retype", "encrypted", "enc", "base", "header", "headers", "data", "default", "prod",
			"production", "staging", "dev", "development", "test", "live", "sandbox", "primary", "secondary", "backup", "env", "var",
		}},
		{wFact, []string{
			"count", "counts", "counter", "len", "length", "size", "min", "max", "limit", "limits", "total", "usage", "used", "remaining", "enabled", "disabled", "required",
			"optional", "allowed", "supported", "expired", "expires", "expiry", "expiration", "valid", "invalid", "validity", "exists", "missing", "present",
			"changed", "updated", "created", "modified", "deleted", "rotated", "rotation", "revoked", "reset", "resets", "policy", "policies", "rule", "rules",
			"strength", "score", "type", "types", "kind", "kinds", "name", "names", "path", "paths", "file", "filename", "files", "dir", "directory", "url", "urls", "uri",
			"link", "arn", "ref", "refs", "reference", "version", "versions", "provider", "providers", "manager", "store", "stores", "service", "services", "server",
			"endpoint", "host", "method", "methods", "scheme", "mode", "algorithm", "alg", "algo", "format", "encoding", "status", "state", "states", "result",
			"error", "errors", "exception", "failure", "failures", "failed", "success", "succeeded", "reason", "message", "messages", "attempts", "tries", "retries", "time",
			"times", "timestamp", "at", "age", "ttl", "days", "hours", "minutes", "seconds", "duration", "ms", "date", "lifetime", "timeout", "source", "origin", "issuer",
			"audience", "scope", "scopes", "subject", "owner", "consent", "domain", "banner", "notice", "preferences", "settings", "config", "configuration",
			"options", "field", "fields", "input", "inputs", "label", "title", "placeholder", "prompt", "description", "template", "class", "controller", "handler",
			"filter", "factory", "util", "utils", "helper", "index", "position", "offset", "namespace", "mount", "volume", "agent", "plugin", "backend", "engine",
			"operator", "client", "request", "requests", "response", "event", "events", "action", "operation", "category", "group", "groups", "level", "page", "form",
			"screen", "view", "component", "checker", "validator", "validation", "encoder", "decoder", "generator", "resolver", "selector", "permission",
			"permissions", "role", "roles", "user", "username", "job", "task", "queue", "topic", "table", "column", "schema", "module", "package", "library",
			"found", "in", "on", "flow", "step", "steps", "stage", "interval", "per", "bucket", "rate", "ratio", "percent", "budget", "cost", "price",
			"fingerprint", "thumbprint", "suffix", "prefix", "verifier", "strategy", "middleware", "cache", "pool", "repository", "spec", "api",
		}},
		{wNotToken, []string{
			"next", "page", "paging", "pagination", "continuation", "continue", "sync", "resume", "cursor", "unexpected", "cancellation", "cancel",
			"stop", "start", "end", "special", "progress", "lexer", "syntax", "first", "last", "input", "output", "prompt", "completion", "total", "max", "min",
			"cached", "reasoning", "eos", "bos", "pad", "unk", "mask", "public", "num", "per",
		}},
		{wTokens, []string{"tokens"}},
		{wPublic, []string{"public", "publickey", "publishable", "pub"}},
		{wID, []string{"id"}},
		{wIDOf, []string{"secret", "session"}},
		{wKeyIDOf, []string{"access", "private"}},
		{wAddressOf, []string{"real", "client", "forwarded", "connecting"}},
		{wAddress, []string{"ip", "addr", "address", "for"}},
		{wQuery, []string{"sig", "signature", "code", "ticket", "assertion", "samlresponse", "samlrequest"}},
		{wPwd, []string{"pwd", "oldpwd"}},
		{wFirst, []string{"two", "social", "seed", "credit"}},
		{wSecond, []string{"factor", "security", "phrase", "card"}},
	} {
		for _, w := range row.words {
			m[w] |= row.is
		}
	}
	return m
}()
