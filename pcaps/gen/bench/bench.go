// Package bench makes big captures for measuring, at several hundred megabytes
// a second: a few hundred connections are played once, and then written again
// and again with other addresses, ports, sequence numbers and randoms, many of
// them interleaved. Beside each capture stands the truth about it, one line a
// connection.
//
// The same kind, size and seed give the same bytes.
package bench

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
)

// Run is the subcommand: it gives the exit code, 0 done, 1 could not work, 2
// usage.
func Run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("gen bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	kind := flags.String("kind", "mixed", "mixed, bulk, handshake, scan or gso")
	size := flags.String("size", "64M", "about this many bytes: a number with K, M or G")
	seed := flags.Uint64("seed", 1, "another number gives another capture")
	file := flags.String("o", "", "write this `file`, and FILE.truth.tsv beside it")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	bytes, err := parseSize(*size)
	if err != nil || *file == "" {
		fmt.Fprintln(stderr, "gen bench: -o FILE and a size such as 200M are needed")
		return 2
	}
	n, err := makeFiles(*kind, bytes, *seed, *file)
	if err != nil {
		fmt.Fprintln(stderr, "gen bench:", err)
		return 1
	}
	fmt.Fprintf(stdout, "%s: %d bytes, %d packets, %d connections\n", *file, n.Bytes, n.Packets, n.Connections)
	return 0
}

// parseSize reads a number of bytes, with K, M or G for powers of 1024.
func parseSize(text string) (int64, error) {
	digits := strings.TrimRight(text, "KMG")
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || len(text)-len(digits) > 1 {
		return 0, fmt.Errorf("%q is no size", text)
	}
	shift := map[string]uint{"": 0, "K": 10, "M": 20, "G": 30}[text[len(digits):]]
	return n << shift, nil
}

func makeFiles(kind string, size int64, seed uint64, file string) (c Count, err error) {
	pcap, err := os.Create(file)
	if err != nil {
		return c, err
	}
	defer closing(pcap, &err)
	truth, err := os.Create(file + ".truth.tsv")
	if err != nil {
		return c, err
	}
	defer closing(truth, &err)
	out := bufio.NewWriterSize(truth, 1<<16)
	if c, err = Write(pcap, out, kind, size, seed); err != nil {
		return c, err
	}
	return c, out.Flush()
}

// closing closes f and keeps the first error.
func closing(f *os.File, err *error) {
	if e := f.Close(); *err == nil {
		*err = e
	}
}

// A Count is how much was written.
type Count struct {
	Bytes                int64
	Packets, Connections int
}

// Write writes a capture of a kind with about size bytes, and its truth. No
// connection is begun that would begin beyond that size; those under way go on
// to their end.
func Write(pcap, truth io.Writer, kind string, size int64, seed uint64) (Count, error) {
	mix, err := mixOf(kind)
	if err != nil {
		return Count{}, err
	}
	w := &writer{out: pcap, truth: truth, mix: mix, random: rand.New(rand.NewPCG(seed, 0x736e69)), left: map[string]int{}}
	return w.run(size)
}
