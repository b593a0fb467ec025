package origin

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLoad(t *testing.T) {
	p := newPKI(t)
	leaf := host(t, p.mid)
	one, two := pemOf("CERTIFICATE", leaf.Raw), pemOf("CERTIFICATE", p.mid.Raw)
	key := pemOf("PRIVATE KEY", []byte("never decoded"))
	notBase64 := "-----BEGIN RSA PRIVATE KEY-----\n\x00\xff not base64\n-----END RSA PRIVATE KEY-----\n"
	trusted := pemOf("TRUSTED CERTIFICATE", append(bytes.Clone(leaf.Raw), 0x30, 0x03, 0x0c, 0x01, 'x'))
	tests := []struct {
		name, content string
		want          []*issued
	}{
		{"chain", one + two, []*issued{leaf, p.mid}},
		{"order is kept", two + one, []*issued{p.mid, leaf}},
		{"text around", "subject=CN = x\n" + one + "\ns:CN = y\n" + two + "the end", []*issued{leaf, p.mid}},
		{"CRLF", strings.ReplaceAll(one+two, "\n", "\r\n"), []*issued{leaf, p.mid}},
		{"no newline at the end", strings.TrimSpace(one), []*issued{leaf}},
		{"key first", key + one, []*issued{leaf}},
		{"key in the middle, not base64", one + notBase64 + two, []*issued{leaf, p.mid}},
		{"key without an end", one + "-----BEGIN PRIVATE KEY-----\nxx\n" + two, []*issued{leaf, p.mid}},
		{"parameters", pemOf("DH PARAMETERS", []byte{1}) + one, []*issued{leaf}},
		{"older label", pemOf("X509 CERTIFICATE", leaf.Raw), []*issued{leaf}},
		{"OpenSSL's trusted certificate", trusted, []*issued{leaf}},
		{"DER", string(leaf.Raw), []*issued{leaf}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := write(t, "c.pem", tt.content)
			got, err := Load(path)
			if err != nil {
				t.Fatal(err)
			}
			if got.File != path || len(got.Raw) != len(tt.want) {
				t.Fatalf("file %s with %d certificates", got.File, len(got.Raw))
			}
			for i, c := range tt.want {
				if !c.Equal(got.Certs[i]) {
					t.Errorf("certificate %d is %s", i+1, got.Certs[i].Subject)
				}
			}
		})
	}
}

// TestLoadBroken: what OpenSSL would serve and Go cannot parse is kept.
func TestLoadBroken(t *testing.T) {
	leaf := host(t, nil)
	serial, err := asn1.Marshal(leaf.SerialNumber)
	if err != nil {
		t.Fatal(err)
	}
	negative := bytes.Clone(serial)
	negative[2] |= 0x80
	der := bytes.Replace(leaf.Raw, append([]byte{0xa0, 3, 2, 1, 2}, serial...), append([]byte{0xa0, 3, 2, 1, 2}, negative...), 1)
	c, err := Load(write(t, "c.pem", pemOf("CERTIFICATE", der)))
	if err != nil {
		t.Fatal(err)
	}
	if c.Leaf() != nil || c.Broken[0] == nil || !bytes.Equal(c.Raw[0], der) || c.SHA256[0] == [32]byte{} {
		t.Errorf("negative serial: %v", c.Broken)
	}
}

