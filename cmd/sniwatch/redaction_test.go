package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestRedact writes everything that --redact touches, for failures of several
// kinds: nothing of the names and addresses is in any of it, the diagnoses are the
// same, also those of the evidence under the roots that lie beside it, and restore
// puts the names back.
func TestRedact(t *testing.T) {
	roots, www := pcapsFile("certs/root.pem"), pcapsFile("certs/www.pem")
	log := filepath.Join(t.TempDir(), "error.log")
	writeText(t, log, "2024/01/16 03:41:10 [info] 812#812: *27 peer closed connection in SSL handshake (104: Connection reset by peer) while SSL handshaking, "+
		"client: 130.176.135.149, server: 0.0.0.0:443\n")
	for _, name := range []string{"row6-tls12", "row6-tls13", "row7-tls12", "certificate-expired-tls12", "sni-refused-112", "no-shared-cipher", "port-closed", "not-tls"} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			in := func(file string) string { return filepath.Join(folder, file) }
			args := []string{"-r", pcapsFile(name + ".pcap"), "--roots", roots, "--cert", www, "--origin-domain", "origin.example.com", "--log", log,
				"--log-timezone", "UTC", "--no-discover", "--format", "ndjson"}
			plain, _ := runForTest(t, args...)
			redacted, _ := runForTest(t, append(slices.Clone(args), "--redact", "--redact-key", in("owner.key"), "--evidence", in("e.pcapng"), "--report", in("t.zip"),
				"--report", in("t.html"), "--report", in("t.md"), "--report", in("t.csv"), "--report", in("t.txt"))...)

			if got, want := verdicts(t, redacted), verdicts(t, plain); !slices.Equal(got, want) {
				t.Errorf("redacted: %v\nplain:    %v", got, want)
			}
			secrets := secretsOf(t, plain)
			if len(secrets) < 2 {
				t.Fatalf("only %q could be found again", secrets)
			}
			for file, content := range written(t, folder, redacted) {
				for _, secret := range secrets {
					if bytes.Contains(bytes.ToLower(content), bytes.ToLower(secret)) && !placeholder(file, secret) {
						t.Errorf("%s holds %q", file, secret)
					}
				}
			}
			evidence := []string{"-r", in("e.pcapng"), "--no-discover", "--format", "ndjson", "--origin-domain", redactedName(t, in("owner.key"), "origin.example.com")}
			if _, err := os.Stat(in("e.roots.pem")); err == nil {
				evidence = append(evidence, "--roots", in("e.roots.pem"))
			}
			again, _ := runForTest(t, evidence...)
			for i, v := range verdicts(t, again) {
				if want := verdicts(t, plain); !hiddenCertificate(name) && v != want[i] {
					t.Errorf("the evidence says %s, the capture %s", v, want[i])
				}
			}
			restored, _ := runForTest(t, "restore", "--redact-key", in("owner.key"), in("t.txt"))
			if name == "row6-tls12" && !strings.Contains(restored, "www.example.com") {
				t.Errorf("restored:\n%s", restored)
			}
		})
	}
}

// hiddenCertificate tells whether the certificate was judged by its file, which
// is not in the evidence.
func hiddenCertificate(name string) bool { return strings.HasSuffix(name, "tls13") }

// placeholder tells whether a page has a name for want of a better one: that of the
// command that viewers are to type.
func placeholder(file string, secret []byte) bool {
	return (strings.HasSuffix(file, ".html") || strings.HasSuffix(file, ".md")) && string(secret) == "www.example.com"
}

// pcapsFile gives the path of a file in pcaps.
func pcapsFile(name string) string {
	return filepath.Join("..", "..", "pcaps", filepath.FromSlash(name))
}

func writeText(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// runForTest runs the program in this process.
func runForTest(t *testing.T, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(t.Context(), args, streams{in: strings.NewReader(""), out: &out, err: &errs, now: time.Now}); code != exitDone {
		t.Fatalf("%v: exit code %d\n%s", args, code, errs.String())
	}
	return out.String(), errs.String()
}

// objects gives the objects of NDJSON.
func objects(t *testing.T, ndjson string) []map[string]any {
	t.Helper()
	var out []map[string]any
	for line := range strings.Lines(ndjson) {
		var o map[string]any
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatal(err)
		}
		out = append(out, o)
	}
	return out
}

// verdicts gives code, certainty and outcome of each connection.
func verdicts(t *testing.T, ndjson string) []string {
	t.Helper()
	var out []string
	for _, o := range objects(t, ndjson) {
		if d, ok := o["diagnosis"].(map[string]any); ok && o["type"] == "connection" {
			out = append(out, strings.Join([]string{d["code"].(string), d["certainty"].(string), o["handshake"].(string)}, " "))
		}
	}
	return out
}

// secretsOf gives the names and addresses that must not be found again, as text
// and as bytes.
func secretsOf(t *testing.T, ndjson string) [][]byte {
	t.Helper()
	var out [][]byte
	address := func(text string) {
		a := netip.MustParseAddr(text)
		out = append(out, []byte(text), a.AsSlice())
	}
	for _, o := range objects(t, ndjson) {
		if o["type"] != "connection" {
			continue
		}
		address(o["server"].(map[string]any)["ip"].(string))
		if hello, ok := o["client_hello"].(map[string]any); ok {
			if sni, ok := hello["sni"].(string); ok && !strings.HasSuffix(sni, ".cloudfront.net") {
				out = append(out, []byte(sni))
			}
		}
		if cert, ok := o["certificate"].(map[string]any); ok {
			chain, _ := cert["chain"].([]any)
			for _, c := range chain {
				names, _ := c.(map[string]any)["names"].([]any)
				for _, n := range names {
					out = append(out, []byte(n.(string)))
				}
			}
		}
	}
	return out
}

// written gives everything that was written, but for the key: what is in the
// bundle as well.
func written(t *testing.T, folder, stdout string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{"standard output": []byte(stdout)}
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.Name() == "owner.key" {
			continue
		}
		content, err := os.ReadFile(filepath.Join(folder, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		out[f.Name()] = content
		if !strings.HasSuffix(f.Name(), ".zip") {
			continue
		}
		z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range z.File {
			r, err := part.Open()
			if err != nil {
				t.Fatal(err)
			}
			if out["t.zip/"+part.Name], err = io.ReadAll(r); err != nil {
				t.Fatal(err)
			}
		}
		delete(out, f.Name()) // packed bytes can be anything
	}
	if len(out) < 10 {
		t.Fatalf("only %d files were written", len(out))
	}
	return out
}

// redactedName gives what the key makes of a name.
func redactedName(t *testing.T, keyFile, name string) string {
	t.Helper()
	text, err := os.ReadFile(keyFile)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, `name "`+name+`" "`); ok {
			return strings.TrimSuffix(strings.TrimSpace(rest), `"`)
		}
	}
	t.Fatalf("the key file does not have %s:\n%s", name, text)
	return ""
}
