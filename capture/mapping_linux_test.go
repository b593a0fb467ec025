package capture

import (
	"errors"
	"os"
	"runtime/debug"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A fault in a file that did not become shorter is the disk's: nobody is told
// that the file was changed. A page that may not be looked at stands for one
// that cannot be read.
func TestFaultOfTheDisk(t *testing.T) {
	plain, _ := manyWindows(1 << 20)
	f := openMapped(t, onDisk(t, plain))
	view := unsafe.Slice((*byte)(f.win.file.memory), windowSize)
	if err := unix.Mprotect(view, unix.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	err := f.Guard(func() error { return f.Next(new(Packet)) })
	var broken *Broken
	if !errors.As(err, &broken) || !errors.Is(err, errUnreadable) || !strings.Contains(err.Error(), "reading failed: input/output error") {
		t.Errorf("%v", err)
	}
	var open *OpenError
	again := &window{src: f.win.src, file: f.win.file, block: view, end: len(view)}
	if _, err := (&File{name: "F", win: again}).begin(); !errors.As(err, &open) || !errors.Is(err, errUnreadable) {
		t.Errorf("while it is opened: %v", err)
	}
}

// Cursors that come upon a part of the file that cannot be read say nothing:
// the packets before it are read.
func TestFaultAheadOfTheReader(t *testing.T) {
	const bad = windowSize / 2
	l, size := littleMicro(), recordLength+1000
	file := l.header()
	for len(file) < 2*windowSize {
		file = append(file, l.packet(1, 2, make([]byte, 1000))...)
	}
	f := openMapped(t, onDisk(t, file))
	if err := unix.Mprotect(unsafe.Slice((*byte)(f.win.file.memory), windowSize)[bad:], unix.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	packets := 0
	err := f.Guard(func() error {
		for {
			if err := f.Next(new(Packet)); err != nil {
				return err
			}
			packets++
		}
	})
	if want := (bad-pcapHeaderLength-recordLength)/size + 1; packets != want || !errors.Is(err, errUnreadable) {
		t.Errorf("%d packets, then %v; want %d", packets, err, want)
	}
}

// What cannot be mapped is left to be read.
func TestNotMapped(t *testing.T) {
	for _, name := range []string{t.TempDir(), "/proc/self/status", "/dev/null", onDisk(t, nil)} {
		handle, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer handle.Close()
		if newMapping(handle) != nil {
			t.Errorf("%s is mapped", name)
		}
	}
	if _, err := Open("/proc/self/status", nil); err == nil || err.Error() != "/proc/self/status is no capture but a text file" {
		t.Errorf("a file of /proc: %v", err)
	}
}

// A fault somewhere else is nobody's file: it passes through Guard, and what
// faults do to the goroutine afterwards is as it was before.
func TestGuardPassesOtherFaults(t *testing.T) {
	f := openMapped(t, onDisk(t, littleMicro().header()))
	other, err := unix.Mmap(-1, 0, 1, unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(other)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the fault was swallowed")
			}
		}()
		f.Guard(func() error {
			other[0]++
			return nil
		})
	}()
	if debug.SetPanicOnFault(false) {
		t.Error("faults are panics after Guard")
	}
}
