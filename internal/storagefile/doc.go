// Package storagefile looks after the files of the file_storage extension for those who keep something in it.
//
// In: a storage extension, and the client that is about to be taken from it. Out: nil, or the damaged file that was put aside, or an error that
// names it. Of other extensions than file_storage it knows nothing, and finds nothing wrong with them.
// It must not know: what is stored, queues, journals.
//
// Why: a damaged file ends the process inside bbolt, where file_storage's `recreate` cannot help, again at every start (internal/boltfile).
package storagefile
