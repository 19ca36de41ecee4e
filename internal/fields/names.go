package fields

import "strings"

// meaning is what a member of a body says.
type meaning uint8

const (
	unnamed meaning = iota
	noise           // said by something else already, or about the logger itself
	isTime
	isSeconds
	isNanos
	isMessage
	isTemplate
	isParams
	isLogger
	isThreadName
	isThreadID
	isTraceID
	isSpanID
	isTraceparent
	isErrorType
	isErrorMessage
	isStack     // a text that is a stack trace
	isErrorText // %+v of a Go error: its message and its stack
	isLogStack  // the stack of the log call (zap), not of the error
	isMixedText // a text that holds a stack trace among other things
	isErrorTree // an error written as structure
	isCause     // the cause of an error, an error object itself
	isFingerprint
	isUserID
	isUserName
	isUserEmail
	isUserAddress
	isMethod
	isURL
	isQuery
	isHeaders
	isUserAgent
	isReferrer
	isService
	isVersion
	isEnvironment
	isFile
	isLine
	isFunction
	isPlace // file:line in one
	meanings
)

// family is a logger that is recognised by members that only it writes; some names mean what they mean only there.
type family uint8

const (
	python  family = 1 << iota // logging's LogRecord: levelname or lineno
	node                       // pino, bunyan: pid and hostname
	logback                    // JsonEncoder: sequenceNumber and mdc
	gelf                       // short_message
	loguru                     // text and record
	mongo                      // t.$date
	tracing                    // Rust's tracing-subscriber: target, and fields or spans
)

// name is one row: a member by its path, and what it means. Rows of one meaning stand in the order of their precedence.
// A path matches nested members and dotted keys alike.
type name struct {
	path  string
	is    meaning
	needs family
}

