package edge

import "strings"

// Names that no public certificate authority certifies: they belong to AWS, or
// are set aside for private use (RFC 6761, RFC 6762, RFC 7686).
var uncertifiable = []string{
	"cloudfront.net", "amazonaws.com",
	"local", "internal", "localhost", "test", "example", "invalid", "onion", "arpa",
}

// CertbotNames gives the names for certbot's -d options: those that the
// certificate has, in their order, then those that it needs. A name comes once,
// in lower case; a wildcard stands for the names that it covers, because Let's
// Encrypt refuses an order that has both.
//
// refused holds the names that no public certificate authority would certify:
// IP addresses, names without a dot, names of AWS, and whatever is no host name
// at all. names are therefore safe to be put into a shell command unquoted, the
// "*" of a wildcard aside (see NeedsDNSChallenge).
func CertbotNames(have []string, need ...string) (names []string, refused []string) {
	listed := make(map[string]bool, len(have)+len(need))
	for _, list := range [][]string{have, need} {
		for _, raw := range list {
			name := hostName(raw)
			if !certifiable(name) {
				name, raw = raw, ""
			}
			if listed[name] {
				continue
			}
			listed[name] = true
			if raw == "" {
				refused = append(refused, name)
			} else {
				names = append(names, name)
			}
		}
	}
	kept := names[:0]
	for _, name := range names {
		if _, parent, _ := strings.Cut(name, "."); name[0] == '*' || !listed["*."+parent] {
			kept = append(kept, name)
		}
	}
	return kept, refused
}

// NeedsDNSChallenge tells whether names hold a wildcard. Let's Encrypt certifies
// one by the DNS-01 challenge alone: certbot --nginx and --apache cannot, and the
// name must be quoted in a shell.
func NeedsDNSChallenge(names []string) bool {
	for _, name := range names {
		if strings.HasPrefix(name, "*.") {
			return true
		}
	}
	return false
}

// certifiable tells whether name, as hostName gives it, is a host name of at
// least two labels (RFC 1123, section 2.1), the first of which may be "*", under
// a domain that can be certified.
func certifiable(name string) bool {
	labels := strings.Split(strings.TrimPrefix(name, "*."), ".")
	if len(name) > maxHostName || len(labels) < 2 {
		return false
	}
	for _, label := range labels {
		if !hostLabel(label) {
			return false
		}
	}
	if strings.Trim(labels[len(labels)-1], "0123456789") == "" {
		return false // no top-level domain is a number
	}
	for _, domain := range uncertifiable {
		if name == domain || strings.HasSuffix(name, "."+domain) {
			return false
		}
	}
	return true
}

// hostLabel tells whether label is letters, digits and inner hyphens.
func hostLabel(label string) bool {
	if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
		return false
	}
	return strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}
