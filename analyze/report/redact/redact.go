// Package redact replaces names and addresses, so that a report and its packets
// can be given away without saying whose they are.
//
// Everything is keyed: for one key the same name or address has the same
// replacement in every text, packet and certificate, and whoever has the key
// file can map back. What decides a diagnosis is kept: lengths, the relations
// between names, the order and dates of certificates, who signed whom, and which
// clients are CloudFront's. docs/redaction.md says what is replaced and what is
// not.
//
// What is not understood is not let through: bytes of a connection that no
// parser vouches for become zeros, and a connection that cannot be rewritten
// safely is left out, with the reason.
package redact

import (
	"net/netip"

	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
)

// Options say what a Redactor must know to keep the diagnosis the same.
type Options struct {
	// Ranges tells which addresses are CloudFront's: those are public and stay.
	// Prefixes that the user added are in it, too: their addresses are replaced,
	// see EdgePrefixes. nil stands for the list that is built in.
	Ranges *edge.Ranges

	// Roots are those under which the originals were judged. nil stands for
	// Mozilla's.
	Roots *origin.Roots
}

// A Redactor holds a key and the replacements that were made with it. It is not
// safe for concurrent use.
type Redactor struct {
	key    Key
	ranges *edge.Ranges
	roots  *origin.Roots

	names     table             // whole names, in lower case
	words     table             // values of distinguished names, parts of paths, as they stand
	labels    map[scoped]string // replacement of a label below its parent
	labelOf   map[scoped]string // the way back: label of a replacement below its parent's replacement
	phrases   phraseBook        // what Text finds beside names and addresses
	addresses map[netip.Addr]netip.Addr
	addressOf map[netip.Addr]netip.Addr
	edges     map[netip.Prefix]bool // prefixes in use for clients that the user called CloudFront's
	hardware  map[[6]byte][6]byte

	reissued reissue
	held     int // bytes in the tables
	unlisted int // replacements that the tables had no room for
}

// An Omission is something that was left out because it cannot be redacted
// safely.
type Omission struct {
	Packet int    // its number; 0: the whole connection
	Why    string // to be read after "left out:"; holds no name and no address
}

// New makes a Redactor.
func New(key Key, o Options) *Redactor {
	if o.Ranges == nil {
		o.Ranges = edge.Embedded()
	}
	if o.Roots == nil {
		o.Roots = origin.MozillaRoots()
	}
	return &Redactor{
		key: key, ranges: o.Ranges, roots: o.Roots,
		names: newTable(), words: newTable(),
		labels: map[scoped]string{}, labelOf: map[scoped]string{},
		phrases:   phraseBook{},
		addresses: map[netip.Addr]netip.Addr{}, addressOf: map[netip.Addr]netip.Addr{},
		edges:    map[netip.Prefix]bool{},
		hardware: map[[6]byte][6]byte{},
		reissued: newReissue(),
	}
}

// maxHeld bounds the tables, in bytes of originals and replacements. A capture
// that asks for more names is not one of a server at work.
const maxHeld = 16 << 20

// room tells whether n more bytes may be kept, and counts them.
func (r *Redactor) room(n int) bool {
	if r.held+n > maxHeld {
		r.unlisted++
		return false
	}
	r.held += n
	return true
}

// Unlisted gives how many replacements are not in the tables, because they were
// full: they are as good as the others, but Restore does not know them.
func (r *Redactor) Unlisted() int { return r.unlisted }

// A table holds originals and their replacements.
type table struct {
	to, from map[string]string
}

func newTable() table { return table{to: map[string]string{}, from: map[string]string{}} }

// list notes that replacement stands for original, if there is room.
func (r *Redactor) list(t *table, original, replacement string) {
	if r.room(len(original) + len(replacement)) {
		t.to[original] = replacement
		t.from[replacement] = original
	}
}
