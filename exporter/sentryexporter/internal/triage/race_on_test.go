//go:build race

package triage

// raced: the race detector is on. It makes sync.Pool forget at random, so that what is reused is counted as allocated.
const raced = true
