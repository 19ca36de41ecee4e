// Package journal keeps the requests of spans that were accepted until the last of their spans was handed on, in a storage extension.
//
// In: requests that are to be accepted, what is about to be handed on, what was handed on. Out: after a start, what an earlier process
// had accepted and not handed on. It must not know: segments, the clock of their release, the next consumer, configuration.
//
// # What is stored
//
//	meta    {first, next} of the requests and of the offers: what may be stored under r, d and o. Written with every change.
//	r/<n>   request n, as OTLP
//	d/<n>   the spans of request n that were handed on, a bit each; not there while none was
//	o/<m>   offer m: which spans of which requests are about to be handed on together
//
// Accept is Batch(Set r/<n>, Set meta); only then is the request acknowledged. When spans were handed on: Batch(Set d/<n>, or Delete
// both when it was the last one, Delete o/<m>, Set meta). What comes in while a batch is being written goes into the next one together.
//
// # Why offers
//
// A process may die after the next consumer took a request and before that is written down. The spans come back then, and the segment
// they are would get the same id again, so that Sentry drops the repeat. But if spans that came later were with them, these would be
// dropped as well, unseen. So what was once offered stays as it is: after a start it is offered again as the same request, first of all.
//
// # Faults
//
// A write that fails refuses the request that it was to accept. It stops nothing that leaves: what could not be noted as handed on is
// noted with the next write that works, and an offer that could not be written is handed on all the same. Every stored value but an
// empty one carries its checksum. A request that is damaged is counted and left out; damaged bits or a damaged offer are counted and
// taken for not there, which repeats spans and loses none. Damaged meta stops the start: nothing could be found without it.
package journal