func TestLoadErrors(t *testing.T) {
	p := newPKI(t)
	leaf := host(t, p.mid)
	one := pemOf("CERTIFICATE", leaf.Raw)
	key := pemOf("PRIVATE KEY", []byte("never decoded"))
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{DNSNames: []string{"x"}}, leaf.key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(leaf.key)
	if err != nil {
		t.Fatal(err)
	}
	damaged := strings.Replace(one, "\n", "\n!!!!", 1)
	tests := []struct {
		name, content, want, hint string
	}{
		{"empty", "", "is empty", "fullchain.pem"},
		{"blank", " \n\t\n", "is empty", "fullchain.pem"},
		{"key", key, "holds a private key and no certificate; sniwatch never reads keys", "fullchain.pem"},
		{"encrypted key", pemOf("ENCRYPTED PRIVATE KEY", nil), "holds a private key and no certificate; sniwatch never reads keys", "fullchain.pem"},
		{"key in DER", string(pkcs8), "holds a private key", "fullchain.pem"},
		{"request", pemOf("CERTIFICATE REQUEST", csr), "certificate request", "fullchain.pem"},
		{"request in DER", string(csr), "certificate request", "fullchain.pem"},
		{"PKCS#7", pemOf("PKCS7", []byte{1}), "PKCS#7", "openssl pkcs7"},
		{"PKCS#7 in DER", "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x00", "PKCS#7", "openssl pkcs7"},
		{"PKCS#12", "\x30\x80\x02\x01\x03", "neither", "fullchain.pem"},
		{"PKCS#12", "\x30\x05\x02\x01\x03\x30\x00", "PKCS#12", "openssl pkcs12"},
		{"Java", "\xfe\xed\xfe\xed\x00\x00\x00\x02", "Java", "keytool"},
		{"UTF-16", "\xff\xfe-\x00-\x00", "UTF-16", "UTF-8"},
		{"public key", pemOf("PUBLIC KEY", []byte{1}), `only "PUBLIC KEY"`, "fullchain.pem"},
		{"configuration", "server { listen 443 ssl; }\n", "is text that holds no certificate", "fullchain.pem"},
		{"junk", "\x00\x01\xff\xfe\x80", "neither PEM nor", "fullchain.pem"},
		{"indented", "  " + one, "first column", "fullchain.pem"},
		{"damaged second", one + damaged, "certificate 2, at line " /* of its header */, "again"},
		{"damaged first", damaged + one, "certificate 1, at line 1, is not valid base64", "again"},
		{"cut off", one + one[:len(one)-30], "certificate 2", "again"},
		{"two headers", one[:100] + "\n" + one, "certificate 1, at line 1, has no end", "again"},
		{"something else inside", one + pemOf("CERTIFICATE", []byte("abc")), "certificate 2", "again"},
		{"large", one + strings.Repeat(" ", maxFile), "larger than 1 MiB", "served"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := write(t, "c.pem", tt.content)
			c, err := Load(path)
			if err == nil {
				t.Fatalf("no error, but %d certificates", len(c.Raw))
			}
			if !strings.HasPrefix(err.Error(), path+" ") || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %q lacks %q", err, tt.want)
			}
			if h := hintOf(err); !strings.Contains(h, strings.Replace(tt.hint, "served", "serves", 1)) {
				t.Errorf("hint %q lacks %q", h, tt.hint)
			}
		})
	}
}

func hintOf(err error) string {
	var h interface{ Hint() string }
	if !errors.As(err, &h) {
		return ""
	}
	return h.Hint()
}

func TestLoadFromTheSystem(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	secret := write(t, "c.pem", "x")
	if err := os.Chmod(secret, 0); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ path, want, hint string }{
		{dir, "is a directory", "fullchain.pem"},
		{fifo, "not a regular file", "copy"}, // and does not wait for a writer
		{filepath.Join(dir, "none.pem"), "cannot be read: no such file", "ssl_certificate"},
		{secret, "cannot be read: permission denied", "sudo"},
	}
	for _, tt := range tests {
		if tt.path == secret && os.Getuid() == 0 {
			t.Log("root may read everything: the missing permission is not tested through the system")
			err := cannotRead(secret, &fs.PathError{Op: "open", Path: secret, Err: syscall.EACCES})
			checkError(t, err, secret, tt.want, tt.hint)
			continue
		}
		_, err := Load(tt.path)
		checkError(t, err, tt.path, tt.want, tt.hint)
	}
}

func checkError(t *testing.T, err error, path, want, hint string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) || strings.Count(err.Error(), path) != 1 {
		t.Errorf("error %v, want %q", err, want)
	}
	if err != nil && !strings.Contains(hintOf(err), hint) {
		t.Errorf("hint %q, want %q", hintOf(err), hint)
	}
}

func FuzzLoad(f *testing.F) {
	leaf := host(f, nil)
	one := pemOf("CERTIFICATE", leaf.Raw)
	for _, seed := range []string{one, "", "x\n" + one + one, one[:200], string(leaf.Raw), pemOf("PRIVATE KEY", []byte("k")) + one,
		"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", "-----BEGIN -----\n-----END -----", "\x30\x80\x02\x01\x03", "\xff\xfe",
		pemOf("TRUSTED CERTIFICATE", leaf.Raw), "\x30\x05\x02\x01\x03\x30\x00", "-----BEGIN CERTIFICATE REQUEST-----"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		raw, err := parseFile(data, "f.pem")
		if (err == nil) == (len(raw) == 0) {
			t.Fatalf("%d certificates and error %v", len(raw), err)
		}
		if err != nil && (!strings.HasPrefix(err.Error(), "f.pem ") || hintOf(err) == "") {
			t.Fatalf("error without name or hint: %v", err)
		}
		for _, der := range raw {
			if !isCertificateShaped(der) {
				t.Fatalf("%x is no certificate", der)
			}
		}
	})
}
