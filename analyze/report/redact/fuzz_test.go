package redact

import (
	"bytes"
	"crypto/elliptic"
	"strings"
	"testing"

	"sniwatch/analyze/origin"
	"sniwatch/capture"
)

// FuzzPackets redacts hostile connections: nothing panics, no packet gets longer,
// and none gets another length unless that is said.
func FuzzPackets(f *testing.F) {
	seeds := 0
	for _, s := range sampleScenes(f) {
		switch s.file {
		case "row6-tls12.pcap", "row6-tls13.pcap", "link-vxlan.pcap", "ipv6-hop-by-hop.pcap", "port-closed-icmp.pcap", "not-tls.pcap",
			"broken-certificate.pcap", "link-geneve.pcap", "client-certificate-required.pcap":
			var all []byte
			for _, p := range s.packets[:min(len(s.packets), 12)] {
				all = append(all, byte(p.Length>>8), byte(p.Length), byte(len(p.Data)>>8), byte(len(p.Data)))
				all = append(all, p.Data...)
			}
			f.Add(uint32(s.packets[0].Link), all)
			seeds++
		}
	}
	if seeds != 9 {
		f.Fatalf("%d seeds", seeds)
	}
	shared := New(testKey, Options{})
	f.Fuzz(func(t *testing.T, link uint32, data []byte) {
		var packets []capture.Packet
		for n := 1; len(data) >= 4 && n < 40; n++ {
			length, captured := int(data[0])<<8|int(data[1]), int(data[2])<<8|int(data[3])
			data = data[4:]
			captured = min(captured, len(data))
			packets = append(packets, capture.Packet{Number: n, Link: capture.LinkType(link), Length: max(length, captured), Data: data[:captured]})
			data = data[captured:]
		}
		out, left := shared.Packets(packets)
		said := map[int]bool{}
		for _, o := range left {
			said[o.Packet] = true
		}
		for _, p := range out {
			before := packets[p.Number-1]
			if p.Length != before.Length || len(p.Data) > len(before.Data) || len(p.Data) < len(before.Data) && !said[p.Number] {
				t.Fatalf("packet %d: %d of %d bytes, and had %d of %d", p.Number, len(p.Data), p.Length, len(before.Data), before.Length)
			}
		}
	})
}

// FuzzCertificate re-issues hostile certificates.
func FuzzCertificate(f *testing.F) {
	seeds := 0
	for _, s := range sampleScenes(f) {
		if s.file == "certificate-unusable-p521.pcap" || s.file == "certificate-unusable-sha1.pcap" {
			f.Add(s.certificates[0].Raw[0])
			seeds++
		}
	}
	f.Add(newCert(f, hostCertificate(), ecdsaTestKey(f, elliptic.P256()), nil).cert.Raw)
	if seeds != 2 {
		f.Fatalf("%d seeds", seeds)
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		r := New(testKey, Options{Roots: origin.NewRoots("none")})
		after, err := r.Certificate(origin.ParseChain([][]byte{der}))
		if err == nil && len(after.Raw[0]) != len(der) {
			t.Fatalf("%d bytes became %d", len(der), len(after.Raw[0]))
		}
		again := bytes.Clone(der)
		r.scrub(again, 0)
	})
}

// FuzzText replaces names in hostile texts: a name that is known is not left.
func FuzzText(f *testing.F) {
	for _, s := range []string{"for www.shop-example.jp.", "%77ww.shop-example.jp", "[2001:db8::1]:443", "https://[", "/a/../b", "::", "-d *.x.y", "%", "a@b@c.d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r := New(testKey, Options{})
		r.Name(wwwName)
		for _, out := range []string{r.Text(s), r.LogLine(s), r.Path(s)} {
			if strings.Contains(" "+strings.ToLower(out)+" ", " "+wwwName+" ") {
				t.Errorf("%q becomes %q", s, out)
			}
		}
		if to := r.Name(s); len(to) != len(s) {
			t.Errorf("%q becomes %q", s, to)
		}
	})
}

// FuzzLoad reads hostile key files.
func FuzzLoad(f *testing.F) {
	r := New(testKey, Options{})
	r.Text("www.shop-example.jp at 10.0.0.1, 2400::1, 00:16:3e:aa:bb:cc, /srv/contoso")
	var file strings.Builder
	if err := r.WriteKey(&file); err != nil {
		f.Fatal(err)
	}
	f.Add(file.String())
	f.Add(keyFileTitle + "\nkey 00")
	f.Fuzz(func(t *testing.T, s string) {
		r, err := Load(strings.NewReader(s), Options{})
		if err != nil {
			return
		}
		r.Restore(s)
		r.Text(s)
		var again strings.Builder
		if err := r.WriteKey(&again); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(strings.NewReader(again.String()), Options{}); err != nil {
			t.Errorf("what was written cannot be read: %v\n%s", err, again.String())
		}
	})
}

func BenchmarkPackets(b *testing.B) {
	s := sampleNamed(b, "row6-tls12.pcap")
	r := New(testKey, Options{Roots: s.roots})
	connections, _ := split(s.packets)
	bytes := 0
	for _, p := range connections[0] {
		bytes += len(p.Data)
	}
	r.Packets(connections[0]) // makes the keys
	b.SetBytes(int64(bytes))
	b.ReportAllocs()
	for b.Loop() {
		if out, _ := r.Packets(connections[0]); out == nil {
			b.Fatal("left out")
		}
	}
}
