package fields

import (
	"go.opentelemetry.io/collector/pdata/plog"
)

// form is how a level word may stand in a plain line so that it is a level and no word of the message.
type form uint8

const (
	// bare: in capitals at the place of the level, nothing around it (`10:11:12 ERROR text`).
	bare form = 1 << iota
	// colon: followed by a colon at the place of the level, in capitals or all small (`error: text`).
	colon
	// boxed: inside brackets or between bars, however it is spelled (`[Note]`, `| INFO |`).
	boxed
	// short: an abbreviation that only loggers use; those that do print fields as key=value after the message.
	short
	// loud: in capitals only.
	loud

	anyForm = bare | colon | boxed
)

type levelWord struct {
	severity plog.SeverityNumber
	form     form
}

// levelWords are the names that loggers give their levels, in small letters. The numbers are those of the OpenTelemetry logs data model
// (appendix B, example mappings) where it names the logger, and of the OpenTelemetry bridges (zap: dpanic, panic, fatal) where it does not.
// "critical", "alert" and "emergency" are fatal, as Sentry's own SDKs have them (Python's CRITICAL, monolog's three).
var levelWords = map[string]levelWord{
	"trace": {plog.SeverityNumberTrace, anyForm}, "trc": {plog.SeverityNumberTrace, anyForm | short}, "trac": {plog.SeverityNumberTrace, anyForm | short},
	"trce": {plog.SeverityNumberTrace, anyForm | short}, "finest": {plog.SeverityNumberTrace, anyForm}, "silly": {plog.SeverityNumberTrace, colon | boxed},
	"verbose": {plog.SeverityNumberTrace, anyForm}, "vrb": {plog.SeverityNumberTrace, anyForm | short}, "all": {plog.SeverityNumberTrace, 0},

	"debug": {plog.SeverityNumberDebug, anyForm}, "dbg": {plog.SeverityNumberDebug, anyForm | short}, "debu": {plog.SeverityNumberDebug, anyForm | short},
	"dbug": {plog.SeverityNumberDebug, anyForm | short}, "debg": {plog.SeverityNumberDebug, anyForm | short}, "finer": {plog.SeverityNumberDebug, anyForm},
	"fine": {plog.SeverityNumberDebug2, anyForm}, "config": {plog.SeverityNumberDebug3, anyForm},

	"info": {plog.SeverityNumberInfo, anyForm}, "inf": {plog.SeverityNumberInfo, anyForm | short}, "information": {plog.SeverityNumberInfo, anyForm},
	"informational": {plog.SeverityNumberInfo, anyForm}, "log": {plog.SeverityNumberInfo, colon | boxed | loud}, "http": {plog.SeverityNumberInfo, boxed},
	"system": {plog.SeverityNumberInfo, boxed}, "note": {plog.SeverityNumberInfo2, boxed}, "notice": {plog.SeverityNumberInfo2, anyForm},
	"success": {plog.SeverityNumberInfo2, anyForm}, "default": {plog.SeverityNumberUnspecified, 0},

	"warn": {plog.SeverityNumberWarn, anyForm}, "warning": {plog.SeverityNumberWarn, anyForm}, "wrn": {plog.SeverityNumberWarn, anyForm | short},

	"error": {plog.SeverityNumberError, anyForm}, "err": {plog.SeverityNumberError, anyForm | short}, "erro": {plog.SeverityNumberError, anyForm | short},
	"eror": {plog.SeverityNumberError, anyForm | short}, "severe": {plog.SeverityNumberError, anyForm}, "fail": {plog.SeverityNumberError, colon | short},

	"fatal": {plog.SeverityNumberFatal, anyForm}, "ftl": {plog.SeverityNumberFatal, anyForm | short}, "fata": {plog.SeverityNumberFatal, anyForm | short},
	"critical": {plog.SeverityNumberFatal, anyForm}, "crit": {plog.SeverityNumberFatal, anyForm | short}, "crt": {plog.SeverityNumberFatal, boxed},
	"dpanic": {plog.SeverityNumberFatal, anyForm}, "panic": {plog.SeverityNumberFatal2, bare | boxed}, "pnc": {plog.SeverityNumberFatal2, anyForm | short},
	"pani": {plog.SeverityNumberFatal2, anyForm | short}, "alert": {plog.SeverityNumberFatal2, anyForm},
	"emergency": {plog.SeverityNumberFatal4, anyForm}, "emerg": {plog.SeverityNumberFatal4, anyForm},

	// java.util.logging translates its level names (JDK resource bundles sun.util.logging.resources.logging_*).
	"schwerwiegend": {plog.SeverityNumberError, colon}, "warnung": {plog.SeverityNumberWarn, colon},
	"configuration": {plog.SeverityNumberDebug3, colon}, "grave": {plog.SeverityNumberError, colon}, "avertissement": {plog.SeverityNumberWarn, colon},
	"infos": {plog.SeverityNumberInfo, colon}, "advertencia": {plog.SeverityNumberWarn, colon}, "avvertenza": {plog.SeverityNumberWarn, colon},
	"致命的": {plog.SeverityNumberError, colon}, "警告": {plog.SeverityNumberWarn, colon}, "情報": {plog.SeverityNumberInfo, colon},
	"严重": {plog.SeverityNumberError, colon}, "信息": {plog.SeverityNumberInfo, colon},
}

// longestLevel bounds the bytes of a level word.
const longestLevel = 16

// letters are the one-letter levels of glog, klog, tornado, Ruby's Logger, capnslog and MongoDB.
var letters = [256]plog.SeverityNumber{
	'T': plog.SeverityNumberTrace, 'V': plog.SeverityNumberTrace, 'D': plog.SeverityNumberDebug, 'I': plog.SeverityNumberInfo, 'N': plog.SeverityNumberInfo2,
	'W': plog.SeverityNumberWarn, 'E': plog.SeverityNumberError, 'C': plog.SeverityNumberFatal, 'F': plog.SeverityNumberFatal,
}

