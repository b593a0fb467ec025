package report

import (
	"bytes"
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"sniwatch/analyze"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// samples are reports as they occur, and as nobody wants them to occur.
var samples = []struct {
	name string
	make func() (*analyze.Report, TextOptions)
}{
	{"row-six", rowSix},
	{"healthy", healthy},
	{"silent", silent},
	{"mixed", mixed},
	{"hostile", hostile},
}

// TestHostileText makes sure that text from elsewhere neither reaches the
// terminal as it is nor buries the rest.
func TestHostileText(t *testing.T) {
	r, o := hostile()
	got := text(t, r, o)
	checkLines(t, got, 80)
	for _, want := range []string{`\x1b]0;owned\x07`, `\x0d\x0aHTTP\u202e`, "正常.example.jp", "[proven]", "<script>"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing", want)
		}
	}
	if n := len(got); n > 64<<10 {
		t.Errorf("the report is %d bytes long", n)
	}
}

func TestWriteTextGolden(t *testing.T) {
	for _, s := range samples {
		if s.name == "hostile" {
			continue
		}
		for _, width := range []int{0, 80, 120} {
			r, o := s.make()
			o.Width = width
			name := s.name + "-" + strconv.Itoa(width)
			if width == 0 {
				if s.name != "row-six" {
					continue // no terminal is the same as 80 columns, which one case shows
				}
				name = s.name + "-no-terminal"
			}
			t.Run(name, func(t *testing.T) {
				got := text(t, r, o)
				checkLines(t, got, max(width, 80))
				golden(t, name+".txt", got)
			})
		}
	}
	t.Run("row-six-colour", func(t *testing.T) {
		r, o := rowSix()
		o.Colour = true
		golden(t, "row-six-colour.txt", text(t, r, o))
	})
}

// text writes a report into a string.
func text(t *testing.T, r *analyze.Report, o TextOptions) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteText(&b, r, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// golden compares got with a file, or rewrites the file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("differs from %s (run the test with -update and look at the difference):\n%s", path, got)
	}
}

// checkLines looks for what no report may contain: a line that is too wide, but
// for commands, or ends in a space, or holds what a terminal acts on.
func checkLines(t *testing.T, got string, width int) {
	t.Helper()
	if !utf8.ValidString(got) {
		t.Error("not UTF-8")
	}
	for line := range strings.Lines(got) {
		line = strings.TrimSuffix(line, "\n")
		command := strings.HasPrefix(line, "       ") && len(line) > 7 && line[7] != ' '
		if n := columns(line); n > width && !command {
			t.Errorf("%d columns, want at most %d: %s", n, width, line)
		}
		if strings.HasSuffix(line, " ") {
			t.Errorf("ends in a space: %q", line)
		}
		for _, r := range line {
			if r != ' ' && !unicode.IsPrint(r) {
				t.Errorf("%U in %q", r, line)
			}
		}
	}
}

// TestWriteTextAnyWidth makes sure that no width breaks the layout.
func TestWriteTextAnyWidth(t *testing.T) {
	for _, s := range samples {
		for width := minWidth; width <= 200; width += 17 {
			r, o := s.make()
			o.Width = width
			checkLines(t, text(t, r, o), max(width, 64)) // below that the table is as narrow as it gets
		}
	}
}

// TestColourChangesNothingElse makes sure that what is read does not depend on
// the terminal.
func TestColourChangesNothingElse(t *testing.T) {
	for _, s := range samples {
		r, o := s.make()
		without := text(t, r, o)
		o.Colour = true
		with := text(t, r, o)
		for _, as := range []style{bold, faint, red, green, yellow, cyan, "0"} {
			with = strings.ReplaceAll(with, "\x1b["+string(as)+"m", "")
		}
		if with != without {
			t.Errorf("%s: with colour, the text is\n%s\nwithout\n%s", s.name, with, without)
		}
	}
}

// TestCommandsStayWhole makes sure that a command can be copied.
func TestCommandsStayWhole(t *testing.T) {
	r, o := silent()
	o.Width = minWidth
	if got := text(t, r, o); !strings.Contains(got, "\n       "+r.Findings[0].Fixes[0].Command+"\n") {
		t.Errorf("the command is broken:\n%s", got)
	}
}

// TestHarmlessMark: what nobody has to mend is told in another tone.
func TestHarmlessMark(t *testing.T) {
	r, o := rowSix()
	r.Findings[0].Harmless = true
	if got := text(t, r, o); !strings.Contains(got, "\n· CloudFront refused") {
		t.Errorf("no mark of a harmless finding:\n%s", got)
	}
}

