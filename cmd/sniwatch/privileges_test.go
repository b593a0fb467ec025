//go:build cgo && linux

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sniwatch/capture/live"
	"sniwatch/pcaps/netns/netnstest"
)

// childFolder names, in the environment, the folder of a child of a test: this
// program again, which gives its privileges up and tells what it can do then.
const childFolder = "SNIWATCH_TEST_CHILD"

// attempts are what a child without privileges tried; "": it worked.
type attempts struct {
	Shadow, Execute, Elsewhere, Listen, Root string // must all fail
	Log, Report                              string // must both work
	Threads                                  []string
	Said                                     string
}

// TestPrivilegesChild is no test, but the child of the two that follow.
func TestPrivilegesChild(t *testing.T) {
	folder := os.Getenv(childFolder)
	if folder == "" {
		t.Skip("it is run by other tests")
	}
	h, err := live.Open(live.Options{Interface: "lo"})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	for range 4 {
		go func() { runtime.LockOSThread(); select {} }() // threads that sleep have to give up, too
	}
	time.Sleep(50 * time.Millisecond)
	states := openStates(t)
	var said bytes.Buffer
	o := &options{}
	o.logs, o.reports = []string{filepath.Join(folder, "logs", "error.log")}, []string{filepath.Join(folder, "reports", "r.html")}
	n := needs{read: o.logs, write: []string{filepath.Join(folder, "reports")}}
	run := &watching{o: o, s: streams{err: &said}, out: &output{}}
	if err := run.giveUp(n); err != nil {
		t.Fatal(err)
	}
	tried := attempts{Said: said.String(), Threads: threadStates(states)}
	tried.Shadow = refusal(os.ReadFile("/etc/shadow"))
	tried.Execute = refusal(syscall.ForkExec("/bin/true", []string{"true"}, &syscall.ProcAttr{}))
	tried.Elsewhere = refusal(nil, os.WriteFile(filepath.Join(os.TempDir(), fmt.Sprint("sniwatch-", os.Getpid())), nil, 0o600))
	var tcp net.ListenConfig
	tcp.SetMultipathTCP(false) // which Landlock does not know
	tried.Listen = refusal(tcp.Listen(t.Context(), "tcp", "127.0.0.1:0"))
	tried.Root = refusal(nil, syscall.Setresuid(0, 0, 0))
	tried.Log = refusal(os.ReadFile(o.logs[0]))
	tried.Report = refusal(nil, os.WriteFile(o.reports[0], []byte("report"), 0o600))
	if err := json.NewEncoder(os.Stdout).Encode(tried); err != nil {
		t.Fatal(err)
	}
}

