package report

import (
	"archive/zip"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"hash"
	"io"
	"os"
	"strings"
	"time"

	"sniwatch/analyze"
	"sniwatch/analyze/origin"
)

// A Part is one file of a bundle.
type Part struct {
	Name  string // its path in the bundle, with '/'
	Write func(io.Writer) error
}

// A Manifest says how a bundle came about.
type Manifest struct {
	Version string    // of sniwatch
	Made    time.Time // the date of all files in the bundle
	Command string    // the command line, as it can be typed again
	Inputs  []string  // the captures, as they were given
	Roots   string
	Ranges  string
}

// NewManifest takes over what a report says of its making.
func NewManifest(r *analyze.Report, command string) Manifest {
	m := Manifest{Version: r.Version, Made: r.Made, Command: command, Roots: r.Roots, Ranges: ranges(r)}
	for _, in := range r.Inputs {
		m.Inputs = append(m.Inputs, in.Name)
	}
	return m
}

// manifestObject is manifest.json.
type manifestObject struct {
	Type    string       `json:"type"`
	Schema  int          `json:"schema"`
	Version string       `json:"version"`
	Made    string       `json:"made"`
	Command string       `json:"command"`
	Inputs  []string     `json:"inputs"`
	Roots   string       `json:"roots,omitempty"`
	Ranges  string       `json:"ranges,omitempty"`
	Files   []fileObject `json:"files"`
}

type fileObject struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// WriteBundle writes a ZIP archive of the parts, then manifest.json, and last
// SHA256SUMS, with which 'sha256sum -c SHA256SUMS' checks the others. The same
// parts and manifest give the same bytes. The error is w's or a part's.
func WriteBundle(w io.Writer, m Manifest, parts []Part) error {
	z := zip.NewWriter(w)
	object := manifestObject{"bundle", schemaVersion, m.Version, date(m.Made), m.Command, list(m.Inputs), m.Roots, m.Ranges, nil}
	var sums strings.Builder
	add := func(p Part) error {
		file, err := z.CreateHeader(&zip.FileHeader{Name: p.Name, Method: zip.Deflate, Modified: m.Made.UTC()})
		if err != nil {
			return err
		}
		c := &summed{w: file, sum: sha256.New()}
		if err := p.Write(c); err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
		sum := hex.EncodeToString(c.sum.Sum(nil))
		object.Files = append(object.Files, fileObject{p.Name, c.n, sum})
		sums.WriteString(sum + "  " + p.Name + "\n")
		return nil
	}
	for _, p := range parts {
		if err := add(p); err != nil {
			return err
		}
	}
	text, err := json.MarshalIndent(object, "", "  ")
	if err != nil {
		return err
	}
	if err := add(TextPart("manifest.json", string(text)+"\n")); err != nil {
		return err
	}
	if err := add(TextPart("SHA256SUMS", sums.String())); err != nil {
		return err
	}
	return z.Close()
}

// summed counts what goes through it.
type summed struct {
	w   io.Writer
	sum hash.Hash
	n   int64
}

func (s *summed) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	s.sum.Write(p[:n])
	s.n += int64(n)
	return n, err
}

// TextPart makes a part of a text.
func TextPart(name, text string) Part {
	return Part{name, func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}}
}

// CertificateParts gives the chains that a report is about, each as a file of
// PEM, with what openssl would say of each certificate as a comment above it.
func CertificateParts(r *analyze.Report) []Part {
	var out []Part
	for i, c := range r.ChainsSeen() {
		name := fmt.Sprintf("certificates/%02d-%s.pem", i+1, hex.EncodeToString(c.SHA256[0][:4]))
		out = append(out, Part{name, func(w io.Writer) error { return writeChain(w, c) }})
	}
	return out
}

func writeChain(w io.Writer, c *origin.Chain) error {
	for i, der := range c.Raw {
		if x := c.Certs[i]; x != nil {
			fmt.Fprintf(w, "# subject %s\n# issuer %s\n# valid from %s to %s\n", // its error comes again from Encode
				cleanWords(origin.SubjectText(x), maxTitle), cleanWords(origin.IssuerText(x), maxTitle), date(x.NotBefore), date(x.NotAfter))
		}
		if err := pem.Encode(w, &pem.Block{Type: "CERTIFICATE", Bytes: der}); err != nil {
			return err
		}
	}
	return nil
}

// A Spool keeps a part that is written bit by bit while others are, compressed,
// in a file without a name: nothing is left of it when the process ends.
type Spool struct {
	file *os.File
	zip  *gzip.Writer
}

// NewSpool makes a Spool in a folder.
func NewSpool(folder string) (*Spool, error) {
	f, err := os.CreateTemp(folder, ".sniwatch-*.tmp")
	if err != nil {
		return nil, fmt.Errorf("cannot write to %s: %w", folder, reason(err))
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, fmt.Errorf("cannot write to %s: %w", folder, reason(err))
	}
	z, err := gzip.NewWriterLevel(f, gzip.BestSpeed)
	return &Spool{f, z}, err
}

// Write adds to the part.
func (s *Spool) Write(p []byte) (int, error) { return s.zip.Write(p) }

// Part gives what was written, as a part of a bundle.
func (s *Spool) Part(name string) Part {
	return Part{name, func(w io.Writer) error {
		if err := s.zip.Close(); err != nil {
			return err
		}
		if _, err := s.file.Seek(0, io.SeekStart); err != nil {
			return err
		}
		r, err := gzip.NewReader(s.file)
		if err != nil {
			return err
		}
		_, err = io.Copy(w, r)
		return err
	}}
}

// Close gives up the file.
func (s *Spool) Close() error { return s.file.Close() }