// lookUp finds a level word whatever its case. It does not allocate.
func lookUp(s string) (levelWord, bool) {
	if len(s) < 3 || len(s) > longestLevel {
		return levelWord{}, false
	}
	var small [longestLevel]byte
	for i := 0; i < len(s); i++ {
		c := s[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		small[i] = c
	}
	w, ok := levelWords[string(small[:len(s)])]
	return w, ok
}

// wordSeverity reads a level as a field of its own says it: "error", "SEVERE", "E", slog's "ERROR+4", OpenTelemetry's "WARN2", PostgreSQL's "DEBUG5".
// Unspecified: the text is no level.
func wordSeverity(s string) plog.SeverityNumber {
	s = trimSpace(s)
	if len(s) == 1 {
		return letters[s[0]&^0x20]
	}
	if w, ok := lookUp(s); ok {
		return w.severity
	}
	n := len(s)
	for n > 0 && isDigit(s[n-1]) {
		n--
	}
	if n == 0 || len(s)-n > 2 || n == len(s) {
		return plog.SeverityNumberUnspecified
	}
	offset := atoi(s[n:])
	switch s[n-1] {
	case '+':
		n--
	case '-':
		n--
		offset = -offset
	default: // OpenTelemetry's short names and PostgreSQL's count from 1 inside a range of four
		offset = min(offset, 4) - 1
	}
	w, ok := lookUp(s[:n])
	if !ok || w.severity == plog.SeverityNumberUnspecified {
		return plog.SeverityNumberUnspecified
	}
	return min(max(w.severity+plog.SeverityNumber(offset), plog.SeverityNumberTrace), plog.SeverityNumberFatal4)
}

// scale is a family of level numbers. A number of one family means nothing, or something else, in another.
type scale uint8

const (
	// anyScale: the family shows in the number itself: pino and bunyan (10 to 60), log4j and logback (5000 to 50000).
	anyScale scale = iota
	syslogScale
	pythonScale
	otelScale
	monologScale
	googleScale
)

// numberSeverity maps a level number. Unspecified: the family is not known, or has no such number.
func numberSeverity(n int64, of scale) plog.SeverityNumber {
	switch of {
	case otelScale:
		if n >= 1 && n <= 24 {
			return plog.SeverityNumber(n)
		}
		return plog.SeverityNumberUnspecified
	case syslogScale:
		if n >= 0 && n < int64(len(syslogSeverities)) {
			return syslogSeverities[n]
		}
		return plog.SeverityNumberUnspecified
	}
	for _, row := range numberScales[of] {
		if n <= row.upTo {
			return row.severity
		}
	}
	return plog.SeverityNumberUnspecified
}

// syslogSeverities by RFC 5424's numbers, which GELF and journald's PRIORITY use.
var syslogSeverities = [8]plog.SeverityNumber{
	plog.SeverityNumberFatal4, plog.SeverityNumberFatal2, plog.SeverityNumberFatal, plog.SeverityNumberError,
	plog.SeverityNumberWarn, plog.SeverityNumberInfo2, plog.SeverityNumberInfo, plog.SeverityNumberDebug,
}

type numberRow struct {
	upTo     int64
	severity plog.SeverityNumber
}

// numberScales hold the first number above each level, so that a custom level between two takes the one it reaches.
var numberScales = map[scale][]numberRow{
	anyScale: {
		{9, plog.SeverityNumberUnspecified},
		{19, plog.SeverityNumberTrace},
		{29, plog.SeverityNumberDebug},
		{39, plog.SeverityNumberInfo}, // pino, bunyan
		{49, plog.SeverityNumberWarn},
		{59, plog.SeverityNumberError},
		{99, plog.SeverityNumberFatal},
		{4999, plog.SeverityNumberUnspecified},
		{9999, plog.SeverityNumberTrace},
		{19999, plog.SeverityNumberDebug},
		{29999, plog.SeverityNumberInfo}, // logback's level_value, log4j 1
		{39999, plog.SeverityNumberWarn},
		{49999, plog.SeverityNumberError},
		{50000, plog.SeverityNumberFatal},
	},
	pythonScale: { // logging.getLevelName; loguru's 25 (SUCCESS) and 5 (TRACE) lie between
		{0, plog.SeverityNumberUnspecified},
		{9, plog.SeverityNumberTrace},
		{19, plog.SeverityNumberDebug},
		{29, plog.SeverityNumberInfo},
		{39, plog.SeverityNumberWarn},
		{49, plog.SeverityNumberError},
		{99, plog.SeverityNumberFatal},
	},
	monologScale: { // RFC 5424 levels as Monolog\Level numbers them
		{99, plog.SeverityNumberUnspecified},
		{100, plog.SeverityNumberDebug},
		{200, plog.SeverityNumberInfo},
		{250, plog.SeverityNumberInfo2},
		{300, plog.SeverityNumberWarn},
		{400, plog.SeverityNumberError},
		{500, plog.SeverityNumberFatal},
		{550, plog.SeverityNumberFatal2},
		{600, plog.SeverityNumberFatal4},
	},
	googleScale: { // google.logging.type.LogSeverity
		{99, plog.SeverityNumberUnspecified},
		{199, plog.SeverityNumberDebug},
		{299, plog.SeverityNumberInfo},
		{399, plog.SeverityNumberInfo2},
		{499, plog.SeverityNumberWarn},
		{599, plog.SeverityNumberError},
		{699, plog.SeverityNumberFatal},
		{799, plog.SeverityNumberFatal2},
		{800, plog.SeverityNumberFatal4},
	},
}
