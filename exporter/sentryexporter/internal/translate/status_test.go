package translate

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

func TestStatus(t *testing.T) {
	const unset, ok, failed = ptrace.StatusCodeUnset, ptrace.StatusCodeOk, ptrace.StatusCodeError
	for _, tc := range []struct {
		code    ptrace.StatusCode
		message string
		in      attrs
		want    string
	}{
		{ok, "", nil, "ok"},
		{ok, "not_found", attrs{"http.response.status_code": 500}, "ok"},
		{unset, "", nil, "ok"},
		{unset, "not_found", nil, "ok"},
		{failed, "", nil, "internal_error"},
		{failed, "connection refused", nil, "internal_error"},

		// a status word in the message
		{failed, "not_found", attrs{"http.response.status_code": 500}, "not_found"},
		{failed, "DEADLINE_EXCEEDED", nil, "deadline_exceeded"},
		{failed, "Canceled", nil, "cancelled"},
		{failed, "ok", nil, "internal_error"},
		{failed, "ok", attrs{"http.response.status_code": 503}, "unavailable"},

		// HTTP, of both generations, as number and as text
		{unset, "", attrs{"http.response.status_code": 100}, "ok"},
		{unset, "", attrs{"http.response.status_code": 200}, "ok"},
		{unset, "", attrs{"http.response.status_code": 399}, "ok"},
		{unset, "", attrs{"http.response.status_code": 400}, "invalid_argument"},
		{unset, "", attrs{"http.response.status_code": 401}, "unauthenticated"},
		{unset, "", attrs{"http.response.status_code": 403}, "permission_denied"},
		{unset, "", attrs{"http.status_code": 404}, "not_found"},
		{unset, "", attrs{"http.status_code": 409}, "already_exists"},
		{unset, "", attrs{"http.status_code": 413}, "failed_precondition"},
		{unset, "", attrs{"http.status_code": "429"}, "resource_exhausted"},
		{unset, "", attrs{"http.response.status_code": "499"}, "cancelled"},
		{unset, "", attrs{"http.response.status_code": 418.0}, "invalid_argument"},
		{failed, "", attrs{"http.response.status_code": 500}, "internal_error"},
		{failed, "", attrs{"http.response.status_code": 501}, "unimplemented"},
		{failed, "boom", attrs{"http.response.status_code": 503}, "unavailable"},
		{failed, "", attrs{"http.response.status_code": 504}, "deadline_exceeded"},
		{failed, "", attrs{"http.response.status_code": 599}, "internal_error"},
		{unset, "", attrs{"http.response.status_code": 999}, "internal_error"},
		{failed, "", attrs{"http.response.status_code": 200}, "internal_error"}, // an error is never ok
		{unset, "", attrs{"http.response.status_code": 0}, "ok"},
		{unset, "", attrs{"http.response.status_code": "teapot"}, "ok"},

		// gRPC: number, number as text, name
		{unset, "", attrs{"rpc.grpc.status_code": 0}, "ok"},
		{unset, "", attrs{"rpc.grpc.status_code": "0"}, "ok"},
		{failed, "", attrs{"rpc.grpc.status_code": 1}, "cancelled"},
		{failed, "", attrs{"rpc.grpc.status_code": 2}, "unknown_error"},
		{unset, "", attrs{"rpc.grpc.status_code": 3}, "invalid_argument"},
		{failed, "", attrs{"rpc.grpc.status_code": 4}, "deadline_exceeded"},
		{unset, "", attrs{"rpc.grpc.status_code": "5"}, "not_found"},
		{unset, "", attrs{"rpc.grpc.status_code": 6}, "already_exists"},
		{unset, "", attrs{"rpc.grpc.status_code": 7}, "permission_denied"},
		{unset, "", attrs{"rpc.grpc.status_code": 8}, "resource_exhausted"},
		{unset, "", attrs{"rpc.grpc.status_code": 9}, "failed_precondition"},
		{unset, "", attrs{"rpc.grpc.status_code": 10}, "aborted"},
		{unset, "", attrs{"rpc.grpc.status_code": 11}, "out_of_range"},
		{failed, "", attrs{"rpc.grpc.status_code": 12}, "unimplemented"},
		{failed, "", attrs{"rpc.grpc.status_code": 13}, "internal_error"},
		{failed, "", attrs{"rpc.grpc.status_code": 14}, "unavailable"},
		{failed, "", attrs{"rpc.grpc.status_code": 15}, "data_loss"},
		{unset, "", attrs{"rpc.grpc.status_code": 16}, "unauthenticated"},
		{unset, "", attrs{"rpc.response.status_code": "DEADLINE_EXCEEDED"}, "deadline_exceeded"},
		{unset, "", attrs{"rpc.response.status_code": "OK"}, "ok"},
		{unset, "", attrs{"rpc.response.status_code": "UNKNOWN"}, "unknown_error"},
		{failed, "", attrs{"rpc.response.status_code": "INTERNAL"}, "internal_error"},
		{unset, "", attrs{"rpc.response.status_code": "14"}, "unavailable"},
		{unset, "", attrs{"rpc.connect_rpc.error_code": "resource_exhausted"}, "resource_exhausted"},
		{unset, "", attrs{"rpc.response.status_code": "-32601"}, "ok"}, // JSON-RPC
		{failed, "", attrs{"rpc.grpc.status_code": 99}, "internal_error"},
		{failed, "", attrs{"rpc.grpc.status_code": 0}, "internal_error"},

		// both: gRPC rides on HTTP 200
		{unset, "", attrs{"http.response.status_code": 200, "rpc.grpc.status_code": 5}, "not_found"},
		{unset, "", attrs{"http.response.status_code": 503, "rpc.grpc.status_code": 14}, "unavailable"},
	} {
		got := asChild(t, "n", client, tc.in, func(s ptrace.Span) {
			s.Status().SetCode(tc.code)
			s.Status().SetMessage(tc.message)
		}).Status
		assert.Equal(t, tc.want, got, "%v %q %v", tc.code, tc.message, tc.in)
	}
}
