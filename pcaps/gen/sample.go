package main

import (
	"fmt"
	"net/netip"
	"path"
	"strings"
	"time"

	"sniwatch/pcaps/gen/certs"
	"sniwatch/pcaps/gen/frames"
	"sniwatch/pcaps/gen/play"
	"sniwatch/pcaps/gen/tlsbytes"
)

// The people of the story. The CloudFront addresses are in AWS's published list.
var (
	edge1   = netip.MustParseAddr("130.176.135.149")
	edge2   = netip.MustParseAddr("130.176.135.150")
	edge3   = netip.MustParseAddr("64.252.114.216")
	edge6   = netip.MustParseAddr("2600:9000:1000::1234")
	visitor = netip.MustParseAddr("203.0.113.77") // not CloudFront
	scanner = netip.MustParseAddr("198.51.100.9")
	origin4 = netip.MustParseAddrPort("10.0.0.10:443")
	origin6 = netip.MustParseAddrPort("[2600:1f18:1234:5600::10]:443")
)

// The names of the story.
const (
	originName = certs.OriginName
	wwwName    = certs.WWWName
	cfName     = "d111111abcdef8.cloudfront.net"
)

// story is when everything happens that has no time of its own.
var story = time.Date(2024, 1, 16, 3, 41, 10, 118_000_000, time.UTC)

// A sample is one capture file and what sniwatch must say of it.
type sample struct {
	file   string
	args   string   // of sniwatch, paths relative to pcaps
	want   []string // diagnosis of each connection in order of its start; alternatives are separated by |
	warn   []string // warnings and findings of the whole report
	never  []string // codes for which this is the counterpart: no diagnosis, or no warning, may have them
	broken bool     // the file or its TLS is malformed on purpose
	shows  string   // one sentence
	at     time.Time
	link   *frames.Link
	make   func(*scene)
	write  func([]frames.Frame) ([]byte, error) // nil: as the file's ending says
}

// firstPort is the client's port of a sample's first connection: the article's.
const firstPort = 34512

// frames plays the sample.
func (s sample) frames(set *certs.Set, port uint16) ([]frames.Frame, error) {
	at, link := s.at, frames.Ethernet
	if at.IsZero() {
		at = story
	}
	if s.link != nil {
		link = *s.link
	}
	sc := &scene{Trace: frames.NewTrace(at, link), set: set, client: edge1, server: origin4, port: port}
	s.make(sc)
	return sc.Frames, sc.err
}

// bytes makes the file.
func (s sample) bytes(set *certs.Set) ([]byte, error) {
	all, err := s.frames(set, firstPort)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.file, err)
	}
	write := s.write
	if write == nil {
		write = func(f []frames.Frame) ([]byte, error) { return frames.Pcap(f, frames.PcapForm{}) }
		if path.Ext(s.file) == ".pcapng" {
			write = func(f []frames.Frame) ([]byte, error) { return frames.Pcapng(f, frames.NgForm{}), nil }
		}
	}
	b, err := write(all)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.file, err)
	}
	return b, nil
}

// A scene is where a sample's connections are acted out.
type scene struct {
	*frames.Trace
	set    *certs.Set
	client netip.Addr
	server netip.AddrPort
	port   uint16 // of the next connection
	err    error  // the first mistake of a sample
}

// next gives the client's address of a new connection.
func (s *scene) next() netip.AddrPort {
	a := netip.AddrPortFrom(s.client, s.port)
	s.port += 2
	return a
}

// call opens a new connection.
func (s *scene) call() *play.Call { return play.NewCall(s.Trace, s.next(), s.server) }

// prepare is call without TCP's handshake.
func (s *scene) prepare() *play.Call { return play.Prepare(s.Trace, s.next(), s.server) }

// chain gives a certificate by name.
func (s *scene) chain(name string) certs.Chain {
	c, err := s.set.Chain(name)
	if err != nil && s.err == nil {
		s.err = err
	}
	return c
}

// flight12 plays a connection up to the end of the server's flight in TLS 1.2.
func (s *scene) flight12(chain, sni string) *play.Call {
	c := s.call()
	return c.Hello(tlsbytes.CloudFront12(c.Src, sni)).Answer(play.TLS12(s.chain(chain)))
}

// flight13 is flight12 in TLS 1.3.
func (s *scene) flight13(chain, sni string) *play.Call {
	c := s.call()
	return c.Hello(tlsbytes.CloudFront13(c.Src, sni, tlsbytes.TLS12)).Answer(play.TLS13(s.chain(chain)))
}

// refused12 and its siblings play one whole connection.
func (s *scene) refused12(chain, sni string)  { s.flight12(chain, sni).RefuseByReset() }
func (s *scene) refused13(chain, sni string)  { s.flight13(chain, sni).RefuseByReset() }
func (s *scene) accepted12(chain, sni string) { s.flight12(chain, sni).Succeed() }
func (s *scene) accepted13(chain, sni string) { s.flight13(chain, sni).Succeed() }

// row6 is the article's case, the connection that most oddities happen to.
func (s *scene) row6() { s.refused12("www", originName) }

// with gives the arguments that most samples have: the server's certificate,
// our root, the origin domain. An empty name: the certificate is not known.
func with(chain string) string {
	args := "--roots certs/root.pem --origin-domain " + originName
	if chain != "" {
		args = "--cert certs/" + chain + ".pem " + args
	}
	return args
}

// one is the usual list of one.
func one(code string) []string { return []string{code} }

// samples are all of them, in the order of the manifest.
func samples() []sample {
	var all []sample
	for _, group := range [][]sample{
		articleSamples(), certificateSamples(), rejectionSamples(), serverSamples(), pathSamples(), fineSamples(),
		incompleteSamples(), reportSamples(), streamSamples(), linkSamples(), fileSamples(), hostileSamples(),
	} {
		all = append(all, group...)
	}
	return all
}

// times gives n times the same code, in the form of the manifest.
func times(n int, code string) []string {
	return strings.Split(strings.TrimSuffix(strings.Repeat(code+",", n), ","), ",")
}
