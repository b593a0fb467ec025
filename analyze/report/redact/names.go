package redact

import (
	"net/netip"
	"strconv"
	"strings"
)

// scoped is a label, or its replacement, below a parent.
type scoped struct{ parent, label string }

// keptSuffixes are what is not replaced at the end of a name: those on which a
// diagnosis depends, and names that belong to nobody (RFC 6761, RFC 6762). The
// longer of two goes first.
var keptSuffixes = []string{
	"amazonaws.com.cn", "amazonaws.com", "cloudfront.net",
	"localhost", "local", "internal", "test", "example", "invalid", "onion", "arpa",
}

// The labels and names that sniwatch itself uses as examples.
var keptLabels = map[string]bool{"": true, "*": true, "d…": true, "dxxxx": true, "dxxxxxx": true}

// maxStructured is how long a name may be whose labels are replaced one by one,
// in bytes. No name of the DNS is longer than 255 (RFC 1035, section 2.3.4).
const maxStructured = 255

// Name gives the replacement of a name: of the DNS, or an IP address in its
// place. It has the same length, the same labels in length and number, the same
// capitals, "*" and dots; and it stands in the same relation to the replacements
// of other names. Bytes that no host name has become letters.
func (r *Redactor) Name(name string) string {
	core := strings.Trim(name, " \t\r\n")
	if core == "" {
		return name
	}
	before := strings.Index(name, core)
	return name[:before] + r.name(core) + name[before+len(core):]
}

// name is Name for a name without white space around it.
func (r *Redactor) name(core string) string {
	lower := asciiLower(core)
	bare := strings.TrimSuffix(lower, ".")
	to, known := r.names.to[bare]
	if !known {
		switch {
		case isAddress(bare):
			to = r.addressText(bare)
		case len(bare) > maxStructured:
			to = r.letters("long name", bare)
		default:
			to = r.byLabel(bare)
		}
		r.list(&r.names, bare, to)
		if !isPlainName(bare) || len(bare) > maxStructured {
			r.learnHostile(strings.TrimSuffix(core, "."), capitalsOf(core[:len(bare)], to))
		}
	}
	return capitalsOf(core, to+lower[len(bare):])
}

// isAddress knows an IP address where a name should be, with or without the
// brackets of a URL.
func isAddress(s string) bool {
	if inner, ok := strings.CutPrefix(s, "["); ok {
		s = strings.TrimSuffix(inner, "]")
	}
	_, err := netip.ParseAddr(s)
	return err == nil
}

// isPlainName tells whether Text finds the name as one token.
func isPlainName(s string) bool {
	for i := range len(s) {
		if !isTokenByte(s[i]) {
			return false
		}
	}
	return true
}

// byLabel replaces the labels of a name in lower case, the last one first.
func (r *Redactor) byLabel(name string) string {
	kept := ""
	for _, suffix := range keptSuffixes {
		if name == suffix || strings.HasSuffix(name, "."+suffix) {
			kept = suffix
			break
		}
	}
	if name == kept {
		return name
	}
	rest := strings.TrimSuffix(name, kept)
	from, to := kept, kept
	if kept != "" {
		rest = rest[:len(rest)-1]
	}
	for {
		at := strings.LastIndexByte(rest, '.')
		label := rest[at+1:]
		next := r.label(label, from, to)
		if from == "" && at+1+len(label) == len(name) { // the last label of all
			from, to = label, next
		} else {
			from, to = label+"."+from, next+"."+to
		}
		if at < 0 {
			return to
		}
		rest = rest[:at]
	}
}

// label gives the replacement of one label below a parent, whose replacement is
// below.
func (r *Redactor) label(label, parent, below string) string {
	if keptLabels[label] {
		return label
	}
	if to, ok := r.labels[scoped{parent, label}]; ok {
		return to
	}
	to := label
	for try := 0; try < maxTries; try++ {
		to = r.lettersBut(label, "*", "label", parent, label, strconv.Itoa(try))
		other, taken := r.labelOf[scoped{below, to}]
		if to != label && (!taken || other == label) {
			break
		}
	}
	r.listLabel(label, parent, to, below)
	return to
}

// maxTries is how often another replacement is tried where one is taken. There
// are so few labels of one letter that two of them may have to share one.
const maxTries = 100

func (r *Redactor) listLabel(label, parent, to, below string) {
	if r.room(len(label) + len(parent) + len(to) + len(below)) {
		r.labels[scoped{parent, label}] = to
		r.labelOf[scoped{below, to}] = label
	}
}

// adoptName takes over a name from a key file, with its labels.
func (r *Redactor) adoptName(from, to string) {
	r.list(&r.names, from, to)
	if !isPlainName(from) || len(from) > maxStructured {
		r.learnHostile(from, to)
		return
	}
	a, b := strings.Split(from, "."), strings.Split(to, ".")
	if isAddress(from) || len(a) != len(b) {
		return
	}
	for i := range a {
		parent, below := strings.Join(a[i+1:], "."), strings.Join(b[i+1:], ".")
		if a[i] != b[i] {
			r.listLabel(a[i], parent, b[i], below)
		}
	}
}

// letters replaces every byte of s but dots and asterisks by a letter.
func (r *Redactor) letters(purpose, s string) string {
	return r.lettersBut(s, ".*", purpose, s)
}