// names are the members of bodies, and of attributes. The sources: OpenTelemetry semantic conventions (exception, code, thread, http, url, user),
// Elastic Common Schema 8, Datadog's standard attributes, Google Cloud Logging's special fields and ReportedErrorEvent, GELF 1.1,
// and the encoders of the loggers themselves.
var names = []name{
	{"@timestamp", isTime, 0},
	{"timestamp", isTime, 0},
	{"time", isTime, 0},
	{"ts", isTime, 0},
	{"t", isTime, 0},
	{"datetime", isTime, 0},
	{"asctime", isTime, 0},
	{"eventTime", isTime, 0},
	{"@t", isTime, 0},
	{"Timestamp", isTime, 0},
	{"timeMillis", isTime, 0},
	{"t.$date", isTime, 0},
	{"record.time.timestamp", isTime, loguru},
	{"record.time.repr", isTime, loguru},
	{"date", isTime, 0},
	{"TimeStamp", isTime, 0},
	{"timestamp_iso8601", isTime, 0},
	{"created", isTime, python},
	{"instant.epochSecond", isSeconds, 0},
	{"timestamp.seconds", isSeconds, 0},
	{"timestampSeconds", isSeconds, 0},
	{"eventTime.seconds", isSeconds, 0},
	{"instant.nanoOfSecond", isNanos, 0},
	{"timestamp.nanos", isNanos, 0},
	{"timestampNanos", isNanos, 0},
	{"nanoseconds", isNanos, logback},

	{"message", isMessage, 0},
	{"msg", isMessage, 0},
	{"@message", isMessage, 0},
	{"fields.message", isMessage, 0},
	{"record.message", isMessage, loguru},
	{"short_message", isMessage, 0},
	{"formattedMessage", isMessage, logback},
	{"@m", isMessage, 0},
	{"RenderedMessage", isMessage, 0},
	{"Message", isMessage, 0},
	{"MESSAGE", isMessage, 0},
	{"log", isMessage, 0},
	{"log_message", isMessage, 0},
	{"textPayload", isMessage, 0},
	{"event", isMessage, 0},
	{"@mt", isMessage, 0},
	{"MessageTemplate", isMessage, 0},
	{"text", isMessage, 0},
	{"sentry.message.template", isTemplate, 0},
	{"log.body.template", isTemplate, 0},
	{"@mt", isTemplate, 0},
	{"MessageTemplate", isTemplate, 0},
	{"messageTemplate", isTemplate, 0},
	{"message_template", isTemplate, 0},
	{"State.{OriginalFormat}", isTemplate, 0},
	{"Properties.{OriginalFormat}", isTemplate, 0},
	{"attributes.{OriginalFormat}", isTemplate, 0},
	{"{OriginalFormat}", isTemplate, 0},
	{"arguments", isParams, logback},
	{"log.body.parameters", isParams, 0},

	{"logger_name", isLogger, 0},
	{"logger", isLogger, 0},
	{"loggerName", isLogger, 0},
	{"log.logger", isLogger, 0},
	{"logger.name", isLogger, 0},
	{"@module", isLogger, 0},
	{"record.name", isLogger, loguru},
	{"log_logger", isLogger, gelf},
	{"SourceContext", isLogger, 0},
	{"Properties.SourceContext", isLogger, 0},
	{"categoryName", isLogger, 0},
	{"Category", isLogger, 0},
	{"target", isLogger, tracing},
	{"channel", isLogger, 0},
	{"LoggerName", isLogger, 0},
	{"logging.googleapis.com/labels.python_logger", isLogger, 0},
	{"name", isLogger, python | node},
	{"c", isLogger, mongo},

	{"thread_name", isThreadName, 0},
	{"threadName", isThreadName, 0},
	{"thread.name", isThreadName, 0},
	{"logger.thread_name", isThreadName, 0},
	{"process.thread.name", isThreadName, 0},
	{"process_thread_name", isThreadName, gelf},
	{"record.thread.name", isThreadName, loguru},
	{"thread", isThreadName, 0},
	{"ThreadName", isThreadName, 0},
	{"ctx", isThreadName, mongo},
	{"thread_id", isThreadID, 0},
	{"threadId", isThreadID, 0},
	{"thread.id", isThreadID, 0},
	{"process.thread.id", isThreadID, 0},
	{"record.thread.id", isThreadID, loguru},
	{"ThreadId", isThreadID, 0},
	{"threadid", isThreadID, 0},

	{"fingerprint", isFingerprint, 0},
	{"error.fingerprint", isFingerprint, 0},
	{"sentry.fingerprint", isFingerprint, 0},

	{"service.name", isService, 0},
	{"serviceContext.service", isService, 0},
	{"dd.service", isService, 0},
	{"service", isService, 0},
	{"serviceName", isService, 0},
	{"service_name", isService, 0},
	{"service.version", isVersion, 0},
	{"serviceContext.version", isVersion, 0},
	{"dd.version", isVersion, 0},
	{"service.environment", isEnvironment, 0},
	{"deployment.environment.name", isEnvironment, 0},
	{"deployment.environment", isEnvironment, 0},
	{"dd.env", isEnvironment, 0},
	{"environment", isEnvironment, 0},
	{"env", isEnvironment, 0},

	{"code.file.path", isFile, 0},
	{"code.filepath", isFile, 0},
	{"source.file", isFile, 0},
	{"logging.googleapis.com/sourceLocation.file", isFile, 0},
	{"context.reportLocation.filePath", isFile, 0},
	{"reportLocation.filePath", isFile, 0},
	{"log.origin.file.name", isFile, 0},
	{"record.file.path", isFile, loguru},
	{"caller_file_name", isFile, 0},
	{"pathname", isFile, python},
	{"filename", isFile, python},
	{"source.fileName", isFile, 0},
	{"code.line.number", isLine, 0},
	{"code.lineno", isLine, 0},
	{"source.line", isLine, 0},
	{"logging.googleapis.com/sourceLocation.line", isLine, 0},
	{"context.reportLocation.lineNumber", isLine, 0},
	{"reportLocation.lineNumber", isLine, 0},
	{"log.origin.file.line", isLine, 0},
	{"record.line", isLine, loguru},
	{"caller_line_number", isLine, 0},
	{"lineno", isLine, python},
	{"line_number", isLine, 0},
	{"source.lineNumber", isLine, 0},
	{"code.function.name", isFunction, 0},
	{"code.function", isFunction, 0},
	{"source.function", isFunction, 0},
	{"logging.googleapis.com/sourceLocation.function", isFunction, 0},
	{"context.reportLocation.functionName", isFunction, 0},
	{"reportLocation.functionName", isFunction, 0},
	{"log.origin.function", isFunction, 0},
	{"record.function", isFunction, loguru},
	{"caller_method_name", isFunction, 0},
	{"funcName", isFunction, python},
	{"func", isFunction, 0},
	{"source.methodName", isFunction, 0},
	{"caller", isPlace, 0},
	{"@caller", isPlace, 0},
	{"file", isPlace, 0},
	{"src", isPlace, 0},

	{"text", isMixedText, loguru},
	{"full_message", isMixedText, 0},

	{"log.level", noise, 0},
	{"@fields.level", noise, 0},
	{"log.original", noise, 0},
	{"record.time", noise, loguru},
	{"text", noise, loguru},
	{"@version", noise, 0},
	{"ecs.version", noise, 0},
	{"loggerFqcn", noise, 0},
	{"endOfBatch", noise, 0},
	{"threadPriority", noise, 0},
	{"sequenceNumber", noise, 0},
	{"logging.googleapis.com/insertId", noise, 0},
	{"logging.googleapis.com/trace_sampled", noise, 0},
	{"logging.googleapis.com/diagnostic", noise, 0},
	{"@type", noise, 0},
	{"version", noise, gelf},
	{"v", noise, node},
	{"context", noise, logback},
	{"record.elapsed", noise, loguru},
	{"record.level", noise, loguru},
	{"record.module", noise, loguru},
	{"record.process", noise, loguru},
	{"record.file.name", noise, loguru},
	{"record.exception.traceback", noise, loguru},
}

