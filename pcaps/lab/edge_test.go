//go:build linux

package main

import (
	"bytes"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
)

// TestEdgeAccepts: the rule of names in its eight rows, and the chain before it.
func TestEdgeAccepts(t *testing.T) {
	w, err := makeCertificates(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	judge := func(d distribution, chain string) error {
		text, err := os.ReadFile(w.chain(chain))
		if err != nil {
			t.Fatal(err)
		}
		var raw [][]byte
		for {
			var block *pem.Block
			if block, text = pem.Decode(text); block == nil {
				return d.accepts(raw, w.roots)
			}
			raw = append(raw, block.Bytes)
		}
	}
	site := distribution{viewer: viewerName}
	forwarding := distribution{viewer: viewerName, forward: true}
	for _, tt := range []struct {
		host  distribution
		chain string
		want  error
	}{
		{forwarding, "origin", nil}, {site, "origin", nil}, {forwarding, "viewer", nil}, {site, "viewer", errNoName},
		{distribution{viewer: defaultName, forward: true}, "origin", nil}, {distribution{viewer: defaultName}, "origin", nil},
		{distribution{viewer: defaultName, forward: true}, "viewer", errNoName}, {distribution{viewer: defaultName}, "viewer", errNoName},
		{site, "wildcard", nil}, {site, "common-name", nil}, {site, "out-of-order", nil}, {site, "p256", nil},
		{site, "address", errNoName}, {site, "shop", errNoName},
		{site, "expired", errNoChain}, {site, "early", errNoChain}, {site, "self-signed", errNoChain}, {site, "company-leaf", errNoChain},
		{site, "alone", errNoChain}, {site, "wrong-chain", errNoChain}, {site, "old-chain", errNoChain}, {site, "for-clients", errNoChain},
	} {
		if err := judge(tt.host, tt.chain); !errors.Is(err, tt.want) {
			t.Errorf("%+v, %s: %v, want %v", tt.host, tt.chain, err, tt.want)
		}
	}
	if err := site.accepts(nil, w.roots); !errors.Is(err, errNoChain) {
		t.Errorf("no certificate at all: %v", err)
	}
}

func TestNames(t *testing.T) {
	w, err := makeCertificates(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.LoadX509KeyPair(w.chain("wildcard"), w.key("wildcard"))
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]bool{
		"origin.example.com": true, "ORIGIN.EXAMPLE.COM": true, "example.com": false, "a.b.example.com": false, "origin.example.net": false,
	} {
		if names(pair.Leaf, host) != want {
			t.Errorf("*.example.com and %s: %v", host, !want)
		}
	}
}

// wired gives a wire, and the other end of its connection.
func wired(t *testing.T) (*wire, net.Conn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	near, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	far, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close(); far.Close() })
	return &wire{TCPConn: near.(*net.TCPConn)}, far
}

// TestWireKeepsTheNextRecord: however much is asked for, what follows the present
// record stays with the kernel, and makes a reset of the close.
func TestWireKeepsTheNextRecord(t *testing.T) {
	w, far := wired(t)
	first, second := []byte{22, 3, 3, 0, 3, 'a', 'b', 'c'}, []byte{22, 3, 3, 0, 1, 'd'}
	if _, err := far.Write(append(bytes.Clone(first), second...)); err != nil {
		t.Fatal(err)
	}
	var got []byte
	buffer := make([]byte, 100)
	for len(got) < len(first) {
		n, err := w.Read(buffer)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, buffer[:n]...)
	}
	if !bytes.Equal(got, first) {
		t.Fatalf("read %q", got)
	}
	if err := w.waitForUnread(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if _, err := far.Read(buffer); err == nil || err == io.EOF || !strings.Contains(err.Error(), "reset") {
		t.Errorf("the other side sees %v, and no reset", err)
	}
}

func TestRecut(t *testing.T) {
	record := append([]byte{22, 3, 1, 0, 70}, bytes.Repeat([]byte{'x'}, 70)...)
	got := recut(record, 32)
	if want := 70 + 3*5; len(got) != want {
		t.Fatalf("%d bytes, want %d", len(got), want)
	}
	for at, size := range map[int]byte{0: 32, 37: 32, 74: 6} {
		if !bytes.Equal(got[at:at+5], []byte{22, 3, 1, 0, size}) {
			t.Errorf("record at %d: % x", at, got[at:at+5])
		}
	}
}
