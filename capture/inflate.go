package capture

import "io"

// inflateBlocks is how many blocks of blockSize an inflater has: one that is
// being read, one that is being filled, and one between them.
const inflateBlocks = 3

// An inflater lets a decompressor run beside whoever reads what comes out of
// it, a few blocks ahead. Errors arrive in their place, behind the bytes that
// came before them.
type inflater struct {
	full    chan inflated // filled blocks, in order
	free    chan []byte   // blocks to be filled again
	stop    chan struct{} // closed: give up
	done    chan struct{} // closed: the goroutine has ended
	regular bool

	now  inflated // the block that is being read
	read int      // bytes of it that were read
}

// An inflated is a block, and what the decompressor said behind it.
type inflated struct {
	block []byte
	err   error
}

// newInflater starts to read src, which it closes in the end. Where src reads
// a regular file, only full blocks are handed over; from a pipe each byte is,
// as soon as it is there.
func newInflater(src io.ReadCloser, regular bool) *inflater {
	a := &inflater{
		full:    make(chan inflated, inflateBlocks),
		free:    make(chan []byte, inflateBlocks),
		stop:    make(chan struct{}),
		done:    make(chan struct{}),
		regular: regular,
	}
	for range inflateBlocks {
		a.free <- make([]byte, blockSize)
	}
	go a.inflate(src)
	return a
}

// inflate fills blocks until src ends, or Close is called.
func (a *inflater) inflate(src io.ReadCloser) {
	defer close(a.done)
	defer src.Close()
	for {
		select {
		case <-a.stop:
			return
		case block := <-a.free:
			n, err := a.fill(src, block)
			a.full <- inflated{block[:n], err} // never blocks: there are no more blocks than places
			if err != nil {
				return
			}
		}
	}
}

// fill reads src once, or until the block is full.
func (a *inflater) fill(src io.Reader, block []byte) (n int, err error) {
	for {
		var got int
		got, err = src.Read(block[n:])
		n += got
		if err != nil || got == 0 || n == len(block) || !a.regular {
			return n, err
		}
	}
}

// Read gives what was inflated, and waits for it.
func (a *inflater) Read(p []byte) (int, error) {
	if a.read == len(a.now.block) {
		if a.now.err != nil {
			return 0, a.now.err
		}
		if a.now.block != nil {
			a.free <- a.now.block[:blockSize]
		}
		a.now, a.read = <-a.full, 0
	}
	n := copy(p, a.now.block[a.read:])
	a.read += n
	if a.read < len(a.now.block) {
		return n, nil
	}
	return n, a.now.err
}

// Close makes the goroutine end. It waits for that only where the input is a
// regular file: a pipe may keep its reader waiting for ever.
func (a *inflater) Close() error {
	close(a.stop)
	if a.regular {
		<-a.done
	}
	return nil
}
