package analyze

import (
	"testing"
	"unsafe"

	"sniwatch/analyze/tcp"
)

func TestLimitsWithin(t *testing.T) {
	if got := LimitsWithin(DefaultMemory); got != DefaultLimits {
		t.Errorf("within the default: %+v, want %+v", got, DefaultLimits)
	}
	for _, memory := range []int64{LeastMemory, DefaultMemory, 256 << 20, MostMemory} {
		l := LimitsWithin(memory)
		if l.Connections < 1000 || l.Flows < 100 || l.HeldBytes < 512<<10 {
			t.Errorf("within %d: too little to work with: %+v", memory, l)
		}
		// What the tables and the readings take, at most: an entry has 88 bytes and
		// up to four slots of 8, a connection that is read has its Flow and reading.
		most := int64(l.Connections)*(88+4*8) + int64(l.Flows)*int64(unsafe.Sizeof(reading{})+unsafe.Sizeof(tcp.Flow{})) + int64(l.HeldBytes)
		if most > (memory-OutsideRuntime)*3/4 {
			t.Errorf("within %d: %+v is %d bytes", memory, l, most)
		}
	}
}
