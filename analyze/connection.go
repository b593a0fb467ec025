package analyze

import (
	"net/netip"
	"time"

	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
	"sniwatch/analyze/origin/config"
	"sniwatch/analyze/tlswire"
	"sniwatch/capture"
)

// A Connection is what was seen of one TCP connection: facts, and at the end
// one opinion, the Diagnosis. Nothing that forms an opinion changes a fact.
type Connection struct {
	File   string // capture file as it was given; "" for a live capture
	Client netip.AddrPort
	Server netip.AddrPort
	Edge   edge.Match // which network the client's address belongs to

	Start, Last capture.Timestamp // of the first and the last packet
	FirstPacket int
	LastPacket  int
	Packets     int

	Opening            Opening
	FromClient         Side
	FromServer         Side
	Unreachable        int               // packet of the first ICMP error about this connection, 0: none
	ICMP               capture.ICMPError // of that packet
	MidStream          bool              // the capture began after the connection did
	ClientHello        *ClientHello
	ServerHello        *ServerHello
	Certificate        Certificate
	CertificateRequest int // packet of a CertificateRequest in clear, 0: none
	Alerts             []Alert
	Gaps               []Gap
	Faults             []Fault
	End                End
	Handshake          Handshake
	History            string   // one letter an event, see historyLetters
	Flights            []Flight // the first of them, in order

	Log       []LogLine // of the server, as far as they were joined; in the order of the log
	Local     Local     // the certificate on this host, and what is wrong with the one that counts
	Diagnosis Diagnosis
}

// A Who is a side of a connection.
type Who uint8

// The two sides. The client is the one that opened the connection.
const (
	FromClient Who = iota
	FromServer
)

// String gives the word that the JSON uses.
func (w Who) String() string { return [...]string{"client", "server"}[w] }

// Other gives the side opposite to w.
func (w Who) Other() Who { return 1 - w }

// Opening is what was seen of TCP's three-way handshake.
type Opening struct {
	SYN, SYNACK, ACK int // packet of the first one, 0: not seen
	SYNs, SYNACKs    int // how many, retransmissions included
}

// A Side is what one side of the connection sent, counted.
type Side struct {
	Segments         int               // seen, with payload or without, but for a client's SYNs
	Bytes            int64             // payload sent, retransmissions not counted twice
	Acked            int64             // of those, acknowledged by the other side
	LargestAcked     int               // payload bytes of the largest segment that the other side acknowledged
	Largest          int               // payload bytes of the largest segment sent
	Retransmitted    int               // segments sent again
	Truncated        bool              // the snap length cut bytes of the handshake
	Last             capture.Timestamp // of the last segment with payload
	LastPacket       int               // number of that packet, 0: no payload seen
	Data             bool              // application data seen
	Finished         bool              // Finished seen: in TLS 1.2 the encrypted record after ChangeCipherSpec, in TLS 1.3 by length
	Encrypted        int               // records of encrypted handshake that were seen
	EncryptedBytes   int64             // their fragments' length, added up; for the server of TLS 1.3: the size of its hidden flight
	EncryptedRecords []int             // the lengths of the first of them, at most 16
	NotTLS           string            // what it looks like instead ("an HTTP request"), "": it is TLS, or nothing was seen
	NotTLSPacket     int               // number of the packet that shows it, 0: NotTLS is ""
}

// A ClientHello is the first ClientHello of a connection, with where it was seen.
type ClientHello struct {
	tlswire.ClientHello
	Packet        int // that completed it
	Time          capture.Timestamp
	Count         int // 2 after a HelloRetryRequest
	RecordVersion tlswire.Version
	Segments      int
	Records       int
	Partial       bool // cut off: what was there is read
}

// A ServerHello is the server's choice, with where it was seen.
type ServerHello struct {
	tlswire.ServerHello
	Packet            int
	Time              capture.Timestamp
	Group             tlswire.Group // from key_share, or the ServerKeyExchange; 0: not known
	HelloRetryRequest bool          // one came before this ServerHello, or is all that came
	Resumed           bool
	Done              bool // TLS 1.2: ServerHelloDone seen

	provisional bool // this is the HelloRetryRequest itself; the choice is still to come
}

// Certificate is the server's Certificate as the wire shows it.
type Certificate struct {
	State  tlswire.Presence
	Packet int
	Chain  *origin.Chain // nil unless State is Present
	// End is how many bytes the server had sent when its Certificate was whole: a
	// client that acknowledged as many has it. 0 unless State is Present.
	End int64
}

