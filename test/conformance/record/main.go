// Command record runs the scenario programs of one language and keeps what they wrote and what their SDKs sent.
//
//	record -out DIR [-replace FROM=TO]... -- PROGRAM [ARGUMENT]...
//
// PROGRAM alone lists its scenarios: NAME, KIND and FLAGS with tabs between. PROGRAM NAME runs one, with PARITY_DSN and PARITY_OTLP as the
// addresses for its SDKs; with PARITY_SDK=off it must use none. For every scenario DIR/NAME/ gets app.log, sdk.json, otlp.json and meta.json.
// Paths of this machine are replaced in all of them alike. It fails when a scenario does: when its SDK sent nothing, or it hangs.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

const (
	// patience with one run of a scenario.
	patience = 2 * time.Minute
	// together is how many scenarios run at a time.
	together = 2
)

type scenario struct {
	n        int
	name     string
	apart    bool // the text is that of a run without the SDKs
	noStacks bool
	program  []string
	out      string
	replace  *strings.Replacer
	problem  error
}

func main() {
	log.SetFlags(0)
	out := flag.String("out", "", "the folder that takes the pairs")
	var paths []string
	flag.Func("replace", "FROM=TO, a path of this machine and what stands for it", func(s string) error {
		from, to, ok := strings.Cut(s, "=")
		if !ok || from == "" {
			return errors.New("FROM=TO is wanted")
		}
		paths = append(paths, from, to)
		return nil
	})
	flag.Parse()
	if *out == "" || flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := record(*out, strings.NewReplacer(paths...), flag.Args()); err != nil {
		log.Fatal(err)
	}
}

func record(out string, replace *strings.Replacer, program []string) error {
	s, err := startSink()
	if err != nil {
		return err
	}
	listed, err := run(program, "PARITY_SDK=off")
	if err != nil {
		return fmt.Errorf("%w\n%s", err, listed)
	}
	var all []*scenario
	for i, line := range strings.Split(strings.TrimSpace(string(listed)), "\n") {
		fields := append(strings.Split(strings.TrimRight(line, "\r"), "\t"), "", "")
		all = append(all, &scenario{
			n: i + 1, name: fields[0], apart: fields[1] == "apart", noStacks: fields[2] == "no_stacks",
			program: append(append([]string(nil), program...), fields[0]), out: filepath.Join(out, fields[0]), replace: replace,
		})
	}
	work := make(chan *scenario)
	var wg sync.WaitGroup
	for range together {
		wg.Go(func() {
			for sc := range work {
				sc.problem = sc.record(s)
			}
		})
	}
	for _, sc := range all {
		work <- sc
	}
	close(work)
	wg.Wait()
	var problems []error
	for _, sc := range all {
		if sc.problem != nil {
			problems = append(problems, fmt.Errorf("%s: %w", sc.name, sc.problem))
		}
	}
	fmt.Printf("%d scenarios\n", len(all))
	return errors.Join(problems...)
}

func (sc *scenario) record(s *sink) error {
	text, err := run(sc.program,
		fmt.Sprintf("PARITY_DSN=http://key@%s/%d", s.address, sc.n),
		fmt.Sprintf("PARITY_OTLP=http://%s/otlp/%d/v1/logs", s.address, sc.n))
	sdk, otlp := s.of(sc.n, "sdk"), s.of(sc.n, "otlp")
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return err
	case len(sdk) == 0:
		return fmt.Errorf("the SDK sent no event; the program wrote:\n%s", text)
	case bytes.Count(otlp, []byte("\n")) != 1:
		return fmt.Errorf("%d OTLP requests; the program wrote:\n%s", bytes.Count(otlp, []byte("\n")), text)
	}
	if sc.apart {
		if text, err = run(sc.program, "PARITY_SDK=off"); errors.Is(err, context.DeadlineExceeded) {
			return err
		}
	}
	if sdk, err = trim(sdk); err != nil {
		return err
	}
	files := map[string][]byte{"app.log": text, "sdk.json": sdk, "otlp.json": otlp}
	if sc.noStacks {
		files["meta.json"] = []byte("{\"no_stacks\": true}\n")
	}
	if err := os.MkdirAll(sc.out, 0o700); err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(sc.out, name), []byte(sc.replace.Replace(string(content))), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// run gives what a program writes to both outputs, in the order in which it does. Its exit code says nothing: most scenarios crash.
func run(program []string, env ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, program[0], program[1:]...)
	cmd.Env = append(os.Environ(), env...)
	text, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return text, fmt.Errorf("%v: %w", program, ctx.Err())
	case errors.As(err, &exit):
		return text, nil
	}
	return text, err
}
