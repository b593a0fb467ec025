package analyze

import (
	"strings"

	"sniwatch/analyze/edge"
)

// originNote says where the origin domain is known from.
func (v *view) originNote() string {
	if v.know.Setup != nil {
		return "as the distribution's configuration has it"
	}
	return "as it was given"
}

// decidedBy says which setting of the distribution forwards Host, or does not,
// and what remains open; "": its configuration was not given.
func (v *view) decidedBy() string {
	known := v.distribution()
	var said []string
	for i := range known.Decided {
		d := &known.Decided[i]
		said = append(said, "So it is set in the "+d.Behaviors()+": "+d.Says)
		said = append(said, d.Notes...)
	}
	return limited(sentences(append(said, known.Remarks...)...), maxSettings)
}

// stopForwarding tells how Host is no longer forwarded: in the settings that
// decide, where they are known. Otherwise the cache policy is named because it
// wins, and nobody expects it.
func (v *view) stopForwarding() string {
	var stops []string
	known := v.distribution()
	for i := range known.Decided {
		if stop := known.Decided[i].Stop(); stop != "" && known.Decided[i].Host == edge.Yes {
			stops = append(stops, stop)
		}
	}
	if len(stops) > 0 {
		return limited(strings.Join(stops, "; "), maxSettings)
	}
	return stopForwardingHost
}

// stopForwardingHost is for a distribution whose settings are not known.
const stopForwardingHost = "origin request policy " + edge.AllViewerExceptHost +
	", and a cache policy that does not have Host in its key (" + edge.UseOriginCacheControlHeaders + " has it, and wins)"

// forwardingHost tells how Host is forwarded, and where.
func (v *view) forwardingHost() string {
	says := "origin request policy " + edge.AllViewer
	known := v.distribution()
	if len(known.Decided) == 1 {
		says += " in the " + limited(known.Decided[0].Behaviors(), maxSettings)
	}
	return says
}

// function names a function of the distribution that can set what CloudFront
// asks for and accepts; "": none is known.
func (v *view) function() string {
	known := v.distribution()
	for i := range known.Decided {
		if notes := known.Decided[i].Notes; len(notes) > 0 {
			return limited(notes[0], maxSettings)
		}
	}
	return ""
}

// maxSettings is how many bytes of a sentence about the distribution's settings
// there is room for.
const maxSettings = 1500
