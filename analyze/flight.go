package analyze

import (
	"sniwatch/analyze/tcp"
	"sniwatch/capture"
)

// maxFlights is how many flights of a connection are kept: a handshake with a
// HelloRetryRequest has six, and the data after it says no more about it.
const maxFlights = 8

// A Flight is what one side sent before the other side sent something.
type Flight struct {
	From        Who
	First, Last int // packets that carried it
	Start, End  capture.Timestamp
	Bytes       int64
	// Letters are the events while it was sent, of both sides, as in
	// Connection.History. An event that History tells once is in one flight only.
	Letters string
}

// A flightRecorder notes the flights of a connection while its handshake is read.
type flightRecorder struct {
	flights [maxFlights]Flight
	letters [maxFlights]uint8 // how long the history was when each began
	n       int
}

// note adds bytes to the flight under way, or begins one.
func (k *flightRecorder) note(from Who, bytes int, at tcp.Mark, letters int) {
	if k.n > 0 && k.flights[k.n-1].From == from {
		f := &k.flights[k.n-1]
		f.Last, f.End = at.Packet, at.Time
		f.Bytes += int64(bytes)
		return
	}
	if k.n == maxFlights {
		return
	}
	k.flights[k.n] = Flight{From: from, First: at.Packet, Last: at.Packet, Start: at.Time, End: at.Time, Bytes: int64(bytes)}
	k.letters[k.n] = uint8(letters)
	k.n++
}

// recorded gives the flights, with their parts of the history. It is a view of
// the recorder.
func (k *flightRecorder) recorded(history string) []Flight {
	for i := range k.n {
		end := len(history)
		if i+1 < k.n {
			end = int(k.letters[i+1])
		}
		k.flights[i].Letters = history[k.letters[i]:end]
	}
	return k.flights[:k.n]
}
