package fields

import (
	"strconv"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
)

// levelKey is what a member of a body has to do with its level.
type levelKey uint8

const (
	noKey      levelKey = iota
	levelMark           // a word, or a number whose family the other members must tell
	wordMark            // a word only
	googleMark          // a word, or one of Google's numbers; what other numbers mean under "severity" is anybody's guess
	pythonMark          // Python's numbers
	syslogMark          // RFC 5424's numbers
	otelMark            // OpenTelemetry's numbers
	logMark             // ECS: {"log":{"level":...}}; Docker and Fluent Bit: the line itself
	loguruMark          // {"record":{"level":{"name":...}}}; winston's logstash format: {"@fields":{"level":...}}
	mongoMark           // MongoDB: one letter, a digit after D
	mongoTime           // and before it {"t":{"$date":...}}

	gelfMark    // only GELF has it
	monologMark // Monolog's channel
	stampMark   // Kubernetes' JSON logs have no level but ts, caller, msg; infos have v
	callerMark
	wordsMark
	verboseMark
	levelKeys
)

// levelKeyOf names the members that decide a level. One switch: it is asked for every member of every record.
func levelKeyOf(key string) levelKey {
	switch key {
	case "severity", "Severity", "SEVERITY", "log.severity":
		return googleMark
	case "level", "lvl", "levelname", "level_name", "levelName", "loglevel", "log_level", "logLevel", "LogLevel", "log.level", "@level", "@l",
		"Level", "LEVEL", "severityText", "severity_text", "SeverityText", "_level", "_level_name", "levelText", "level_text",
		"severity_label", "level_value", "level_int", "levelInt", "log.levelname":
		return levelMark
	case "priority":
		return wordMark
	case "levelno", "level_number", "level_no":
		return pythonMark
	case "PRIORITY", "syslog.severity.code", "log.syslog.severity.code":
		return syslogMark
	case "severity_number", "severityNumber", "SeverityNumber":
		return otelMark
	case "log":
		return logMark
	case "record", "@fields":
		return loguruMark
	case "s":
		return mongoMark
	case "t":
		return mongoTime
	case "short_message":
		return gelfMark
	case "channel":
		return monologMark
	case "ts":
		return stampMark
	case "caller":
		return callerMark
	case "msg":
		return wordsMark
	case "v":
		return verboseMark
	}
	return noKey
}

// levelFinder hears the members of a body in their order and tells the level as soon as it is certain. The first member that is certain wins:
// loggers write their own before the app's.
type levelFinder struct {
	// number waits for a member that tells its family.
	number  int64
	pending bool
	seen    [levelKeys]bool
	verbose int64
	letter  plog.SeverityNumber
}

// word hears a member that is text.
func (f *levelFinder) word(key levelKey, s string) plog.SeverityNumber {
	f.seen[key] = key != stampMark && key != verboseMark && key != mongoTime
	switch key {
	case wordMark:
		return wordSeverity(s)
	case levelMark, googleMark:
		if n := wordSeverity(s); n != plog.SeverityNumberUnspecified {
			return n
		}
		return f.numberText(key, s)
	case pythonMark, syslogMark, otelMark:
		return f.numberText(key, s)
	case mongoMark:
		if (len(s) == 1 || len(s) == 2 && s[0] == 'D' && isDigit(s[1])) && isUpper(s[0]) {
			f.letter = letters[s[0]]
		}
		if f.seen[mongoTime] {
			return f.letter
		}
	}
	return plog.SeverityNumberUnspecified
}

func (f *levelFinder) numberText(key levelKey, s string) plog.SeverityNumber {
	if len(s) == 0 || len(s) > 5 || digits(s) != len(s) {
		return plog.SeverityNumberUnspecified
	}
	return f.numeral(key, int64(atoi(s)))
}

// numeral hears a member that is a number.
func (f *levelFinder) numeral(key levelKey, n int64) plog.SeverityNumber {
	f.seen[key] = key != callerMark && key != wordsMark && key != mongoTime
	switch key {
	case levelMark:
		if got := numberSeverity(n, anyScale); got != plog.SeverityNumberUnspecified {
			return got
		}
		f.number, f.pending = n, true
	case googleMark:
		return numberSeverity(n, googleScale)
	case pythonMark:
		return numberSeverity(n, pythonScale)
	case syslogMark:
		return numberSeverity(n, syslogScale)
	case otelMark:
		return numberSeverity(n, otelScale)
	case verboseMark:
		f.verbose = n
	}
	return plog.SeverityNumberUnspecified
}

// last tells the level when all members are heard.
func (f *levelFinder) last() plog.SeverityNumber {
	switch {
	case f.seen[mongoTime] && f.letter != plog.SeverityNumberUnspecified:
		return f.letter
	case f.pending && f.seen[gelfMark]:
		return numberSeverity(f.number, syslogScale)
	case f.pending && f.seen[monologMark]:
		return numberSeverity(f.number, monologScale)
	case f.pending || f.seen[levelMark] || f.seen[googleMark] || !f.seen[stampMark] || !f.seen[callerMark] || !f.seen[wordsMark]:
		return plog.SeverityNumberUnspecified
	// Kubernetes components with --logging-format=json (k8s.io/component-base/logs/json): an info entry carries its verbosity, an error entry none.
	case !f.seen[verboseMark]:
		return plog.SeverityNumberError
	case f.verbose > 0:
		return plog.SeverityNumberDebug
	}
	return plog.SeverityNumberInfo
}

