package redact

import (
	"net/netip"
	"slices"
	"strings"
)

// Text replaces the names and addresses in a text of sniwatch. It goes over it
// once, token by token:
//
//   - what a certificate or a hello called something is replaced as a whole,
//   - every address and everything that looks like a name of the DNS is
//     replaced, whether it was seen before or not, but for sniwatch's own
//     constants, version numbers and usual file names,
//   - paths, URLs, addresses of mail and identifiers of AWS too.
//
// pseudonym of prose stay; so a text that somebody else wrote goes through LogLine.
func (r *Redactor) Text(s string) string { return r.scan(s, false) }

// LogLine replaces what Text does and, beyond that, every word that no server
// writes by itself when a handshake fails: what is left is the known form.
func (r *Redactor) LogLine(s string) string { return r.scan(s, true) }

// Path replaces the parts of the name of a file that are not usual ones, such
// as "etc", "fullchain.pem" or "error.log".
func (r *Redactor) Path(s string) string {
	if s == "" || s == "-" {
		return s
	}
	parts := strings.Split(s, "/")
	for i, part := range parts {
		parts[i] = r.pathPart(part)
	}
	to := strings.Join(parts, "/")
	r.learnPhrase(s, to) // it may be named without its folder, or within a sentence
	r.learnPhrase(s[strings.LastIndexByte(s, '/')+1:], parts[len(parts)-1])
	return to
}

// scan goes over a text. Where strict is set, words are replaced as well.
func (r *Redactor) scan(s string, strict bool) string {
	if to, ok := r.names.to[asciiLower(s)]; ok {
		return capitalsOf(s, to)
	}
	var out strings.Builder
	out.Grow(len(s))
	for i := 0; i < len(s); {
		if to, n := r.phrases.at(s, i); n > 0 {
			out.WriteString(to)
			i += n
			continue
		}
		n := 1
		switch {
		case startsPath(s, i), startsFile(s, i):
			n = pathLength(s[i:])
			out.WriteString(r.Path(s[i : i+n]))
		case isTokenByte(s[i]) || s[i] == ':' || s[i] == '%':
			var to string
			n, to = r.token(s[i:], strict)
			out.WriteString(to)
		default:
			out.WriteByte(s[i])
		}
		i += n
	}
	return out.String()
}

// isTokenByte tells whether names, numbers and words consist of such bytes.
// Bytes of other characters count: a name may stand there in Unicode.
func isTokenByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		c == '-' || c == '_' || c == '.' || c == '*' || c >= 0x80
}

// startsPath tells whether a path from the root begins at s[i].
func startsPath(s string, i int) bool {
	return s[i] == '/' && i+1 < len(s) && isTokenByte(s[i+1]) && (i == 0 || !isTokenByte(s[i-1]) && s[i-1] != '/')
}

// startsFile tells whether a path begins at s[i] that leads from a folder to a
// file with a usual extension.
func startsFile(s string, i int) bool {
	if !isTokenByte(s[i]) || i > 0 && isTokenByte(s[i-1]) {
		return false
	}
	path := s[i : i+pathLength(s[i:])]
	slash := strings.LastIndexByte(path, '/')
	if slash < 0 || constants[path[slash+1:]] {
		return false
	}
	_, extension := cutExtension(path[slash+1:])
	return extension != ""
}

// pathLength gives how far the path goes that s begins with.
func pathLength(s string) int {
	n := 0
	for n < len(s) && (isTokenByte(s[n]) || s[n] == '/' || s[n] == '+' || s[n] == '@' || s[n] == '%' || s[n] == '~') {
		n++
	}
	return len(strings.TrimRight(s[:n], "."))
}

