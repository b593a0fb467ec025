package capture

import (
	"bytes"
	"errors"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
)

// A compressed pipe gives each packet as soon as it can be inflated.
func TestLiveCompressedPipe(t *testing.T) {
	r, w := io.Pipe()
	defer w.Close()
	z, err := zstd.NewWriter(w)
	if err != nil {
		t.Fatal(err)
	}
	next := make(chan []byte)
	go func() {
		for b := range next {
			z.Write(b)
			z.Flush()
		}
	}()
	defer close(next)
	l := littleMicro()
	next <- l.header()
	f, err := NewReader(r, "-")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var p Packet
	for _, data := range []string{"one", "two"} {
		next <- l.packet(1, 0, []byte(data))
		if err := f.Next(&p); err != nil || string(p.Data) != data {
			t.Fatalf("%q, %v", p.Data, err)
		}
	}
}

// endless gives bytes for ever and counts them.
type endless struct {
	given  atomic.Int64
	closed atomic.Bool
}

func (e *endless) Read(p []byte) (int, error) {
	n := min(len(p), 1000)
	e.given.Add(int64(n))
	return n, nil
}

func (e *endless) Close() error {
	e.closed.Store(true)
	return nil
}

// An inflater runs ahead by its blocks and no further, and ends when it is
// closed, whether anybody reads or not.
func TestInflaterIsBounded(t *testing.T) {
	for _, regular := range []bool{true, false} {
		src := new(endless)
		a := newInflater(src, regular)
		if n, err := io.ReadFull(a, make([]byte, 5*blockSize)); err != nil {
			t.Fatalf("%d bytes, %v", n, err)
		}
		time.Sleep(20 * time.Millisecond) // let it run as far as it can
		if given := src.given.Load(); given > (5+inflateBlocks)*blockSize {
			t.Errorf("regular %v: %d bytes were inflated, %d read", regular, given, 5*blockSize)
		}
		a.Close()
		<-a.done
		if !src.closed.Load() {
			t.Errorf("regular %v: the decompressor was not closed", regular)
		}
	}
}

// Errors come behind the bytes before them, and stay.
func TestInflaterKeepsOrder(t *testing.T) {
	bad := errors.New("bad")
	want := bytes.Repeat([]byte("0123456789"), blockSize/4)
	for _, regular := range []bool{true, false} {
		a := newInflater(io.NopCloser(io.MultiReader(bytes.NewReader(want), &failing{bad})), regular)
		have, err := io.ReadAll(a)
		if !bytes.Equal(have, want) || err != bad {
			t.Errorf("regular %v: %d bytes, %v", regular, len(have), err)
		}
		if n, err := a.Read(make([]byte, 1)); n != 0 || err != bad {
			t.Errorf("regular %v: then %d bytes, %v", regular, n, err)
		}
		a.Close()
	}
}

// A compressed file is read, not mapped, and closing it in the middle leaves
// no goroutine behind.
func TestCompressedFile(t *testing.T) {
	plain, _ := manyWindows(2 << 20)
	f, err := Open(onDisk(t, gzipped(plain)), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Next(new(Packet)); err != nil || f.win.file != nil {
		t.Errorf("%v, mapped %v", err, f.win.file != nil)
	}
	beside := f.win.src.(*inflater)
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	select {
	case <-beside.done:
	default:
		t.Error("the decompressor still runs")
	}
}
