// Package chart holds the tests of charts/otelcol-sentry. What comes in are values, what comes out are the objects that helm renders, and the
// configurations in them that the built binary validates. `make test-chart` builds helm and runs them, and installs the chart on a real API
// server (test/kubernetes); without helm they are skipped. It knows no component's code.
package chart
