package analyze

import "sniwatch/capture"

// A Recorder is shown the packets of the connections that are being read, and
// learns what became of each: it can keep those that somebody else is to see.
// A connection is named by the number of its first packet, which no other
// connection of the same input has.
type Recorder interface {
	// Packet is a packet of a connection, and what its headers say. Both are
	// valid until Packet returns.
	Packet(first int, p *capture.Packet, s *capture.Segment)

	// Healthy says that nothing more of a connection is worth keeping. More
	// packets of it may come, and Over does.
	Healthy(first int)

	// Over is the last word about a connection. d is the opinion; the zero
	// Diagnosis where there is nothing to explain. Where it comes without its
	// words, because the report has no use for them, words makes it anew, with
	// them. All are valid until Over returns.
	Over(c *Connection, d *Diagnosis, words func() Diagnosis)

	// End says that an input was read to its end, and up to which time nothing
	// more came.
	End(in *Input, until capture.Timestamp)
}

// noRecorder keeps nothing.
type noRecorder struct{}

func (noRecorder) Packet(int, *capture.Packet, *capture.Segment)  {}
func (noRecorder) Healthy(int)                                    {}
func (noRecorder) Over(*Connection, *Diagnosis, func() Diagnosis) {}
func (noRecorder) End(*Input, capture.Timestamp)                  {}

// record tells the recorder about a connection that is over.
func (w follower) record(c *Connection, d *Diagnosis) {
	if w.opts.Recorder != (noRecorder{}) {
		w.opts.Recorder.Over(c, d, func() Diagnosis { return Diagnose(c, &w.knowledge) })
	}
}