// nameKeys are the members of a level that is an object: log4j2's {"name","standardLevel"}, loguru's {"name","no","icon"}, pino's formatters.
func nameKey(key string) bool {
	return key == "name" || key == "levelStr" || key == "label" || key == "text"
}

// peekJSON reads no more of a JSON object than its level needs. whole: the object was read to its end and nothing follows it, or the level was found.
// inside: the object is itself the line in a member of another.
func peekJSON(s string, inside int) (n plog.SeverityNumber, whole bool) {
	j := scanner{s: s}
	j.space()
	var f levelFinder
	n, whole = peekObject(&j, &f, inside)
	if n != plog.SeverityNumberUnspecified || !whole {
		return n, n != plog.SeverityNumberUnspecified
	}
	j.space()
	if j.p < len(s) {
		return plog.SeverityNumberUnspecified, false
	}
	return f.last(), true
}

// peekObject hears the members of the object at j.p; nested counts how far inside the body it is.
func peekObject(j *scanner, f *levelFinder, nested int) (plog.SeverityNumber, bool) {
	j.p++
	if j.next('}') {
		return 0, true
	}
	for {
		j.space()
		raw, _, ok := j.text()
		if !ok || !j.next(':') {
			return 0, false
		}
		n, ok := peekMember(j, f, levelKeyOf(raw), nested)
		if n != plog.SeverityNumberUnspecified || !ok {
			return n, ok
		}
		if j.next('}') {
			return 0, true
		}
		if !j.next(',') {
			return 0, false
		}
	}
}

func peekMember(j *scanner, f *levelFinder, key levelKey, nested int) (plog.SeverityNumber, bool) {
	j.space()
	if key == noKey || j.p >= len(j.s) {
		return 0, j.skip()
	}
	switch c := j.s[j.p]; {
	case c == '"':
		raw, escaped, ok := j.text()
		if key == logMark && ok && nested == 0 {
			if escaped {
				raw = unescape(raw)
			}
			return lineSeverity(raw, 1), true
		}
		return f.word(key, raw), ok
	case isDigit(c):
		lit := j.literal()
		if n, err := strconv.ParseInt(lit, 10, 64); err == nil {
			return f.numeral(key, n), true
		}
		f.seen[key] = key == stampMark
		return 0, true
	case c == '{' && (key == logMark || key == loguruMark) && nested == 0:
		return peekObject(j, f, nested+1)
	case c == '{' && key == levelMark:
		return peekName(j)
	case c == '{':
		f.seen[key] = key == mongoTime
	}
	return 0, j.skip()
}

// peekName reads a level that is an object.
func peekName(j *scanner) (plog.SeverityNumber, bool) {
	j.p++
	var found plog.SeverityNumber
	if j.next('}') {
		return 0, true
	}
	for {
		j.space()
		raw, _, ok := j.text()
		if !ok || !j.next(':') {
			return found, false
		}
		j.space()
		if j.p < len(j.s) && j.s[j.p] == '"' {
			word, _, ok := j.text()
			if !ok {
				return found, false
			}
			if nameKey(raw) && found == plog.SeverityNumberUnspecified {
				found = wordSeverity(word)
			}
		} else if !j.skip() {
			return found, false
		}
		if j.next('}') {
			return found, true
		}
		if !j.next(',') {
			return found, false
		}
	}
}

// mapSeverity is peekJSON for a body, or attributes, that a receiver has already taken apart.
func mapSeverity(m pcommon.Map) plog.SeverityNumber {
	var f levelFinder
	if n := hearMap(m, &f, 0); n != plog.SeverityNumberUnspecified {
		return n
	}
	return f.last()
}

func hearMap(m pcommon.Map, f *levelFinder, nested int) plog.SeverityNumber {
	for k, v := range m.All() {
		key := levelKeyOf(k)
		if key == noKey {
			continue
		}
		n := plog.SeverityNumberUnspecified
		switch v.Type() {
		case pcommon.ValueTypeStr:
			if key == logMark && nested == 0 {
				n = lineSeverity(v.Str(), 1)
			} else {
				n = f.word(key, v.Str())
			}
		case pcommon.ValueTypeInt:
			n = f.numeral(key, v.Int())
		case pcommon.ValueTypeDouble:
			if d := v.Double(); d == float64(int64(d)) { // JSON parsers of receivers give every number as a double
				n = f.numeral(key, int64(d))
			} else if key == stampMark {
				f.seen[key] = true
			}
		case pcommon.ValueTypeMap:
			if key == levelMark {
				n = hearName(v.Map())
			} else if f.seen[key] = key == mongoTime; nested == 0 && (key == logMark || key == loguruMark) {
				n = hearMap(v.Map(), f, nested+1)
			}
		}
		if n != plog.SeverityNumberUnspecified {
			return n
		}
	}
	return plog.SeverityNumberUnspecified
}

func hearName(m pcommon.Map) plog.SeverityNumber {
	for k, v := range m.All() {
		if nameKey(k) && v.Type() == pcommon.ValueTypeStr {
			if n := wordSeverity(v.Str()); n != plog.SeverityNumberUnspecified {
				return n
			}
		}
	}
	return plog.SeverityNumberUnspecified
}
