package capture

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// corpus is a collection of captures from public test suites, which does not
// belong to the project.
const corpus = "../../shared/captures/corpus"

// corpusFiles lists the captures of the corpus.
func corpusFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(corpus, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && !strings.HasSuffix(path, ".jsonl") {
			files = append(files, path)
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("SKIPPED: no corpus of captures beside the checkout (" + corpus + "): the reader and the decoder were not compared with gopacket")
	}
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// An oracle decodes plain packets with gopacket: Ethernet, VLAN tags, Linux
// cooked, raw IP; IPv4, IPv6 without extensions, TCP. Its GRE decoder panics on untrusted bytes
// and is left out, as are the other tunnels.
type oracle struct {
	parsers map[gopacket.LayerType]*gopacket.DecodingLayerParser
	ip4     layers.IPv4
	ip6     layers.IPv6
	tcp     layers.TCP
	decoded []gopacket.LayerType
}

func newOracle() *oracle {
	o := &oracle{parsers: map[gopacket.LayerType]*gopacket.DecodingLayerParser{}}
	for _, first := range []gopacket.LayerType{layers.LayerTypeEthernet, layers.LayerTypeLinuxSLL, layers.LayerTypeIPv4, layers.LayerTypeIPv6} {
		p := gopacket.NewDecodingLayerParser(first, &layers.Ethernet{}, &layers.Dot1Q{}, &layers.LinuxSLL{}, &o.ip4, &o.ip6, &o.tcp)
		p.IgnoreUnsupported = true
		o.parsers[first] = p
	}
	return o
}

// segment decodes p; ok is false where gopacket finds no TCP header, or more
// than one IP header.
func (o *oracle) segment(p *Packet) (s Segment, ok bool) {
	first := layers.LayerTypeEthernet
	switch {
	case p.Link == LinkSLL:
		first = layers.LayerTypeLinuxSLL
	case p.Link == LinkRaw && len(p.Data) > 0 && p.Data[0]>>4 == 6:
		first = layers.LayerTypeIPv6
	case p.Link == LinkRaw:
		first = layers.LayerTypeIPv4
	case p.Link != LinkEthernet:
		return s, false
	}
	if err := o.parsers[first].DecodeLayers(p.Data, &o.decoded); err != nil {
		return s, false
	}
	headers, version6, tcp := 0, false, false
	for _, layer := range o.decoded {
		switch layer {
		case layers.LayerTypeIPv4:
			headers++
		case layers.LayerTypeIPv6:
			headers++
			version6 = true
		case layers.LayerTypeTCP:
			tcp = true
		}
	}
	// gopacket does not look at the version.
	if headers != 1 || !tcp || !version6 && o.ip4.Version != 4 || version6 && o.ip6.Version != 6 {
		return s, false
	}
	src, dst := o.ip6.SrcIP, o.ip6.DstIP // what is not of this packet is a view of one that is gone
	if !version6 {
		src, dst = o.ip4.SrcIP.To16(), o.ip4.DstIP.To16()
	}
	s.Src = Endpoint{[16]byte(src), uint16(o.tcp.SrcPort)}
	s.Dst = Endpoint{[16]byte(dst), uint16(o.tcp.DstPort)}
	s.Seq, s.Ack, s.Payload = o.tcp.Seq, o.tcp.Ack, o.tcp.Payload
	for flag, set := range map[Flags]bool{FIN: o.tcp.FIN, SYN: o.tcp.SYN, RST: o.tcp.RST, PSH: o.tcp.PSH, ACK: o.tcp.ACK, URG: o.tcp.URG} {
		if set {
			s.Flags |= flag
		}
	}
	return s, true
}

// Over the whole corpus: every file is survived at once, and every segment
// that gopacket finds in a plain packet is found and equal.
func TestCorpusAgainstGopacket(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: -short")
	}
	o := newOracle()
	compared := 0
	for _, name := range corpusFiles(t) {
		start := time.Now()
		compared += compareFile(t, o, name)
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s took %v", name, took)
		}
	}
	t.Logf("%d segments compared", compared)
	if compared < 50_000 {
		t.Errorf("only %d segments were compared: the oracle does not work", compared)
	}
}

// A server that says 4148 bytes in a frame of 66, which was captured whole,
// has sent a SYN-ACK without payload.
func TestCorpusLyingLength(t *testing.T) {
	for _, name := range corpusFiles(t) {
		if filepath.Base(name) != "tls_invalid_reads.pcap" {
			continue
		}
		f, err := Open(name, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		var p Packet
		var s Segment
		for range 2 {
			if err := f.Next(&p); err != nil {
				t.Fatal(err)
			}
		}
		if kind := new(Decoder).Decode(&p, &s); kind != TCP || s.Flags != SYN|ACK || s.Length != 0 || len(s.Payload) != 0 {
			t.Errorf("frame 2: kind %d, flags %#x, length %d", kind, s.Flags, s.Length)
		}
		return
	}
	t.Error("the capture with the lying length is not in the corpus")
}

func compareFile(t *testing.T, o *oracle, name string) (compared int) {
	f, err := Open(name, nil)
	var open *OpenError
	if errors.As(err, &open) {
		return 0
	}
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return 0
	}
	defer f.Close()
	var p Packet
	var d Decoder
	for {
		err := f.Next(&p)
		var broken *Broken
		if err == io.EOF || errors.As(err, &broken) {
			return compared
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return compared
		}
		want, ok := o.segment(&p)
		if !ok {
			continue
		}
		compared++
		var s Segment
		kind := d.Decode(&p, &s)
		if kind != TCP || s.Src != want.Src || s.Dst != want.Dst || s.Seq != want.Seq || s.Ack != want.Ack ||
			s.Flags != want.Flags || !bytes.Equal(s.Payload, want.Payload) {
			t.Errorf("%s packet %d: kind %d\n have %v > %v seq %d ack %d flags %#x, %d bytes\n want %v > %v seq %d ack %d flags %#x, %d bytes",
				name, p.Number, kind, s.Src.AddrPort(), s.Dst.AddrPort(), s.Seq, s.Ack, s.Flags, len(s.Payload),
				want.Src.AddrPort(), want.Dst.AddrPort(), want.Seq, want.Ack, want.Flags, len(want.Payload))
		}
	}
}
