//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package storagefile

import "os"

// lockShared has no lock that goes with bbolt's here, so the file is not looked at.
func lockShared(*os.File) bool { return false }
