//go:build linux

package main

import (
	"encoding/binary"
	"testing"
)

// ethernetTCP is a frame with TCP over IPv4 and so many bytes of payload.
func ethernetTCP(payload int) []byte {
	b := make([]byte, 14+20+20+payload)
	binary.BigEndian.PutUint16(b[12:], 0x0800)
	b[14], b[23], b[14+20+12] = 0x45, 6, 5<<4
	binary.BigEndian.PutUint16(b[16:], uint16(40+payload))
	return b
}

func TestDescribe(t *testing.T) {
	padded := append(ethernetTCP(0), make([]byte, 6)...) // to Ethernet's 60 bytes
	arp := make([]byte, 60)
	binary.BigEndian.PutUint16(arp[12:], 0x0806)
	tooLong := ethernetTCP(10)
	binary.BigEndian.PutUint16(tooLong[16:], 5000)
	for name, tt := range map[string]struct {
		frame []byte
		want  frame
	}{
		"data":       {ethernetTCP(100), frame{tcp: true, length: 140, payload: 100}},
		"no data":    {padded, frame{tcp: true, length: 40}},
		"ARP":        {arp, frame{length: 46}},
		"too long":   {tooLong, frame{length: 50}},
		"not a byte": {nil, frame{}},
	} {
		if got := describe(tt.frame, false); got != tt.want {
			t.Errorf("%s: %+v, want %+v", name, got, tt.want)
		}
	}
}

// FuzzDescribe: what is said of a frame never goes beyond it.
func FuzzDescribe(f *testing.F) {
	f.Add(ethernetTCP(100))
	f.Add(ethernetTCP(0)[:40])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		got := describe(b, true)
		if got.length < 0 || got.payload < 0 || got.length > len(b) || got.payload > got.length || got.payload > 0 && !got.tcp {
			t.Errorf("%+v of %d bytes", got, len(b))
		}
	})
}
