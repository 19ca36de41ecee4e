package template

// number reads what begins with a digit at i; start is where its sign is.
func (sc *scanner) number(start, i int) {
	s := sc.s
	end := run(s, i, alnum)
	digits := run(s, i, digit)
	switch {
	case digits == end:
		end = spacedUnit(s, digits)
		sc.measure(start, end, end > digits)
	case measured(s[i:end]):
		sc.measure(start, end, true)
	case isHex(s[i:end]):
		sc.param(start, end)
	case digits+1 == end && s[digits]|0x20 == 'e' && end+1 < len(s) && (s[end] == '-' || s[end] == '+') && classOf[s[end+1]]&digit != 0: // 1e-9
		sc.param(start, run(s, end+1, digit))
	case shapeOf(s[i:end]) == isID:
		sc.param(start, end)
	default:
		sc.param(start, digits)
		sc.numbered(end)
	}
}

// measure makes a number a parameter. One with a unit goes on with another behind a blank: 1m 30s.
func (sc *scanner) measure(start, end int, unit bool) {
	if unit && sc.measureEnd > 0 && sc.measureEnd == sc.lastEnd && sc.s[sc.lastEnd:start] == " " {
		sc.extend(end)
	} else {
		sc.param(start, end)
	}
	sc.measureEnd = 0
	if unit {
		sc.measureEnd = end
	}
}

// isHex: 0x7ffe, 1e9 as well, which is made of the same digits.
func isHex(text string) bool {
	if len(text) > 2 && text[0] == '0' && text[1]|0x20 == 'x' {
		text = text[2:]
	} else if !isExponent(text) {
		return false
	}
	return run(text, 0, digit|hexLetter) == len(text)
}

func isExponent(text string) bool {
	mantissa := run(text, 0, digit)
	return mantissa+1 < len(text) && text[mantissa]|0x20 == 'e' && run(text, mantissa+1, digit) == len(text)
}

// measured: numbers with their units, the last one perhaps without: 250ms, 1h20m3, 12KiB, 02T15, 2nd.
func measured(text string) bool {
	for text != "" {
		n := run(text, 0, digit)
		if n == 0 {
			return false
		}
		m := run(text, n, letter)
		if m > n && !isUnit(text[n:m]) {
			return false
		}
		text = text[m:]
	}
	return true
}

func isUnit(text string) bool {
	switch text {
	case "ns", "us", "µs", "μs", "ms", "s", "m", "h", "d", "w", "y", "sec", "secs", "min", "mins", "hr", "hrs", "st", "nd", "rd", "th", "x", "X",
		"B", "b", "K", "k", "M", "G", "T", "P", "KB", "kB", "kb", "Kb", "MB", "Mb", "mb", "GB", "Gb", "gb", "TB", "tb", "PB", "KiB", "MiB", "GiB", "TiB", "PiB",
		"Ki", "Mi", "Gi", "Ti", "Pi", "bps", "kbps", "Mbps", "Gbps", "Hz", "kHz", "MHz", "GHz", "px", "pt", "L", "l", "f", "F", "n", "u", "U", "Z", "z", "AM", "PM", "am", "pm",
		"rpm", "rps", "qps", "fps", "W", "V", "A", "C", "km", "cm", "mm", "kg", "g", "mg":
		return true
	}
	return isLongUnit(text)
}

func isLongUnit(text string) bool {
	switch text {
	case "nanosecond", "nanoseconds", "microsecond", "microseconds", "millisecond", "milliseconds", "second", "seconds", "minute", "minutes", "hour", "hours", "day",
		"days", "week", "weeks", "month", "months", "year", "years", "byte", "bytes", "bit", "bits", "kilobytes", "megabytes", "gigabytes", "millis", "nanos", "micros":
		return true
	}
	return false
}

