// Package boltfile finds damage in a file of bbolt before bbolt opens it.
//
// In: a file that nobody writes to. Out: nil, or what is wrong with its structure. It reads the pages, not the values.
// It must not know: what is stored, storage extensions, queues.
//
// Why: without a stored freelist (file_storage's setting) bbolt walks all pages when it opens a file, in a goroutine of its own and through
// a memory map. A page that is not what it should be, or lies behind the end of the file, ends the whole process there; nobody can recover
// from it. The same walk is made here first, through reads that fail with an error.
//
// The layout is bbolt's (go.etcd.io/bbolt v1.5.0, internal/common: page.go, meta.go, bucket.go), in the byte order of the machine.
package boltfile
