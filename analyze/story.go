package analyze

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// A StepKind is what a Step of a connection's story is.
type StepKind uint8

// The kinds of steps.
const (
	StepOpen    StepKind = iota // a packet of TCP's handshake: SYN, SYN-ACK or ACK
	StepFlight                  // bytes
	StepGap                     // bytes that were not captured
	StepICMP                    // an ICMP error from the path or the other host
	StepReset                   // RST
	StepClose                   // FIN
	StepSilence                 // nothing more came, or the capture ended
)

// A Step is one thing that happened on a connection, for whoever draws or lists
// them. Its words are in Says; what of them is from the wire is untrusted.
type Step struct {
	Kind        StepKind
	From        Who
	First, Last int           // packets; 0: it has none
	After       time.Duration // since the connection's first packet; -1: not known
	Bytes       int64         // payload; 0: none
	Says        []string      // what it was: "ClientHello", "alert 42, bad_certificate"
	Again       int           // how often it was sent again
	Struck      bool          // it ended a handshake that was not complete
}

// Story tells a connection's handshake in steps, in the order of the capture.
// It has at most 8 flights, and a few steps beside them.
func (c *Connection) Story() []Step {
	steps := c.openSteps()
	for i := range c.Flights {
		steps = append(steps, c.flightStep(&c.Flights[i]))
	}
	for _, g := range c.Gaps {
		steps = append(steps, Step{Kind: StepGap, From: g.From, After: -1, Bytes: g.Bytes, Says: []string{"not captured"},
			First: c.packetAfter(g), Last: 0})
	}
	if c.Unreachable != 0 {
		steps = append(steps, Step{Kind: StepICMP, From: FromServer, First: c.Unreachable, Last: c.Unreachable, After: -1,
			Says: []string{"ICMP: " + ICMPText(c.ICMP)}, Struck: c.Handshake != Complete})
	}
	slices.SortStableFunc(steps, func(a, b Step) int { return cmp.Compare(a.First, b.First) })
	return append(steps, c.endStep())
}

// openSteps are TCP's handshake. The times of the answers are not kept.
func (c *Connection) openSteps() []Step {
	var steps []Step
	for _, o := range []struct {
		packet, times int
		from          Who
		says          string
	}{
		{c.Opening.SYN, c.Opening.SYNs, FromClient, "SYN"},
		{c.Opening.SYNACK, c.Opening.SYNACKs, FromServer, "SYN-ACK"},
		{c.Opening.ACK, 1, FromClient, "ACK"},
	} {
		if o.packet == 0 {
			continue
		}
		s := Step{Kind: StepOpen, From: o.from, First: o.packet, Last: o.packet, After: -1, Says: []string{o.says}, Again: max(0, o.times-1)}
		if o.packet == c.FirstPacket {
			s.After = 0
		}
		steps = append(steps, s)
	}
	return steps
}

func (c *Connection) flightStep(f *Flight) Step {
	return Step{
		Kind: StepFlight, From: f.From, First: f.First, Last: f.Last,
		After: f.Start.Sub(c.Start), Bytes: f.Bytes, Says: c.carried(f),
	}
}

// packetAfter places a gap behind the last flight of its side that begins before
// it, or with it.
func (c *Connection) packetAfter(g Gap) int {
	packet, sent := max(c.Opening.ACK, c.FirstPacket), int64(0)
	for i := range c.Flights {
		f := &c.Flights[i]
		if f.From != g.From {
			continue
		}
		if sent > g.AfterByte {
			break
		}
		packet = f.Last
		sent += f.Bytes
	}
	return packet
}

// carried says what a flight brought, from its events.
func (c *Connection) carried(f *Flight) []string {
	var out []string
	alerts := c.alertsOf(f)
	for _, letter := range []byte(f.Letters) {
		upper := letter &^ 0x20
		if (letter == upper) != (f.From == FromClient) {
			continue // of the other side: its RST, while this flight was the last
		}
		switch upper {
		case 'L', 'Y':
			if len(alerts) > 0 {
				out, alerts = append(out, alerts[0]), alerts[1:]
			}
		default:
			if says := c.eventText(letter); says != "" {
				out = append(out, says)
			}
		}
	}
	if len(out) == 0 {
		out = append(out, "further bytes")
	}
	return out
}

// alertsOf names the alerts within a flight, in their order.
func (c *Connection) alertsOf(f *Flight) []string {
	var out []string
	for i := range c.Alerts {
		a := &c.Alerts[i]
		if a.From != f.From || a.Packet < f.First || a.Packet > f.Last {
			continue
		}
		if a.Inferred {
			out = append(out, "an encrypted alert")
			continue
		}
		out = append(out, fmt.Sprintf("alert %d, %s", a.Description, a.Description))
	}
	return out
}

// eventText says what a letter of the history means in a picture; "": nothing
// that belongs there. A ChangeCipherSpec of TLS 1.3 means nothing.
func (c *Connection) eventText(letter byte) string {
	tls13 := c.ServerHello != nil && c.ServerHello.Version().IsTLS13()
	switch letter {
	case 'I', 'i':
		if tls13 {
			return ""
		}
	case 'E', 'e':
		if tls13 && letter == 'e' {
			return "the rest encrypted"
		}
		if !tls13 {
			return "Finished"
		}
	case 'X':
		return c.FromClient.NotTLS
	case 'x':
		return c.FromServer.NotTLS
	}
	return eventNames[letter]
}

// eventNames are the messages behind the letters of a history.
var eventNames = map[byte]string{
	'H': "ClientHello", 'h': "ServerHello", 'j': "HelloRetryRequest", 'C': "Certificate", 'c': "Certificate",
	'K': "ClientKeyExchange", 'k': "ServerKeyExchange", 'q': "CertificateRequest", 'd': "ServerHelloDone",
	'I': "ChangeCipherSpec", 'i': "ChangeCipherSpec", 'E': "encrypted handshake", 'e': "encrypted handshake",
	'N': "Finished", 'P': "application data", 'p': "application data",
}

// soon is so little time that it counts as none.
const soon = 50 * time.Microsecond

// endStep is how it ended.
func (c *Connection) endStep() Step {
	e := &c.End
	s := Step{From: e.By, First: e.Packet, Last: e.Packet, After: -1, Struck: c.Handshake == Refused || c.Handshake == Failed}
	switch e.How {
	case Reset, Closed:
		s.Kind, s.After, s.Says = StepReset, e.Time.Sub(c.Start), []string{"RST"}
		if e.How == Closed {
			s.Kind, s.Says = StepClose, []string{"FIN"}
		}
		if e.After >= soon {
			s.Says = append(s.Says, "after "+span(e.After))
		}
		if e.Sent > e.Acked && e.By == FromClient && e.Acked >= 0 {
			s.Says = append(s.Says, strconv.FormatInt(e.Sent-e.Acked, 10)+" bytes not acknowledged")
		}
	case Timeout:
		s.Kind, s.Says = StepSilence, []string{"nothing more came"}
	default:
		s.Kind, s.Says = StepSilence, []string{"the capture ends"}
	}
	if s.Kind == StepSilence && c.Last != 0 {
		s.After = c.Last.Sub(c.Start)
	}
	return s
}
