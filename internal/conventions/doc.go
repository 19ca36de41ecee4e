// Package conventions is Sentry's own list of attributes, span operations and templates, as Go tables.
//
// In: a key, or an op. Out: what is known of the key (the key to use today, what a scrubber may do with it), and the templates of a
// span's low-cardinality name and of its description.
// It must not know: pdata, Sentry's wire format, where a value comes from.
//
// tables.go is generated from data/ (Sentry's published conventions, MIT, see data/LICENSE) and extra/ (this project's own additions, in
// the same form). Nothing here is looked up in a file at run time, and no look-up allocates.
package conventions

//go:generate go run ./gen