// token replaces the token that s begins with, and gives its length.
func (r *Redactor) token(s string, strict bool) (n int, to string) {
	if n, to = r.colons(s); n > 0 {
		return n, to
	}
	decoded, n := unescape(s)
	if n == 0 {
		return 1, s[:1]
	}
	rest := s[n:]
	switch {
	case strings.HasPrefix(rest, "://") && len(decoded) == n:
		return r.urlToken(s, n)
	case strings.HasPrefix(rest, "@") && len(rest) > 1 && isTokenByte(rest[1]):
		return n, r.wordsOnce(decoded, "mail")
	}
	core := strings.TrimRight(decoded, ".")
	if core == "" {
		return n, s[:n]
	}
	replaced := r.word(core, strict)
	if replaced == core {
		return n, s[:n]
	}
	return n, replaced + decoded[len(core):]
}

// unescape reads a token, in which bytes may be written as in URLs.
func unescape(s string) (token string, n int) {
	for n < len(s) && isTokenByte(s[n]) {
		n++
	}
	if n == len(s) || s[n] != '%' {
		return s[:n], n
	}
	var out []byte
	for n = 0; n < len(s); {
		c, width := s[n], 1
		if c == '%' && n+2 < len(s) && isHex(s[n+1]) && isHex(s[n+2]) {
			c, width = unhex(s[n+1])<<4|unhex(s[n+2]), 3
		}
		if !isTokenByte(c) {
			break
		}
		out = append(out, c)
		n += width
	}
	return string(out), n
}

func isHex(c byte) bool { return strings.IndexByte("0123456789abcdefABCDEF", c) >= 0 }

func unhex(c byte) byte {
	if c >= 'A' {
		return c&0x0f + 9 // A and a are 0x41 and 0x61
	}
	return c - '0'
}

// colons replaces what s begins with if it is written with colons: an IPv6
// address or one of hardware. n is 0 where it is neither.
func (r *Redactor) colons(s string) (n int, to string) {
	for n < len(s) && n < 64 && (isHex(s[n]) || s[n] == ':' || s[n] == '.') {
		n++
	}
	run := strings.TrimRight(s[:n], ".")
	if strings.Count(run, ":") < 2 {
		return 0, ""
	}
	for _, run := range []string{run, strings.TrimRight(run, ":")} {
		if a, err := netip.ParseAddr(run); err == nil {
			return len(run), r.Addr(a).String()
		}
	}
	if isHardware(run) {
		var b [6]byte
		for i := range b {
			b[i] = unhex(run[3*i])<<4 | unhex(run[3*i+1])
		}
		r.mac(b[:])
		return len(run), hardwareText(b)
	}
	return 0, ""
}

// word replaces a token without the dots that end it.
func (r *Redactor) word(core string, strict bool) string {
	if a, err := netip.ParseAddr(core); err == nil {
		if to, ok := r.names.to[core]; ok && !r.addresses[a].IsValid() {
			return to
		}
		return r.Addr(a).String()
	}
	lower := asciiLower(core)
	_, known := r.names.to[lower]
	switch {
	case known && !vocabulary[lower], isWildcardOf(lower) && !constants[lower]:
		return r.Name(core)
	case constants[lower]:
		return core
	case isIdentifier(core):
		return r.wordsOnce(core, "identifier")
	}
	if stem, extension := cutExtension(core); extension != "" {
		return r.stem(stem, strict) + extension
	}
	if looksLikeName(lower) {
		return r.Name(core)
	}
	if strict && !vocabulary[strings.Trim(lower, "-_*")] && !isNumber(lower) {
		return r.pseudonym(core)
	}
	return core
}

func isWildcardOf(lower string) bool {
	rest, ok := strings.CutPrefix(lower, "*.")
	return ok && strings.IndexByte(rest, '.') >= 0
}

// looksLikeName tells whether a token can be a name of the DNS: labels with dots
// between them, the last one of two bytes or more and beginning with no digit.
func looksLikeName(lower string) bool {
	at := strings.LastIndexByte(lower, '.')
	if at <= 0 || len(lower)-at <= 2 || strings.Trim(lower, ".*") == "" {
		return false
	}
	c := lower[at+1]
	return c < '0' || c > '9'
}

