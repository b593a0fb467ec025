package main

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestRedactEverySample: of a sample of each kind of failure, what is redacted gives the
// same diagnoses, and holds no name or address of the capture. Its evidence says
// the same when it is read by a stranger, who has the roots and the certificates
// of the bundle and is told the names as they are called there.
func TestRedactEverySample(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: it writes a bundle for each sample")
	}
	inSamples(t)
	seen := map[string]bool{}
	for _, s := range readSamples(t) {
		args := append([]string{"-r", s.file, "--no-discover", "--format", "ndjson"}, s.args...)
		plain, _, status := sniwatch(t, args...)
		want := failures(t, plain)
		kind := strings.Join(outcomes(want), "\n")
		if status != exitDone || len(want) == 0 || seen[kind] {
			continue
		}
		seen[kind] = true
		t.Run(s.file, func(t *testing.T) {
			folder := t.TempDir()
			key, zip, evidence := filepath.Join(folder, "owner.key"), filepath.Join(folder, "t.zip"), filepath.Join(folder, "e.pcapng")
			redacted, errs, _ := sniwatch(t, append(slices.Clone(args), "--redact", "--redact-key", key, "--report", zip, "--evidence", evidence)...)
			if got, want := verdicts(t, redacted), verdicts(t, plain); !slices.Equal(got, want) {
				t.Errorf("redacted: %v\nplain:    %v\n%s", got, want, errs)
			}
			files := written(t, folder, redacted)
			for file, content := range files {
				for _, secret := range secretsOf(t, plain) {
					if len(secret) >= 4 && bytes.Contains(bytes.ToLower(content), bytes.ToLower(secret)) && !placeholder(file, secret) {
						t.Errorf("%s holds %q", file, secret)
					}
				}
			}
			again, errs, _ := sniwatch(t, append([]string{"-r", evidence, "--no-discover", "--format", "ndjson"}, strangersArgs(t, s.args, folder, key, files)...)...)
			if got, want := outcomes(failures(t, again)), outcomes(want); !slices.Equal(got, want) {
				t.Errorf("the evidence says %q, the capture %q\n%s", got, want, errs)
			}
		})
	}
	if len(seen) < 40 {
		t.Errorf("only %d kinds of failure", len(seen))
	}
}

// outcomes leaves out of failures what redaction replaces.
func outcomes(all []failure) []string {
	var out []string
	for _, f := range all {
		out = append(out, strings.Join([]string{f.Code, f.Certainty, f.Handshake, f.End, f.Stage}, " "))
	}
	slices.Sort(out)
	return out
}

// strangersArgs gives a sample's arguments as somebody has them who got the
// redacted bundle: its roots, its certificates, and the names as they are there.
func strangersArgs(t *testing.T, args []string, folder, key string, files map[string][]byte) []string {
	t.Helper()
	var out []string
	for i := 0; i < len(args); i++ {
		name := args[i]
		if strings.Contains(name, "=") || i+1 == len(args) || strings.HasPrefix(args[i+1], "--") {
			out = append(out, name)
			continue
		}
		i++
		switch name {
		case "--origin-domain", "--viewer-domain":
			out = append(out, name, redactedName(t, key, args[i]))
		case "--cert":
			out = append(out, strangersCertificates(t, folder, files)...)
		case "--roots":
			if files["t.zip/roots.pem"] == nil {
				continue // no chain was trusted, and none is under any other roots
			}
			roots := filepath.Join(folder, "roots.pem")
			if err := os.WriteFile(roots, files["t.zip/roots.pem"], 0o600); err != nil {
				t.Fatal(err)
			}
			out = append(out, name, roots)
		default:
			out = append(out, name, args[i])
		}
	}
	return out
}

// strangersCertificates names the certificates of the bundle.
func strangersCertificates(t *testing.T, folder string, files map[string][]byte) []string {
	t.Helper()
	var out []string
	for name, content := range files {
		if block, _ := pem.Decode(content); !strings.HasPrefix(name, "t.zip/certificates/") || block == nil {
			continue
		} else if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			continue // one that was broken on the wire still is
		}
		file := filepath.Join(folder, filepath.Base(name))
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		out = append(out, "--cert", file)
	}
	return out
}
