// Command gen makes the sample captures of pcaps, the certificates that belong
// to them, and the list of what sniwatch must say of each; with the word bench
// it makes big captures for measuring.
//
// It shares no code with the packages that read captures, and it makes the same
// bytes each time.
//
//	go run ./pcaps/gen -o pcaps
//	go run ./pcaps/gen bench -kind mixed -size 1G -seed 1 -o FILE
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"

	"sniwatch/pcaps/gen/bench"
	"sniwatch/pcaps/gen/certs"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run gives the exit code: 0 done, 1 could not work, 2 usage.
func run(args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == "bench" {
		return bench.Run(args[1:], stdout, stderr)
	}
	flags := flag.NewFlagSet("gen", flag.ContinueOnError)
	flags.SetOutput(stderr)
	into := flags.String("o", "pcaps", "write into this `folder`")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	files, err := generate()
	if err == nil {
		err = write(*into, files)
	}
	if err != nil {
		fmt.Fprintln(stderr, "gen:", err)
		return 1
	}
	total := 0
	for _, b := range files {
		total += len(b)
	}
	fmt.Fprintf(stdout, "%d files, %d KiB, in %s\n", len(files), total>>10, *into)
	return 0
}

// generate makes every file, by its path in the folder of samples.
func generate() (map[string][]byte, error) {
	set, err := certs.Make()
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for name, text := range set.Files() {
		files["certs/"+name] = text
	}
	all := samples()
	for _, s := range all {
		if files[s.file] != nil {
			return nil, fmt.Errorf("two samples are called %s", s.file)
		}
		if files[s.file], err = s.bytes(set); err != nil {
			return nil, err
		}
	}
	files["samples.txt"] = manifest(all)
	files["README.md"] = readme(all)
	return files, nil
}

func write(into string, files map[string][]byte) error {
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	sort.Strings(names)
	if err := os.MkdirAll(filepath.Join(into, "certs"), 0o755); err != nil {
		return err
	}
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(into, name), files[name], 0o644); err != nil {
			return err
		}
	}
	return nil
}
