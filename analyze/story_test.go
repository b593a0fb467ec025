package analyze

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sniwatch/analyze/tcp"
	"sniwatch/analyze/tlswire"
	"sniwatch/capture"
)

// storySamples are captures whose stories differ: one of each way to end.
var storySamples = []string{
	"row6-tls12", "row6-tls13", "ok-tls13", "ok-resumed-tls12", "hello-retry", "sni-refused-112", "refuse-alert42-tls12",
	"server-closed-fin", "server-silent", "syn-unanswered", "port-closed-icmp", "incomplete-capture-gap", "incomplete-capture-mid-stream",
	"not-tls", "client-not-tls", "server-flight-lost-tls12", "refuse-encrypted-alert-tls13", "client-certificate-required",
}

// TestStories holds the stories of samples against a file that a person can read
// beside the captures.
func TestStories(t *testing.T) {
	var b strings.Builder
	for _, name := range storySamples {
		fmt.Fprintf(&b, "%s\n", name)
		watchFile(t, "../pcaps/"+name+".pcap", Options{Every: true, Told: func(c *Connection) bool {
			for _, s := range c.Story() {
				fmt.Fprintf(&b, "  %s\n", storyLine(s))
			}
			return false
		}})
	}
	path := filepath.Join("testdata", "stories.txt")
	if *updateWords {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("the stories have changed (run with -update and look at the difference):\n%s", b.String())
	}
}

func storyLine(s Step) string {
	way := "->"
	if s.From == FromServer {
		way = "<-"
	}
	kind := [...]string{"open", "flight", "gap", "icmp", "reset", "close", "silence"}[s.Kind]
	line := fmt.Sprintf("%-7s %s packets %d-%d after %v, %d bytes: %s", kind, way, s.First, s.Last, s.After, s.Bytes, strings.Join(s.Says, " | "))
	if s.Again > 0 {
		line += fmt.Sprintf(", %d times again", s.Again)
	}
	if s.Struck {
		line += " !"
	}
	return line
}

// TestStoryIsInOrder makes sure of what every picture relies on, in all samples:
// packets do not go back, and the flights' bytes are those of the two sides.
func TestStoryIsInOrder(t *testing.T) {
	files, err := filepath.Glob("../pcaps/*.pcap")
	if err != nil || len(files) < 100 {
		t.Fatalf("%d samples, %v", len(files), err)
	}
	for _, name := range files {
		watchFile(t, name, Options{Every: true, Told: func(c *Connection) bool {
			story := c.Story()
			if len(story) == 0 || len(story) > maxFlights+maxGaps+5 {
				t.Errorf("%s: %d steps", name, len(story))
			}
			var sent [2]int64
			for i, s := range story[:len(story)-1] {
				if i > 0 && s.First < story[i-1].First {
					t.Errorf("%s: packet %d after %d", name, s.First, story[i-1].First)
				}
				if s.Kind == StepFlight {
					sent[s.From] += s.Bytes
				}
				if len(s.Says) == 0 || s.Says[0] == "" {
					t.Errorf("%s: a step without words: %s", name, storyLine(s))
				}
			}
			for who, side := range []*Side{&c.FromClient, &c.FromServer} {
				if sent[who] > side.Bytes {
					t.Errorf("%s: flights of %d bytes, %v sent %d", name, sent[who], Who(who), side.Bytes)
				}
			}
			return false
		}})
	}
}

// TestFlightRecorder: what is more than it keeps changes nothing of what it has.
func TestFlightRecorder(t *testing.T) {
	var k flightRecorder
	for i := range 3 * maxFlights {
		from := Who(i % 2)
		k.note(from, 10, tcp.Mark{Packet: 2 * i, Time: capture.Timestamp(i)}, i)
		k.note(from, 5, tcp.Mark{Packet: 2*i + 1, Time: capture.Timestamp(i)}, i)
	}
	flights := k.recorded("HhHhHhHhHhHhHhHhHhHhHhHh")
	if len(flights) != maxFlights {
		t.Fatalf("%d flights", len(flights))
	}
	for i, f := range flights[:maxFlights-1] {
		if f.Bytes != 15 || f.First != 2*i || f.Last != 2*i+1 || f.Letters != "Hh"[i%2:i%2+1] {
			t.Errorf("flight %d: %+v", i, f)
		}
	}
}

// TestStoryHostile: any letters and alerts give words.
func TestStoryHostile(t *testing.T) {
	c := &Connection{Start: 5, End: End{How: Reset, Packet: 9}, Flights: []Flight{{Letters: "LLYYXx\x00\xffzZ", First: 3, Last: 3}},
		Alerts: []Alert{{Packet: 3, Alert: tlswire.Alert{Level: 200, Description: 201}}}}
	story := c.Story()
	if !slices.ContainsFunc(story, func(s Step) bool { return slices.Contains(s.Says, "alert 201, 201") || len(s.Says) > 0 }) {
		t.Errorf("%+v", story)
	}
}