// TestCoverage: what is said to be whole is what was looked at.
func TestCoverage(t *testing.T) {
	in := []analyze.Input{{Name: "a.pcap", Packets: 14}}
	lost := []analyze.Warning{{Code: analyze.CaptureLostPackets}}
	for _, test := range []struct {
		name string
		r    analyze.Report
		want string
	}{
		{"handshakes", analyze.Report{Counts: analyze.Counts{Connections: 2, Complete: 1, None: 1}}, "All handshakes seen whole: 14 packets in a.pcap.\n"},
		{"not all", analyze.Report{Counts: analyze.Counts{Connections: 2, Complete: 1, Unknown: 1}}, "Looked at: 14 packets in a.pcap.\n"},
		{"no handshake", analyze.Report{Counts: analyze.Counts{Connections: 1, None: 1}, Unanalysed: analyze.Unanalysed{NotTCP: 4}}, "Looked at: 14 packets in a.pcap, 4 of them not TCP.\n"},
		{"no TCP", analyze.Report{Unanalysed: analyze.Unanalysed{NotTCP: 14}}, "Looked at: 14 packets in a.pcap, none of them TCP.\n"},
		{"lost, and no matter", analyze.Report{Counts: analyze.Counts{Connections: 1, None: 1}, Unanalysed: analyze.Unanalysed{ConnectionsWithGaps: 1, BytesMissing: 20}},
			"Not seen whole: 14 packets in a.pcap.\n  1 connection with packets missing\n20 bytes are missing.\nWhat is said above stands: it rests on packets that were seen.\n\n"},
		{"lost, as a warning says", analyze.Report{Warnings: lost, Counts: analyze.Counts{Connections: 1, Unknown: 1}, Unanalysed: analyze.Unanalysed{PacketsTruncated: 1, BytesMissing: 20}},
			"Not seen whole: 14 packets in a.pcap.\n  1 connection with packets cut by the snap length (capture with -s 0)\n20 bytes are missing.\n\n"},
	} {
		test.r.Inputs = in
		p := &page{width: 100}
		p.coverage(&test.r)
		if got := p.buf.String(); got != test.want {
			t.Errorf("%s: got\n%s\nwant\n%s", test.name, got, test.want)
		}
	}
	p := &page{width: 100}
	p.headline(&analyze.Report{Inputs: in, Unanalysed: analyze.Unanalysed{NotTCP: 14}})
	if got, want := p.buf.String(), "No TLS connection in 14 packets, none of them TCP\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestTableGivesNamesRoom: a name is worth more than the server's address.
func TestTableGivesNamesRoom(t *testing.T) {
	r, o := rowSix()
	o.Connections = append(o.Connections[:2:2], refused("130.176.135.150:50211", "fonts.gstatic.example.com", "03:41:20", 30))
	o.Connections[2].Server = netip.MustParseAddrPort("198.51.100.200:443")
	got := text(t, r, o)
	if strings.Contains(got, "server  ") || !strings.Contains(got, "fonts.gstatic.example") {
		t.Errorf("a name is cut for the server's sake:\n%s", got)
	}
	for _, c := range o.Connections { // short names leave room for both
		c.ClientHello.ServerName = "a.example"
	}
	if got := text(t, r, o); !strings.Contains(got, "198.51.100.200") {
		t.Errorf("the server is left out:\n%s", got)
	}
}

func TestHeadline(t *testing.T) {
	problem := []analyze.Finding{{Diagnosis: analyze.Diagnosis{Code: analyze.NameNotCovered}}}
	unclear := []analyze.Finding{{Diagnosis: analyze.Diagnosis{Code: analyze.IncompleteCapture}}}
	tests := []struct {
		name     string
		counts   analyze.Counts
		packets  int
		findings []analyze.Finding
		want     string
	}{
		{"nothing at all", analyze.Counts{}, 0, nil, "Not one packet was read"},
		{"no connection", analyze.Counts{}, 1234, nil, "No TLS connection in 1,234 packets"},
		{"one packet", analyze.Counts{}, 1, nil, "No TLS connection in 1 packet"},
		{"no TLS", analyze.Counts{Connections: 3, None: 3}, 9, nil, "No TLS handshake in 3 connections, none from CloudFront"},
		{"all good", analyze.Counts{Connections: 812, CloudFront: 812, Complete: 812}, 9, nil,
			"No problem: 812 of 812 handshakes complete"},
		{"one good", analyze.Counts{Connections: 1, CloudFront: 1, Complete: 1}, 9, nil, "No problem: 1 of 1 handshake complete"},
		{"good, and unclear", analyze.Counts{Connections: 12, CloudFront: 2, Complete: 9, Unknown: 2, None: 1}, 9, unclear,
			"No problem: 9 of 11 handshakes complete, 2 not seen whole (2 connections from CloudFront)"},
		{"good, of others", analyze.Counts{Connections: 2, Complete: 2}, 9, nil, "No problem: 2 of 2 handshakes complete, none from CloudFront"},
		{"unclear", analyze.Counts{Connections: 2, CloudFront: 1, Unknown: 2}, 9, unclear,
			"No failure seen, but no complete handshake either: 2 connections not seen whole"},
		{"the only one", analyze.Counts{Connections: 1, CloudFront: 1, Refused: 1, CloudFrontRefused: 1}, 9, problem,
			"1 problem: the only connection from CloudFront failed"},
		{"CloudFront and others", analyze.Counts{Connections: 38, CloudFront: 27, Refused: 27, Failed: 3, CloudFrontRefused: 27}, 9,
			append(problem, problem...), "2 problems: 27 of 27 connections from CloudFront failed, and 3 of 11 others"},
		{"others only", analyze.Counts{Connections: 38, CloudFront: 27, Failed: 3, Complete: 35}, 9, problem,
			"1 problem: 3 of 11 connections from other clients failed, none of 27 from CloudFront"},
		{"no CloudFront", analyze.Counts{Connections: 3, Failed: 3}, 9, problem, "1 problem: 3 of 3 connections failed, none from CloudFront"},
		{"problem without failure", analyze.Counts{Connections: 3, Complete: 3}, 9, problem,
			"1 problem: 3 of 3 handshakes complete, none from CloudFront"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := &analyze.Report{Counts: test.counts, Findings: test.findings, Inputs: []analyze.Input{{Packets: test.packets}}}
			p := &page{width: 200}
			p.headline(r)
			if got := strings.TrimSuffix(p.buf.String(), "\n"); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}
