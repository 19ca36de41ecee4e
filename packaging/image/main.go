// Command image writes the container image without a daemon: a tar in the OCI image layout, which podman, skopeo, crane and containerd read, with
// the index that docker load wants. In come static binaries and a configuration; out comes the same file for the same input, byte by byte.
// It knows no registry, and runs nothing.
//
//	image -output image.tar -name NAME:TAG -config config.yaml -created 2026-11-01T00:00:00Z linux/amd64=bin/otelcol-sentry ...
//	image -certificates ca-certificates.crt
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

func run() error {
	certificatesFile := flag.String("certificates", "", "write the certificates alone to this `file`")
	output := flag.String("output", "", "the `file` to write")
	var b build
	flag.StringVar(&b.name, "name", "", "name of the image, with its tag")
	flag.StringVar(&b.revision, "revision", "", "the commit")
	config := flag.String("config", "", "the configuration `file` that the image starts with")
	created := flag.String("created", "", "the `time` of everything in the image, RFC 3339")
	flag.Parse()
	if *certificatesFile != "" {
		return os.WriteFile(*certificatesFile, certificates(), 0o644)
	}
	var err error
	if b.created, err = time.Parse(time.RFC3339, *created); err != nil {
		return err
	}
	if b.config, err = os.ReadFile(*config); err != nil {
		return err
	}
	if flag.NArg() == 0 {
		return errors.New("no binary: give OS/ARCH=FILE")
	}
	l := &layout{created: b.created}
	for _, arg := range flag.Args() {
		platform, file, ok := strings.Cut(arg, "=")
		system, arch, both := strings.Cut(platform, "/")
		if !ok || !both {
			return fmt.Errorf("%q is not OS/ARCH=FILE", arg)
		}
		binary, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if err := l.add(b, system, arch, binary); err != nil {
			return err
		}
	}
	f, err := os.Create(*output)
	if err != nil {
		return err
	}
	if err := l.write(f, b.name); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
