//go:build cgo && linux

package main

import (
	"bufio"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sniwatch/pcaps/netns/netnstest"
)

const (
	originAddress = "10.0.0.10"
	edgeAddress   = "130.176.135.149" // one of CloudFront's
)

// wiredNamespaces makes the origin's and the edge's namespace, with a cable between
// them.
func wiredNamespaces(t *testing.T) (origin, edge netnstest.Namespace) {
	t.Helper()
	return netnstest.Wired(t, `ip addr add `+originAddress+`/32 dev wire
		ip route add `+edgeAddress+`/32 dev wire`,
		`ip addr add `+edgeAddress+`/32 dev wire
		ip route add `+originAddress+`/32 dev wire`)
}

// TestLiveRow6 plays the article's row 6 with a real nginx: the certificate is
// for www.example.com, the edge asks for origin.example.com, gets the
// certificate and resets.
func TestLiveRow6(t *testing.T) {
	origin, edge := wiredNamespaces(t)
	folder := t.TempDir()
	writeCertificates(t, folder)
	startNginx(t, origin, folder)
	w := startSniwatch(t, origin,
		"-i", "wire", "--cert", filepath.Join(folder, "fullchain.pem"), "--roots", filepath.Join(folder, "roots.pem"),
		"--origin-domain", "origin.example.com")

	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		name := tls.VersionName(version)
		var reset time.Time
		err := edge.Do(func() (err error) {
			reset, err = refuse(version)
			return err
		})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		line, at := w.stdout.wait(t, "name-not-covered")
		if took := at.Sub(reset); took > time.Second {
			t.Errorf("%s: the line came %v after the reset", name, took)
		} else {
			t.Logf("%s: after %v: %s", name, took, line)
		}
		for _, want := range []string{edgeAddress, "origin.example.com"} {
			if !strings.Contains(line, want) {
				t.Errorf("%s: no %q in %q", name, want, line)
			}
		}
	}
	checkNginxLog(t, filepath.Join(folder, "error.log"), 2)

	w.signal(t, syscall.SIGUSR1)
	line, _ := w.stderr.wait(t, "2 connections")
	for _, want := range []string{" 0 dropped", "% of a CPU"} {
		if !strings.Contains(line, want) {
			t.Errorf("no %q in %q", want, line)
		}
	}
	w.signal(t, syscall.SIGINT)
	if code := w.exitCode(t); code != 0 {
		t.Errorf("exit code %d\n%s", code, w.stderr.rest())
	}
	summary := w.stdout.rest()
	for _, want := range []string{"row 6", "origin.example.com", "www.example.com"} {
		if !strings.Contains(summary, want) {
			t.Errorf("no %q in the summary:\n%s", want, summary)
		}
	}
	if strings.Contains(summary, "\x1b") {
		t.Errorf("escape sequences in a pipe:\n%q", summary)
	}
}

// TestLiveInterfaceVanishes takes the cable away while sniwatch watches it.
func TestLiveInterfaceVanishes(t *testing.T) {
	origin, edge := wiredNamespaces(t)
	w := startSniwatch(t, origin, "-i", "wire")
	edge.Sh(t, "ip link del wire")
	w.stderr.wait(t, "wire vanished")
	w.stderr.wait(t, "hint: ")
	if code := w.exitCode(t); code != 1 {
		t.Errorf("exit code %d", code)
	}
}

// checkNginxLog waits for the article's line, so many times.
func checkNginxLog(t *testing.T, name string, count int) {
	t.Helper()
	const line = "peer closed connection in SSL handshake (104: Connection reset by peer)"
	var text []byte
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		text, _ = os.ReadFile(name)
		if strings.Count(string(text), line) == count {
			return
		}
	}
	t.Errorf("nginx does not say %d times %q:\n%s", count, line, text)
}

// refuse is the edge: it sends a ClientHello, reads up to and including the
// record with the server's Certificate, and closes. The rest of the flight is
// unread, for which the kernel sends RST and not FIN. It tells when that was.
func refuse(version uint16) (reset time.Time, err error) {
	return refuseFrom(new(net.Dialer), version)
}

