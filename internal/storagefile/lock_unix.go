//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package storagefile

import (
	"os"
	"syscall"
)

// lockShared takes the lock that bbolt takes for readers, which the file's writer excludes; closing the file releases it.
func lockShared(file *os.File) bool {
	return syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) == nil
}
