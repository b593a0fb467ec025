//go:build cgo && linux

package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sniwatch/pcaps/netns/netnstest"
)

// burstAddresses are five of CloudFront's.
var burstAddresses = []string{edgeAddress, "130.176.135.150", "130.176.135.151", "130.176.135.152", "130.176.135.153"}

// TestBurstIsJoined has 50 connections at once, half of which fail, from five
// addresses. nginx's debug log has the ports: they are the truth. sniwatch is given
// the lines of level info alone, which have none: each must be joined with its own
// connection, or with one of the group that it cannot be told from.
func TestBurstIsJoined(t *testing.T) {
	origin, edge := wiredNamespaces(t)
	for _, a := range burstAddresses[1:] {
		edge.Sh(t, "ip addr add "+a+"/32 dev wire")
		origin.Sh(t, "ip route add "+a+"/32 dev wire")
	}
	folder := t.TempDir()
	writeCertificates(t, folder)
	startNginxLogging(t, origin, folder, "debug")
	capture := filepath.Join(folder, "burst.pcap")
	w := startSniwatch(t, origin, "-i", "wire", "--no-discover", "-w", capture)
	if err := burst(edge, 50); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Second) // the last packets, the last lines
	w.signal(t, syscall.SIGINT)
	if code := w.exitCode(t); code != 0 {
		t.Fatalf("exit code %d\n%s", code, w.stderr.rest())
	}

	info := filepath.Join(folder, "info.log")
	ports := infoLines(t, filepath.Join(folder, "error.log"), info)
	out, _ := runForTest(t, "-r", capture, "--log", info, "--no-discover", "--format", "ndjson",
		"--cert", filepath.Join(folder, "fullchain.pem"), "--roots", filepath.Join(folder, "roots.pem"), "--origin-domain", "origin.example.com")
	checkBurst(t, objects(t, out), ports)
}

// checkBurst compares the joined lines with the truth: the port of each line.
func checkBurst(t *testing.T, all []map[string]any, ports map[int]string) {
	t.Helper()
	groups, joined := 0, map[int]bool{}
	for _, o := range all {
		if o["type"] != "connection" {
			continue
		}
		client := o["client"].(map[string]any)
		at := fmt.Sprintf("%v:%v", client["ip"], client["port"])
		lines, _ := o["log"].([]any)
		if failed := o["handshake"] == "refused"; failed != (len(lines) == 1) {
			t.Errorf("%s: %v, with %d lines", at, o["handshake"], len(lines))
		}
		for _, l := range lines {
			l := l.(map[string]any)
			number := int(l["line"].(float64))
			joined[number] = true
			switch {
			case l["certainty"] == "possible":
				groups++
				if !strings.HasPrefix(ports[number], fmt.Sprint(client["ip"])+":") {
					t.Errorf("%s has line %d, which is of %s", at, number, ports[number])
				}
			case ports[number] != at:
				t.Errorf("%s has line %d (%v), which is of %s", at, number, l["certainty"], ports[number])
			}
		}
	}
	if len(ports) != 25 || len(joined) != len(ports) {
		t.Errorf("%d of %d lines are joined, 25 were expected", len(joined), len(ports))
	}
	t.Logf("%d lines joined, %d of them as a group", len(joined), groups)
}

// burst makes n connections at once, half of which refuse the certificate.
func burst(edge netnstest.Namespace, n int) error {
	errs := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		address := net.ParseIP(burstAddresses[i%len(burstAddresses)])
		d := &net.Dialer{LocalAddr: &net.TCPAddr{IP: address}, Timeout: 5 * time.Second}
		one := func() error { return request(d) }
		if i%2 == 0 {
			one = func() error { _, err := refuseFrom(d, tls.VersionTLS12); return err }
		}
		all.Go(func() { errs[i] = edge.Do(one) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// request makes a whole request.
func request(d *net.Dialer) error {
	conn, err := tls.DialWithDialer(d, "tcp", originAddress+":443", &tls.Config{ServerName: "www.example.com", InsecureSkipVerify: true})
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: www.example.com\r\nConnection: close\r\n\r\n"); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, conn)
	return err
}

// infoLines writes the lines of level info of a debug log about failures to a file
// of their own, and gives the client's address and port of each by its number.
func infoLines(t *testing.T, debug, info string) map[int]string {
	t.Helper()
	text, err := os.ReadFile(debug)
	if err != nil {
		t.Fatal(err)
	}
	accept := regexp.MustCompile(`\*(\d+) accept: ([0-9.]+:\d+) fd`)
	failure := regexp.MustCompile(`\[info\].*\*(\d+) peer closed connection in SSL handshake`)
	port := map[string]string{}
	for _, m := range accept.FindAllStringSubmatch(string(text), -1) {
		port[m[1]] = m[2]
	}
	var out strings.Builder
	of, number := map[int]string{}, 0
	for line := range strings.Lines(string(text)) {
		if m := failure.FindStringSubmatch(line); m != nil {
			out.WriteString(line)
			number++
			of[number] = port[m[1]]
		}
	}
	if err := os.WriteFile(info, []byte(out.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return of
}
