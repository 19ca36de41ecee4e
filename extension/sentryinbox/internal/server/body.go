package server

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/klauspost/compress/zstd"
)

var (
	errTooLarge = errors.New("envelope exceeds the size limit")
	errBusy     = errors.New("too much is being received at the moment")
	errEncoding = errors.New("unsupported content encoding")
)

// maxRatio is the largest ratio of decompressed to compressed size that is taken, once an envelope is larger than ratioFrom. JSON seldom reaches 50;
// deflate's own limit is 1032, so what lies near it is one byte repeated.
const (
	maxRatio  = 500
	ratioFrom = 1 << 20
)

// bodyReader reads request bodies, decompresses them, and keeps the sum of all that are being read within a budget.
type bodyReader struct {
	maxBytes int64 // of one body, decompressed
	budget   int64
	inFlight atomic.Int64
}

// body is a body that was read. Release gives its share of the budget back.
type body struct {
	data     []byte
	wire     int
	encoding string
	release  func()
}

// read reads all of a body. On an error nothing is held.
func (b *bodyReader) read(r *http.Request) (out body, err error) {
	wire := &counter{r: r.Body}
	plain, encoding, err := decoder(wire, r.Header)
	if err != nil {
		return body{encoding: encoding}, err
	}
	held := &share{reader: b}
	defer func() {
		if err != nil {
			held.release()
		}
	}()
	data, err := held.readAll(plain, wire)
	if closeErr := plain.Close(); err == nil {
		err = closeErr
	}
	out = body{data: data, wire: int(wire.n), encoding: encoding, release: held.release}
	return out, err
}

// share is what one body holds of the budget.
type share struct {
	reader *bodyReader
	held   int64
}

func (s *share) release() {
	s.reader.inFlight.Add(-s.held)
	s.held = 0
}

// reserve counts the memory before it is allocated.
func (s *share) reserve(n int64) error {
	s.held += n
	if s.reader.inFlight.Add(n) > s.reader.budget {
		return errBusy
	}
	return nil
}

// readAll grows by doubling, up to one byte more than the limit: that byte tells "too large" from "just fits".
func (s *share) readAll(plain io.Reader, wire *counter) ([]byte, error) {
	limit := s.reader.maxBytes
	buf := make([]byte, 0, min(16<<10, limit+1))
	if err := s.reserve(int64(cap(buf))); err != nil {
		return nil, err
	}
	for {
		n, err := plain.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		switch {
		case int64(len(buf)) > limit:
			return nil, errTooLarge
		case len(buf) > ratioFrom && int64(len(buf)) > wire.n*maxRatio:
			return nil, fmt.Errorf("%w: more than %d times its compressed size", errTooLarge, maxRatio)
		case err == io.EOF:
			return buf, nil
		case err != nil:
			return nil, err
		}
		if len(buf) < cap(buf) {
			continue
		}
		size := min(2*int64(cap(buf)), limit+1)
		if err := s.reserve(size - int64(cap(buf))); err != nil {
			return nil, err
		}
		grown := make([]byte, len(buf), size)
		copy(grown, buf)
		buf = grown
	}
}

// decoder chooses by Content-Encoding. Relay takes br as well; that one no SDK sends, so it is refused here as every unknown encoding is.
func decoder(wire io.Reader, h http.Header) (plain io.ReadCloser, encoding string, err error) {
	encoding = strings.ToLower(strings.TrimSpace(strings.Join(h.Values("Content-Encoding"), ",")))
	switch encoding {
	case "", "identity":
		return io.NopCloser(wire), "identity", nil
	case "gzip", "x-gzip":
		plain, err = gzip.NewReader(wire)
	case "deflate":
		plain, err = newDeflateReader(wire)
	case "zstd":
		var z *zstd.Decoder
		// One goroutine per reader would outlive a broken request: decode in place. 8 MiB is the window that RFC 8878 asks decoders to support.
		z, err = zstd.NewReader(wire, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(8<<20), zstd.WithDecoderLowmem(true))
		if err == nil {
			plain = z.IOReadCloser()
		}
	default:
		return nil, encoding, fmt.Errorf("%w %q: use gzip, deflate, zstd or identity", errEncoding, encoding)
	}
	return plain, encoding, err
}

// newDeflateReader takes both readings of "deflate": zlib as RFC 9110 says, and the bare stream that some clients send.
func newDeflateReader(wire io.Reader) (io.ReadCloser, error) {
	buffered := bufio.NewReader(wire)
	head, err := buffered.Peek(2)
	if err != nil {
		return nil, io.ErrUnexpectedEOF
	}
	// RFC 1950: method 8 in the low bits, and the two bytes are a multiple of 31.
	if head[0]&0x0f == 8 && (int(head[0])<<8|int(head[1]))%31 == 0 {
		return zlib.NewReader(buffered)
	}
	return flate.NewReader(buffered), nil
}

// counter counts what came over the wire.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
