package main

import (
	"fmt"
	"strings"
	"testing"
)

// TestRecorded holds what sniwatch says of captures of the lab, with the logs of the
// real servers that were played, against what was played and the report beside it.
func TestRecorded(t *testing.T) {
	inSamples(t)
	t.Chdir("recorded")
	for _, s := range readSamples(t) {
		t.Run(s.file, func(t *testing.T) {
			args := append([]string{"-r", s.file, "--no-discover"}, s.args...)
			out, errs, status := sniwatch(t, append(args, "--format", "ndjson")...)
			if status != exitDone || errs != "" {
				t.Fatalf("exit code %d: %s", status, errs)
			}
			connections, report := sayings(t, out)
			s.compare(t, connections, report)
			text, _, _ := sniwatch(t, args...)
			golden(t, strings.TrimSuffix(s.file, ".pcap")+".txt", fmt.Sprintf("$ sniwatch -r %s %s\n\n%s", s.file, strings.Join(s.args, " "), text))
		})
	}
}