// lettersBut replaces every byte of s that is not in kept by a letter, which
// purpose and parts decide.
func (r *Redactor) lettersBut(s, kept, purpose string, parts ...string) string {
	out := r.key.derive(len(s), purpose, parts...)
	for i, b := range out {
		if out[i] = 'a' + b%26; strings.IndexByte(kept, s[i]) >= 0 {
			out[i] = s[i]
		}
	}
	return string(out)
}

// addressText replaces an IP address that stands where a name should be by one
// as long that no host has: of 240.0.0.0/4, or of 0.0.0.0/8 where that is too
// long (RFC 6890). In IPv6 digits become other digits.
func (r *Redactor) addressText(s string) string {
	if strings.IndexByte(s, ':') >= 0 {
		return r.hexDigits(s)
	}
	digits := len(s) - 3
	for try := 0; ; try++ {
		pick := r.key.derive(4, "address as name", s, strconv.Itoa(try))
		first, left := 240+int(pick[0]&15), digits-3
		if left < 3 {
			first, left = 0, digits-1
		}
		out := strconv.Itoa(first)
		for i := 1; i < 4; i++ {
			width := min(3, left-(3-i))
			left -= width
			low := [4]int{0, 1, 10, 100}[width]
			out += "." + strconv.Itoa(low+int(pick[i])%min(low*9, 155))
		}
		if _, taken := r.names.from[out]; out != s && !taken || try == maxTries {
			return out
		}
	}
}

// hexDigits replaces the digits of an IPv6 address, none of them by zero.
func (r *Redactor) hexDigits(s string) string {
	out := []byte(s)
	for i, b := range r.key.derive(len(s), "address as name", s) {
		switch c := out[i]; {
		case c == ':' || c == '[' || c == ']' || c == '.':
		case strings.IndexByte(s, '.') >= 0 && i > strings.LastIndexByte(s, ':'):
			out[i] = '1' // of the IPv4 address at its end
		case c == '%':
		default:
			out[i] = "123456789abcdef"[b%15]
		}
	}
	return string(out)
}

// pseudonym gives the replacement of a text that is no name of the DNS, such as an
// organisation: letters become letters, digits digits, each byte of other
// characters a letter. Spaces and the usual punctuation stay, and its length.
func (r *Redactor) pseudonym(s string) string {
	if to, ok := r.words.to[s]; ok {
		return to
	}
	to := s
	for try := 0; try < maxTries; try++ {
		to = r.wordsOnce(s, strconv.Itoa(try))
		if _, taken := r.words.from[to]; to != s && !taken {
			break
		}
	}
	if to != s {
		r.list(&r.words, s, to)
	}
	return to
}

func (r *Redactor) wordsOnce(s, try string) string {
	out := r.key.derive(len(s), "words", s, try)
	for i := range out {
		switch c := s[i]; {
		case '0' <= c && c <= '9':
			out[i] = '0' + out[i]%10
		case strings.IndexByte(" ./-_:,'()", c) >= 0:
			out[i] = c
		case 'A' <= c && c <= 'Z':
			out[i] = 'A' + out[i]%26
		default:
			out[i] = 'a' + out[i]%26
		}
	}
	return string(out)
}

// webAddress gives the replacement of a URL, of the same length: its scheme stays, its
// host is a name or an address, the rest are words.
func (r *Redactor) webAddress(s string) string {
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		return r.pseudonym(s)
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	host, tail := rest[:end], rest[end:]
	user := ""
	if at := strings.LastIndexByte(host, '@'); at >= 0 {
		user, host = r.wordsOnce(host[:at], "user")+"@", host[at+1:]
	}
	port := ""
	if at := strings.LastIndexByte(host, ':'); at >= 0 && strings.Trim(host[at+1:], "0123456789") == "" {
		host, port = host[:at], host[at:]
	}
	to := scheme + "://" + user + r.Name(host) + port + r.wordsOnce(tail, "url")
	r.learnPhrase(s, to)
	return to
}

// mailAddress gives the replacement of an address of mail, of the same length.
func (r *Redactor) mailAddress(s string) string {
	at := strings.LastIndexByte(s, '@')
	if at < 0 {
		return r.pseudonym(s)
	}
	to := r.wordsOnce(s[:at], "mail") + "@" + r.Name(s[at+1:])
	r.learnPhrase(s, to)
	return to
}

// asciiLower lowers the letters of ASCII only, as host names are compared, so
// that the length stays.
func asciiLower(s string) string {
	if strings.IndexFunc(s, func(c rune) bool { return 'A' <= c && c <= 'Z' }) < 0 {
		return s
	}
	out := []byte(s)
	for i, c := range out {
		if 'A' <= c && c <= 'Z' {
			out[i] = c + 'a' - 'A'
		}
	}
	return string(out)
}

// capitalsOf gives to with capitals where like, which is as long, has them.
func capitalsOf(like, to string) string {
	if len(like) != len(to) || asciiLower(like) == like {
		return to
	}
	out := []byte(to)
	for i := range out {
		if 'A' <= like[i] && like[i] <= 'Z' && 'a' <= out[i] && out[i] <= 'z' {
			out[i] -= 'a' - 'A'
		}
	}
	return string(out)
}
