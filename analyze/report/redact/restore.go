package redact

import (
	"net"
	"net/netip"
	"strings"
)

// Restore maps a redacted text back: every replacement in it that the tables
// know becomes what it stands for, in lower case where that is a name. Where two
// originals had to share a replacement, it is the later one.
func (r *Redactor) Restore(s string) string {
	back := phraseBook{}
	reverse := &Redactor{phrases: back}
	for from, to := range r.phrases.all() {
		reverse.learnPhrase(to, from)
	}
	hardware := map[string]string{}
	for from, to := range r.hardware {
		hardware[hardwareText(to)] = net.HardwareAddr(from[:]).String()
	}
	var out strings.Builder
	for i := 0; i < len(s); {
		if to, n := back.at(s, i); n > 0 {
			out.WriteString(to)
			i += n
			continue
		}
		n, to := r.restoreToken(s[i:], hardware)
		out.WriteString(to)
		i += n
	}
	return out.String()
}

// restoreToken maps the token back that s begins with, and gives its length.
func (r *Redactor) restoreToken(s string, hardware map[string]string) (n int, to string) {
	if !isTokenByte(s[0]) && s[0] != ':' {
		return 1, s[:1]
	}
	for n < len(s) && n < 64 && (isHex(s[n]) || s[n] == ':' || s[n] == '.') {
		n++
	}
	for run := strings.TrimRight(s[:n], "."); strings.Count(run, ":") >= 2; run = run[:strings.LastIndexByte(run, ':')] {
		if a, err := netip.ParseAddr(run); err == nil && r.addressOf[a].IsValid() {
			return len(run), r.addressOf[a].String()
		}
		if from, ok := hardware[run]; ok {
			return len(run), from
		}
	}
	for n = 0; n < len(s) && isTokenByte(s[n]); n++ {
	}
	if n == 0 {
		return 1, s[:1]
	}
	core := strings.TrimRight(s[:n], ".")
	return n, r.restoreName(core) + s[len(core):n]
}

// restoreName maps a name, an address or a word back, or the stem of a file.
func (r *Redactor) restoreName(core string) string {
	lower := asciiLower(core)
	if a, err := netip.ParseAddr(core); err == nil && r.addressOf[a].IsValid() {
		return r.addressOf[a].String()
	}
	if from, ok := r.names.from[lower]; ok {
		return capitalsOf(core, from)
	}
	if from, ok := r.words.from[core]; ok {
		return from
	}
	if stem, extension := cutExtension(core); extension != "" {
		return r.restoreName(stem) + extension
	}
	return core
}
