// Program otelcol-sentry is the distribution. What ocb generates is in main*.go and components.go; the rest is what it cannot say.
package main

import "go.opentelemetry.io/collector/featuregate"

// gates are feature gates of components that this distribution turns on; --feature-gates still overrides them.
var gates = []string{
	// Log receivers hand over what they have read before they note how far they have read: else kill -9 loses up to a tenth of a second.
	"stanza.synchronousLogEmitter",
	// One watch of the cluster's pods, not one for each signal.
	"processor.k8sattributes.ShareProcessorBetweenPipelines",
}

func init() {
	for _, id := range gates {
		if err := featuregate.GlobalRegistry().Set(id, true); err != nil {
			panic(err) // a component was renamed or removed: the tests of the binary do not get past this
		}
	}
}
