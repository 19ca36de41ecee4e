package translate

import (
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// statusWords are the words that a status message or a gRPC status is recognised by, in lower case: Sentry's statuses (protocol: transactions,
// status), gRPC's names (grpc/doc/statuscodes.md) and Connect's codes (rpc.connect_rpc.error_code).
var statusWords = map[string]string{
	"ok": "ok", "cancelled": "cancelled", "canceled": "cancelled", "unknown": "unknown_error", "unknown_error": "unknown_error",
	"invalid_argument": "invalid_argument", "deadline_exceeded": "deadline_exceeded", "not_found": "not_found",
	"already_exists": "already_exists", "permission_denied": "permission_denied", "resource_exhausted": "resource_exhausted",
	"failed_precondition": "failed_precondition", "aborted": "aborted", "out_of_range": "out_of_range", "unimplemented": "unimplemented",
	"internal": "internal_error", "internal_error": "internal_error", "unavailable": "unavailable", "data_loss": "data_loss",
	"unauthenticated": "unauthenticated",
}

// grpcStatuses by code.
var grpcStatuses = [...]string{
	"ok", "cancelled", "unknown_error", "invalid_argument", "deadline_exceeded", "not_found", "already_exists", "permission_denied",
	"resource_exhausted", "failed_precondition", "aborted", "out_of_range", "unimplemented", "internal_error", "unavailable", "data_loss",
	"unauthenticated",
}

// httpStatuses of single codes; the rest go by hundreds (sentry-javascript, getSpanStatusFromHttpCode).
var httpStatuses = map[int64]string{
	401: "unauthenticated", 403: "permission_denied", 404: "not_found", 409: "already_exists", 413: "failed_precondition",
	429: "resource_exhausted", 499: "cancelled", 501: "unimplemented", 503: "unavailable", 504: "deadline_exceeded",
}

const (
	statusOK        = "ok"
	statusCancelled = "cancelled"
	statusInternal  = "internal_error"
)

// status of the span whose facts were read. A word of the SDK's own wins; OK is ok; ERROR is the word in its message, else what the codes say, else
// internal_error, and never ok; UNSET is what the codes say, else ok: servers leave a 404 unset.
func (f *facts) status(st ptrace.Status) string {
	if said := statusWord(f.text(slotSentryStatus)); said != "" {
		return said
	}
	switch st.Code() {
	case ptrace.StatusCodeOk:
		return statusOK
	case ptrace.StatusCodeError:
		for _, s := range [...]string{statusWord(st.Message()), f.codeStatus()} {
			if s != "" && s != statusOK {
				return s
			}
		}
		return statusInternal
	default:
		if s := f.codeStatus(); s != "" {
			return s
		}
		return statusOK
	}
}

// codeStatus is what the HTTP status code and the gRPC status say: the first that is not ok; "" without codes. A call by gRPC has an HTTP 200 with
// whatever status.
func (f *facts) codeStatus() string {
	http := ""
	if code, ok := f.number(slotHTTPStatus); ok {
		http = httpStatus(code)
	}
	if http != "" && http != statusOK {
		return http
	}
	if rpc := f.rpcStatus(); rpc != "" {
		return rpc
	}
	return http
}

func httpStatus(code int64) string {
	if s, ok := httpStatuses[code]; ok {
		return s
	}
	switch {
	case code < 100: // no HTTP status: clients write 0 for "no answer"
		return ""
	case code < 400:
		return statusOK
	case code < 500:
		return "invalid_argument"
	default:
		return statusInternal
	}
}

// rpcStatus reads a gRPC status: a number, the number as text, or its name. Numbers of other systems lie outside gRPC's.
func (f *facts) rpcStatus() string {
	if code, ok := f.number(slotRPCStatus); ok {
		if code >= 0 && code < int64(len(grpcStatuses)) {
			return grpcStatuses[code]
		}
		return ""
	}
	return statusWord(f.text(slotRPCStatus))
}

// statusWord is the status that a word names, in whatever case; "" if it is none.
func statusWord(word string) string {
	var low [20]byte
	if len(word) >= len(low) {
		return ""
	}
	return statusWords[string(appendLower(low[:0], word))]
}
