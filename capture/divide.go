package capture

import "slices"

// A Place is between two packets of a File. Go leads there again.
type Place struct {
	Offset          int64 // of the next record, in bytes
	packets, frames int   // before it
	described       int   // blocks before it that say how packets are to be read
}

// Comparable tells whether packets behind p and behind o are read alike, so that
// Go and At of a File that is at one of them lead to the other.
func (p Place) Comparable(o Place) bool { return p.described == o.described }

// Frames tells how many numbers of packets are before p.
func (p Place) Frames() int { return p.frames }

// Alone gives p with packets counted from there.
func (p Place) Alone() Place {
	p.packets, p.frames = 0, 0
	return p
}

// Behind gives the place of p, whose packets were counted from start on, where
// start's are known.
func (p Place) Behind(start Place) Place {
	p.packets += start.packets
	p.frames += start.frames
	return p
}

// A divisible is a format of which several readers can each read a part.
type divisible interface {
	Source
	fork(f *File, win *window) Source
}

// Divisible tells whether parts of f can be read independently: it is a regular
// file, and not compressed.
func (f *File) Divisible() bool {
	_, ok := f.format.(divisible)
	return ok && f.win.file != nil
}

// Size gives the bytes of a regular file; 0: not known.
func (f *File) Size() int64 { return f.size }

// Fork gives a second reader of a Divisible File, at the same place, for another
// goroutine: it has a Guard of its own. It must be closed before f is.
func (f *File) Fork() (*File, error) {
	file := newMapping(f.win.file.handle)
	if file == nil {
		return nil, &OpenError{Name: f.name, Problem: "cannot be mapped again"}
	}
	fork := &File{name: f.name, size: f.size, descriptions: f.descriptions, win: newMappedWindow(f.win.src, file)}
	fork.closers = append(fork.closers, file)
	fork.format = f.format.(divisible).fork(fork, fork.win)
	fork.Go(f.Place())
	return fork, nil
}

// Place tells where f is. It must be Divisible.
func (f *File) Place() Place {
	return Place{f.win.offset(), f.packets, f.frames, f.descriptions}
}

// Go goes to a place that is Comparable with that where f is. f must be Divisible.
func (f *File) Go(to Place) {
	f.move(to, false)
}

func (f *File) move(to Place, sparse bool) {
	f.win.seek(to.Offset, sparse)
	f.packets, f.frames, f.ended = to.packets, to.frames, nil
}

// Offset tells where f is, in bytes.
func (f *File) Offset() int64 { return f.win.offset() }

// At reads the packet whose record begins at an offset that a File had before it
// read it; where the places are Comparable, it is the same packet, but for its number.
// It is for who needs a packet here and there: nothing around it is looked at.
func (f *File) At(offset int64, p *Packet) error {
	packets, frames := f.packets, f.frames
	f.move(Place{Offset: offset, packets: packets, frames: frames}, true)
	if err := f.Next(p); err != nil {
		return err // which says how many packets were read
	}
	f.packets, f.frames = packets, frames
	return nil
}

// Guess looks for a packet at offset or a little behind it. It is where one seems to
// begin: who follows the packets before it finds out. Packets behind it are counted
// from there. It gives false where none was found.
func (f *File) Guess(offset int64) (p Place, found bool) {
	look := f.win.ahead
	here := f.win.rest()
	if look == nil || len(here) < look.shape.reach() && len(f.win.peek(look.shape.reach())) < look.shape.reach() {
		return Place{}, false
	}
	sample := append([]byte(nil), f.win.rest()[:look.shape.reach()]...)
	back := f.Place()
	defer f.Go(back)
	f.move(Place{Offset: offset}, true)
	b := f.win.peek(searchedForGuess)
	at := look.find(b, sample)
	if at < 0 {
		return Place{}, false
	}
	return Place{Offset: offset + int64(at), described: back.described}, true
}

// searchedForGuess is how many bytes are searched for a packet to begin at: one of
// 64 KiB and its record.
const searchedForGuess = 80 << 10

// fork gives a reader of the same file that looks through another window.
func (r *pcap) fork(f *File, win *window) Source {
	fork := *r
	fork.file, fork.win = f, win
	win.ahead = fork.lookAhead()
	return &fork
}

// fork gives a reader of the same file that looks through another window.
func (r *pcapng) fork(f *File, win *window) Source {
	fork := *r
	fork.file, fork.win = f, win
	fork.interfaces = slices.Clone(r.interfaces)
	for i := range fork.interfaces { // statistics are noted there
		about := *fork.interfaces[i].about
		fork.interfaces[i].about = &about
	}
	win.ahead = fork.lookAhead()
	return &fork
}
