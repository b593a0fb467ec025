//go:build !cgo

package live

import (
	"errors"
	"strings"
	"testing"

	"sniwatch/capture"
)

func TestStubSaysThatItIsOne(t *testing.T) {
	if Available {
		t.Error("Available in a build without cgo")
	}
	_, opened := Open(Options{Interface: "lo"})
	_, listed := Interfaces()
	_, compiled := CompileFilter(capture.LinkEthernet, "tcp")
	for what, err := range map[string]error{"Open": opened, "Interfaces": listed, "CompileFilter": compiled} {
		var problem *Error
		if !errors.As(err, &problem) || problem.Cause != NotBuilt {
			t.Fatalf("%s: %v, want an *Error with NotBuilt", what, err)
		}
		if want := "live capture was left out of this build: it was made without cgo"; err.Error() != want {
			t.Errorf("%s says %q", what, err)
		}
		if !strings.Contains(problem.Hint(), "CGO_ENABLED=1") {
			t.Errorf("%s hints %q", what, problem.Hint())
		}
	}
}