// appNames are names that apps use: at the root of a body, in attributes, and in the containers where loggers put the app's own fields.
var appNames = []name{
	{"trace_id", isTraceID, 0},
	{"traceId", isTraceID, 0},
	{"trace.id", isTraceID, 0},
	{"traceID", isTraceID, 0},
	{"TraceId", isTraceID, 0},
	{"traceid", isTraceID, 0},
	{"otelTraceID", isTraceID, 0},
	{"dd.trace_id", isTraceID, 0},
	{"logging.googleapis.com/trace", isTraceID, 0},
	{"X-B3-TraceId", isTraceID, 0},
	{"@tr", isTraceID, 0},
	{"span_id", isSpanID, 0},
	{"spanId", isSpanID, 0},
	{"span.id", isSpanID, 0},
	{"spanID", isSpanID, 0},
	{"SpanId", isSpanID, 0},
	{"spanid", isSpanID, 0},
	{"otelSpanID", isSpanID, 0},
	{"dd.span_id", isSpanID, 0},
	{"logging.googleapis.com/spanId", isSpanID, 0},
	{"X-B3-SpanId", isSpanID, 0},
	{"@sp", isSpanID, 0},
	{"transaction.id", isSpanID, 0},
	{"traceparent", isTraceparent, 0},

	{"user.id", isUserID, 0},
	{"usr.id", isUserID, 0},
	{"enduser.id", isUserID, 0},
	{"user_id", isUserID, 0},
	{"userId", isUserID, 0},
	{"user.name", isUserName, 0},
	{"user.username", isUserName, 0},
	{"usr.name", isUserName, 0},
	{"username", isUserName, 0},
	{"user", isUserName, 0},
	{"user.email", isUserEmail, 0},
	{"usr.email", isUserEmail, 0},
	{"email", isUserEmail, 0},
	{"client.address", isUserAddress, 0},
	{"client.ip", isUserAddress, 0},
	{"user.ip_address", isUserAddress, 0},
	{"network.client.ip", isUserAddress, 0},
	{"httpRequest.remoteIp", isUserAddress, 0},
	{"client_ip", isUserAddress, 0},
	{"remote_ip", isUserAddress, 0},
	{"req.remoteAddress", isUserAddress, 0},

	{"http.request.method", isMethod, 0},
	{"http.method", isMethod, 0},
	{"httpRequest.requestMethod", isMethod, 0},
	{"httpRequest.method", isMethod, 0},
	{"req.method", isMethod, 0},
	{"request.method", isMethod, 0},
	{"url.full", isURL, 0},
	{"http.url", isURL, 0},
	{"httpRequest.requestUrl", isURL, 0},
	{"httpRequest.url", isURL, 0},
	{"req.url", isURL, 0},
	{"request.url", isURL, 0},
	{"url.original", isURL, 0},
	{"url.path", isURL, 0},
	{"http.target", isURL, 0},
	{"url.query", isQuery, 0},
	{"request.query_string", isQuery, 0},
	{"req.headers", isHeaders, 0},
	{"request.headers", isHeaders, 0},
	{"user_agent.original", isUserAgent, 0},
	{"http.user_agent", isUserAgent, 0},
	{"httpRequest.userAgent", isUserAgent, 0},
	{"http.useragent", isUserAgent, 0},
	{"http.request.referrer", isReferrer, 0},
	{"httpRequest.referrer", isReferrer, 0},
	{"httpRequest.referer", isReferrer, 0},
	{"http.referer", isReferrer, 0},

	{"errorVerbose", isErrorText, 0},
	{"stacktrace", isLogStack, 0},
	{"stack_trace", isStack, 0},
	{"stackTrace", isStack, 0},
	{"exc_info", isStack, 0},
	{"exc_text", isStack, 0},
	{"stack", isStack, 0},
	{"traceback", isStack, 0},
	{"error_stack_trace", isStack, 0},
	{"error_stack", isStack, 0},
	{"errorStack", isStack, 0},
	{"@x", isStack, 0},
	{"trace", isStack, 0},
	{"error_type", isErrorType, 0},
	{"errorType", isErrorType, 0},
	{"exception_class", isErrorType, 0},
	{"exceptionClass", isErrorType, 0},
	{"exc_type", isErrorType, 0},
	{"throwable_class", isErrorType, 0},
	{"error_class", isErrorType, 0},
	{"error_message", isErrorMessage, 0},
	{"errorMessage", isErrorMessage, 0},
	{"exception_message", isErrorMessage, 0},
	{"exceptionMessage", isErrorMessage, 0},
	{"exc_value", isErrorMessage, 0},
	{"errors", isErrorMessage, 0},
}

