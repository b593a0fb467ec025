package capture

// Progress tells how far the input has been read: bytes of the file as it lies
// on the disk, compressed where it is, of size. size is 0 where that is not
// known: of a pipe.
func (f *File) Progress() (read, size int64) {
	w := f.input
	if w == nil {
		w = f.win
	}
	return w.offset(), f.size
}
