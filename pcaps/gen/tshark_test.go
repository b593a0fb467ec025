package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sniwatch/pcaps/gen/certs"
	"sniwatch/pcaps/gen/frames"
)

// An intent is what an independent reader must see in a sample.
type intent struct {
	names  []string // server names, nil: not compared
	alerts string   // descriptions in clear, in order
	certs  int      // certificates in clear
}

var intents = map[string]intent{
	"row6-tls12.pcap":                         {[]string{originName}, "", 2},
	"row1-tls13.pcap":                         {[]string{wwwName}, "", 0},
	"row7-tls12.pcap":                         {[]string{cfName}, "", 2},
	"intermediate-missing-tls12.pcap":         {[]string{originName}, "", 1},
	"root-sent.pcap":                          {[]string{originName}, "", 3},
	"sni-refused-112.pcap":                    {[]string{cfName}, "112", 0},
	"sni-refused-80.pcap":                     {[]string{cfName}, "80", 0},
	"sni-refused-not.pcap":                    {[]string{originName}, "112", 2},
	"no-shared-alpn.pcap":                     {[]string{originName}, "120", 0},
	"no-shared-version.pcap":                  {[]string{originName}, "70", 0},
	"client-certificate-required-116.pcap":    {[]string{originName}, "116", 2},
	"refuse-alert42-tls12.pcap":               {[]string{originName}, "42", 2},
	"refuse-alert42-tls13.pcap":               {[]string{originName}, "42", 0},
	"refuse-blinding-tls13.pcap":              {[]string{originName}, "0", 0},
	"hello-two-segments.pcap":                 {[]string{originName}, "", 0},
	"hello-two-segments-out-of-order.pcap":    {[]string{originName}, "", 0},
	"hello-tiny-segments.pcap":                {[]string{originName}, "", 2},
	"hello-retry.pcap":                        {[]string{originName, originName}, "", 0},
	"sequence-wrap.pcap":                      {[]string{originName}, "", 2},
	"port-reuse.pcap":                         {[]string{originName, originName}, "", 4},
	"flight-out-of-order.pcap":                {[]string{originName}, "", 2},
	"ipv6.pcap":                               {[]string{originName}, "", 2},
	"link-vxlan.pcap":                         {[]string{originName}, "", 2},
	"link-geneve.pcap":                        {[]string{originName}, "", 2},
	"link-gre.pcap":                           {[]string{originName}, "", 2},
	"link-qinq.pcap":                          {[]string{originName}, "", 2},
	"link-sll2.pcap":                          {[]string{originName}, "", 2},
	"link-null.pcap":                          {[]string{originName}, "", 2},
	"gro.pcap":                                {[]string{originName}, "", 2},
	"file-mixed-links.pcapng":                 {[]string{originName, originName, originName}, "", 6},
	"file-two-sections.pcapng":                {[]string{originName}, "", 2},
	"file-modified.pcap":                      {[]string{originName}, "", 2},
	"file-gzip.pcap.gz":                       {[]string{originName}, "", 2},
	"article.pcap":                            {slices.Repeat([]string{originName}, 27), "", 54},
	"many.pcap":                               {append(slices.Repeat([]string{originName}, 12), slices.Repeat([]string{wwwName}, 6)...), "", 36},
	"certificate-rejected-not.pcap":           {[]string{originName}, "", 2},
	"client-certificate-required-not.pcap":    {[]string{originName}, "", 2},
	"incomplete-capture-mid-stream.pcap":      {nil, "", 0},
	"server-flight-lost-not.pcap":             {[]string{originName}, "", 2},
	"certificate-changed.pcap":                {[]string{originName, originName}, "", 4},
	"no-shared-group-not.pcap":                {[]string{originName, originName}, "", 0},
	"certificate-expired-and-wrong-name.pcap": {[]string{originName}, "", 2},
}

