package redact

// A vectors walks over the fields of a message in place. A field that reaches
// behind the end is cleared, and so is everything after it: no parser reads it,
// and nobody knows what it holds.
type vectors struct {
	rest []byte
	cut  bool
}

// take gives the next n bytes.
func (v *vectors) take(n int) []byte {
	if v.cut || n > len(v.rest) {
		fill(v.rest, 0)
		v.rest, v.cut = nil, true
		return nil
	}
	b := v.rest[:n:n]
	v.rest = v.rest[n:]
	return b
}

// vector gives the content of a vector whose length has that many bytes.
func (v *vectors) vector(lengthBytes int) []byte {
	n := 0
	for _, c := range v.take(lengthBytes) {
		n = n<<8 | int(c)
	}
	return v.take(n)
}

// more tells whether there is anything left to read.
func (v *vectors) more() bool { return !v.cut && len(v.rest) > 0 }

// end clears what is left over.
func (v *vectors) end() {
	fill(v.rest, 0)
	v.rest = nil
}
