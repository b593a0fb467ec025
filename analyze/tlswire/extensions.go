package tlswire

import "golang.org/x/crypto/cryptobyte"

// An Extension is one extension of a hello, as it stands there
// (RFC 8446, section 4.2).
type Extension struct {
	Type ExtensionType
	Data []byte // extension_data; a view of the message body
}

// An extensionWalk goes through the extensions that end a hello, in wire order.
type extensionWalk struct {
	list  []Extension // all that are whole, repeated ones included
	inner reader      // of the data of the extension that next gave
	all   reader
	seen  extensionSet
}

// walkExtensions begins with the list of extensions, which must be the last
// field of the hello. A hello may end before it.
func (r *reader) walkExtensions() (w extensionWalk) {
	if r.cut || len(r.rest) == 0 {
		return w
	}
	w.all = r.open16("extensions")
	r.ended("extensions")
	w.list = make([]Extension, 0, countExtensions(w.all.rest))
	return w
}

// next gives the next extension of a type that did not come before.
func (w *extensionWalk) next() (e Extension, ok bool) {
	w.all.take(&w.inner)
	for !w.all.cut && len(w.all.rest) > 0 {
		at := w.all.at()
		e.Type = ExtensionType(w.all.uint16("extension_type"))
		e.Data = w.all.vector16("extension_data")
		if w.all.cut {
			break
		}
		w.list = append(w.list, e)
		if w.seen.has(e.Type) {
			w.all.note("extension_type", at) // RFC 8446, section 4.2: not more than one of the same type
			continue
		}
		w.inner = w.all.within(e.Data)
		return e, true
	}
	return e, false
}

// end gives the faults of the list to r. whole is false where the list was cut
// or contradicts itself, so that what was not found in it may still have been sent.
func (w *extensionWalk) end(r *reader) (whole bool) {
	r.take(&w.all)
	return !r.cut && !w.all.cut
}

// countExtensions walks over the headers only, so that one allocation is enough
// and never larger than the bytes justify.
func countExtensions(list cryptobyte.String) (n int) {
	var data cryptobyte.String
	for list.Skip(2) && list.ReadUint16LengthPrefixed(&data) {
		n++
	}
	return n
}

// An extensionSet remembers which extensions came already. Those that sniwatch
// decodes and all older ones are a bit each. Of the others the first 32 are
// remembered, so that a hello made of nothing else costs no quadratic time.
type extensionSet struct {
	low    uint64
	others [32]ExtensionType
	n      int
}

// has tells whether t came before, and remembers it.
func (s *extensionSet) has(t ExtensionType) bool {
	if t < 64 {
		bit := uint64(1) << t
		had := s.low&bit != 0
		s.low |= bit
		return had
	}
	for _, other := range s.others[:s.n] {
		if other == t {
			return true
		}
	}
	if s.n < len(s.others) {
		s.others[s.n] = t
		s.n++
	}
	return false
}

// protocolNames reads a ProtocolNameList (RFC 7301, section 3.1).
func protocolNames(r *reader) []string {
	list := r.vector16("protocol_name_list")
	if r.cut {
		return nil
	}
	names := r.within(list)
	n := 0
	for !names.cut && len(names.rest) > 0 {
		if len(names.vector8("protocol_name")) == 0 {
			names.note("protocol_name", names.at())
		}
		n++
	}
	r.take(&names)
	if n == 0 {
		r.note("protocol_name_list", r.at())
		return nil
	}
	return splitNames(list, n)
}

// splitNames copies list once; the names are parts of that copy. n bounds their number.
func splitNames(list cryptobyte.String, n int) []string {
	all := string(list)
	names := make([]string, 0, n)
	for len(all) > 0 && int(all[0]) < len(all) {
		end := 1 + int(all[0])
		names = append(names, all[1:end])
		all = all[end:]
	}
	return names
}
