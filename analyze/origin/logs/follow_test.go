package logs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A followed log is a file that a test writes to as a server does.
type followed struct {
	t    *testing.T
	path string
	file *os.File
	f    *Follower
}

func rejected(n int) string {
	return fmt.Sprintf("2024/01/16 03:%02d:18 [info] 812#812: *%d handshake rejected while SSL handshaking"+nginxTail+"\n", n%60, n)
}

// follow makes a log with the text, and follows it since.
func follow(t *testing.T, text string, since time.Time) *followed {
	t.Helper()
	l := &followed{t: t, path: filepath.Join(t.TempDir(), "error.log")}
	l.reopen()
	l.write(text)
	f, err := Follow(l.path, since, Options{})
	if err != nil {
		t.Fatal(err)
	}
	l.f = f
	t.Cleanup(func() {
		f.Close()
		l.file.Close()
	})
	return l
}

// reopen is what a server does at SIGUSR1.
func (l *followed) reopen() {
	l.t.Helper()
	if l.file != nil {
		l.file.Close()
	}
	file, err := os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		l.t.Fatal(err)
	}
	l.file = file
}

func (l *followed) write(text string) {
	l.t.Helper()
	if _, err := l.file.WriteString(text); err != nil {
		l.t.Fatal(err)
	}
}

// expect polls once and holds the connections and lines of the entries against
// want, such as "*1@1 *2@2".
func (l *followed) expect(want string) {
	l.t.Helper()
	var got []string
	if err := l.f.Poll(func(e *Entry) { got = append(got, fmt.Sprintf("*%d@%d", e.Connection, e.Line)) }); err != nil {
		l.t.Fatal(err)
	}
	if s := strings.Join(got, " "); s != want {
		l.t.Errorf("got %q, want %q", s, want)
	}
}

func TestFollowBeginsAtTheEnd(t *testing.T) {
	l := follow(t, rejected(1)+rejected(2), time.Time{})
	l.expect("")
	l.write(rejected(3))
	l.expect("*3@3")
	l.expect("")
}

func TestFollowSince(t *testing.T) {
	l := follow(t, rejected(1)+rejected(2)+rejected(3), time.Date(2024, 1, 16, 3, 2, 0, 0, time.UTC))
	l.expect("*2@2 *3@3")
	l.write(rejected(1)) // what is written later is new, whatever its time
	l.expect("*1@4")
	if c := l.f.Counts(); c.Entries != 3 {
		t.Errorf("counts %+v", c)
	}
}

func TestFollowSinceInALargeLog(t *testing.T) {
	filler := strings.Repeat(strings.Repeat("x", 1023)+"\n", maxBack>>10)
	l := follow(t, rejected(1)+filler+rejected(2), time.Date(2024, 1, 16, 0, 0, 0, 0, time.UTC))
	l.expect(fmt.Sprintf("*2@%d", maxBack>>10+2)) // the first is too far back
}

func TestFollowKeepsATornLine(t *testing.T) {
	line := rejected(1)
	for i := 1; i < len(line); i += 7 {
		l := follow(t, "", time.Time{})
		l.write(line[:i])
		l.expect("")
		l.write(line[i:])
		l.expect("*1@1")
	}
	// One that was there before, without its end, belongs to what is new.
	l := follow(t, rejected(1)+rejected(2)[:20], time.Time{})
	l.expect("")
	l.write(rejected(2)[20:])
	l.expect("*2@2")
}

func TestFollowAcrossRename(t *testing.T) {
	l := follow(t, rejected(1), time.Time{})
	l.write(rejected(2))
	if err := os.Rename(l.path, l.path+".1"); err != nil {
		t.Fatal(err)
	}
	l.expect("*2@2") // there is no file of the name at the moment
	l.write(rejected(3))
	l.expect("*3@3")
	l.write(rejected(4))
	old := l.file
	l.file = nil
	l.reopen()
	l.write(rejected(5))
	l.expect("*4@4 *5@1")
	fmt.Fprint(old, rejected(6)) // another worker has not reopened it yet
	l.write(rejected(7))
	l.expect("*6@5 *7@2")
	old.Close()
	for range maxIdle + 2 {
		l.expect("")
	}
	l.write(rejected(8))
	l.expect("*8@3")
	if l.f.old != nil {
		t.Error("the old file is still open")
	}
	if c := l.f.Counts(); c.Entries != 7 || c.Torn != 0 || c.Bytes != 7*int64(len(rejected(1))) {
		t.Errorf("counts %+v", c)
	}
}

func TestFollowAcrossRenameWithANewFile(t *testing.T) {
	l := follow(t, "", time.Time{})
	for n := 1; n <= 5; n++ {
		l.write(rejected(n))
		os.Rename(l.path, fmt.Sprintf("%s.%d", l.path, n))
		l.reopen()
		l.write(rejected(n + 10))
		l.expect(fmt.Sprintf("*%d@%d *%d@1", n, min(n, 2), n+10))
	}
}

func TestFollowAcrossCopytruncate(t *testing.T) {
	l := follow(t, rejected(1)+rejected(2), time.Time{})
	l.write(rejected(3) + "half a li")
	l.expect("*3@3")
	if err := os.Truncate(l.path, 0); err != nil {
		t.Fatal(err)
	}
	l.write(rejected(4))
	l.expect("*4@1")
	if c := l.f.Counts(); c.Torn != 1 {
		t.Errorf("counts %+v", c)
	}
	// It has grown beyond where it was before anybody looked.
	os.Truncate(l.path, 0)
	l.write(rejected(51) + rejected(52) + rejected(53))
	l.expect("*51@1 *52@2 *53@3")
}

// A server that does not open its log for appending goes on at its old offset,
// and leaves a hole.
func TestFollowAcrossCopytruncateWithAHole(t *testing.T) {
	l := follow(t, "", time.Time{})
	l.write(rejected(1))
	l.expect("*1@1")
	os.Truncate(l.path, 0)
	l.expect("")
	file, err := os.OpenFile(l.path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteAt([]byte(rejected(2)), 3*readSize); err != nil {
		t.Fatal(err)
	}
	l.expect("*2@1")
}

func TestFollowWaitsForTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "error.log")
	f, err := Follow(path, time.Time{}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	l := &followed{t: t, path: path, f: f}
	l.expect("")
	l.reopen()
	l.write(rejected(1))
	l.expect("*1@1")
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	l.file.Close()
}

// The name that a connection asked for is remembered across a rotation.
func TestFollowKeepsDebugLines(t *testing.T) {
	l := follow(t, "", time.Time{})
	l.write("2024/01/16 03:41:18 [debug] 812#812: *27 SSL server name: \"origin.example.com\"\n")
	l.expect("")
	os.Rename(l.path, l.path+".1")
	l.reopen()
	l.write(rejected(27))
	name := ""
	if err := l.f.Poll(func(e *Entry) { name = e.ServerName }); err != nil || name != "origin.example.com" {
		t.Errorf("the name is %q, %v", name, err)
	}
}

func TestFollowRefuses(t *testing.T) {
	_, err := Follow(t.TempDir(), time.Time{}, Options{})
	if e, ok := errors.AsType[*OpenError](err); !ok || !strings.Contains(e.Error(), "no file that can be followed") {
		t.Errorf("a directory: %v", err)
	}
	if _, err := Follow("/dev/null", time.Time{}, Options{}); err == nil {
		t.Error("a device is followed")
	}
}
