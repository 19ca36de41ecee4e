//go:build !race

package triage

const raced = false
