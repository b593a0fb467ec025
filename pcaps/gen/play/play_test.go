package play

import (
	"net/netip"
	"testing"
	"time"

	"sniwatch/pcaps/gen/certs"
	"sniwatch/pcaps/gen/frames"
	"sniwatch/pcaps/gen/tlsbytes"
)

// The article's case: ten packets; the last is a RST 1.1 ms after the last
// byte of the server's flight, which acknowledges all of it.
func TestTheRejectionIsTheArticles(t *testing.T) {
	set, err := certs.Make()
	if err != nil {
		t.Fatal(err)
	}
	chain, err := set.Chain("www")
	if err != nil {
		t.Fatal(err)
	}
	for name, terms := range map[string]Terms{"TLS 1.2": TLS12(chain), "TLS 1.3": TLS13(chain)} {
		trace := frames.NewTrace(time.Unix(1705376470, 0), frames.Raw)
		c := NewCall(trace, netip.MustParseAddrPort("130.176.135.149:34512"), netip.MustParseAddrPort("10.0.0.10:443"))
		hello := tlsbytes.CloudFront12(c.Src, certs.OriginName)
		if terms.Version == tlsbytes.TLS13 {
			hello = tlsbytes.CloudFront13(c.Src, certs.OriginName, tlsbytes.TLS12)
		}
		c.Hello(hello).Answer(terms).RefuseByReset()
		if len(trace.Frames) != 10 {
			t.Fatalf("%s: %d packets, want 10", name, len(trace.Frames))
		}
		last, flight := trace.Frames[9], trace.Frames[6]
		if tcp := last.Data[20:]; tcp[13] != 0x14 {
			t.Errorf("%s: the last packet has flags %x, want RST, ACK", name, tcp[13])
		}
		if after := last.Time.Sub(flight.Time); flight.Payload == 0 || after != 1100*time.Microsecond {
			t.Errorf("%s: reset %v after a segment of %d bytes, want 1.1ms after the flight", name, after, flight.Payload)
		}
		if got, want := number(last.Data[28:]), number(flight.Data[24:])+uint32(flight.Payload); got != want {
			t.Errorf("%s: the reset acknowledges %d, want %d", name, got, want)
		}
	}
}

func number(b []byte) uint32 {
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}
