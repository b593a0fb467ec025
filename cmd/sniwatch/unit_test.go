package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// unit is the unit file, with this program in the place of the one that is to be
// installed.
func unit(t *testing.T) (text, name string) {
	t.Helper()
	file, err := os.ReadFile(filepath.Join("..", "..", "docs", "sniwatch.service"))
	if err != nil {
		t.Fatal(err)
	}
	const installed = "/usr/local/bin/sniwatch"
	if !strings.Contains(string(file), "ExecStart="+installed+" ") {
		t.Fatalf("ExecStart does not begin with %s", installed)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text = strings.ReplaceAll(string(file), installed, self)
	name = filepath.Join(t.TempDir(), "sniwatch.service")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return text, name
}

// TestUnit lets systemd read the unit.
func TestUnit(t *testing.T) {
	_, name := unit(t)
	program, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("NOT TESTED: systemd-analyze is not installed")
	}
	if said, err := exec.Command(program, "verify", "--man=no", name).CombinedOutput(); err != nil || strings.Contains(string(said), name) {
		t.Errorf("systemd says: %v\n%s", err, said)
	}
	const most = "30" // tenths; 100 is without any protection
	out, err := exec.Command(program, "security", "--offline=yes", "--no-pager", "--threshold="+most, name).CombinedOutput()
	if err != nil {
		t.Errorf("exposed more than %s tenths: %v\n%s", most, err, out)
	}
}

// TestUnitCommand takes the flags of the unit as the program does.
func TestUnitCommand(t *testing.T) {
	text, _ := unit(t)
	_, command, _ := strings.Cut(strings.ReplaceAll(text, "\\\n", " "), "ExecStart=")
	command, _, _ = strings.Cut(command, "\n")
	args := strings.Fields(strings.NewReplacer("$SNIWATCH_ARGS", "-iany", "%L", "/var/log").Replace(command))
	o, err := parseFlags(args[1:])
	if err != nil {
		t.Fatal(err)
	}
	if o.interfaceName != "any" || !o.keeps || !o.ring() || o.cpuLimit == 0 || o.summaryEvery == 0 {
		t.Errorf("%+v", o.longOptions)
	}
}
