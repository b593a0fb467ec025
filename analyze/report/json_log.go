package report

import "sniwatch/analyze"

// logLineObject is a line of the server's log that is about a connection.
type logLineObject struct {
	File        string `json:"file"`
	Line        int    `json:"line"`
	Text        string `json:"text"`
	Class       string `json:"class"`
	Certainty   string `json:"certainty"`             // that it is about this connection
	Alike       int    `json:"alike,omitempty"`       // lines that fit as well, this one included
	Contradicts string `json:"contradicts,omitempty"` // how the packets contradict it
}

func logLineObjects(all []analyze.LogLine) []logLineObject {
	var out []logLineObject
	for _, l := range all {
		o := logLineObject{l.File, l.Line, l.Text, l.Class, string(l.Certainty), l.Alike, l.Contradicts}
		if o.Alike == 1 {
			o.Alike = 0
		}
		out = append(out, o)
	}
	return out
}

// logUsedObject is what became of one log.
type logUsedObject struct {
	File       string  `json:"file"`
	Program    string  `json:"program,omitempty"`
	Lines      int     `json:"lines"` // about handshakes
	Joined     int     `json:"joined"`
	Contradict int     `json:"contradict"`
	LeftOut    int     `json:"left_out"`
	OffsetMS   float64 `json:"offset_ms"` // what its clock shows more than the capture's
}

func usedLogs(all []analyze.LogUsed) []logUsedObject {
	var out []logUsedObject
	for _, l := range all {
		out = append(out, logUsedObject{l.File, l.Program, l.Entries, l.Joined, l.Contradict, l.LeftOut, float64(l.Offset) / 1e6})
	}
	return out
}
