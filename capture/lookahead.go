package capture

import (
	"bytes"
	"encoding/binary"
)

// This file makes reading a mapped file faster and decides nothing. A record
// says where the next one begins, so whoever walks from one to the next waits
// for memory once for each, about 75 ns. Several cursors that walk through
// different parts of a window wait at the same time. They go before the
// reader, and all they leave behind are headers in the processor's cache: the
// reader walks the same records again, alone and in order, and believes
// nothing that a cursor found. So a cursor may begin at a guess, and a wrong
// guess costs time only.

const (
	// cursors is how many walk at once: about as many reads of memory as a core
	// keeps open.
	cursors = 16

	// searched is how many bytes are searched for a record to begin at. Packets
	// of an Ethernet are shorter; for longer ones looking ahead does not pay.
	searched = 4 << 10

	// shortest is how many bytes are worth looking at: less is the end of a file.
	shortest = cursors * searched

	// shortestMean is the mean size of records in bytes from which it pays.
	// Shorter ones lie in lines that follow each other, and the processor
	// fetches those by itself.
	shortestMean = 400

	// pause is how many windows are left alone after one in which looking ahead
	// did not pay.
	pause = 7

	// step is the least that a record can have.
	step = 12

	// touched is how many bytes are looked at in each record, from its length on:
	// the first and the last of them, in two lines of the cache. They hold the headers
	// of a packet down to TCP's.
	touched = 72
)

// A recordShape says how the records of a file follow each other, little-endian.
type recordShape struct {
	length int // where in a record the 32 bits stand that count its bytes
	beside int // bytes of a record that these do not count
}

// reach is how far behind the beginning of a record its headers are touched.
func (s recordShape) reach() int { return s.length + touched }

// A lookahead touches the headers of the records that come next.
type lookahead struct {
	shape recordShape

	// find gives where in b, which reaches behind the end of the search, the
	// first record seems to begin; -1: nowhere. sample is a record, if the
	// bytes looked at begin with one.
	find func(b, sample []byte) int

	resting int  // windows that are still left alone
	sum     byte // of what was touched; kept, so that no compiler leaves out the reading
}

// look touches the headers in b, where the reader comes next. It gives how many
// records it walked.
func (l *lookahead) look(b []byte) (records int) {
	if len(b) < shortest {
		return 0
	}
	if l.resting > 0 {
		l.resting--
		return 0
	}
	w := l.begin(b)
	if 2*w.n < cursors {
		l.resting = pause
		return 0
	}
	records = l.walk(b, w)
	if len(b) < records*shortestMean {
		l.resting = pause
	}
	return records
}

// A walk is where its cursors are: each goes from at to end, where the next
// one began.
type walk struct {
	n       int
	at, end [cursors]int
}

// begin guesses where cursors can begin.
func (l *lookahead) begin(b []byte) (w walk) {
	last := len(b) - l.shape.reach() // a record that begins before it can be touched
	for i := range cursors {
		from := i * (len(b) / cursors)
		to := min(from+searched, last)
		if from >= to {
			break
		}
		p := l.find(b[from:to+l.shape.reach()], b)
		if p < 0 || from+p >= last {
			continue
		}
		w.at[w.n] = from + p
		if w.n > 0 {
			w.end[w.n-1] = from + p
		}
		w.end[w.n] = last
		w.n++
	}
	return w
}

// walk lets the cursors go on, one record each, until all are at their end.
func (l *lookahead) walk(b []byte, w walk) (records int) {
	b, beside, sum := b[l.shape.length:], l.shape.beside, l.sum
	for w.n > 0 {
		at := w.at[:w.n]
		end := w.end[:len(at)]
		arrived := false
		for i, p := range at {
			record := b[p : p+touched]
			sum += record[touched-1]
			size := beside + int(int32(binary.LittleEndian.Uint32(record)))
			if size < step || size >= end[i]-p {
				size, arrived = end[i]-p, true
			}
			at[i] = p + size
		}
		records += w.n
		if arrived {
			w.retire()
		}
	}
	l.sum = sum
	return records
}

// retire takes away the cursors that are at their end.
func (w *walk) retire() {
	n := 0
	for i, p := range w.at[:w.n] {
		if p < w.end[i] {
			w.at[n], w.end[n] = p, w.end[i]
			n++
		}
	}
	w.n = n
}

// lookAhead is for the files that nearly everyone has. The others are read
// without.
func (r *pcap) lookAhead() *lookahead {
	if r.swapped || r.lengths != capturedFirst {
		return nil
	}
	return &lookahead{
		shape: recordShape{length: 8, beside: r.header},
		find:  r.findRecord,
	}
}

// findRecord looks for a record not long after sample: the byte of its time
// that changes every 194 days, and behind it a header that can be one.
func (r *pcap) findRecord(b, sample []byte) int {
	const hour = 3600
	first, _, _, _ := r.fields(sample)
	for p := 0; p+recordLength <= len(b); p++ {
		next := bytes.IndexByte(b[p+3:], byte(first>>24))
		if next < 0 {
			break
		}
		if p += next; p+recordLength > len(b) {
			break
		}
		seconds, fraction, captured, length := r.fields(b[p:])
		if seconds-first+hour < 2*hour && fraction < 1e9 && captured <= length && captured <= r.limit {
			return p
		}
	}
	return -1
}

// findPacket looks for an Enhanced Packet Block.
func findPacket(b, _ []byte) int {
	for p := 0; ; p++ {
		next := bytes.Index(b[p:], []byte{blockPacket, 0, 0, 0})
		if next < 0 {
			return -1
		}
		if p += next; p+packetHead > len(b) {
			return -1
		}
		size := binary.LittleEndian.Uint32(b[p+4:])
		captured, length := binary.LittleEndian.Uint32(b[p+20:]), binary.LittleEndian.Uint32(b[p+24:])
		if captured <= length && captured <= maxPacket && size%4 == 0 && size >= captured+packetHead+4 && size <= maxBlock {
			return p
		}
	}
}

// lookAhead is for sections that are little-endian.
func (r *pcapng) lookAhead() *lookahead {
	if r.big {
		return nil
	}
	return &lookahead{shape: recordShape{length: 4}, find: findPacket}
}