// TestTsharkAgrees lets tshark read the samples: nothing is malformed, every
// checksum is right, and what intents says is there. Those whose file is
// special are read one by one; the others, played with ports of their own, in
// one file, since starting tshark takes most of the time.
func TestTsharkAgrees(t *testing.T) {
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		t.Skip("SKIPPED: tshark is not installed, so no independent reader checks the samples")
	}
	set, err := certs.Make()
	if err != nil {
		t.Fatal(err)
	}
	var together []frames.Frame
	var owners []string // of each of those frames
	for i, s := range samples() {
		switch {
		// A mirror's cut packets contradict their own headers, and tshark cannot read Zstandard everywhere.
		case s.broken || s.file == "link-vxlan-truncated.pcap" || strings.HasSuffix(s.file, ".zst"):
		case s.write != nil:
			compare(t, s.file, readWithTshark(t, tshark, filepath.Join(folder, s.file), func(int) string { return s.file })[s.file])
		default:
			played, err := s.frames(set, uint16(12000+64*i))
			if err != nil {
				t.Fatal(err)
			}
			together = append(together, played...)
			owners = append(owners, slices.Repeat([]string{s.file}, len(played))...)
		}
	}
	path := filepath.Join(t.TempDir(), "together.pcapng")
	if err := os.WriteFile(path, frames.Pcapng(together, frames.NgForm{}), 0o600); err != nil {
		t.Fatal(err)
	}
	seen := readWithTshark(t, tshark, path, func(frame int) string { return owners[frame-1] })
	for _, s := range samples() {
		if slices.Contains(owners, s.file) {
			compare(t, s.file, seen[s.file])
		}
	}
	for name := range intents {
		if !slices.ContainsFunc(samples(), func(s sample) bool { return s.file == name }) {
			t.Errorf("intents names %s, which is no sample", name)
		}
	}
}

// readWithTshark gives what tshark sees, by the sample that a frame is of.
func readWithTshark(t *testing.T, tshark, path string, owner func(frame int) string) map[string]*intent {
	t.Helper()
	command := exec.Command(tshark, "-n", "-r", path, "-o", "tcp.reassemble_out_of_order:TRUE", "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE",
		"-Y", "tls.handshake or tls.alert_message or _ws.malformed or _ws.expert.severity==error or tcp.checksum.status==0 or ip.checksum.status==0",
		"-T", "fields", "-E", "aggregator=,", "-e", "frame.number", "-e", "tls.handshake.extensions_server_name", "-e", "tls.alert_message.desc",
		"-e", "tls.handshake.certificate_length", "-e", "_ws.malformed", "-e", "_ws.expert.severity", "-e", "tcp.checksum.status", "-e", "ip.checksum.status")
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("tshark on %s: %v: %s", path, err, stderr.String())
	}
	seen := map[string]*intent{}
	for _, line := range strings.Split(strings.TrimRight(string(out), "\n"), "\n") {
		f := strings.Split(line, "\t")
		number, err := strconv.Atoi(f[0])
		if err != nil || len(f) != 8 {
			t.Fatalf("%s: tshark says %q", path, line)
		}
		file := owner(number)
		const expertError = "8388608"
		if f[4] != "" || slices.Contains(strings.Split(f[5], ","), expertError) || slices.Contains(strings.Split(f[6]+","+f[7], ","), "0") {
			t.Errorf("%s: malformed: %q", file, line)
		}
		if seen[file] == nil {
			seen[file] = &intent{}
		}
		seen[file].add(f[1], f[2], f[3])
	}
	return seen
}

// add notes the fields of one frame.
func (i *intent) add(names, alerts, certs string) {
	if names != "" {
		i.names = append(i.names, strings.Split(names, ",")...)
	}
	if alerts != "" {
		i.alerts = strings.TrimPrefix(i.alerts+","+alerts, ",")
	}
	if certs != "" {
		i.certs += len(strings.Split(certs, ","))
	}
}

func compare(t *testing.T, file string, got *intent) {
	t.Helper()
	want, ok := intents[file]
	if !ok {
		return
	}
	if got == nil {
		got = &intent{}
	}
	if want.names != nil && !slices.Equal(got.names, want.names) {
		t.Errorf("%s: server names %q, want %q", file, got.names, want.names)
	}
	if got.alerts != want.alerts {
		t.Errorf("%s: alerts %q, want %q", file, got.alerts, want.alerts)
	}
	if got.certs != want.certs {
		t.Errorf("%s: %d certificates, want %d", file, got.certs, want.certs)
	}
}
