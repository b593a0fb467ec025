package report

import (
	"io"
	"strings"

	"sniwatch/analyze"
	"sniwatch/analyze/edge"
)

// LineOptions tell WriteLine what the output can show.
type LineOptions struct {
	Width  int  // columns; 0: as wide as it gets, which is for files and pipes
	Colour bool // whether to use escape sequences for colours
}

const (
	// Columns that the parts of a line take, so that lines line up.
	clientColumns  = len("255.255.255.255:65535")
	networkColumns = len("CloudFront")
	nameColumns    = 25 // what a name has on 80 columns beside "name-not-covered"

	widthForNetwork = 96 // from this width on there is room for the network
	leastName       = 12 // columns that an address or a name is left in any case
	goodName        = 28 // columns that a name is left before something is said in more words
)

// WriteLine writes one connection as one line: when, who, which name it asked
// for, what happened, the diagnosis. Where o.Width is too narrow for all of it,
// the network is left out, then what happened, which the diagnosis says in
// short, and the name loses its middle. The error is w's.
func WriteLine(w io.Writer, c *analyze.Connection, o LineOptions) error {
	width := o.Width
	if width <= 0 {
		width = unlimited
	}
	when := calendar{}.at(c.Start, milliLayout)
	client := pad(c.Client.String(), clientColumns)
	name, code := askedFor(c), Clean(diagnosed(c), maxPhrase)
	network := ""
	if width >= widthForNetwork {
		network = pad(networkName(c), networkColumns)
	}
	left := width - lineColumns(when, client, network, code) // for name and what
	if left < leastName+2 {                                  // an IPv6 address on a narrow terminal
		client = Clean(client, max(leastName, columns(client)-(leastName+2-left)))
		left = width - lineColumns(when, client, network, code)
	}
	wanted := min(columns(Clean(name, maxWord)), goodName)
	what := inBrief(happened(c), left-wanted-2-2)
	if what != "" {
		left -= columns(what) + 2
	}
	line := appendPart("", when, faint, o.Colour)
	line = appendPart(line, client, plain, o.Colour)
	line = appendPart(line, network, plain, o.Colour)
	name = Clean(name, min(maxWord, max(left-2, 1)))
	line = appendPart(line, name+filler(name, width, left-2), bold, o.Colour)
	line = appendPart(line, what, plain, o.Colour)
	line = appendPart(line, code, lineStyle(c), o.Colour)
	_, err := io.WriteString(w, line+"\n")
	return err
}

// filler gives the spaces behind a name, so that what follows lines up with the
// other lines; none in a file, whose lines are as long as they need to be.
func filler(name string, width, room int) string {
	if width == unlimited {
		return ""
	}
	return strings.Repeat(" ", max(0, min(room, nameColumns)-columns(name)))
}

// lineColumns is how wide these parts are together, the space between them
// included.
func lineColumns(parts ...string) int {
	n := 0
	for _, part := range parts {
		if part == "" {
			continue
		}
		if n > 0 {
			n += 2
		}
		n += columns(part)
	}
	return n
}

// inBrief gives as much of what happened as fits into room columns and still
// makes sense, possibly nothing.
func inBrief(what string, room int) string {
	if columns(what) <= room {
		return what
	}
	if what = brief(what); columns(what) <= room {
		return what
	}
	return ""
}

// brief leaves out at which point something happened.
func brief(what string) string {
	what, _, _ = strings.Cut(what, " after ")
	return what
}

// appendPart adds a part that is not empty.
func appendPart(line, part string, as style, colour bool) string {
	switch {
	case part == "":
		return line
	case line == "":
		return paint(part, as, colour)
	}
	return line + "  " + paint(part, as, colour)
}

// lineStyle gives the colour of the outcome.
func lineStyle(c *analyze.Connection) style {
	switch c.Handshake {
	case analyze.Complete:
		return green
	case analyze.Refused, analyze.Failed:
		return red
	}
	return yellow
}

// networkName tells whose address the client has.
func networkName(c *analyze.Connection) string {
	switch c.Edge.Network {
	case edge.CloudFront:
		return "CloudFront"
	case edge.Given:
		return "given edge"
	}
	return "other"
}
