package redact

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sniwatch/analyze"
	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
	"sniwatch/capture"
)

// testKey is the key of all tests.
var testKey = Key{1, 2, 3, 4, 5, 6, 7, 8}

// A scene is a capture, with what the analysis is told beside it.
type scene struct {
	file         string
	packets      []capture.Packet
	certificates []*origin.Certificate
	roots        *origin.Roots
	distribution edge.Distribution
}

// samples are read once: nobody changes them.
var samples []*scene

// sampleScenes reads pcaps/samples.txt.
func sampleScenes(t testing.TB) []*scene {
	t.Helper()
	if samples != nil {
		return samples
	}
	folder := filepath.Join("..", "..", "..", "pcaps")
	list, err := os.ReadFile(filepath.Join(folder, "samples.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var scenes []*scene
	for line := range strings.Lines(string(list)) {
		fields := strings.Split(line, "\t")
		if line[0] == '#' || len(fields) != 6 {
			continue
		}
		s := readScene(t, filepath.Join(folder, fields[0]))
		args := strings.Fields(fields[1])
		for len(args) > 0 {
			name, value, joined := strings.Cut(args[0], "=")
			if args = args[1:]; !joined && name != "--no-discover" {
				value, args = args[0], args[1:]
			}
			s.argument(t, folder, name, value)
		}
		scenes = append(scenes, s)
	}
	if len(scenes) < 100 {
		t.Fatalf("only %d samples were found", len(scenes))
	}
	samples = scenes
	return scenes
}

func (s *scene) argument(t testing.TB, folder, name, value string) {
	t.Helper()
	switch name {
	case "--cert":
		s.certificates = append(s.certificates, must(origin.Load(filepath.Join(folder, value)))(t))
	case "--roots":
		s.roots = must(origin.LoadRoots(filepath.Join(folder, value)))(t)
	case "--origin-domain":
		s.distribution.OriginDomain = value
	case "--viewer-domain":
		s.distribution.ViewerDomains = append(s.distribution.ViewerDomains, value)
	case "--forward-host":
		s.distribution.ForwardHost = map[string]edge.Tristate{"yes": edge.Yes, "no": edge.No}[value]
	}
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// readScene reads the packets of a capture, as far as it can be read.
func readScene(t testing.TB, file string) *scene {
	t.Helper()
	f := must(capture.Open(file, nil))(t)
	defer f.Close()
	s := &scene{file: filepath.Base(file)}
	for {
		var p capture.Packet
		err := f.Next(&p)
		var broken *capture.Broken
		if errors.Is(err, io.EOF) || errors.As(err, &broken) {
			return s
		}
		if err != nil {
			t.Fatal(err)
		}
		p.Data = bytes.Clone(p.Data)
		s.packets = append(s.packets, p)
	}
}

// analysed gives the connections and the report of a scene.
func (s *scene) analysed(packets []capture.Packet) ([]*analyze.Connection, *analyze.Report) {
	var out []*analyze.Connection
	store := origin.NewStore(s.certificates...)
	store.FromFlag = true
	w := analyze.NewWatcher(analyze.Options{
		Ranges: edge.Embedded(), Distribution: s.distribution, Roots: s.roots, Certificates: store, Every: true,
		Told: func(c *analyze.Connection) bool { out = append(out, c); return true },
	})
	w.Begin(s.file)
	for i := range packets {
		w.Packet(&packets[i])
	}
	w.End("")
	slices.SortStableFunc(out, func(a, b *analyze.Connection) int { return a.FirstPacket - b.FirstPacket })
	return out, w.Report(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC))
}

// split divides packets into connections, and gives beside them those of none.
func split(packets []capture.Packet) (connections [][]capture.Packet, rest int) {
	type pair [2]capture.Endpoint
	at := map[pair]int{}
	ended := map[int]bool{}
	var d capture.Decoder
	var s capture.Segment
	for i := range packets {
		kind := d.Decode(&packets[i], &s)
		if kind != capture.TCP && kind != capture.Unreachable {
			rest++
			continue
		}
		id := pair{s.Src, s.Dst}
		n, ok := at[id]
		if !ok || kind == capture.TCP && s.Flags&(capture.SYN|capture.ACK) == capture.SYN && ended[n] {
			n = len(connections)
			connections = append(connections, nil)
			at[id], at[pair{s.Dst, s.Src}] = n, n
		}
		connections[n] = append(connections[n], packets[i])
		ended[n] = ended[n] || s.Flags&(capture.FIN|capture.RST) != 0
	}
	return connections, rest
}

// redacted gives the scene that the Redactor makes of one, and what it left out.
func (s *scene) redacted(t testing.TB, r *Redactor) (*scene, []Omission) {
	t.Helper()
	again := &scene{file: r.Path(s.file), distribution: r.Distribution(s.distribution)}
	for _, c := range s.certificates {
		chain := must(r.Certificate(c.Chain))(t)
		again.certificates = append(again.certificates, &origin.Certificate{File: r.Path(c.File), Chain: chain})
	}
	var left []Omission
	connections, _ := split(s.packets)
	for _, packets := range connections {
		out, omitted := r.Packets(packets)
		again.packets = append(again.packets, out...)
		left = append(left, omitted...)
	}
	slices.SortStableFunc(again.packets, func(a, b capture.Packet) int { return a.Number - b.Number })
	again.roots = rootsOf(t, r)
	return again, left
}

// rootsOf gives the roots that the Redactor writes, as --roots would read them.
func rootsOf(t testing.TB, r *Redactor) *origin.Roots {
	t.Helper()
	pem := r.Roots()
	if len(pem) == 0 {
		return origin.NewRoots("")
	}
	file := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(file, pem, 0o600); err != nil {
		t.Fatal(err)
	}
	return must(origin.LoadRoots(file))(t)
}

// verdict is what must be the same before and after.
type verdict struct {
	Code, Certainty, Handshake, How, Stage string
	Also                                   []analyze.Code
	Row, Alerts, Gaps, Faults, Packets     int
	Names                                  string
	Problems                               []origin.ProblemKind
	Evidence                               []int
	Local, Agrees, State                   string
	Edge                                   edge.Network
}

func verdicts(connections []*analyze.Connection) (out []verdict) {
	for _, c := range connections {
		d, n := &c.Diagnosis, &c.Local.Names
		v := verdict{
			Code: string(d.Code), Certainty: string(d.Certainty), Handshake: c.Handshake.String(), How: c.End.How.String(),
			Stage: c.End.Stage.String(), Also: d.Also, Row: d.ArticleRow, Alerts: len(c.Alerts), Gaps: len(c.Gaps),
			Faults: len(c.Faults), Packets: c.Packets,
			Names: fmt.Sprint(n.Verdict, n.Row, n.HostForwarded, n.SNICovered, n.OriginCovered, len(n.Missing), len(n.Assumed)),
			Local: string(c.Local.ChosenBy), Agrees: c.Local.Agrees.String(), State: c.Certificate.State.String(),
			Edge: c.Edge.Network,
		}
		for _, p := range c.Local.Problems {
			v.Problems = append(v.Problems, p.Kind)
		}
		for _, e := range d.Evidence {
			v.Evidence = append(v.Evidence, e.Packet)
		}
		out = append(out, v)
	}
	return out
}

// codesAlone are verdicts without what depends on certificates that are known.
func codesAlone(connections []*analyze.Connection) (out []verdict) {
	out = verdicts(connections)
	for i := range out {
		out[i].Agrees, out[i].Local = "", ""
	}
	return out
}

func codesOf(r *analyze.Report) (out []string) {
	for _, f := range r.Findings {
		out = append(out, string(f.Code))
	}
	for _, w := range r.Warnings {
		out = append(out, "warning "+string(w.Code))
	}
	return out
}

// checkScene redacts a scene and holds everything against the original.
func checkScene(t *testing.T, s *scene, r *Redactor) *scene {
	t.Helper()
	again, left := s.redacted(t, r)
	before, reportBefore := s.analysed(s.packets)
	after, reportAfter := again.analysed(again.packets)
	for _, o := range left {
		t.Logf("left out: packet %d: %s", o.Packet, o.Why)
	}
	if diff := cmp.Diff(verdicts(before), verdicts(after)); diff != "" {
		t.Errorf("%s: another verdict (-before +after):\n%s", s.file, diff)
	}
	if diff := cmp.Diff(codesOf(reportBefore), codesOf(reportAfter)); diff != "" {
		t.Errorf("%s: another report (-before +after):\n%s", s.file, diff)
	}
	secrets := s.secrets(before)
	for _, p := range again.packets {
		secrets.search(t, fmt.Sprintf("%s: packet %d", s.file, p.Number), p.Data)
	}
	for _, c := range again.certificates {
		for _, der := range c.Raw {
			secrets.search(t, s.file+": certificate", der)
		}
	}
	secrets.search(t, s.file+": roots", r.Roots())
	secrets.search(t, s.file+": report", []byte(printable(r.Report(reportBefore))+r.Path(s.file)))
	return again
}

// printable writes a value with all that it points to.
func printable(v any) string {
	var out strings.Builder
	printValue(&out, v)
	return out.String()
}

// TestSamplesStayTheSame redacts every sample: the same diagnoses, and none of
// the names and addresses in any encoding.
func TestSamplesStayTheSame(t *testing.T) {
	byRoots := map[string]*Redactor{}
	for _, s := range sampleScenes(t) {
		t.Run(s.file, func(t *testing.T) {
			key := "none"
			if s.roots != nil {
				key = s.roots.Source
			}
			r := byRoots[key]
			if r == nil {
				r = New(testKey, Options{Roots: s.roots})
				byRoots[key] = r
			} else {
				r.roots = s.roots
			}
			checkScene(t, s, r)
		})
	}
}

// TestCapturesOfRealStacksStayTheSame does the same with captures of AWS's TLS
// library, OpenSSL, curl and Go.
func TestCapturesOfRealStacksStayTheSame(t *testing.T) {
	folder := filepath.Join("..", "..", "..", "..", "shared", "captures", "s2n")
	files, _ := filepath.Glob(filepath.Join(folder, "*.pcap"))
	if len(files) == 0 {
		t.Skipf("NOT TESTED: there are no captures in %s", folder)
	}
	r := New(testKey, Options{Roots: must(origin.LoadRoots(filepath.Join(folder, "root.pem")))(t)})
	for _, file := range files {
		s := readScene(t, file)
		s.roots = r.roots
		t.Run(s.file, func(t *testing.T) { checkScene(t, s, r) })
	}
}

// TestTsharkFindsNothingWrong lets tshark check the sums, and compares what it
// sees in the handshakes before and after.
func TestTsharkFindsNothingWrong(t *testing.T) {
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		t.Skip("NOT TESTED: there is no tshark")
	}
	for _, s := range sampleScenes(t) {
		switch s.file {
		case "row6-tls12.pcap", "row6-tls13.pcap", "ipv6-hop-by-hop.pcap", "ipv4-options.pcap", "link-vxlan.pcap", "link-gre.pcap",
			"flight-tiny-records.pcap", "port-closed-icmp.pcap", "client-certificate-required.pcap":
		default:
			continue
		}
		t.Run(s.file, func(t *testing.T) {
			again, _ := s.redacted(t, New(testKey, Options{Roots: s.roots}))
			before, after := dissect(t, tshark, s.packets), dissect(t, tshark, again.packets)
			if diff := cmp.Diff(before, after); diff != "" {
				t.Errorf("tshark sees something else (-before +after):\n%s", diff)
			}
			sums := fieldsOf(t, tshark, again.packets, "ip.checksum.status", "tcp.checksum.status", "icmp.checksum.status")
			if strings.Contains(sums, "0") {
				t.Errorf("tshark finds a wrong checksum:\n%s", sums)
			}
		})
	}
}

// TestSumsThatTheCardWouldMake are wrong in a capture of what a host sends, and
// right afterwards.
func TestSumsThatTheCardWouldMake(t *testing.T) {
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		t.Skip("NOT TESTED: there is no tshark")
	}
	s := sampleNamed(t, "row6-tls12.pcap")
	wrong := &scene{roots: s.roots}
	for _, p := range s.packets {
		const sum = 14 + 20 + 16 // behind Ethernet and IPv4
		p.Data = bytes.Clone(p.Data)
		p.Data[sum] ^= 0x55
		wrong.packets = append(wrong.packets, p)
	}
	if !strings.Contains(fieldsOf(t, tshark, wrong.packets, "tcp.checksum.status"), "0") {
		t.Fatal("tshark takes wrong checksums for right")
	}
	again, _ := wrong.redacted(t, New(testKey, Options{Roots: s.roots}))
	if sums := fieldsOf(t, tshark, again.packets, "tcp.checksum.status"); strings.Contains(sums, "0") {
		t.Errorf("still wrong:\n%s", sums)
	}
}

// dissect gives, for each packet, what tshark finds in it that must stay.
func dissect(t *testing.T, tshark string, packets []capture.Packet) string {
	t.Helper()
	return fieldsOf(t, tshark, packets, "frame.len", "tls.handshake.type", "tls.record.content_type", "tls.handshake.certificate_length",
		"x509af.version", "tls.alert_message.desc", "tls.handshake.extension.type", "tcp.len", "tcp.flags", "_ws.malformed", "icmp.type")
}

// fieldsOf lets tshark read packets, and gives a line of fields for each.
func fieldsOf(t *testing.T, tshark string, packets []capture.Packet, fields ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "it.pcapng")
	f := must(os.Create(file))(t)
	w := must(capture.NewWriter(f, capture.WriterOptions{}))(t)
	for i := range packets {
		if err := w.Write(&packets[i], ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Flush(), f.Close()); err != nil {
		t.Fatal(err)
	}
	args := []string{"-n", "-r", file, "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-T", "fields"}
	for _, field := range fields {
		args = append(args, "-e", field)
	}
	out, err := exec.Command(tshark, args...).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
