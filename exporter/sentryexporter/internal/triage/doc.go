// Package triage decides which records become events and gives each occurrence its one id.
//
// In: a request as the pipeline delivers it. Out: a Batch: copies of the records that become events, with the verdict written on
// them (attributes under "sentry.internal."), and how many of the others were answered why.
//
// Everything that needs order or memory happens here, once per record and before the queue. A decision becomes visible to others
// only when the Batch is committed; a repeat of a rolled-back request gets the same ids. It never changes what it is given.
// It must not know: envelopes, HTTP, queues. Its parts, in packages of their own, know neither each other nor it.
package triage
