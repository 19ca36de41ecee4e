package template

// dateEnd is the end of the date at i, with the time and the zone behind it; 0 where there is none. What has no space in it needs no rule of its own
// (2026-01-02T15:04:05Z is numbers); what has is read here: 2026-01-02 15:04:05,678 +0200, Mon, 02 Jan 2026 15:04:05 GMT, Jan  2 15:04:05,
// 02/Jan/2026:15:04:05 +0000.
func dateEnd(s string, i int) int {
	at := i
	if classOf[s[at]]&letter != 0 {
		end := run(s, at, letter)
		if isWeekday(s[at:end]) {
			if end < len(s) && s[end] == ',' {
				end++
			}
			at = spaces(s, end)
			if at == end || at >= len(s) {
				return 0
			}
		} else if !isMonth(s[at:end]) {
			return 0
		}
	}
	end := dayEnd(s, at)
	if end == 0 {
		return 0
	}
	return zoneEnd(s, clockEnd(s, end))
}

// dayEnd is the end of year, month and day.
func dayEnd(s string, i int) int {
	if classOf[s[i]]&letter != 0 {
		return monthFirst(s, i)
	}
	first := run(s, i, digit)
	if first >= len(s) || first-i > 4 || first-i == 3 {
		return 0
	}
	sep := s[first]
	if sep != '-' && sep != '/' && sep != '.' && sep != ' ' || first+1 >= len(s) {
		return 0
	}
	if classOf[s[first+1]]&letter != 0 && first-i <= 2 {
		return dayFirst(s, first+1, sep)
	}
	second := run(s, first+1, digit)
	if sep == ' ' || second-first < 2 || second-first > 3 || second >= len(s) || s[second] != sep {
		return 0
	}
	third := run(s, second+1, digit)
	long := third-second-1 == 4
	if (first-i == 4) == long || third-second < 2 || third-second > 3 && !long || sep == '/' && i > 0 && s[i-1] == '/' {
		return 0
	}
	return third
}

// dayFirst reads `Jan 2026` behind a day and sep.
func dayFirst(s string, i int, sep byte) int {
	end := run(s, i, letter)
	if !isMonth(s[i:end]) {
		return 0
	}
	if end+1 < len(s) && s[end] == sep {
		if year := run(s, end+1, digit); year-end-1 == 4 {
			return year
		}
	}
	return end
}

// monthFirst reads `Jan  2` and `Jan 2, 2026`.
func monthFirst(s string, i int) int {
	end := run(s, i, letter)
	if !isMonth(s[i:end]) {
		return 0
	}
	day := spaces(s, end)
	end = run(s, day, digit)
	if day == i || end == day || end-day > 2 || end < len(s) && classOf[s[end]]&alnum != 0 {
		return 0
	}
	year := end
	if year < len(s) && s[year] == ',' {
		year++
	}
	if year = spaces(s, year); run(s, year, digit)-year == 4 {
		return year + 4
	}
	return end
}

// clockEnd is the end of the time behind a date that ends at i, else i.
func clockEnd(s string, i int) int {
	at := i
	if at < len(s) && (s[at] == 'T' || s[at] == '_' || s[at] == ':' || s[at] == ',') {
		at++
	}
	at = spaces(s, at)
	hour := run(s, at, digit)
	if at == i || hour == at || hour-at > 2 || hour >= len(s) || s[hour] != ':' {
		return i
	}
	end := run(s, hour+1, digit)
	if end-hour != 3 {
		return i
	}
	for end+1 < len(s) && (s[end] == ':' || s[end] == '.' || s[end] == ',') && classOf[s[end+1]]&digit != 0 {
		end = run(s, end+1, digit)
	}
	if year := spaces(s, end); year > end && run(s, year, digit)-year == 4 && isYear(s[year:year+4]) { // ANSI C puts the year last
		return year + 4
	}
	return end
}

func isYear(text string) bool { return text[:2] == "19" || text[:2] == "20" }

// zoneEnd is the end of the zone behind a time that ends at i, else i.
func zoneEnd(s string, i int) int {
	at := spaces(s, i)
	if at+2 < len(s) && (s[at] == '+' || s[at] == '-') {
		end := run(s, at+1, digit)
		if end-at == 3 && end+2 < len(s) && s[end] == ':' {
			end = run(s, end+1, digit)
		}
		if end-at == 5 || end-at == 6 {
			return end
		}
		return i
	}
	switch end := run(s, at, alnum); s[at:end] {
	case "Z", "UTC", "GMT", "AM", "PM", "CET", "CEST", "EST", "EDT", "PST", "PDT":
		return end
	}
	return i
}

// spaces is the index behind at most two spaces.
func spaces(s string, i int) int {
	for n := 0; n < 2 && i < len(s) && s[i] == ' '; n++ {
		i++
	}
	return i
}

func isMonth(word string) bool {
	switch word {
	case "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Sept", "Oct", "Nov", "Dec", "January", "February", "March", "April", "June", "July", "August",
		"September", "October", "November", "December":
		return true
	}
	return false
}

func isWeekday(word string) bool {
	switch word {
	case "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday":
		return true
	}
	return false
}
