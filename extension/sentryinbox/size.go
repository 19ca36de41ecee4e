package sentryinbox

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// ByteSize is a number of bytes. In a configuration it is a plain number, or a number with a unit: B, KB, MB, GB (powers of 1000),
// KiB, MiB, GiB (powers of 1024), in any case.
type ByteSize int64

var errByteSize = errors.New(`must be a number of bytes such as 67108864, "64MiB" or "500KB"`)

var byteUnits = []struct {
	suffix string
	factor int64
}{
	{"kib", 1 << 10},
	{"mib", 1 << 20},
	{"gib", 1 << 30},
	{"kb", 1e3},
	{"mb", 1e6},
	{"gb", 1e9},
	{"b", 1},
	{"", 1}, // last: every text ends so
}

// UnmarshalText reads "64MiB" and the like.
func (s *ByteSize) UnmarshalText(text []byte) error {
	lower := strings.ToLower(strings.TrimSpace(string(text)))
	for _, unit := range byteUnits {
		digits, found := strings.CutSuffix(lower, unit.suffix)
		if !found {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
		if err != nil || n < 0 || n > math.MaxInt64/unit.factor {
			return errByteSize
		}
		*s = ByteSize(n * unit.factor)
		return nil
	}
	return errByteSize
}

// String writes the size with the largest binary unit that divides it.
func (s ByteSize) String() string {
	for i := 2; i >= 0; i-- {
		if unit := byteUnits[i]; s != 0 && int64(s)%unit.factor == 0 {
			return strconv.FormatInt(int64(s)/unit.factor, 10) + strings.ToUpper(unit.suffix[:1]) + "iB"
		}
	}
	return strconv.FormatInt(int64(s), 10) + "B"
}
