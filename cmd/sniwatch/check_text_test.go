package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"
)

// TestCheckText holds the words against testdata. 80 columns.
func TestCheckText(t *testing.T) {
	folder, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	inSamples(t)
	const here = "../cmd/sniwatch/testdata/"
	at := []string{"--at", "2024-01-16T12:00:00Z", "--roots", "certs/root.pem"}
	www := append(slices.Clone(at), "--cert", "certs/www.pem")
	for name, args := range map[string][]string{
		"check-help":     {"--help"},
		"check-www":      append(slices.Clone(www), "--origin-domain", originName),
		"check-row6":     append(slices.Clone(www), "--origin-domain", originName, "--viewer-domain", wwwName, "--forward-host=no"),
		"check-both":     append(slices.Clone(at), "--cert", "certs/both.pem", "--origin-domain", originName, "--viewer-domain", ownName),
		"check-expired":  append(slices.Clone(at), "--cert", "certs/origin-expired.pem", "--origin-domain", originName, "--viewer-domain", wwwName, "--forward-host=no"),
		"check-two":      append(slices.Clone(at), "--cert", "certs/origin.pem", "--cert", "certs/www-expired.pem", "--origin-domain", originName, "--viewer-domain", wwwName, "--viewer-domain", ownName),
		"check-markdown": append(slices.Clone(www), "--origin-domain", originName, "--viewer-domain", wwwName, "--format", "markdown"),

		"check-distribution-cache-policy": append(slices.Clone(www), "--distribution", here+"distribution-cache-policy.json"),
		"check-distribution-group":        append(slices.Clone(www), "--distribution", here+"distribution-group.json"),
		"check-distribution-own-policy":   append(slices.Clone(www), "--distribution", here+"distribution-own-policy.json"),
		"check-distribution-policy-given": append(slices.Clone(www), "--distribution", here+"distribution-own-policy.json", "--policy", here+"origin-request-policy.json"),
		"check-distribution-balancer":     append(slices.Clone(www), "--distribution", here+"distribution-balancer.json"),
		"check-distribution-vpc":          append(slices.Clone(www), "--distribution", here+"distribution-vpc.json"),
		"check-distribution-s3":           append(slices.Clone(www), "--distribution", here+"distribution-s3.json"),
		"check-distribution-markdown":     append(slices.Clone(www), "--distribution", here+"distribution-group.json", "--format", "markdown"),
	} {
		out, errs, status := sniwatch(t, append([]string{"check"}, args...)...)
		if status != exitDone {
			t.Fatalf("%v: exit code %d: %s", args, status, errs)
		}
		checkWidth(t, name, out)
		golden(t, filepath.Join(folder, name+".txt"), "$ sniwatch check "+strings.Join(args, " ")+"\n\n"+out)
	}
}

// checkWidth makes sure that a text has 80 columns; a command may be longer, since
// it is copied whole.
func checkWidth(t *testing.T, name, text string) {
	t.Helper()
	if strings.Contains(name, "markdown") {
		return
	}
	for line := range strings.Lines(text) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 && !strings.HasPrefix(line, "       ") {
			t.Errorf("%s: %d columns: %s", name, n, line)
		}
	}
}

// A fakeServer answers the handshakes of --connect without a network: by the name
// that it is asked for.
type fakeServer struct {
	chains  map[string]tls.Certificate // by SNI; "": for all others
	refuses map[string]bool            // with the alert unrecognized_name
	minimum uint16                     // version of TLS
}

// dial gives the client's end of a connection to the server.
func (f *fakeServer) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	go f.serve(server)
	return client, nil
}

func (f *fakeServer) serve(conn net.Conn) {
	defer conn.Close()
	refused := errors.New("refused")
	server := tls.Server(conn, &tls.Config{MinVersion: f.minimum, GetCertificate: func(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
		if f.refuses[h.ServerName] {
			_, err := conn.Write([]byte{21, 3, 3, 0, 2, 2, 112}) // fatal, unrecognized_name
			return nil, errors.Join(refused, err)
		}
		chain, ok := f.chains[h.ServerName]
		if !ok {
			chain = f.chains[""]
		}
		return &chain, nil
	}})
	if server.Handshake() == nil {
		_, _ = io.Copy(io.Discard, server)
	}
}

// served is what a server holds of a chain.
func (s *signer) served(above ...*signer) tls.Certificate {
	c := tls.Certificate{Certificate: [][]byte{s.cert.Raw}, PrivateKey: s.key}
	for _, a := range above {
		c.Certificate = append(c.Certificate, a.cert.Raw)
	}
	return c
}

type dialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

// checkDialling runs check with connections that dial makes.
func checkDialling(t *testing.T, dial dialFunc, args ...string) (out, errs string, status int) {
	t.Helper()
	o, err := parseCheckFlags(args)
	if err != nil {
		t.Fatal(err)
	}
	o.dial = dial
	version = "test"
	var b, e bytes.Buffer
	status = o.run(t.Context(), streams{out: &b, err: &e, now: func() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }})
	return b.String(), e.String(), status
}

// TestCheckTextConnect holds the words of --connect against testdata.
func TestCheckTextConnect(t *testing.T) {
	folder, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	s := newShop(t)
	www, old := sign(t, s.intermediate, nil, wwwName), sign(t, s.intermediate, nil, originName)
	s.write(t, "renewed.pem", www, s.intermediate)
	t.Chdir(s.folder)
	base := []string{"--roots", "root.pem", "--connect", "127.0.0.1:443", "--origin-domain", originName, "--viewer-domain", wwwName}
	for name, c := range map[string]struct {
		dial dialFunc
		args []string
	}{
		"check-connect": {(&fakeServer{chains: map[string]tls.Certificate{"": www.served(s.intermediate)}}).dial, base},
		"check-connect-refused": {(&fakeServer{refuses: map[string]bool{originName: true}, minimum: tls.VersionTLS13,
			chains: map[string]tls.Certificate{"": www.served()}}).dial, append(slices.Clone(base), "--cert", "renewed.pem")},
		"check-connect-differs":  {(&fakeServer{chains: map[string]tls.Certificate{"": old.served(s.intermediate)}}).dial, append(slices.Clone(base), "--cert", "renewed.pem", "--forward-host=no")},
		"check-connect-closed":   {func(context.Context, string, string) (net.Conn, error) { return nil, syscall.ECONNREFUSED }, append(slices.Clone(base), "--forward-host=no")},
		"check-connect-markdown": {(&fakeServer{chains: map[string]tls.Certificate{"": www.served(s.intermediate)}}).dial, append(slices.Clone(base), "--format", "markdown")},
	} {
		out, errs, status := checkDialling(t, c.dial, c.args...)
		if status != exitDone || errs != "" {
			t.Fatalf("%s: exit code %d: %s", name, status, errs)
		}
		checkWidth(t, name, out)
		golden(t, filepath.Join(folder, name+".txt"), "$ sniwatch check "+strings.Join(c.args, " ")+"\n\n"+out)
	}
}

// TestCheckConnectNotTLS: a port that speaks HTTP, without a network.
func TestCheckConnectNotTLS(t *testing.T) {
	dial := func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			defer server.Close()
			go io.Copy(io.Discard, server)
			_, _ = io.WriteString(server, "HTTP/1.1 400 Bad Request\r\n\r\n")
		}()
		return client, nil
	}
	out, errs, status := checkDialling(t, dial, "--connect", "localhost", "--origin-domain", originName, "--viewer-domain", wwwName, "--forward-host=no",
		"--exit-code")
	if !strings.HasPrefix(out, "The port speaks plain HTTP: CloudFront will get no certificate, and viewers get\n502.\n") || status != exitFailure {
		t.Errorf("exit code %d, %s\n%s", status, errs, out)
	}
}

// TestCheckConnectStopped: Ctrl-C ends it, with no answer.
func TestCheckConnectStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	o, err := parseCheckFlags([]string{"--connect", "localhost", "--origin-domain", originName})
	if err != nil {
		t.Fatal(err)
	}
	o.dial = func(ctx context.Context, _, _ string) (net.Conn, error) { cancel(); return nil, ctx.Err() }
	if c, err := o.answer(ctx); c != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("%v, error %v", c, err)
	}
}

// TestCheckConnectManyNames: a server that has other work is not asked for every
// name of a large certificate.
func TestCheckConnectManyNames(t *testing.T) {
	args := []string{"--connect", "localhost", "--origin-domain", originName, "--forward-host=yes"}
	for i := range maxServerNames + 1 {
		args = append(args, "--viewer-domain", strings.Repeat("a", i%60+1)+"."+strings.Repeat("b", i/60+1)+".example.com")
	}
	dial := func(context.Context, string, string) (net.Conn, error) {
		t.Error("a connection was made")
		return nil, syscall.ECONNREFUSED
	}
	if _, errs, status := checkDialling(t, dial, args...); status != exitUsage || !strings.Contains(errs, "101 names") {
		t.Errorf("exit code %d: %s", status, errs)
	}
}