// refuseFrom is refuse, with the dialer's address.
func refuseFrom(d *net.Dialer, version uint16) (reset time.Time, err error) {
	hello, err := clientHello(version)
	if err != nil {
		return reset, err
	}
	conn, err := d.Dial("tcp", originAddress+":443")
	if err != nil {
		return reset, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := conn.Write(hello); err != nil {
		return reset, err
	}
	if err := readToCertificate(conn); err != nil {
		return reset, err
	}
	if err := waitForUnread(conn.(*net.TCPConn)); err != nil {
		return reset, err
	}
	return time.Now(), conn.Close()
}

// clientHello gives the record that crypto/tls would begin with, towards the
// origin domain and with the one key share that CloudFront sends.
func clientHello(version uint16) ([]byte, error) {
	ours, theirs := net.Pipe()
	defer ours.Close()
	client := tls.Client(theirs, &tls.Config{
		ServerName: "origin.example.com", MinVersion: tls.VersionTLS12, MaxVersion: version,
		CurvePreferences: []tls.CurveID{tls.CurveP256},
	})
	go client.Handshake() // ends when ours is closed
	_, hello, err := readRecord(ours)
	return hello, err
}

// readRecord reads one TLS record (RFC 8446, section 5.1), header included.
func readRecord(r io.Reader) (kind byte, record []byte, err error) {
	record = make([]byte, 5)
	if _, err := io.ReadFull(r, record); err != nil {
		return 0, nil, err
	}
	fragment := make([]byte, binary.BigEndian.Uint16(record[3:]))
	_, err = io.ReadFull(r, fragment)
	return record[0], append(record, fragment...), err
}

// readToCertificate reads the records up to the Certificate. In TLS 1.3 it is
// encrypted: the second such record, after EncryptedExtensions.
func readToCertificate(r io.Reader) error {
	const handshake, applicationData, certificate = 22, 23, 11
	for encrypted := 0; ; {
		kind, record, err := readRecord(r)
		if err != nil {
			return err
		}
		switch {
		case kind == handshake && len(record) > 5 && record[5] == certificate:
			return nil
		case kind == applicationData:
			if encrypted++; encrypted == 2 {
				return nil
			}
		}
	}
}

// waitForUnread waits until something is there that was not read.
func waitForUnread(conn *net.TCPConn) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	for range 500 {
		unread := 0
		raw.Control(func(fd uintptr) { unread, err = unix.IoctlGetInt(int(fd), unix.SIOCINQ) })
		if err != nil || unread > 0 {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
	return errors.New("the server's flight ends with its Certificate")
}

// A watcher is a running sniwatch.
type watcher struct {
	command        *exec.Cmd
	stdout, stderr *lines
}

// startSniwatch builds sniwatch and starts it in the namespace.
func startSniwatch(t *testing.T, n netnstest.Namespace, arguments ...string) *watcher {
	t.Helper()
	return startWatcher(t, n, exec.Command(buildSniwatch(t), arguments...))
}

func buildSniwatch(t *testing.T) (program string) {
	t.Helper()
	program = filepath.Join(t.TempDir(), "sniwatch")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return program
}

// startWatcher starts a command with its output in pipes, and waits until it says
// that it watches.
func startWatcher(t *testing.T, n netnstest.Namespace, command *exec.Cmd) *watcher {
	t.Helper()
	w := &watcher{command: command, stdout: &lines{}, stderr: &lines{}}
	stdout, err := w.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr, err := w.command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Start(w.command); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.command.Process.Kill() })
	w.stdout.follow(stdout)
	w.stderr.follow(stderr)
	w.stderr.wait(t, "watching wire")
	return w
}

func (w *watcher) signal(t *testing.T, s os.Signal) {
	t.Helper()
	if err := w.command.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// exitCode waits for the end of the program.
func (w *watcher) exitCode(t *testing.T) int {
	t.Helper()
	impatient := time.AfterFunc(10*time.Second, func() { w.command.Process.Kill() })
	defer impatient.Stop()
	w.stdout.ended.Wait() // Wait closes the pipes: only after they were read
	w.stderr.ended.Wait()
	w.command.Wait()
	return w.command.ProcessState.ExitCode()
}

// lines are what a program has written, with the time of each line.
type lines struct {
	ended sync.WaitGroup

	mu   sync.Mutex
	text []string
	at   []time.Time
	next int // the first that no one has asked for
}

func (l *lines) follow(r io.Reader) {
	l.ended.Go(func() {
		for s := bufio.NewScanner(r); s.Scan(); {
			l.mu.Lock()
			l.text, l.at = append(l.text, s.Text()), append(l.at, time.Now())
			l.mu.Unlock()
		}
	})
}

// wait gives the next line with want in it, and when it came.
func (l *lines) wait(t *testing.T, want string) (line string, at time.Time) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		l.mu.Lock()
		for ; l.next < len(l.text); l.next++ {
			if strings.Contains(l.text[l.next], want) {
				line, at = l.text[l.next], l.at[l.next]
				l.next++
				l.mu.Unlock()
				return line, at
			}
		}
		l.mu.Unlock()
	}
	t.Fatalf("no line with %q in:\n%s", want, strings.Join(l.text, "\n"))
	return "", time.Time{}
}

// rest gives the lines that no one has asked for.
func (l *lines) rest() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.text[l.next:], "\n")
}
