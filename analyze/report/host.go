package report

import (
	"fmt"

	"sniwatch/analyze"
)

// maxNotes is how many notes about the host are listed.
const maxNotes = 5

// host says what was read of this host, and what could not be.
func (p *page) host(r *analyze.Report) {
	for _, s := range hostTexts(r.Servers) {
		p.block("", s, plain)
	}
	p.notes(r.Notes)
}

// notes says what could not be read of this host.
func (p *page) notes(all []analyze.Note) {
	for i, s := range noteTexts(all) {
		if i < maxNotes {
			s = "Note: " + s
		}
		p.block("", s, plain)
	}
}

// hostTexts has a sentence for each server whose configuration was read.
func hostTexts(all []analyze.ServerUsed) []string {
	var out []string
	for _, s := range all {
		state := ""
		if s.Running {
			state = ", running"
		}
		out = append(out, fmt.Sprintf("Server %s: %s%s, %s.", Clean(s.Program, maxWord), Clean(s.File, maxWord), state, count(s.Sites, "site")))
	}
	return out
}

// noteTexts has a sentence for each of the first maxNotes notes, and one for the rest.
func noteTexts(all []analyze.Note) []string {
	var out []string
	for i, n := range all {
		if i == maxNotes {
			return append(out, "and "+count(len(all)-i, "other note")+" about the configuration (--format json has all).")
		}
		says := ""
		if n.At != "" {
			says = Clean(n.At, maxWord) + ": "
		}
		says += cleanWords(n.Says, maxTitle)
		if n.Hint != "" {
			says += " (" + cleanWords(n.Hint, maxTitle) + ")"
		}
		out = append(out, says+".")
	}
	return out
}

// serverObject is a server of this host.
type serverObject struct {
	Program string `json:"program"`
	File    string `json:"file"`
	Running bool   `json:"running"`
	Sites   int    `json:"sites"`
}

// noteObject is something about the host that could not be read.
type noteObject struct {
	At   string `json:"at,omitempty"`
	Says string `json:"says"`
	Hint string `json:"hint,omitempty"`
}

func serverObjects(all []analyze.ServerUsed) []serverObject {
	var out []serverObject
	for _, s := range all {
		out = append(out, serverObject(s))
	}
	return out
}

func noteObjects(all []analyze.Note) []noteObject {
	var out []noteObject
	for _, n := range all {
		out = append(out, noteObject(n))
	}
	return out
}