// An Alert is an alert that was seen, or inferred from a record's length.
type Alert struct {
	Packet   int
	Time     capture.Timestamp
	From     Who
	Inferred bool // an encrypted record of an alert's length; Alert is unknown
	tlswire.Alert
	Early bool // sent before the server's Hello (a warning such as unrecognized_name)
}

// A Gap is a stretch of one side's bytes that was not captured.
type Gap struct {
	From        Who
	AfterByte   int64 // bytes of that side before the gap
	Bytes       int64
	InHandshake bool // it hit before that side's handshake was read
}

// A Fault is a place where one side broke the wire format.
type Fault struct {
	Packet int
	From   Who
	In     string // the message or record that is broken, such as "ClientHello"
	tlswire.Fault
}

// How a connection ended.
type How uint8

// The ends.
const (
	Open    How = iota // the capture ended first
	Reset              // RST
	Closed             // FIN
	Timeout            // nothing more came for so long that it was given up
)

// String gives the word that the JSON uses.
func (h How) String() string { return [...]string{"open", "reset", "fin", "timeout"}[h] }

// A Stage is how far the handshake had come.
type Stage uint8

// The stages, in their order.
const (
	StageUnknown Stage = iota
	StageSYN           // before any SYN-ACK
	StageSYNACK        // SYN-ACK seen, TCP handshake not done
	StageBeforeHello
	StageInClientHello
	StageAfterClientHello
	StageInServerFlight
	StageAfterServerFlight // at least the Certificate reached the client
	StageAfterClientFinished
	StageEstablished // application data in both directions
	StageNotTLS
)

// String gives the word that the JSON uses.
func (s Stage) String() string {
	return [...]string{"unknown", "syn", "syn-ack", "before-hello", "in-client-hello", "after-client-hello",
		"in-server-flight", "after-server-flight", "after-client-finished", "established", "not-tls"}[s]
}

// An End is the first FIN or RST of either side, in the order of the capture.
type End struct {
	How    How
	By     Who
	Packet int // 0 where How is Open or Timeout
	Time   capture.Timestamp
	After  time.Duration // since the last payload byte of the other side; -1: it sent none
	Stage  Stage
	// What the FIN or RST acknowledged of the other side's bytes, and how many
	// the other side had sent: equal means that all of it had arrived.
	Acked, Sent int64
}

// Handshake is the outcome of the TLS handshake.
type Handshake uint8

// The outcomes.
const (
	HandshakeUnknown Handshake = iota // the capture does not show it
	Complete
	Refused // by one of the two sides
	Failed  // by the path, or by a side that vanished
	None    // no TLS handshake was tried
)

// String gives the word that the JSON uses.
func (h Handshake) String() string {
	return [...]string{"unknown", "complete", "refused", "failed", "none"}[h]
}

// An Answer is how a server's configuration answers a ClientHello, as far as it
// explains anything.
type Answer struct {
	Program string // "nginx", "Apache httpd", "HAProxy"
	File    string // its configuration
	At      config.Position
	Why     config.Why // how the server comes to this site
	Known   []string   // names of the sites at the address that was asked
	// What the site allows, as the configuration words it; empty: the default.
	Protocols      []string
	Ciphers        string // up to TLS 1.2
	Suites         string // of TLS 1.3
	Groups         string
	VerifyClient   string
	HiddenFailures *config.Hidden // why the log does not show failures; nil: it does, or that is not known
}

// Local is what the host's own certificates say about this connection.
type Local struct {
	Certificate *origin.Certificate // the server would choose it for this SNI; nil: none is known
	ChosenBy    origin.ChosenBy
	Answer      *Answer          // how the server's configuration answers; nil: none is known for it
	Probed      *origin.Chain    // what the server showed when it was asked for this name; nil: it was not asked
	Agrees      tlswire.Presence // Present: the wire shows this certificate, or one of its size; Absent: another; Unseen: cannot be told
	// Judged is the chain that counts: the one on the wire, else the one that the
	// server showed when it was asked, else the local one.
	// nil: neither is known. Problems are its faults at the packet's time.
	Judged   *origin.Chain
	Problems []origin.Problem
	Names    edge.Judgement // Judged under CloudFront's rule of names
}
