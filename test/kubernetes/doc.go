// Package kubernetes tests the shipped configurations against real parts of Kubernetes: an API server with RBAC and etcd, the built binary,
// log files laid out and rotated as kubelet does, and a strict fake Sentry. What kubelet and the controllers would write (pods, their status,
// their log files), the tests write.
//
// `make test-kubernetes` builds the parts once, keeps them under the user's cache folder and runs the tests; without them, as in `make test`,
// the tests are skipped.
package kubernetes
