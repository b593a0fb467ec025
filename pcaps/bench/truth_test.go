package main

import (
	"bytes"
	"io"
	"net/netip"
	"strings"
	"testing"

	gen "sniwatch/pcaps/gen/bench"
)

const sampleTruth = `# a comment
130.176.128.0	1024	443	www.example.com	-	fin	client	ok	complete
2600:9000:1000::1ef	1025	443	origin.example.com	server:40	fin	server	no-shared-cipher	refused
# not listed: port-closed	3
# not listed: syn-unanswered|open	5
`

func TestReadTruth(t *testing.T) {
	truth, err := ReadTruth(strings.NewReader(sampleTruth))
	if err != nil {
		t.Fatal(err)
	}
	key := Key{netip.MustParseAddrPort("[2600:9000:1000::1ef]:1025"), 443}
	at, ok := truth.listed[key]
	if want := (Facts{"origin.example.com", "server:40", "fin", "server", "no-shared-cipher", "refused"}); !ok || truth.facts[at.facts] != want {
		t.Errorf("%v, %v, want %v", truth.facts[at.facts], ok, want)
	}
	if truth.Connections() != 10 || truth.Counted["port-closed"] != 3 || truth.Counted["syn-unanswered|open"] != 5 {
		t.Errorf("%d connections, %v", truth.Connections(), truth.Counted)
	}
	if n, err := countConnections(strings.NewReader(sampleTruth)); n != 10 || err != nil {
		t.Errorf("counted %d, %v", n, err)
	}
}

func TestReadTruthNamesTheWrongLine(t *testing.T) {
	line := strings.Split(sampleTruth, "\n")[1]
	for name, text := range map[string]string{
		"too few fields":  "#\n1.2.3.4\t1\t443\n",
		"no address":      "#\nwww\t1\t443\ts\t-\tfin\tclient\tok\tcomplete\n",
		"no port":         "#\n1.2.3.4\t70000\t443\ts\t-\tfin\tclient\tok\tcomplete\n",
		"listed twice":    line + "\n" + line + "\n",
		"no whole number": "#\n# not listed: open\tfive\n",
	} {
		if _, err := ReadTruth(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReadTruthOfTheGenerator(t *testing.T) {
	for _, kind := range kinds {
		var text bytes.Buffer
		made, err := gen.Write(io.Discard, &text, kind, 1<<20, 1)
		if err != nil {
			t.Fatal(err)
		}
		truth, err := ReadTruth(bytes.NewReader(text.Bytes()))
		if err != nil || truth.Connections() != made.Connections {
			t.Errorf("%s: %d connections, made %d: %v", kind, truth.Connections(), made.Connections, err)
		}
		if n, err := countConnections(&text); err != nil || n != made.Connections {
			t.Errorf("%s: counted %d connections, made %d: %v", kind, n, made.Connections, err)
		}
	}
}
