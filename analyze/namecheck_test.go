package analyze

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
)

// TestNameCheck lays names side by side for the rows of docs/cloudfront.md that fail.
func TestNameCheck(t *testing.T) {
	for _, c := range []struct {
		file string
		d    edge.Distribution
		want []AcceptedName
		has  []CertificateName
	}{
		{"row6-tls12", edge.Distribution{OriginDomain: "origin.example.com", ForwardHost: edge.No},
			[]AcceptedName{{Role: "the origin domain", Name: "origin.example.com", Covered: edge.No, Note: "asked for"},
				{Role: "the forwarded Host", Note: "Host is not forwarded"}},
			[]CertificateName{{Name: "www.example.com"}}},
		{"row7-tls12", edge.Distribution{OriginDomain: "origin.example.com", ForwardHost: edge.Yes},
			[]AcceptedName{{Role: "the origin domain", Name: "origin.example.com", Covered: edge.No},
				{Role: "the forwarded Host", Name: "d111111abcdef8.cloudfront.net", Covered: edge.No, Note: "asked for"}},
			[]CertificateName{{Name: "www.example.com"}}},
		{"row6-tls12", edge.Distribution{},
			[]AcceptedName{{Role: "the origin domain or the forwarded Host", Name: "origin.example.com", Covered: edge.No, Note: "asked for"},
				{Role: "the other of the two", Note: "not known: --origin-domain and --forward-host tell"}},
			[]CertificateName{{Name: "www.example.com"}}},
	} {
		r := watchFile(t, "../pcaps/"+c.file+".pcap", Options{Distribution: c.d})
		n := r.Findings[0].Names(r.Distribution)
		if n == nil {
			t.Fatalf("%s: no names", c.file)
		}
		if diff := cmp.Diff(c.want, n.Accepted); diff != "" {
			t.Errorf("%s accepted (-want +got):\n%s", c.file, diff)
		}
		if diff := cmp.Diff(c.has, n.Certificate); diff != "" {
			t.Errorf("%s has (-want +got):\n%s", c.file, diff)
		}
	}
}

// TestNameCheckHidden: in TLS 1.3 the certificate is that of the file, and its name
// says so; without one there is nothing to lay beside.
func TestNameCheckHidden(t *testing.T) {
	cert, err := origin.Load("../pcaps/certs/www.pem")
	if err != nil {
		t.Fatal(err)
	}
	d := edge.Distribution{OriginDomain: "origin.example.com"}
	r := watchFile(t, "../pcaps/row6-tls13.pcap", Options{Distribution: d, Certificates: origin.NewStore(cert)})
	if n := r.Findings[0].Names(d); n == nil || n.From != cert.File || len(n.Certificate) != 1 {
		t.Errorf("%+v", n)
	}
	f := r.Findings[0]
	f.Certainty = Possible
	if _, decides := f.HowSure(); strings.Contains(decides, "--cert") || !strings.Contains(decides, "--probe") {
		t.Errorf("the certificate is there already: %q", decides)
	}
	r = watchFile(t, "../pcaps/row6-tls13.pcap", Options{Distribution: d})
	if n := r.Findings[0].Names(d); n != nil {
		t.Errorf("without a certificate: %+v", n)
	}
	means, decides := r.Findings[0].HowSure()
	if means == "" || decides == "" {
		t.Errorf("how sure: %q, what would decide: %q", means, decides)
	}
}

// TestReportCounts: the timeline and the crowds count every connection, and the
// findings' numbers are those of the report.
func TestReportCounts(t *testing.T) {
	for _, every := range []bool{false, true} {
		r := watchFile(t, "../pcaps/many.pcap", Options{Every: every})
		var connections, failed, crowd, crowdFailed int
		byFinding := make([]int, len(r.Findings))
		for i := range r.Timeline.Buckets {
			b := &r.Timeline.Buckets[i]
			connections += b.Connections()
			failed += b.Refused + b.Failed
			for j, n := range b.Findings {
				byFinding[j] += n
			}
		}
		for _, c := range r.Crowds {
			crowd += c.Connections
			crowdFailed += c.Failed
		}
		want := r.Counts.Refused + r.Counts.Failed
		if connections != r.Counts.Connections || crowd != connections || failed != want || crowdFailed != want {
			t.Errorf("every %v: timeline %d (%d failed), crowds %d (%d failed), want %d (%d)", every, connections, failed, crowd, crowdFailed,
				r.Counts.Connections, want)
		}
		for j, n := range byFinding {
			if n != r.Findings[j].Connections {
				t.Errorf("finding %d: %d in the timeline, %d in the report", j, n, r.Findings[j].Connections)
			}
		}
	}
}