// spacedUnit is the end of the unit behind a number that ends at i and a space, else i. A unit changes with the number before it: 1 second, 900 ms.
func spacedUnit(s string, i int) int {
	const longest = len("microseconds")
	if i+1 >= len(s) || s[i] != ' ' {
		return i
	}
	end := run(s[:min(len(s), i+longest+2)], i+1, alnum)
	text := s[i+1 : end]
	switch text {
	case "ns", "us", "µs", "μs", "ms", "s", "sec", "secs", "min", "mins", "hrs", "B", "KB", "kB", "kb", "MB", "mb", "GB", "gb", "TB", "KiB", "MiB", "GiB", "TiB":
		return end
	}
	if isLongUnit(text) {
		return end
	}
	return i
}

// uuidEnd is the end of the UUID that begins at i, 0 where none does.
func uuidEnd(s string, i int) int {
	const length = 36
	if i+length > len(s) || i+length < len(s) && classOf[s[i+length]]&alnum != 0 || s[i+8] != '-' {
		return 0
	}
	for k, c := range []byte(s[i : i+length]) {
		if dash := k == 8 || k == 13 || k == 18 || k == 23; dash && c != '-' || !dash && classOf[c]&(digit|hexLetter) == 0 {
			return 0
		}
	}
	return i + length
}

// macEnd is the end of the hardware address that begins at i, 0 where none does.
func macEnd(s string, i int) int {
	const length = len("00:00:00:00:00:00")
	if i+length > len(s) || i+length < len(s) && classOf[s[i+length]]&alnum != 0 || s[i+2] != ':' && s[i+2] != '-' {
		return 0
	}
	for k := range length {
		if c := s[i+k]; k%3 == 2 && c != s[i+2] || k%3 != 2 && classOf[c]&(digit|hexLetter) == 0 {
			return 0
		}
	}
	return i + length
}

// periodEnd is the end of the ISO 8601 duration that begins at i (Java prints PT1H2M3.5S), 0 where none does.
func periodEnd(s string, i int) int {
	if s[i] != 'P' || i+2 >= len(s) || s[i+1] != 'T' && classOf[s[i+1]]&digit == 0 {
		return 0
	}
	end, numbers := i+1, 0
	for end < len(s) {
		if s[end] == 'T' {
			end++
			continue
		}
		n := run(s, end, digit)
		if n > end && n+1 < len(s) && s[n] == '.' {
			n = run(s, n+1, digit)
		}
		if n == end || n >= len(s) || !isDesignator(s[n]) {
			break
		}
		end = n + 1
		numbers++
	}
	if numbers == 0 || end < len(s) && classOf[s[end]]&alnum != 0 {
		return 0
	}
	return end
}

func isDesignator(c byte) bool {
	return c == 'Y' || c == 'M' || c == 'W' || c == 'D' || c == 'H' || c == 'S'
}

// ipv6End is the end of the IPv6 address that begins at i, with its zone; 0 where none does. A port can only follow in brackets.
func ipv6End(s string, i int) int {
	const longest = len("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255")
	end, colons, digits, double := i, 0, 0, false
	for ; end < len(s) && end-i <= longest; end++ {
		c := s[end]
		switch {
		case c == ':':
			colons++
			double = double || end > i && s[end-1] == ':'
			continue
		case classOf[c]&digit != 0:
			digits++
			continue
		case classOf[c]&hexLetter != 0, c == '.' && end+1 < len(s) && classOf[s[end+1]]&digit != 0:
			continue
		}
		break
	}
	for end > i+1 && s[end-1] == ':' && s[end-2] != ':' { // a sentence goes on
		end--
		colons--
	}
	if colons < 2 || digits == 0 || !double && colons != 7 || end < len(s) && (classOf[s[end]]&alnum != 0 || s[end] == '_') {
		return 0
	}
	if end+1 < len(s) && s[end] == '%' && classOf[s[end+1]]&alnum != 0 {
		return run(s, end+1, alnum)
	}
	return end
}

// bracketedIPv6 is the end of an address in brackets, and of the port behind them, so that it looks like any other address; 0 where there is none.
func bracketedIPv6(s string, i int) int {
	end := ipv6End(s, i+1)
	if end == 0 || end >= len(s) || s[end] != ']' {
		return 0
	}
	end++
	if end+1 < len(s) && s[end] == ':' && classOf[s[end+1]]&digit != 0 {
		return run(s, end+1, digit)
	}
	return end
}