func refusal(_ any, err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// openStates opens what the kernel says of each thread, which cannot be opened
// later.
func openStates(t *testing.T) (files []*os.File) {
	names, err := filepath.Glob("/proc/self/task/*/status")
	if err != nil || len(names) < 4 {
		t.Fatalf("%d threads: %v", len(names), err)
	}
	for _, name := range names {
		if f, err := os.Open(name); err == nil {
			files = append(files, f)
		}
	}
	return files
}

// threadStates gives the rights of the threads that there are still.
func threadStates(files []*os.File) (states []string) {
	for _, f := range files {
		if status, err := io.ReadAll(f); err == nil {
			states = append(states, rights(string(status)))
		}
		f.Close()
	}
	return states
}

// rights picks the lines that matter out of a status file (proc_pid_status(5)).
func rights(status string) string {
	var out []string
	for line := range strings.Lines(status) {
		key, value, _ := strings.Cut(line, ":")
		switch key {
		case "Uid", "CapPrm", "CapEff", "CapInh", "CapAmb", "NoNewPrivs":
			out = append(out, key+" "+strings.Join(strings.Fields(value), " "))
		}
	}
	return strings.Join(out, ", ")
}

// tryAsChild runs the child in a namespace of its own.
func tryAsChild(t *testing.T, folder, program string, as *syscall.Credential) attempts {
	t.Helper()
	command := exec.Command(program, "-test.run", "^TestPrivilegesChild$", "-test.v")
	command.Env = append(os.Environ(), childFolder+"="+folder)
	command.Dir = folder
	command.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	var out, errs bytes.Buffer
	command.Stdout, command.Stderr = &out, &errs
	if err := netnstest.New(t).Start(command); err != nil {
		t.Fatal(err)
	}
	ended := command.Wait() // not with success: it cannot even remove its temporary folder
	for line := range strings.Lines(out.String()) {
		var tried attempts
		if strings.HasPrefix(line, "{") && json.Unmarshal([]byte(line), &tried) == nil {
			return tried
		}
	}
	t.Fatalf("the child said nothing: %v\n%s%s", ended, out.String(), errs.String())
	return attempts{}
}

// checkAttempts looks whether what must fail has failed, and the rest worked.
func checkAttempts(t *testing.T, tried attempts) {
	t.Helper()
	for what, got := range map[string]string{
		"read /etc/shadow": tried.Shadow, "execute a program": tried.Execute,
		"write elsewhere": tried.Elsewhere, "listen": tried.Listen, "become root": tried.Root,
	} {
		if got == "" {
			t.Errorf("it can %s", what)
		}
	}
	if tried.Log != "" || tried.Report != "" {
		t.Errorf("log: %q, report: %q", tried.Log, tried.Report)
	}
}

// childFolders makes the folders of a child: one that only root may look into, with
// a log, and one that anybody may write to.
func childFolders(t *testing.T) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("NOT TESTED: giving up privileges needs some, those of root")
	}
	if !landlocked() {
		t.Skip("NOT TESTED: this kernel has no Landlock")
	}
	folder := reachable(t)
	for name, mode := range map[string]os.FileMode{"logs": 0o700, "reports": 0o777} {
		if err := os.Mkdir(filepath.Join(folder, name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Join(folder, name), mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(folder, "logs", "error.log"), []byte("line\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

// reachable is a folder of a test that every user can go into.
func reachable(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for _, name := range []string{folder, filepath.Dir(folder)} {
		if err := os.Chmod(name, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// TestGivesUpRoot is the default of sudo sniwatch -i.
func TestGivesUpRoot(t *testing.T) {
	folder := childFolders(t)
	t.Setenv("SUDO_USER", "")
	program := copyOfTest(t, folder)
	for range 5 { // that all threads agree must not be luck
		checkAttempts(t, tryAsChild(t, folder, program, nil))
	}
	tried := tryAsChild(t, folder, program, nil)
	if !strings.Contains(tried.Said, "gave up root: now nobody") || !strings.Contains(tried.Said, "CAP_DAC_READ_SEARCH") {
		t.Errorf("it says %q", tried.Said)
	}
	if len(tried.Threads) < 4 {
		t.Errorf("only %d threads were looked at", len(tried.Threads))
	}
	for _, state := range tried.Threads {
		if !strings.Contains(state, "Uid 65534 65534 65534 65534") || !strings.Contains(state, "NoNewPrivs 1") ||
			!strings.Contains(state, "CapPrm 0000000000000004") || !strings.Contains(state, "CapInh 0000000000000000") {
			t.Errorf("a thread has %s", state)
		}
	}
}

// TestGivesUpFileCapabilities is setcap cap_net_raw+ep, for any user.
func TestGivesUpFileCapabilities(t *testing.T) {
	folder := childFolders(t)
	program := copyOfTest(t, folder)
	if out, err := exec.Command("setcap", "cap_net_raw+ep", program).CombinedOutput(); err != nil {
		t.Skipf("NOT TESTED: setcap: %v %s", err, out)
	}
	if err := os.Chmod(filepath.Join(folder, "logs"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(folder, "logs", "error.log"), 0o644); err != nil {
		t.Fatal(err)
	}
	tried := tryAsChild(t, folder, program, &syscall.Credential{Uid: nobodyID, Gid: nobodyID})
	checkAttempts(t, tried)
	if !strings.Contains(tried.Said, "gave up all capabilities") {
		t.Errorf("it says %q", tried.Said)
	}
	if len(tried.Threads) < 4 {
		t.Errorf("only %d threads were looked at", len(tried.Threads))
	}
	for _, state := range tried.Threads {
		if !strings.Contains(state, "CapPrm 0000000000000000") || !strings.Contains(state, "NoNewPrivs 1") {
			t.Errorf("a thread has %s", state)
		}
	}
}

// copyOfTest copies this program to where every user can run it.
func copyOfTest(t *testing.T, folder string) string {
	t.Helper()
	program, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(folder, "child")
	if err := os.WriteFile(name, program, 0o755); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestGroupsThatAreNeeded gives the group of a log to a user who cannot read it
// otherwise, and no other.
func TestGroupsThatAreNeeded(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("NOT TESTED: only root can find out what other users may")
	}
	folder := reachable(t)
	name := filepath.Join(folder, "error.log")
	if err := os.WriteFile(name, nil, 0o640); err != nil {
		t.Fatal(err)
	}
	nobody := account{name: "nobody", uid: nobodyID, gid: nobodyID}
	if got := nobody.withGroups([]string{name}); len(got.groups) != 0 || got.mayRead(name) {
		t.Errorf("a log of root's group: groups %v", got.groups)
	}
	const adm = 4
	if err := os.Chown(name, 0, adm); err != nil {
		t.Fatal(err)
	}
	if got := nobody.withGroups([]string{name}); fmt.Sprint(got.groups) != "[4]" || !got.mayRead(name) {
		t.Errorf("a log of adm's: groups %v", got.groups)
	}
	if nobody.mayWrite(folder) || !nobody.mayWrite(os.TempDir()) {
		t.Error("where nobody may write is not what the modes say")
	}
	if unix.Geteuid() != 0 {
		t.Error("this process is not root any more")
	}
}
