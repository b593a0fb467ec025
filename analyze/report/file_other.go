//go:build !linux

package report

import (
	"errors"
	"os"
)

// unnamed is for systems that know files without a name.
func unnamed(string) (*os.File, error) { return nil, errors.ErrUnsupported }

// nameFile is never called: there is nothing to name.
func nameFile(*os.File, string) error { return errors.ErrUnsupported }