// isNumber tells whether a token says how much or when, and not who.
func isNumber(lower string) bool {
	lower = strings.TrimLeft(lower, "*-")                            // *56 is nginx's number of a connection
	digits := strings.TrimRight(lower, "abcdefghijklmnopqrstuvwxyz") // 30s, 2048-bit, T and Z of a time
	return strings.Trim(digits, "0123456789.-t") == "" && strings.IndexAny(lower, "0123456789") == 0 && len(lower)-len(digits) <= 3 ||
		strings.Trim(lower, "-_.") == ""
}

// isIdentifier knows the identifiers of AWS that say whose something is:
// distributions (E1A2B3C4D5E6F7), instances and their like (i-0123456789abcdef0)
// and accounts (12 digits).
func isIdentifier(s string) bool {
	const upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	if len(s) >= 12 && len(s) <= 15 && s[0] == 'E' && strings.Trim(s, upper) == "" && strings.ContainsAny(s, "0123456789") {
		return true
	}
	if len(s) == 12 && strings.Trim(s, "0123456789") == "" {
		return true
	}
	kind, id, ok := strings.Cut(s, "-")
	return ok && (len(id) == 8 || len(id) == 17) && strings.Trim(id, "0123456789abcdef") == "" &&
		slices.Contains([]string{"i", "vpc", "eni", "subnet", "sg", "ami", "vpce", "lb", "igw", "rtb", "acl", "eipalloc"}, kind)
}

// urlToken replaces a URL whose scheme has n bytes.
func (r *Redactor) urlToken(s string, n int) (int, string) {
	end := n + len("://")
	for end < len(s) && s[end] > ' ' && strings.IndexByte("\"'<>`)],;", s[end]) < 0 {
		end++
	}
	url := strings.TrimRight(s[:end], ".:!?")
	if len(url) < n+len("://") {
		return n, s[:n]
	}
	host, tail := url[n+len("://"):], ""
	if at := strings.IndexAny(host, "/?#"); at >= 0 {
		host, tail = host[:at], host[at:]
	}
	if at := strings.LastIndexByte(host, '@'); at >= 0 {
		host = host[at+1:]
	}
	name := host
	if at := strings.LastIndexByte(host, ':'); at >= 0 {
		name = host[:at]
	}
	if constants[asciiLower(name)] {
		return len(url), url
	}
	path, query, _ := strings.Cut(tail, "?")
	if query != "" {
		query = "?" + r.wordsOnce(query, "url")
	}
	return len(url), url[:n] + "://" + r.scan(host, true) + r.Path(path) + query
}

// pathPart replaces one part of a path.
func (r *Redactor) pathPart(part string) string {
	if vocabulary[asciiLower(part)] || strings.Trim(part, ".") == "" {
		return part
	}
	stem, extension := cutExtension(part)
	return r.stem(stem, true) + extension
}

// stem replaces what stands before the extension of a file's name. strict is
// set where the stem of an unknown file is replaced, too.
func (r *Redactor) stem(stem string, strict bool) string {
	lower := asciiLower(stem)
	_, known := r.names.to[lower]
	switch {
	case vocabulary[lower], isNumber(lower):
		return stem
	case known, looksLikeName(lower):
		return r.Name(stem)
	case strict:
		return r.pseudonym(stem)
	}
	return stem
}

// cutExtension takes the usual extensions off the name of a file, several if
// need be, as in error.log.1.gz. It gives "" where there is none.
func cutExtension(s string) (stem, extension string) {
	stem = s
	for {
		at := strings.LastIndexByte(stem, '.')
		if at <= 0 {
			return stem, s[len(stem):]
		}
		last := asciiLower(stem[at+1:])
		if !extensions[last] && !(strings.Trim(last, "0123456789") == "" && strings.Contains(asciiLower(stem), ".log.")) {
			return stem, s[len(stem):]
		}
		stem = stem[:at]
	}
}