// errorOwners are the members that hold an error: as an object with the members below, as structure, or as text.
var errorOwners = []string{"exception", "error", "err", "thrown", "throwable", "Exception", "exc", "ex", "record.exception"}

var errorMembers = []name{
	{"type", isErrorType, 0},
	{"kind", isErrorType, 0},
	{"class", isErrorType, 0},
	{"className", isErrorType, 0},
	{"exception_class", isErrorType, 0},
	{"name", isErrorType, 0},
	{"message", isErrorMessage, 0},
	{"exception_message", isErrorMessage, 0},
	{"msg", isErrorMessage, 0},
	{"value", isErrorMessage, 0},
	{"reason", isErrorMessage, 0},
	{"localizedMessage", isErrorMessage, 0},
	{"stacktrace", isStack, 0},
	{"stack_trace", isStack, 0},
	{"stackTrace", isStack, 0},
	{"stack", isStack, 0},
	{"trace", isStack, 0},
	{"traceback", isStack, 0},
	{"extendedStackTrace", isStack, 0},
	{"stackTraceAsString", isStack, 0},
	{"cause", isCause, 0},
	{"aggregateErrors", isCause, 0},
	{"suppressed", noise, 0},
	{"commonElementCount", noise, 0},
	{"commonFrames", noise, 0},
}

// containers hold the fields that the app, not the logger, has added: MDC, structured context, attributes.
var containers = []string{
	"@fields", "mdc", "MDC", "contextMap", "context", "ctx", "extra", "record.extra", "fields", "data", "attributes", "labels", "meta", "metadata", "properties", "Properties",
	"State", "custom", "kvp", "kvpList", "attr", "span", "logging.googleapis.com/labels",
}

// node is one step of the paths of all names.
type nameNode struct {
	row   *rankedName
	under map[string]*nameNode
	// container: what lies below is the app's.
	container bool
}

type rankedName struct {
	is    meaning
	needs family
	rank  uint16
	// second: what the same member also is (Serilog's template is its message where nothing was rendered).
	second *rankedName
}

var (
	bodyNames      = nameTree(true)
	attributeNames = nameTree(false)
)

// inContainer puts a member in a container behind one at the root.
const inContainer = 1000

// nameTree builds the paths. Attributes have no time, level or message of their own: the record's members say these.
func nameTree(body bool) *nameNode {
	root := &nameNode{}
	rank := uint16(0)
	put := func(n name, path string, behind uint16) {
		rank++
		root.put(path, rankedName{is: n.is, needs: n.needs, rank: rank + behind})
	}
	for _, n := range names {
		if body || n.is != isTime && n.is != isMessage && n.is != isNanos && n.is != isSeconds && n.is != noise {
			put(n, n.path, 0)
		}
	}
	everywhere := func(prefix string, behind uint16) {
		for _, owner := range errorOwners {
			put(name{is: isErrorTree}, prefix+owner, behind)
			for _, m := range errorMembers {
				put(m, prefix+owner+"."+m.path, behind)
			}
		}
		for _, n := range appNames {
			put(n, prefix+n.path, behind)
		}
	}
	everywhere("", 0)
	for _, c := range containers {
		everywhere(c+".", inContainer)
		root.at(c).container = true
	}
	return root
}

func (n *nameNode) at(path string) *nameNode {
	for path != "" {
		var step string
		step, path, _ = strings.Cut(path, ".")
		if n.under == nil {
			n.under = map[string]*nameNode{}
		}
		next := n.under[step]
		if next == nil {
			next = &nameNode{}
			n.under[step] = next
		}
		n = next
	}
	return n
}

func (n *nameNode) put(path string, row rankedName) {
	at := n.at(path)
	if at.row == nil {
		at.row = &row
		return
	}
	if at.row.second == nil {
		at.row.second = &row
	}
}

// find walks along a key; a dotted key is as many steps as it has parts. nil: no name begins so.
func (n *nameNode) find(key string) *nameNode {
	if next := n.under[key]; next != nil {
		return next
	}
	for n != nil {
		i := strings.IndexByte(key, '.')
		if i < 0 {
			return n.under[key]
		}
		n, key = n.under[key[:i]], key[i+1:]
	}
	return nil
}
