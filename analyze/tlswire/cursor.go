package tlswire

import "golang.org/x/crypto/cryptobyte"

// A reader walks through a message body, field by field, and remembers the
// first field that broke the format. Where a length reaches beyond the bytes
// that are there, it stops: every later read gives nothing. Where only a value
// is wrong, it goes on, because what follows can still be found.
type reader struct {
	rest  cryptobyte.String
	end   int // offset of rest's end from the start of the message body
	cut   bool
	fault *Fault
}

func newReader(body []byte) reader { return reader{rest: body, end: len(body)} }

// within gives a reader for a vector that r has just read; its faults are
// counted from the start of the same message body.
func (r *reader) within(vector []byte) reader { return reader{rest: vector, end: r.at()} }

// at is the offset of the next byte from the start of the message body.
func (r *reader) at() int { return r.end - len(r.rest) }

// note records a wrong value; only the first one counts.
func (r *reader) note(field string, at int) {
	if r.fault == nil {
		r.fault = &Fault{Field: field, Offset: at}
	}
}

// stop records a length that reaches too far and ends the reading.
func (r *reader) stop(field string, at int) {
	r.note(field, at)
	r.cut = true
}

func (r *reader) uint8(field string) (v uint8) {
	at := r.at()
	if !r.cut && !r.rest.ReadUint8(&v) {
		r.stop(field, at)
	}
	return v
}

func (r *reader) uint16(field string) (v uint16) {
	at := r.at()
	if !r.cut && !r.rest.ReadUint16(&v) {
		r.stop(field, at)
	}
	return v
}

func (r *reader) bytes(field string, n int) (v []byte) {
	at := r.at()
	if !r.cut && !r.rest.ReadBytes(&v, n) {
		r.stop(field, at)
	}
	return v
}

// vector8, vector16 and vector24 read a vector whose length has that many bits.
func (r *reader) vector8(field string) (v cryptobyte.String) {
	at := r.at()
	if !r.cut && !r.rest.ReadUint8LengthPrefixed(&v) {
		r.stop(field, at)
	}
	return v
}

func (r *reader) vector16(field string) (v cryptobyte.String) {
	at := r.at()
	if !r.cut && !r.rest.ReadUint16LengthPrefixed(&v) {
		r.stop(field, at)
	}
	return v
}

func (r *reader) vector24(field string) (v cryptobyte.String) {
	at := r.at()
	if !r.cut && !r.rest.ReadUint24LengthPrefixed(&v) {
		r.stop(field, at)
	}
	return v
}

// open16 and open24 read a vector that may be cut: where its length reaches
// beyond the bytes that are there, they note it and give those that are.
func (r *reader) open16(field string) reader { return r.open(field, 2) }
func (r *reader) open24(field string) reader { return r.open(field, 3) }

func (r *reader) open(field string, prefix int) reader {
	if r.cut {
		return reader{end: r.end, cut: true}
	}
	at := r.at()
	if len(r.rest) < prefix {
		r.stop(field, at)
		return reader{end: r.end, cut: true}
	}
	n := 0
	for _, b := range r.rest[:prefix] {
		n = n<<8 | int(b)
	}
	whole := n <= len(r.rest)-prefix
	if !whole {
		n = len(r.rest) - prefix
		r.note(field, at)
	}
	inner := reader{rest: r.rest[prefix : prefix+n], end: at + prefix + n}
	r.rest = r.rest[prefix+n:]
	r.cut = !whole
	return inner
}

// ended notes bytes that are left over after the last field.
func (r *reader) ended(field string) {
	if !r.cut && len(r.rest) > 0 {
		r.note(field, r.at())
	}
}

// take makes the first fault of inner r's own, unless r has one already.
func (r *reader) take(inner *reader) {
	if r.fault == nil {
		r.fault = inner.fault
	}
}

// codes reads the elements of a vector of two-byte codes. An odd byte at the
// end, or no element at all, is a fault of field.
func codes[T ~uint16](r *reader, field string, vector []byte) []T {
	if r.cut {
		return nil
	}
	if len(vector) == 0 || len(vector)%2 != 0 {
		r.note(field, r.at()-len(vector))
	}
	if len(vector) < 2 {
		return nil
	}
	list := make([]T, len(vector)/2)
	for i := range list {
		list[i] = T(vector[2*i])<<8 | T(vector[2*i+1])
	}
	return list
}
