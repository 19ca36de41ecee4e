package template

// Keys whose values are names of things, in `key=value`, `key: "value"` and `"key": "value"`: who, which one, where. What they name differs from one
// occurrence to the next as an id does.
var namingKeys = [...]string{
	"id", "ids", "uuid", "guid", "uid", "name", "user", "username", "login", "email", "host", "hostname", "ip", "addr", "address", "client", "pod", "tenant", "token",
	"session", "customer", "account", "trace", "span", "requestid", "traceid", "spanid", "userid", "correlationid", "sku",
}

// Keys whose values say what happened, by their ends: errorCode, grpc.status, exit_reason.
var tellingKeys = [...]string{
	"err", "error", "errors", "reason", "cause", "msg", "message", "code", "type", "kind", "status", "state", "exception", "level", "severity", "event", "operation",
	"action", "method", "signal", "detail", "details", "description", "title", "result",
}

// namedEnd is the end of a value without quotes that follows the key of a name; 0 where none does. A colon is enough only behind an id's key: of others
// it may be that of a sentence.
func (sc *scanner) namedEnd() int {
	s, i := sc.s, sc.i
	if i > 2 && s[i-1] == ' ' && classOf[s[i-2]]&(lower|upper) != 0 {
		return namedByWord(s, i)
	}
	if i < 2 || s[i-1] != '=' && s[i-1] != ':' {
		return 0
	}
	key := keyBefore(s, i)
	if s[i-1] == '=' && !isNamingKey(key) || s[i-1] == ':' && !isIDKey(key) {
		return 0
	}
	end := i
	for end < len(s) && !endsValue(s[end]) {
		end++
	}
	return end
}

// namedByWord is the end of the token with a digit that follows a naming word: "session s-8f3a2 expired"; 0 where none does. Ids that do not look like
// any are found so.
func namedByWord(s string, i int) int {
	var word [longestNamingWord]byte
	n := len(word)
	for k := i - 2; k >= 0 && classOf[s[k]]&alnum != 0; k-- {
		if n == 0 {
			return 0
		}
		n--
		word[n] = s[k] | 0x20
	}
	if !isNamingWord(string(word[n:])) {
		return 0
	}
	end, digits := i, 0
	for end < len(s) && (classOf[s[end]]&(digit|lower|upper) != 0 || s[end] == '-' || s[end] == '_') {
		if classOf[s[end]]&digit != 0 {
			digits++
		}
		end++
	}
	if digits == 0 || run(s, i, digit) == end { // a number may have a fraction or a unit behind it
		return 0
	}
	return end
}

const longestNamingWord = len("transaction")

// isNamingWord: in a sentence, it names what follows it.
func isNamingWord(word string) bool {
	switch word {
	case "id", "ids", "uuid", "guid", "user", "session", "token", "request", "trace", "span", "tenant", "customer", "account", "order", "job", "task", "transaction",
		"txn", "invoice", "payment", "device", "commit", "revision", "sha", "hash", "key", "batch", "ticket", "cart", "item", "sku", "host", "pod", "node", "container":
		return true
	}
	return false
}

func endsValue(c byte) bool {
	switch c {
	case ' ', '\t', ',', ';', ')', ']', '}', '>', '|', '"', '\'', '`', '&', '\\':
		return true
	}
	return false
}

// maxKey is the length of the longest key, in bytes.
const maxKey = 40

// keyBefore is the key of the value that begins at i, "" where it has none.
func keyBefore(s string, i int) string {
	if i > 0 && s[i-1] == '\\' {
		i--
	}
	if i > 0 && s[i-1] == ' ' {
		i--
	}
	if i < 2 || s[i-1] != '=' && s[i-1] != ':' {
		return ""
	}
	end := i - 1
	if isQuote(s[end-1]) {
		end--
		if end > 0 && s[end-1] == '\\' {
			end--
		}
	}
	start := end
	for start > 0 && end-start < maxKey && (classOf[s[start-1]]&alnum != 0 || s[start-1] == '_' || s[start-1] == '.' || s[start-1] == '-') {
		start--
	}
	return s[start:end]
}

// lastPart is the index of the last word of a key: user_id, order.id, requestId.
func lastPart(key string) int {
	for i := len(key) - 1; i > 0; i-- {
		if c := key[i-1]; c == '_' || c == '.' || c == '-' || classOf[c]&lower != 0 && classOf[key[i]]&upper != 0 {
			return i
		}
	}
	return 0
}

func isIDKey(key string) bool {
	part := key[lastPart(key):]
	return len(part) == 2 && hasSuffixFold(part, "id") || len(part) == 4 && (hasSuffixFold(part, "uuid") || hasSuffixFold(part, "guid"))
}

func isNamingKey(key string) bool {
	if isIDKey(key) {
		return true
	}
	part := key[lastPart(key):]
	for _, name := range namingKeys {
		if len(name) == len(part) && hasSuffixFold(part, name) || len(name) == len(key) && hasSuffixFold(key, name) {
			return true
		}
	}
	return false
}

func isTellingKey(key string) bool {
	part := key[lastPart(key):]
	for _, name := range tellingKeys {
		if len(name) == len(part) && hasSuffixFold(part, name) {
			return true
		}
	}
	return false
}
