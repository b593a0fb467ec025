//go:build cgo && linux

package main

import (
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"sniwatch/pcaps/netns/netnstest"
)

// leftRunning are the folders of a test: a private one, with what nginx has, and one
// for reports, that anybody may write to.
func leftRunning(t *testing.T) (private, reports string) {
	t.Helper()
	folder := reachable(t)
	private, reports = filepath.Join(folder, "private"), filepath.Join(folder, "reports")
	if err := os.Mkdir(private, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(reports, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(reports, 0o777); err != nil {
		t.Fatal(err)
	}
	return private, reports
}

// TestLiveLeftRunning gives up root, and has the log rotated, the interface taken
// down and up, and itself stopped for a while, with refusals meanwhile. None may be
// lost, and none invented.
func TestLiveLeftRunning(t *testing.T) {
	origin, edge := wiredNamespaces(t)
	private, reports := leftRunning(t)
	writeCertificates(t, private)
	startNginx(t, origin, private)
	heard := listenForNotify(t, filepath.Join(filepath.Dir(private), "notify"))
	t.Setenv("WATCHDOG_USEC", "1000000")
	t.Setenv("SUDO_USER", "")
	w := startSniwatch(t, origin, "-i", "wire", "--cert", filepath.Join(private, "fullchain.pem"),
		"--roots", filepath.Join(private, "roots.pem"), "--log", filepath.Join(private, "error.log"),
		"--format", "ndjson", "--summary-every", "1s", "--report", filepath.Join(reports, "r.html"),
		"-w", filepath.Join(reports, "ring.pcapng"), "-C", "1", "-W", "3", "--keep-failures=5")
	heard(t, "READY=1")
	refused := func() {
		refuseOnce(t, edge, tls.VersionTLS12)
		if c := connectionObject(t, w); c.Diagnosis.Code != "name-not-covered" || len(c.Log) != 1 {
			t.Errorf("%q, lines of the log: %+v\n%s", c.Diagnosis.Code, c.Log, w.stderr.rest())
		}
	}
	refused()
	rotate(t, private)
	refused()

	origin.Sh(t, "ip link set wire down")
	w.stderr.wait(t, "wire is down")
	origin.Sh(t, "ip link set wire up\nip route add "+edgeAddress+"/32 dev wire")
	w.stderr.wait(t, "wire is up again")
	refused()

	w.signal(t, syscall.SIGSTOP)
	refuseOnce(t, edge, tls.VersionTLS12)
	time.Sleep(3 * time.Second)
	w.signal(t, syscall.SIGCONT)
	if c := connectionObject(t, w); c.Diagnosis.Code != "name-not-covered" {
		t.Errorf("after a stop: %q", c.Diagnosis.Code)
	}
	heard(t, "WATCHDOG=1")
	w.stdout.wait(t, `"interim":true`)
	w.signal(t, syscall.SIGINT)
	if code := w.exitCode(t); code != 0 {
		t.Errorf("exit code %d\n%s", code, w.stderr.rest())
	}
	if last := w.stdout.rest(); !strings.Contains(last, `"connections":4,"cloudfront":4,"complete":0,"refused":4,"failed":0`) {
		t.Errorf("the report counts something else than 4 refusals: %s", last)
	}
	heard(t, "STOPPING=1")
	checkOwned(t, filepath.Join(reports, "r.html"))
	checkOwned(t, filepath.Join(reports, "ring.pcapng0"))
	out, _, _ := sniwatch(t, "-r", filepath.Join(reports, "ring.pcapng0"), "--no-discover", "--format", "ndjson")
	if got := failures(t, out); len(got) != 4 {
		t.Errorf("the packets around failures have %d failures", len(got))
	}
}

// rotate renames nginx's log and has it make a new one, as logrotate does.
func rotate(t *testing.T, folder string) {
	t.Helper()
	name := filepath.Join(folder, "error.log")
	if err := os.Rename(name, name+".1"); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(folder, "nginx.pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(name); err == nil {
			time.Sleep(2 * tick) // until it was noticed
			return
		}
	}
	t.Fatal("nginx has not opened its log again")
}

// checkOwned looks whether a file was made by the user that root became.
func checkOwned(t *testing.T, name string) {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil {
		t.Error(err)
	} else if s := info.Sys().(*syscall.Stat_t); s.Uid != nobodyID || info.Size() == 0 {
		t.Errorf("%s: user %d, %d bytes", name, s.Uid, info.Size())
	}
}

// listenForNotify is systemd, as far as sd_notify(3) goes. The function that it
// gives waits for a word.
func listenForNotify(t *testing.T, name string) func(*testing.T, string) {
	t.Helper()
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := os.Chmod(name, 0o777); err != nil {
		t.Fatal(err)
	}
	t.Setenv("NOTIFY_SOCKET", name)
	heard := make(chan string, 1000) // the kernel queues ten
	go func() {
		defer close(heard)
		for word := make([]byte, 4096); ; {
			n, err := conn.Read(word)
			if err != nil {
				return
			}
			heard <- string(word[:n])
		}
	}()
	return func(t *testing.T, want string) {
		t.Helper()
		for impatient := time.After(5 * time.Second); ; {
			select {
			case got := <-heard:
				if got == want {
					return
				}
			case <-impatient:
				t.Fatalf("no %s", want)
			}
		}
	}
}

// TestLiveKilled kills it at once, a moment after packets came: they are in the
// file, and there is no report.
func TestLiveKilled(t *testing.T) {
	origin, edge := wiredNamespaces(t)
	private, reports := leftRunning(t)
	writeCertificates(t, private)
	startNginx(t, origin, private)
	kept := filepath.Join(reports, "all.pcapng")
	w := startSniwatch(t, origin, "-i", "wire", "--no-discover", "-w", kept, "--report", filepath.Join(reports, "r.json"))
	for range 20 {
		refuseOnce(t, edge, tls.VersionTLS13)
	}
	time.Sleep(2 * tick)
	w.signal(t, syscall.SIGKILL)
	w.exitCode(t)
	out, errs, status := sniwatch(t, "-r", kept, "--no-discover", "--format", "ndjson")
	if status != 0 || len(failures(t, out)) != 20 || strings.Contains(out, `"broken"`) {
		t.Errorf("exit code %d, %d of 20 failures\n%s", status, len(failures(t, out)), errs)
	}
	if _, err := os.Stat(filepath.Join(reports, "r.json")); err == nil {
		t.Error("there is a report that is not whole")
	}
}

// TestLiveFullDisk writes to a file system that is full, until it is not. Then the
// folder of the report goes away.
func TestLiveFullDisk(t *testing.T) {
	origin, edge := wiredNamespaces(t)
	private, reports := leftRunning(t)
	writeCertificates(t, private)
	startNginx(t, origin, private)
	w := startIn(t, origin, fmt.Sprintf(`mount -t tmpfs -o size=64k,mode=777 none %s && head -c 60000 /dev/zero > %s/filler`, reports, reports),
		"-i", "wire", "--no-discover", "-w", filepath.Join(reports, "all.pcapng"), "--report", filepath.Join(private, "r.json"), "-Z", "root")
	for range 10 {
		refuseOnce(t, edge, tls.VersionTLS12)
	}
	w.stderr.wait(t, "no space left on device")
	inside := fmt.Sprintf("/proc/%d/root%s", w.command.Process.Pid, reports)
	if err := os.Remove(filepath.Join(inside, "filler")); err != nil {
		t.Fatal(err)
	}
	time.Sleep(tryAgain)
	refuseOnce(t, edge, tls.VersionTLS12)
	w.stderr.wait(t, "packets are written to")
	refuseOnce(t, edge, tls.VersionTLS12)
	time.Sleep(2 * time.Second) // the kernel may keep packets for 0.2 s, and they are written every 0.2 s
	file, err := os.ReadFile(filepath.Join(inside, "all.pcapng"))
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(filepath.Dir(private), "copied.pcapng")
	if err := os.WriteFile(copied, file, 0o600); err != nil {
		t.Fatal(err)
	}
	out, errs, status := sniwatch(t, "-r", copied, "--no-discover", "--format", "ndjson")
	if n := len(failures(t, out)); status != 0 || n < 2 || strings.Contains(out, `"broken"`) {
		t.Errorf("exit code %d, %d failures\n%s%s", status, n, out, errs)
	}
	if err := os.RemoveAll(private); err != nil {
		t.Fatal(err)
	}
	w.signal(t, syscall.SIGINT)
	if code := w.exitCode(t); code != 1 {
		t.Errorf("exit code %d", code)
	}
	said := w.stderr.rest()
	for _, want := range []string{"packets could not be written", "cannot write " + filepath.Join(private, "r.json")} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in:\n%s", want, said)
		}
	}
	if !strings.Contains(w.stdout.rest(), "12 of 12") {
		t.Errorf("the summary is not whole:\n%s", w.stdout.rest())
	}
}

// startIn is startSniwatch in a mount namespace of its own, made by shell commands.
func startIn(t *testing.T, n netnstest.Namespace, commands string, arguments ...string) *watcher {
	t.Helper()
	shell := append([]string{"-m", "sh", "-ec", commands + ` && exec "$@"`, "sh", buildSniwatch(t)}, arguments...)
	return startWatcher(t, n, exec.Command(netnstest.Program(t, "unshare"), shell...))
}
