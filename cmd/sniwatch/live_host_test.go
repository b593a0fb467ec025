//go:build cgo && linux

package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sniwatch/pcaps/netns/netnstest"
)

// TestLiveHost watches without being told a certificate or a log: both are in
// nginx's configuration. The certificate in the file is renewed and nginx not
// reloaded, which TLS 1.2 shows on the wire, and in TLS 1.3 the probe.
func TestLiveHost(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		t.Run(tls.VersionName(version), func(t *testing.T) {
			origin, edge := wiredNamespaces(t)
			folder := t.TempDir()
			writeCertificates(t, folder)
			startNginx(t, origin, folder)
			w := startSniwatch(t, origin, "-i", "wire", "--nginx-conf", filepath.Join(folder, "nginx.conf"),
				"--roots", filepath.Join(folder, "roots.pem"), "--probe", "--format", "ndjson")

			refuseOnce(t, edge, version)
			c := connectionObject(t, w)
			if got := c.Diagnosis.Code; got != "name-not-covered" {
				t.Errorf("diagnosis %q", got)
			}
			if got := c.Certificate.Local.File; got != filepath.Join(folder, "fullchain.pem") {
				t.Errorf("the local certificate is %q", got)
			}
			if len(c.Log) != 1 || c.Log[0].Class != "peer-reset" || c.Log[0].Certainty != "proven" || c.Log[0].File != filepath.Join(folder, "error.log") {
				t.Errorf("lines of the log: %+v", c.Log)
			}

			renew(t, folder)
			time.Sleep(2*refreshEvery + tick) // it is looked at from time to time
			refuseOnce(t, edge, version)
			connectionObject(t, w)
			w.signal(t, syscall.SIGINT)
			if code := w.exitCode(t); code != 0 {
				t.Errorf("exit code %d\n%s", code, w.stderr.rest())
			}
			report := w.stdout.rest()
			if !strings.Contains(report, `"server-not-reloaded"`) {
				t.Errorf("server-not-reloaded is not in the report:\n%s", report)
			}
			if !strings.Contains(report, `"connections":2,"cloudfront":2`) {
				t.Errorf("there were two connections:\n%s", report)
			}
		})
	}
}

func refuseOnce(t *testing.T, edge netnstest.Namespace, version uint16) {
	t.Helper()
	if err := edge.Do(func() error { _, err := refuse(version); return err }); err != nil {
		t.Fatal(err)
	}
}

// renew puts a younger certificate into the place of the one in folder, with the
// same names. Its authority is another, which is of no interest here.
func renew(t *testing.T, folder string) {
	t.Helper()
	root := sign(t, nil, fromNow(authorityNamed("Test Root")))
	leaf := sign(t, root, func(c *x509.Certificate) {
		fromNow(nil)(c)
		c.NotBefore = c.NotBefore.Add(30 * time.Minute)
	}, wwwName)
	writePEM(t, filepath.Join(folder, "fullchain.pem"), "CERTIFICATE", leaf.cert.Raw)
}

// A toldConnection is what the test wants of a connection's JSON.
type toldConnection struct {
	Diagnosis   struct{ Code string }
	Certificate struct{ Local struct{ File string } }
	Log         []struct{ File, Class, Certainty string }
}

func connectionObject(t *testing.T, w *watcher) toldConnection {
	t.Helper()
	line, _ := w.stdout.wait(t, `"type":"connection"`)
	var c toldConnection
	if err := json.Unmarshal([]byte(line), &c); err != nil {
		t.Fatal(err)
	}
	return c
}
