package origin

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// maxFile bounds a certificate file in bytes. A chain has 2 to 20 KB.
const maxFile = 1 << 20

// A FileError tells why a file gives no certificates.
type FileError struct {
	File string // as it was given
	What string // what is wrong, to be read after the file's name
	Err  error  // the cause, where there is one
	hint string
}

// Error names the file and what is wrong with it.
func (e *FileError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s %s: %v", e.File, e.What, e.Err)
	}
	return e.File + " " + e.What
}

// Hint tells what to do about it, "" where there is nothing to say.
func (e *FileError) Hint() string { return e.hint }

// Unwrap gives the cause.
func (e *FileError) Unwrap() error { return e.Err }

// Load reads the chain in one file, as nginx's ssl_certificate does: PEM, the
// leaf first; a single certificate in DER is taken as well. A private key in
// the file is skipped by its header and never decoded. A certificate that
// crypto/x509 cannot parse is no error but Broken; an error is a *FileError.
func Load(path string) (*Certificate, error) {
	data, err := readFile(path, maxFile)
	if err != nil {
		return nil, err
	}
	raw, err := parseFile(data, path)
	if err != nil {
		return nil, err
	}
	return &Certificate{File: path, Chain: ParseChain(raw)}, nil
}

// readFile reads a regular file of at most limit bytes. Other kinds are
// refused: opening a pipe may wait for ever.
func readFile(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, cannotRead(path, err)
	}
	if info.IsDir() {
		return nil, &FileError{File: path, What: "is a directory",
			hint: "name the file in it, such as " + filepath.Join(path, "fullchain.pem")}
	}
	if !info.Mode().IsRegular() {
		return nil, &FileError{File: path, What: "is not a regular file",
			hint: "copy the certificates into a file first"}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, cannotRead(path, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, cannotRead(path, err)
	}
	if int64(len(data)) > limit {
		return nil, &FileError{File: path, What: fmt.Sprintf("is larger than %d MiB", limit>>20),
			hint: "a chain has a few kilobytes: give the file that the server serves"}
	}
	return data, nil
}

// cannotRead explains a failure of the operating system.
func cannotRead(path string, err error) error {
	e := &FileError{File: path, What: "cannot be read", Err: err}
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		e.Err = pathError.Err // the file is named already
	}
	switch {
	case errors.Is(err, fs.ErrPermission):
		e.hint = "run sniwatch with sudo, or give a copy of the certificate that you may read; the key is not needed"
	case errors.Is(err, fs.ErrNotExist):
		e.hint = "the server's configuration names it: ssl_certificate in nginx, SSLCertificateFile in Apache"
	}
	return e
}
