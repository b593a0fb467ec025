package redact

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// A Key decides every replacement. Whoever has it can find out, by trying, which
// name a replacement stands for: it stays with the owner.
type Key [32]byte

// NewKey reads a key from random, which must be a source that nobody can guess.
func NewKey(random io.Reader) (k Key, err error) {
	if _, err = io.ReadFull(random, k[:]); err != nil {
		return Key{}, fmt.Errorf("no random bytes for the key: %w", err)
	}
	return k, nil
}

// derive gives n bytes that depend on the key, on what they are for, and on
// parts. Without the key they tell nothing of these.
func (k *Key) derive(n int, purpose string, parts ...string) []byte {
	mac := hmac.New(sha256.New, k[:])
	for _, part := range append([]string{purpose}, parts...) {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		mac.Write(length[:])
		io.WriteString(mac, part)
	}
	block := mac.Sum(nil)
	out := make([]byte, 0, n+len(block))
	for len(out) < n {
		out = append(out, block...)
		next := hmac.New(sha256.New, k[:])
		next.Write(block)
		block = next.Sum(block[:0])
	}
	return out[:n]
}

// noise overwrites b with bytes that depend on the key and on what was there.
func (k *Key) noise(purpose string, b []byte) {
	copy(b, k.derive(len(b), purpose, string(b)))
}

// The lines of a key file: a kind, then what it is about. Texts are quoted as
// in Go, as they may be hostile.
const (
	keyFileTitle = "sniwatch redaction key 1"
	lineKey      = "key"
	lineName     = "name"
	lineWord     = "word"
	linePhrase   = "phrase"
	lineAddress  = "address"
	lineHardware = "hardware"
)

// maxKeyFile bounds a key file: quoting makes at most four bytes of one.
const maxKeyFile = 8 * maxHeld

// WriteKey writes the key and the table of all replacements so far, original
// first. The file is what must not be given away: the caller makes it with mode
// 0600.
func (r *Redactor) WriteKey(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "%s\n# Keep this file: it maps the redacted names and addresses back.\n%s %x\n", keyFileTitle, lineKey, r.key)
	for _, t := range []struct {
		kind string
		to   map[string]string
	}{{lineName, r.names.to}, {lineWord, r.words.to}, {linePhrase, r.phrases.all()}} {
		for _, original := range slices.Sorted(maps.Keys(t.to)) {
			fmt.Fprintf(out, "%s %q %q\n", t.kind, original, t.to[original])
		}
	}
	for _, a := range slices.SortedFunc(maps.Keys(r.addresses), netip.Addr.Compare) {
		fmt.Fprintf(out, "%s %s %s\n", lineAddress, a, r.addresses[a])
	}
	var lines []string
	for from, to := range r.hardware {
		lines = append(lines, fmt.Sprintf("%s %s %s\n", lineHardware, net.HardwareAddr(from[:]), net.HardwareAddr(to[:])))
	}
	slices.Sort(lines)
	for _, line := range lines {
		out.WriteString(line)
	}
	return out.Flush()
}

// A KeyError tells why a key file cannot be used.
type KeyError struct {
	Line int // counted from 1; 0: the file as a whole
	Says string
}

// Error says what is wrong, to be read after the file's name.
func (e *KeyError) Error() string {
	if e.Line == 0 {
		return e.Says
	}
	return fmt.Sprintf("line %d %s", e.Line, e.Says)
}

// Load makes a Redactor from a key file, with the replacements of its table.
// What is wrong with the file is a *KeyError.
func Load(from io.Reader, o Options) (*Redactor, error) {
	lines := bufio.NewScanner(io.LimitReader(from, maxKeyFile))
	lines.Buffer(nil, 1<<20)
	if !lines.Scan() || strings.TrimSpace(lines.Text()) != keyFileTitle {
		return nil, &KeyError{Says: "is no key file of sniwatch: it does not begin with " + strconv.Quote(keyFileTitle)}
	}
	var r *Redactor
	for n := 2; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		kind, rest, _ := strings.Cut(line, " ")
		var err error
		switch {
		case kind == lineKey && r == nil:
			key, err := hex.DecodeString(rest)
			if err != nil || len(key) != len(Key{}) {
				return nil, &KeyError{Line: n, Says: "has no key of 64 hexadecimal digits"}
			}
			r = New(Key(key), o)
			continue
		case r == nil:
			return nil, &KeyError{Line: n, Says: "comes before the key"}
		default:
			err = r.load(kind, rest)
		}
		if err != nil {
			return nil, &KeyError{Line: n, Says: err.Error()}
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	if r == nil {
		return nil, &KeyError{Says: "holds no key"}
	}
	return r, nil
}

// errPair is for a line that has not two values of its kind.
var errPair = errors.New("is not a pair of an original and its replacement")

// load takes over one line of the table.
func (r *Redactor) load(kind, rest string) error {
	switch kind {
	case lineName, lineWord, linePhrase:
		from, to, ok := quotedPair(rest)
		if !ok {
			return errPair
		}
		switch kind {
		case lineName:
			if len(from) != len(to) {
				return errPair
			}
			r.adoptName(from, to)
		case lineWord:
			r.list(&r.words, from, to)
		case linePhrase:
			r.learnPhrase(from, to)
		}
		return nil
	case lineAddress:
		a, b, _ := strings.Cut(rest, " ")
		from, err1 := netip.ParseAddr(a)
		to, err2 := netip.ParseAddr(b)
		if err1 != nil || err2 != nil || from.Is4() != to.Is4() || !r.room(2*len(from.AsSlice())) {
			return errPair
		}
		r.listAddress(from, to)
		return nil
	case lineHardware:
		a, b, _ := strings.Cut(rest, " ")
		from, err1 := net.ParseMAC(a)
		to, err2 := net.ParseMAC(b)
		if err1 != nil || err2 != nil || len(from) != 6 || len(to) != 6 {
			return errPair
		}
		r.hardware[[6]byte(from)] = [6]byte(to)
		return nil
	}
	return errors.New("is of a kind that this version does not know")
}

// quotedPair reads two quoted texts with a space between them.
func quotedPair(s string) (a, b string, ok bool) {
	first, err := strconv.QuotedPrefix(s)
	if err != nil {
		return "", "", false
	}
	a, err1 := strconv.Unquote(first)
	b, err2 := strconv.Unquote(strings.TrimPrefix(s[len(first):], " "))
	return a, b, err1 == nil && err2 == nil && a != ""
}
