package main

import (
	"bufio"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
)

// A Key tells the connections of a capture apart: no two have the same.
type Key struct {
	Client     netip.AddrPort
	ServerPort uint16
}

func (k Key) String() string { return fmt.Sprintf("%s to port %d", k.Client, k.ServerPort) }

// Facts are what the truth says of a connection, and what is taken from
// sniwatch's answer to compare; "-" is none.
type Facts struct {
	SNI       string
	Alerts    string // those in clear, such as client:42, with commas between them
	EndHow    string
	EndBy     string
	Diagnosis string // of the truth, several with | between them: either is right
	Handshake string
}

// columns are the fields of a line of the truth.
const columns = 9

// notListed begins a line that says how many connections with a diagnosis there
// are that have no line of their own.
const notListed = "# not listed: "

// A Truth is what a truth file says. Most connections are like many others, so
// that facts are kept once, and of each connection only their place.
type Truth struct {
	facts  []Facts
	listed map[Key]place
	// Counted is the number of connections that are not listed, by diagnosis.
	Counted map[string]int
}

type place struct {
	facts int32 // in Truth.facts
	seen  bool  // sniwatch told of it
}

// Connections is how many there are, listed or counted.
func (t *Truth) Connections() int {
	n := len(t.listed)
	for _, count := range t.Counted {
		n += count
	}
	return n
}

// ReadTruth reads a truth file; an error names the line.
func ReadTruth(r io.Reader) (*Truth, error) {
	t := &Truth{listed: map[Key]place{}, Counted: map[string]int{}}
	known := map[Facts]int32{}
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		if err := t.add(lines.Text(), known); err != nil {
			return nil, fmt.Errorf("truth, line %d: %w", n, err)
		}
	}
	return t, lines.Err()
}

func (t *Truth) add(line string, known map[Facts]int32) error {
	if strings.HasPrefix(line, "#") {
		diagnosis, count, err := countedLine(line)
		if count > 0 {
			t.Counted[diagnosis] += count
		}
		return err
	}
	key, facts, err := parseLine(line)
	if err != nil {
		return err
	}
	if _, twice := t.listed[key]; twice {
		return fmt.Errorf("%s is listed twice", key)
	}
	at, ok := known[facts]
	if !ok {
		at = int32(len(t.facts))
		facts = facts.clone()
		t.facts = append(t.facts, facts)
		known[facts] = at
	}
	t.listed[key] = place{facts: at}
	return nil
}

// clone keeps the facts without the line that they were cut from.
func (f Facts) clone() Facts {
	for _, s := range []*string{&f.SNI, &f.Alerts, &f.EndHow, &f.EndBy, &f.Diagnosis, &f.Handshake} {
		*s = strings.Clone(*s)
	}
	return f
}

func parseLine(line string) (Key, Facts, error) {
	f := strings.Split(line, "\t")
	if len(f) != columns {
		return Key{}, Facts{}, fmt.Errorf("%d fields, want %d", len(f), columns)
	}
	ip, err := netip.ParseAddr(f[0])
	if err != nil {
		return Key{}, Facts{}, err
	}
	var ports [2]uint16
	for i := range ports {
		n, err := strconv.ParseUint(f[1+i], 10, 16)
		if err != nil {
			return Key{}, Facts{}, err
		}
		ports[i] = uint16(n)
	}
	return Key{netip.AddrPortFrom(ip, ports[0]), ports[1]}, Facts{f[3], f[4], f[5], f[6], f[7], f[8]}, nil
}

// countedLine reads how many connections are not listed. Other comments count
// none.
func countedLine(line string) (diagnosis string, count int, err error) {
	rest, ok := strings.CutPrefix(line, notListed)
	if !ok {
		return "", 0, nil
	}
	diagnosis, number, _ := strings.Cut(rest, "\t")
	count, err = strconv.Atoi(number)
	return diagnosis, count, err
}

// countConnections counts the connections of a truth file without keeping them.
func countConnections(r io.Reader) (n int, err error) {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if line := lines.Bytes(); len(line) > 0 && line[0] != '#' {
			n++
			continue
		}
		_, count, err := countedLine(lines.Text())
		if err != nil {
			return 0, err
		}
		n += count
	}
	return n, lines.Err()
}
