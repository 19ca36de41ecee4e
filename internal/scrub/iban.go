package scrub

// ibanLengths are the lengths of account numbers by country (SWIFT, IBAN registry).
var ibanLengths = map[string]int{
	"AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29, "BY": 28, "CH": 21, "CR": 22,
	"CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22,
	"GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30,
	"KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MN": 20, "MR": 27,
	"MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33,
	"SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29,
	"VA": 22, "VG": 24, "XK": 20, "YE": 30,
}

// iban looks for an international bank account number: a country, two digits that check the rest, and as many characters as the country
// has, in one word or in groups of four.
func (s *scanner) iban(from, to int) (find, bool) {
	length := ibanLengths[s.text[from:from+2]]
	if length == 0 || !isDigit(s.text[from+3]) || to-from > length || to-from < 4 {
		return find{}, false
	}
	end, n, rest := from, 0, 0
	for pass := 0; n < length; end++ {
		c := s.peek(end)
		switch {
		case isUpper(c) || isDigit(c):
			if n >= 4 {
				rest = mod97(rest, c)
			}
			n++
		case c == ' ' && n%4 == 0 && pass < length/4:
			pass++
		default:
			return find{}, false
		}
	}
	for i := range 4 {
		rest = mod97(rest, s.text[from+i])
	}
	if rest != 1 || isWord[s.peek(end)] {
		return find{}, false
	}
	return find{from: from, to: end, rule: RuleIBAN}, true
}

// mod97 goes on dividing with one more character; letters are the numbers 10 to 35 (ISO 7064, MOD 97-10).
func mod97(rest int, c byte) int {
	if isDigit(c) {
		return (rest*10 + int(c-'0')) % 97
	}
	return (rest*100 + int(c-'A') + 10) % 97
}
