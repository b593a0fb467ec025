package analyze

import (
	"fmt"

	"sniwatch/analyze/origin/logs"
)

// logEvidence is a line of the server's log as evidence; nil: there is none of
// these classes.
func (v *view) logEvidence(classes ...logs.Class) []Evidence {
	for _, class := range classes {
		if l := v.said(class); l != nil {
			return []Evidence{{File: l.File, Label: "your log says", Value: logs.MeaningOf(class).Means, Note: fmt.Sprintf("line %d", l.Line)}}
		}
	}
	return nil
}

// logWarnings tells of lines that the packets contradict.
func logWarnings(all []LogUsed) []Warning {
	var out []Warning
	for _, l := range all {
		if l.Contradict == 0 {
			continue
		}
		out = append(out, Warning{
			Code:  LogContradictsCapture,
			Title: fmt.Sprintf("%s of %s say something else than the packets", many(int64(l.Contradict), "line"), file(l.File)),
			Says: "They were joined with connections by address and time, and nothing else fits them. Either the log is from another server or another time, " +
				"or the capture was made where not all packets came by. The connections show both.",
		})
	}
	return out
}
