package template

// word reads what begins with a letter or a digit.
func (sc *scanner) word() {
	s, i := sc.s, sc.i
	if sc.take(sc.namedEnd()) || sc.take(mailEnd(s, i)) || sc.take(uuidEnd(s, i)) || sc.take(macEnd(s, i)) || sc.take(ipv6End(s, i)) || sc.take(dateEnd(s, i)) {
		return
	}
	if i > 1 && s[i-1] == '-' && sc.take(podEnd(s, i)) || sc.take(tokenEnd(s, i)) || sc.take(periodEnd(s, i)) {
		return
	}
	if i > 0 && s[i-1] == '@' && sc.take(identityEnd(s, i)) {
		return
	}
	if classOf[s[i]]&digit != 0 {
		sc.number(i, i)
		return
	}
	sc.segment(run(s, i, alnum))
	sc.url()
}

// segment reads a run of letters and digits up to end.
func (sc *scanner) segment(end int) {
	text := sc.s[sc.i:end]
	switch shapeOf(text) {
	case isWord:
		sc.sql = sc.sql || isSQL(text)
		sc.literal(len(text))
	case isID:
		sc.param(sc.i, end)
	case isNumbered:
		sc.numbered(end)
	}
}

// numbered reads a word with numbers in it: `worker12`. Only these are parameters.
func (sc *scanner) numbered(end int) {
	for sc.i < end {
		if classOf[sc.s[sc.i]]&digit != 0 {
			sc.param(sc.i, run(sc.s[:end], sc.i, digit))
		} else {
			sc.literal(run(sc.s[:end], sc.i, letter) - sc.i)
		}
	}
}

type shape uint8

const (
	isWord shape = iota
	isID
	isNumbered
)

// counts of a run of letters and digits.
type counts struct {
	digits, hex, wide, lower, upper int
	// breaks are changes of kind inside the run, but those from a capital to a small letter: each word of a name in camel case has one, in random text
	// almost every second character is one. turns are changes between letters and digits.
	breaks, turns int
}

// cased: letters of both cases.
func (n *counts) cased() bool { return n.lower > 0 && n.upper > 0 }

func count(text string) (n counts) {
	before := uint8(0)
	for i := range len(text) {
		c := classOf[text[i]]
		switch {
		case c&digit != 0:
			n.digits++
			n.hex++
		case c&hexLetter != 0:
			n.hex++
		case c&wide != 0:
			n.wide++
		}
		switch {
		case c&lower != 0:
			n.lower++
		case c&upper != 0:
			n.upper++
		}
		kind := c & alnum
		// What stands between the parts of a token is of no kind.
		if i > 0 && kind != before && kind != 0 && before != 0 {
			if before != upper || kind != lower {
				n.breaks++
			}
			if (kind == digit) != (before == digit) {
				n.turns++
			}
		}
		before = kind
	}
	return n
}

// Lengths in bytes from which a run may be an id.
const (
	minHexID    = 6
	minHexWord  = 8  // of letters that are hex digits: English has shorter words of these
	minShortID  = 4  // of hex digits that begins as no word does
	minMixedID  = 5  // of letters and digits that alternate
	minCasedID  = 6  // of letters of both cases and digits
	minLongID   = 10 // likewise, with longer runs of one kind
	minCased    = 20 // of letters of both cases alone
	minTokenID  = 12 // of parts between dashes and underscores
	minIdentity = 4  // of hex digits behind an @
)

// shapeOf tells an id from a word and from a word with a number in it.
func shapeOf(text string) shape {
	n := count(text)
	switch {
	case n.wide > 0:
		if n.digits > 0 {
			return isNumbered
		}
		return isWord
	case n.digits == 0:
		if len(text) >= minCased && 3*n.breaks >= len(text) || len(text) >= minHexWord && n.hex == len(text) {
			return isID
		}
		return isWord
	case isTechnical(text):
		return isWord
	case n.hex == len(text) && (len(text) >= minHexID || len(text) >= minShortID && (n.turns > 1 || classOf[text[0]]&digit != 0)):
		return isID
	case n.turns >= 3 && len(text) >= minMixedID, n.cased() && len(text) >= minCasedID && 3*n.breaks >= len(text), len(text) >= minLongID && 4*n.breaks >= len(text):
		return isID
	}
	return isNumbered
}

// isTechnical: names of things whose digits are no numbers.
func isTechnical(text string) bool {
	if len(text) > 8 {
		return false
	}
	var small [8]byte
	for i := range len(text) {
		small[i] = text[i] | 0x20
		if classOf[text[i]]&digit != 0 {
			small[i] = text[i]
		}
	}
	switch string(small[:len(text)]) {
	case "utf8", "utf16", "utf32", "base64", "base32", "sha1", "sha256", "sha384", "sha512", "md5", "crc32", "ed25519", "x509", "pkcs8", "pkcs12",
		"int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64",
		"f32", "f64", "ipv4", "ipv6", "tcp4", "tcp6", "udp4", "udp6", "http2", "http3", "h2", "h2c", "h3", "s3", "ec2", "k8s", "k3s", "i18n", "l10n", "oauth2",
		"x86", "x64", "amd64", "arm64", "win32", "log4j", "log4j2", "log4net", "neo4j", "db2", "h264", "mp3", "mp4", "gb2312", "iso8859", "e2e", "p2p", "b2b",
		"b2c", "o11y", "a11y", "d3d", "rs256", "hs256", "es256", "python2", "python3", "boto3", "urllib3", "psycopg2", "jinja2", "celery5", "web3", "sqlite3":
		return true
	}
	return false
}

