// Package packaging holds the tests of what a release is made of: the image, the deb, their configuration. `make test-packages` builds them and runs
// the tests; what was built comes in as files, and is run with the rights that it has in a container or under systemd. Where the tests may not
// make such a place (they are not root), they are skipped. It knows no component's code.
package packaging
