package scrub

import "strings"

// class is what the name of a key says of the value under it.
type class uint8

const (
	classOpen     class = iota // nothing: patterns look into the value
	classKept                  // the value is not touched
	classSecret                // a secret, wherever the name stands
	classToken                 // a secret among other values; in free text if it is not plainly a word
	classSoft                  // a secret if it looks like one
	classPwd                   // a secret unless it is a directory
	classQuery                 // a secret in the query of a URL
	classPersonal              // a secret unless personal data is wanted
	classPerson                // the same for what is in a map
	classPeer                  // the same where the other side is the client
)

const (
	maxName  = 128 // bytes of a name that are looked at, from its end
	maxWords = 12  // words of it, from its end
	maxWord  = 24  // bytes of a word; longer ones mean nothing but by what is in them
)

// nameOf reads the class from the words of a name. exact: the last word itself names the secret, as it must in text.
func nameOf(key string) (is class, exact bool) {
	var list [maxWords]word
	n := wordsOf(key, &list)
	if n == 0 {
		return classOpen, false
	}
	w := list[:n]
	all := word(0)
	for _, one := range w {
		all |= one
	}
	if all&(wSecret|wToken|wOnce|wTokens|wSoft|wHeader|wKey|wCode|wNumber|wAddress|wSecond|wQuery|wPwd) == 0 || all&wPublic != 0 {
		return classOpen, false
	}
	for len(w) > 1 && w[len(w)-1]&(wPlain|wDigits) != 0 && w[len(w)-1]&(wSecret|wToken) == 0 {
		w = w[:len(w)-1]
	}
	if is = endOf(w); is != classOpen {
		return is, true
	}
	if w[len(w)-1]&(wFact|wID) == 0 {
		for _, one := range w {
			if one&wSecret != 0 {
				return classSecret, false
			}
		}
	}
	return classOpen, false
}

// endOf reads the class from the last words.
func endOf(w []word) class {
	at := func(back int) word {
		if back > len(w) {
			return 0
		}
		return w[len(w)-back]
	}
	last, before := at(1), at(2)
	switch {
	case last&wPwd != 0 && len(w) == 1:
		return classPwd
	case last&(wSecret|wOnce) != 0, last&wCode != 0 && before&wCodeOf != 0, last&wNumber != 0 && before&wCard != 0:
		return classSecret
	case last&wSecond != 0 && before&wFirst != 0, last&wNumber != 0 && before&wSecond != 0 && at(3)&wFirst != 0:
		return classSecret
	case last&wKey != 0 && before&(wKeyOf|wSecret) != 0:
		return classToken
	case last&wID != 0 && (before&wIDOf != 0 || before&wKey != 0 && at(3)&wKeyIDOf != 0):
		return classToken
	case last&wToken != 0:
		if before&wNotToken != 0 && before&wKeyOf == 0 {
			return classOpen
		}
		return classToken
	case last&wTokens != 0 && before&(wKeyOf|wSoft) != 0:
		return classToken
	case last&wHeader != 0:
		return classPersonal
	case last&wAddress != 0 && before&wAddressOf != 0:
		return classPersonal
	case last&wSoft != 0:
		return classSoft
	case last&wQuery != 0:
		return classQuery
	}
	return classOpen
}

// wordsOf cuts a name into words, at what is no letter or digit, at a capital after a small letter, and between letters and digits.
func wordsOf(key string, list *[maxWords]word) (n int) {
	if len(key) > maxName {
		key = key[len(key)-maxName:]
	}
	for i := 0; i < len(key); {
		if key[i] == '%' && i+2 < len(key) { // an escape in a form
			i += 3
			continue
		}
		if !isAlnum(key[i]) {
			i++
			continue
		}
		end := wordEnd(key, i)
		if n == maxWords {
			copy(list[:], list[1:])
			n--
		}
		list[n] = wordOf(key[i:end])
		n++
		i = end
	}
	return n
}

// wordEnd is where the word that begins at i ends.
func wordEnd(key string, i int) int {
	end := i + 1
	if isDigit(key[i]) {
		for end < len(key) && isDigit(key[end]) {
			end++
		}
		return end
	}
	for end < len(key) && isUpper(key[i]) && isUpper(key[end]) {
		end++
	}
	if end-i > 1 { // a run of capitals: the last of them begins the next word if a small letter follows
		if end < len(key) && isLower(key[end]) && !isPluralEnd(key, end) {
			return end - 1
		}
		if end == len(key) || !isLower(key[end]) {
			return end
		}
	}
	for end < len(key) && isLower(key[end]) {
		end++
	}
	return end
}

// isPluralEnd: "APIs" is one word.
func isPluralEnd(key string, i int) bool {
	return key[i] == 's' && (i+1 == len(key) || !isAlnum(key[i+1]))
}

// wordOf looks a word up, whatever its case.
func wordOf(s string) word {
	if isDigit(s[0]) {
		return wDigits
	}
	if len(s) == 1 {
		return 0
	}
	var lower [maxWord]byte
	if len(s) > maxWord {
		return holds(strings.ToLower(s))
	}
	for i := range len(s) {
		lower[i] = s[i] | 0x20
	}
	if is, ok := words[string(lower[:len(s)])]; ok {
		return is
	}
	if len(s) > len("secret") {
		return holdsBytes(lower[:len(s)])
	}
	return 0
}

// runs are secrets in words that are written without any break: "pgpassword".
var runs = []struct {
	text string
	end  bool // only at the end
}{{"password", false}, {"passwd", false}, {"secret", true}, {"apikey", true}, {"privatekey", true}, {"credentials", true}}

func holds(s string) word {
	for _, r := range runs {
		if r.end && strings.HasSuffix(s, r.text) || !r.end && strings.Contains(s, r.text) {
			return wSecret
		}
	}
	return 0
}

func holdsBytes(s []byte) word {
	for _, r := range runs {
		n := len(r.text)
		for i := max(0, len(s)-n); i >= 0; i-- {
			if len(s) >= n && string(s[i:i+n]) == r.text {
				return wSecret
			}
			if r.end {
				break
			}
		}
	}
	return 0
}
