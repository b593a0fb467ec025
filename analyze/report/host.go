package report

import (
	"fmt"

	"sniwatch/analyze"
)

// maxNotes is how many notes about the host are listed.
const maxNotes = 5

// host says what was read of this host, and what could not be.
func (p *page) host(r *analyze.Report) {
	for _, s := range r.Servers {
		state := ""
		if s.Running {
			state = ", running"
		}
		p.block("", fmt.Sprintf("Server %s: %s%s, %s.", Clean(s.Program, maxWord), Clean(s.File, maxWord), state, count(s.Sites, "site")), plain)
	}
	for i, n := range r.Notes {
		if i == maxNotes {
			p.block("", "and "+count(len(r.Notes)-i, "other note")+" about the configuration (--format json has all).", plain)
			break
		}
		says := "Note: "
		if n.At != "" {
			says += Clean(n.At, maxWord) + ": "
		}
		says += cleanWords(n.Says, maxTitle)
		if n.Hint != "" {
			says += " (" + cleanWords(n.Hint, maxTitle) + ")"
		}
		p.block("", says+".", plain)
	}
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