// isSQL: a word that begins a statement, or a part of one.
func isSQL(word string) bool {
	switch word {
	case "SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "VALUES", "WHERE":
		return true
	}
	return false
}

// url begins a URL where the scheme that was just read is one's. A user in it is a parameter.
func (sc *scanner) url() {
	s, i := sc.s, sc.i
	if len(s)-i < 4 || s[i:i+3] != "://" {
		return
	}
	end := i + 3
	for end < len(s) && !endsURL(s[end]) {
		end++
	}
	for end > i+3 && (s[end-1] == '.' || s[end-1] == ',' || s[end-1] == ':' || s[end-1] == ';') {
		end--
	}
	sc.urlEnd = end
	sc.literal(3)
	for at := sc.i; at < end && s[at] != '/' && s[at] != '?' && s[at] != '#'; at++ {
		if s[at] == '@' {
			sc.take(at)
			return
		}
	}
}

// query reads the "?" of a URL, or of a path, and what follows it.
func (sc *scanner) query() bool {
	s, i := sc.s, sc.i
	end := sc.urlEnd
	if i >= end {
		if i < sc.noQuery || sc.atWordStart() && (i == 0 || s[i-1] != '/') {
			return false
		}
		named := false
		for end = i + 1; end < len(s) && !endsURL(s[end]); end++ {
			named = named || s[end] == '='
		}
		if !named {
			sc.noQuery = end
			return false
		}
	}
	if i+1 >= end {
		return false
	}
	sc.literal(1)
	return sc.take(end)
}

func endsURL(c byte) bool {
	switch c {
	case ' ', '\t', '"', '\'', '`', '<', '>', ')', ']', '}', '|', '\\':
		return true
	}
	return false
}

// mailEnd is the end of the e-mail address that begins at i, 0 where none does.
func mailEnd(s string, i int) int {
	if i > 0 && classOf[s[i-1]]&mailSign != 0 {
		return 0
	}
	const maxLocal = 64
	at := run(s[:min(len(s), i+maxLocal)], i, digit|lower|upper|mailSign)
	if at >= len(s) || s[at] != '@' {
		return 0
	}
	end, dot := at+1, false
	for end < len(s) && (classOf[s[end]]&(digit|lower|upper) != 0 || (s[end] == '.' || s[end] == '-') && end+1 < len(s) && classOf[s[end+1]]&alnum != 0) {
		dot = dot || s[end] == '.'
		end++
	}
	if !dot {
		return 0
	}
	return end
}

// tokenEnd is the end of the random token that begins at i, and may have dashes and underscores in it (base64url, nanoid); 0 where none does.
func tokenEnd(s string, i int) int {
	if i > 0 && (s[i-1] == '-' || s[i-1] == '_') {
		return 0
	}
	end, parts := i, 1
	for end < len(s) && (classOf[s[end]]&(digit|lower|upper) != 0 || s[end] == '-' || s[end] == '_') {
		if s[end] == '-' || s[end] == '_' {
			parts++
		}
		end++
	}
	if parts == 1 || end-i < minTokenID {
		return 0
	}
	if n := count(s[i:end]); n.digits == 0 || !n.cased() || 3*n.breaks < end-i {
		return 0
	}
	return end
}

// identityEnd is the end of an object's hash code: com.example.Foo@1a2b3c4d; 0 where there is none.
func identityEnd(s string, i int) int {
	end := run(s, i, digit|hexLetter)
	if end-i < minIdentity || end < len(s) && classOf[s[end]]&alnum != 0 {
		return 0
	}
	return end
}

// podEnd is the end of the random part of a pod's name that begins at i behind a dash: the hash of a ReplicaSet before that of a pod, or the
// latter; 0 where there is none.
func podEnd(s string, i int) int {
	end := run(s, i, podLetter)
	if end < len(s) && s[end] == '-' && end-i >= 6 && end-i <= 10 && podSuffix(s, end+1) {
		return end + 1 + podSuffixLength
	}
	if podSuffix(s, i) {
		return i + podSuffixLength
	}
	return 0
}

const podSuffixLength = 5

func podSuffix(s string, i int) bool {
	end := run(s, i, podLetter)
	if end-i != podSuffixLength || end < len(s) && (classOf[s[end]]&alnum != 0 || s[end] == '-' || s[end] == '_') {
		return false
	}
	switch s[i:end] {
	case "https", "httpd", "xhtml", "fcntl":
		return false
	}
	return true
}
