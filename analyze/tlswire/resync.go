package tlswire

import "bytes"

// maxSearch is how many bytes of a connection that was joined in its middle are
// searched before it is said to be no TLS. No record is longer than 18 KiB.
const maxSearch = 64 << 10

// beginSearch begins the search for a record header.
func (s *Stream) beginSearch() {
	if s.state != searching {
		s.searched = 0
	}
	s.state, s.unsure = searching, true
}

// search looks for a plausible record header in b, and in the bytes before it
// that the head holds. It gives the number of bytes that it has used.
func (s *Stream) search(b []byte, v Visitor) (n int) {
	if s.nhead > 0 {
		n = s.searchHead(b, v)
	} else {
		n = s.searchPiece(b)
	}
	s.searched += n
	if s.state == searching && s.midStream && !s.seen && s.searched > maxSearch {
		s.state = stopped
		v.NotTLS(binaryData, nil)
	}
	return n
}

// searchPiece looks for a header that lies in b. Where it finds one, it begins
// at the byte whose index it gives. Otherwise the last bytes of b go to the
// head, because a header may begin there.
func (s *Stream) searchPiece(b []byte) int {
	const major = 3 // second byte of each record header
	last := len(b) - recordHeaderLength
	for i := 0; i <= last; i++ {
		next := bytes.IndexByte(b[i+1:last+2], major)
		if next < 0 {
			break
		}
		if i += next; plausibleAt(b[i:]) {
			s.found()
			return i
		}
	}
	s.nhead = copy(s.head[:], b[max(0, last+1):])
	return len(b)
}

// searchHead looks for a header that begins in the head, which holds four bytes
// at most, and ends in b. One that begins in b is searched for there.
func (s *Stream) searchHead(b []byte, v Visitor) (n int) {
	const most = recordHeaderLength - 1
	n = s.gather(b, s.nhead+most)
	for i := 0; i+recordHeaderLength <= s.nhead; i++ {
		if plausibleAt(s.head[i:s.nhead]) {
			s.nhead = copy(s.head[:], s.head[i:s.nhead])
			s.found()
			s.replay(n, v)
			return n
		}
	}
	if n == most {
		s.nhead = 0
		return 0
	}
	s.nhead = copy(s.head[:], s.head[max(0, s.nhead-most):s.nhead])
	return n
}

// found goes on at the header that the search has found. It is believed when
// another header follows its record.
func (s *Stream) found() {
	s.state, s.doubt = atHeader, 2
}

// plausibleAt tells whether b begins with something that can be a record
// header and, if the next header lies in b, that one can be one as well.
func plausibleAt(b []byte) bool {
	var r Record
	r.parse(b, 0)
	if r.fault() != "" || r.Type == TypeHeartbeat || r.Length == 0 {
		return false
	}
	next := recordHeaderLength + r.Length
	return len(b) < next+recordHeaderLength || plausibleHeader(b[next:])
}
