// Package durable stands between the persistent queue of exporterhelper and the storage extension behind it (file_storage), and
// closes the holes through which that queue loses what it has acknowledged.
//
// In: the queue's calls on a storage.Client. Out: calls on the real one. A lane makes one Guard, starts its queue with Guard.Host
// instead of the host it was given, asks Guard.Ready before it offers, and calls Guard.Stop before it shuts its queue down.
// It must not know: what is in the queue (no pdata), lanes, Sentry, configuration.
//
// What it relies on, all of exporterhelper v0.164.0 (internal/queue/persistent_queue.go): item n is stored under the decimal n; the
// bookkeeping, a PersistentMetadata message, under "qmv0", written as a whole with every change. Reading an item is
// Batch(Set bookkeeping, Get item), accepting one Batch(Set bookkeeping, Set item), finishing one Batch(Set bookkeeping, Delete item).
// The tests drive the real queue, first without and then with a Guard: they fail when either side changes.
//
// # What it guarantees
//
// Of a request that was accepted (Consume returned nil), as long as the storage keeps what it was given:
//
//   - A process that dies at any moment, also while it starts, loses none. What was in flight is simply unread again after a start;
//     nothing is moved or deleted for it. (The queue alone deletes what was in flight before it stores it anew.)
//   - A storage that refuses to write (a full disk, max_size) stops acceptance, not delivery: requests are refused with the storage's
//     error, what was accepted before goes on being delivered. (The queue alone throws away what it reads while it cannot write.)
//   - A storage that cannot be read is tried again until it can, or until Stop. Then nothing is written any more: the next start
//     finds what a kill would have left. (The queue alone throws away what it cannot read.)
//   - A deletion that fails is made up for before anything else is written, so that no delivered request stays in the file for ever.
//   - A bookkeeping entry that makes no sense stops the start with an error instead of being overwritten.
//   - A damaged file is found before bbolt opens it, which would end the process at every start: with `recreate: true` it is put
//     aside, logged and reported; else the start fails with an error that names the file. (file_storage alone recovers from none of
//     this: with its settings bbolt scans the file in a goroutine of its own, where `recreate` cannot catch the panic.)
//
// Delivery is at least once: a crash repeats what was in flight, and what was finished but could not be deleted.
//
// # What it cannot
//
// These lie in the queue, or before or behind it. limits_test.go has a test for the first three and the last, to notice a change.
//
//   - A refused write stays counted in the queue's size until the queue has once been empty. Ready keeps this small: while the storage
//     fails it lets one request through per probeInterval and refuses the others before the queue counts them.
//   - A request larger than queue_size is refused, or with block_on_overflow waits until its context ends: cut before offering.
//   - A request that was delivered in part when the process stops comes back whole: what is sent must carry stable ids (a Note can
//     tell the next run what was delivered).
//   - While a read is tried again the queue holds its lock: who offers without asking Ready waits for it, and its size metric has no
//     answer until the storage can be read, or until Stop.
//   - Requests that passed one that waits are stepped over one by one at the next start: about a microsecond each.
//   - A kill loses nothing; a power failure may, unless file_storage has `fsync: true`.
//   - A value damaged within a sound file is dropped by the queue, which cannot decode it.
package durable
