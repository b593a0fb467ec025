package analyze

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"testing"

	"sniwatch/capture"
)

// TestWeeksInBoundedMemory has clients that ask for another name each time, and are
// refused, and others that are never answered. What is held after the first of them
// is all that is held after many.
func TestWeeksInBoundedMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a few seconds")
	}
	w := shedWatcher()
	at := capture.Timestamp(1e18)
	const each = 30_000
	play := func(from int) {
		for i := from; i < from+each; i++ {
			at += 20e6
			port := uint16(1024 + i%60000)
			w.Packet(loneTCP(at, port, false, capture.SYN))
			if i%2 == 0 {
				continue
			}
			w.Packet(loneTCP(at+1e6, port, true, capture.SYN|capture.ACK))
			hello := loneTCP(at+2e6, port, false, capture.ACK)
			hello.Data = append(hello.Data, helloFor(fmt.Sprintf("name-%d.example.com", i))...)
			binary.BigEndian.PutUint16(hello.Data[2:], uint16(len(hello.Data)))
			binary.BigEndian.PutUint32(hello.Data[24:], 2)
			hello.Length = len(hello.Data)
			w.Packet(hello)
			w.Packet(loneTCP(at+3e6, port, true, capture.RST|capture.ACK))
		}
	}
	play(0)
	before := heapInUse()
	for round := 1; round < 5; round++ {
		play(round * each)
	}
	after := heapInUse()
	_, _, n := w.Progress()
	if n.Connections < 4*each || n.Refused+n.Failed < each {
		t.Fatalf("the traffic is not what it should be: %+v", n)
	}
	const most = 2 << 20
	if after > before+most {
		t.Errorf("%d connections hold %d KiB, five times as many %d KiB", each, before>>10, after>>10)
	}
	w.End("")
}

func heapInUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// helloFor is a ClientHello with a server name, in one record.
func helloFor(name string) []byte {
	sni := []byte{0, byte(len(name) + 3), 0, 0, byte(len(name))}
	extension := append([]byte{0, 0, 0, byte(len(sni) + len(name))}, append(sni, name...)...)
	body := append([]byte{3, 3}, make([]byte, 32)...)
	body = append(body, 0, 0, 2, 0xc0, 0x2f, 1, 0, 0, byte(len(extension)))
	body = append(body, extension...)
	message := append([]byte{1, 0, 0, byte(len(body))}, body...)
	return append([]byte{22, 3, 1, 0, byte(len(message))}, message...)
}
