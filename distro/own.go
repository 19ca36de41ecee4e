package main

import (
	"fmt"
	"os"
)

// The agent's user and group in the image. The group is root's: kubelet writes the pods' logs for it.
const (
	agentUser  = 10001
	agentGroup = 0
)

// `otelcol-sentry own DIRECTORY` gives a directory to the agent's user and closes it to all others. An init container runs it, as root with
// no capability but CHOWN, because a hostPath belongs to root; the image has no shell that could do it.
func init() {
	if len(os.Args) != 3 || os.Args[1] != "own" {
		return
	}
	if err := own(os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// own changes the mode first: after the other it is somebody else's directory, whose mode takes a second capability.
func own(directory string) error {
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return err
	}
	info, err := os.Stat(directory)
	if err != nil {
		return err
	}
	if info.Mode().Perm() != 0o700 {
		if err := os.Chmod(directory, 0o700); err != nil {
			return err
		}
	}
	return os.Chown(directory, agentUser, agentGroup)
}
