package capture

import "io"

// maxGathered is how many bytes of records are written at once.
const maxGathered = 64 << 10

// wholeRecords gathers records and hands them on with one Write for several: what
// ends the program between two of them leaves a file that ends with a whole record.
// After an error, what was gathered is gone, and the next record is tried.
type wholeRecords struct {
	to       io.Writer
	gathered []byte
}

// add gathers one record, which may be given in pieces. If there is no room for it,
// those before it are handed on first: it is never handed on at once.
func (r *wholeRecords) add(pieces ...[]byte) error {
	size := 0
	for _, p := range pieces {
		size += len(p)
	}
	if len(r.gathered) > 0 && len(r.gathered)+size > maxGathered {
		if err := r.Flush(); err != nil {
			return err
		}
	}
	for _, p := range pieces {
		r.gathered = append(r.gathered, p...)
	}
	return nil
}

// Flush hands on what was gathered.
func (r *wholeRecords) Flush() error {
	if len(r.gathered) == 0 {
		return nil
	}
	_, err := r.to.Write(r.gathered)
	r.gathered = r.gathered[:0]
	if cap(r.gathered) > 4*maxGathered {
		r.gathered = nil // one jumbo packet need not be paid for always
	}
	return err
}
