//go:generate go tool -modfile=../../internal/tools/go.mod go.opentelemetry.io/collector/cmd/mdatagen metadata.yaml

// Package k8srights is the k8s_rights extension: it says which of the rights that a configuration needs of Kubernetes are missing.
//
// In: the rights, from the configuration; the API server's word on each of them (SelfSubjectAccessReview, which every account may ask).
// Out: an error that names what is missing and stops the start; later a metric, a log line and the component's status.
// It must not know: what the rights are needed for, pods, telemetry. It changes nothing in the cluster.
//
// k8s_attributes would wait for its caches, and stop without a word of why; a right that is lost later it does not notice before its
// watch ends, and then goes on without metadata.
package k8srights
