package evidence

import (
	"math"
	"slices"

	"sniwatch/analyze/tcp"
	"sniwatch/analyze/tlswire"
	"sniwatch/capture"
)

// A treatment is what happens to a byte of payload.
type treatment uint8

const (
	overwrite treatment = iota // with 0: what nobody has claimed may be anything
	keep                       // it is of the handshake, or a record's header
	mask                       // overwrite it with another of its kind
	cut                        // not missed if it is cut off; else overwrite
)

// A span is a stretch of one side's bytes, counted from the first.
type span struct {
	from, to int64
	how      treatment
}

// passages are the spans of one side, in their order as far as the sender kept
// one. It is told by a Stream what they hold.
type passages struct {
	t      *trimmer
	who    tcp.Side
	stream tlswire.Stream
	offset int64  // in the stream, of the next byte
	base   uint32 // sequence number of the first byte
	told   int64  // where what was told ends
	spans  []span
}

func (x *passages) begin(t *trimmer, who tcp.Side) {
	x.stream.Reset()
	*x = passages{t: t, who: who, spans: x.spans[:0]}
}

// feed reads bytes, of which first is the sequence number of the first.
func (x *passages) feed(b []byte, first uint32) {
	x.base = first - uint32(x.offset)
	x.stream.Feed(b, x)
	x.offset += int64(len(b))
}

func (x *passages) gap(n int64) {
	x.stream.Gap(n, x)
	x.offset += max(n, 0)
}

// end keeps the beginning of a record header that never became whole: that it
// came is a fact.
func (x *passages) end() {
	const header = 5
	x.stream.End(x)
	if rest := x.offset - x.told; rest > 0 && rest < header {
		x.add(x.told, x.offset, keep)
	}
}

func (x *passages) add(from, to int64, how treatment) {
	x.spans = append(x.spans, span{from, to, how})
	x.told = max(x.told, to)
}

// Record keeps a record, or its header alone.
func (x *passages) Record(rec tlswire.Record) {
	const header = 5
	body := rec.Offset + header
	end := body + int64(rec.Length)
	how := keep
	switch rec.Type {
	case tlswire.TypeApplicationData:
		if kept, missed := x.t.data(x.who, rec); kept {
			how = keep
		} else if missed {
			how = overwrite
		} else {
			how = cut
		}
	case tlswire.TypeHeartbeat:
		how = overwrite
	}
	x.add(rec.Offset, body, keep)
	x.add(body, end, how)
}

// Message notes that the server has chosen a version.
func (x *passages) Message(m tlswire.Message) {
	if x.who == tcp.Server && (m.Type == tlswire.TypeServerHello || m.Type == tlswire.TypeHelloRetryRequest) {
		x.t.said.choice = true
	}
}

// Fault keeps the record header that has it.
func (x *passages) Fault(f tlswire.Fault) {
	const header = 5
	x.add(int64(f.Offset), int64(f.Offset)+header, keep)
}

// NotTLS keeps the mark by which the stream was recognised.
func (x *passages) NotTLS(_ string, first []byte) {
	if first == nil {
		return
	}
	n := int64(tlswire.MarkLength(first))
	x.add(0, n, keep)
	x.add(n, max(n, tlswire.StartLength), mask)
	x.add(max(n, tlswire.StartLength), math.MaxInt64, cut)
}

// trim treats the payload of a packet as its bytes deserve.
func (x *passages) trim(p *Packet, s *segment) {
	seq := s.Seq
	if s.Flags.Has(capture.SYN) {
		seq++
	}
	from := int64(int32(seq - x.base))
	payload := p.Data[s.at : s.at+len(s.Payload)]
	to := from + int64(len(payload))
	done := from // up to here the bytes are treated
	end := len(payload)
	loose := false // what was treated last can be cut off
	i, _ := slices.BinarySearchFunc(x.spans, from, func(s span, at int64) int {
		if s.to <= at {
			return -1
		}
		return 1
	})
	for ; i < len(x.spans) && done < to; i++ {
		b := x.spans[i]
		if b.to <= done {
			continue
		}
		if b.from >= to {
			break
		}
		if b.from > done {
			treat(payload[done-from:b.from-from], overwrite)
			done, loose = b.from, false
		}
		until := min(b.to, to)
		if b.how != cut {
			loose = false
		} else if !loose {
			end, loose = int(done-from), true
		}
		treat(payload[done-from:until-from], b.how)
		done = until
	}
	if done < to {
		treat(payload[done-from:], overwrite)
		loose = false
	}
	if loose {
		p.Data = p.Data[:s.at+end]
	}
}

// treat does with bytes what is to be done.
func treat(b []byte, how treatment) {
	switch how {
	case keep:
	case mask:
		for i := range b {
			b[i] = masked(b[i])
		}
	default:
		clear(b)
	}
}

// masked gives another byte of the same kind.
func masked(c byte) byte {
	switch {
	case c == '\n', c == '\r', c == '\t':
		return c
	case c < ' ', c > '~':
		return 0
	}
	return 'x'
}
