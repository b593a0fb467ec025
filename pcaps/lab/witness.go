//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"sniwatch/pcaps/netns"
)

// A witness is a program that captures in the origin while a scenario is played.
type witness struct {
	command     *exec.Cmd
	name        string
	out, errors string    // its files
	stream      io.Closer // what it writes to in the place of out; nil: it writes to out
}

// watch starts a witness and waits until it says that it captures.
func (s *site) watch(name, ready, program string, arguments ...string) (*witness, error) {
	out, err := os.Create(s.file(name + ".out"))
	if err != nil {
		return nil, err
	}
	defer out.Close()
	return s.watchTo(out, name, ready, program, arguments...)
}

// watchTo starts a witness that writes to out.
func (s *site) watchTo(out io.Writer, name, ready, program string, arguments ...string) (*witness, error) {
	w := &witness{name: name, out: s.file(name + ".out"), errors: s.file(name + ".err")}
	said, err := os.Create(w.errors)
	if err != nil {
		return nil, err
	}
	defer said.Close()
	w.command = exec.Command(program, arguments...)
	w.command.Stdout, w.command.Stderr = out, said
	if err := s.origin.Start(w.command); err != nil {
		return nil, err
	}
	s.after(func() {
		w.command.Process.Kill()
		w.command.Wait()
	})
	if !netns.Until(10*time.Second, func() bool { return bytes.Contains(read(w.errors), []byte(ready)) }) {
		return nil, fmt.Errorf("%s does not begin to capture: %s", name, read(w.errors))
	}
	return w, nil
}

// end asks the witness to end as Ctrl-C does, and waits for it.
func (w *witness) end() error {
	if err := w.command.Process.Signal(syscall.SIGINT); err != nil {
		return fmt.Errorf("%s has ended before the scenario did: %s", w.name, read(w.errors))
	}
	impatient := time.AfterFunc(15*time.Second, func() { w.command.Process.Kill() })
	defer impatient.Stop()
	if err := w.command.Wait(); err != nil {
		return fmt.Errorf("%s: %w: %s", w.name, err, read(w.errors))
	}
	return nil
}

// read gives a file's contents, and nothing where there is none.
func read(name string) []byte {
	text, _ := os.ReadFile(name)
	return text
}

// An account is what the witnesses of a scenario say.
type account struct {
	live, offline observation
	capture       string // tcpdump's file
	arguments     []string
}

// witnessed plays f while sniwatch and tcpdump capture in the origin, then lets
// sniwatch read tcpdump's file.
func (s *site) witnessed(c scenario, f func() error) (a account, err error) {
	known := c.known
	if known == "" {
		known = c.chain
	}
	a.capture = s.file("packets.pcap")
	a.arguments = append([]string{"--no-discover", "--cert", s.lab.certs.chain(known), "--roots", s.lab.certs.chain("roots")}, c.host.arguments()...)
	// tcpdump keeps a slot of -s bytes for every packet that waits.
	dump, err := s.watch("tcpdump", "listening on", "tcpdump", "-i", "wire", "-n", "-s", "16000", "-B", "32768", "-U", "--immediate-mode", "-Z", "root", "-w", a.capture, "tcp or icmp or icmp6")
	if err != nil {
		return a, err
	}
	watches := c.watches
	if watches == "" {
		watches = "wire"
	}
	live, err := s.watch("sniwatch", "watching "+watches, s.lab.sniwatch, append([]string{"-i", watches, "--format", "ndjson"}, a.arguments...)...)
	if err != nil {
		return a, err
	}
	err = f()
	const settle = 400 * time.Millisecond // for the last packets
	time.Sleep(settle)
	if err = errors.Join(err, live.end(), dump.end()); err != nil {
		return a, err
	}
	if said := read(dump.errors); !bytes.Contains(said, []byte("\n0 packets dropped by kernel")) {
		return a, fmt.Errorf("tcpdump has lost packets: %s", said)
	}
	if a.live, err = readObservation(read(live.out)); err != nil {
		return a, fmt.Errorf("live: %w", err)
	}
	said, err := s.lab.read(a, "ndjson")
	if err != nil {
		return a, err
	}
	a.offline, err = readObservation([]byte(said))
	return a, err
}

// read lets sniwatch read tcpdump's file.
func (l *lab) read(a account, format string) (string, error) {
	c := exec.Command(l.sniwatch, append([]string{"-r", a.capture, "--format", format}, a.arguments...)...)
	c.Env = append(os.Environ(), "COLUMNS=80", "NO_COLOR=1")
	var out, said strings.Builder
	c.Stdout, c.Stderr = &out, &said
	if err := c.Run(); err != nil {
		return "", fmt.Errorf("sniwatch -r: %w: %s", err, said.String())
	}
	return out.String(), nil
}
