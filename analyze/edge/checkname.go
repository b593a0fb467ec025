package edge

import (
	"strings"
	"unicode/utf8"
)

// CheckName says what is wrong with a name that viewers use; a wildcard
// "*.example.com" is right there, as an alias of a distribution can be one. A nil
// error means that the name can be compared with those of a certificate; any
// other is an *InputError with a hint. Source of the form: RFC 1123, section 2.1;
// RFC 5890, section 2.3.1.
func CheckName(name string) error {
	says, advice := nameFault(name)
	if says == "" {
		return nil
	}
	return &InputError{Source: shownName(name), Says: says, Advice: advice}
}

// CheckOriginDomain says what is wrong with an origin domain: as CheckName, but
// a wildcard is wrong.
func CheckOriginDomain(name string) error {
	if strings.Contains(name, "*") {
		return &InputError{Source: shownName(name), Says: "a wildcard cannot be an origin domain: CloudFront looks up its address",
			Advice: "give the domain name of the origin as the distribution has it"}
	}
	return CheckName(name)
}

// shownName cuts a name and gives an empty one something to be seen by.
func shownName(name string) string {
	if name == "" {
		return `""`
	}
	return shown(name)
}

// nameFault finds the first fault of a name, and what to give instead.
func nameFault(name string) (says, advice string) {
	switch {
	case name == "":
		return "no name", "give a host name, such as www.example.com"
	case !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		return "not a host name: it has white space or control characters", "give a host name, such as www.example.com"
	case strings.Contains(name, "://") || strings.ContainsAny(name, "/?#@"):
		return "not a host name, but a URL or a path", "give the host name alone" + such(hostOfURL(name))
	case isIP(strings.TrimSuffix(name, ".")):
		return "an IP address: CloudFront takes neither as origin nor as viewers' name anything but a domain name",
			"give the domain name that leads to this address"
	case !isASCII(name):
		return "an internationalised name in its Unicode form: certificates and SNI have its ASCII form",
			"give the form that begins with xn-- (the certificate shows it; so does: idn2 NAME)"
	case strings.HasSuffix(name, "."):
		return "ends in a dot, which neither certificates nor SNI have", "leave it out" + such(hostName(name))
	case name != strings.ToLower(name):
		return "has capital letters: they make no difference in a host name, but CloudFront stores names in small ones",
			"write it in small letters" + such(hostName(name))
	}
	return labelFault(name)
}

// labelFault finds what is wrong with the labels of a name of ASCII.
func labelFault(name string) (says, advice string) {
	const say = "give a host name, such as www.example.com"
	if host, port, ok := strings.Cut(name, ":"); ok && strings.Trim(port, "0123456789") == "" {
		return "a host name with a port", "give the host name alone" + such(host)
	}
	rest := strings.TrimPrefix(name, "*.")
	labels := strings.Split(rest, ".")
	switch {
	case len(name) > maxHostName:
		return "longer than 253 bytes, which no host name is", say
	case strings.Contains(rest, "*"):
		return `"*" stands for the whole leftmost label and nothing else`, "write *.example.com"
	case len(labels) < 2:
		return "a name of one label, which CloudFront cannot find", say
	}
	for _, label := range labels {
		if label == "" {
			return "has an empty label: a dot too many", say
		}
		if !hostLabel(strings.ReplaceAll(label, "_", "a")) { // "_" is no host name's, but DNS has such names
			return "not a host name: " + shown(label) + " is no label of one", say
		}
	}
	return "", ""
}

// such shows what to give, where that is free of faults itself.
func such(name string) string {
	if says, _ := nameFault(name); says != "" {
		return ""
	}
	return ": " + name
}

// hostOfURL gives the host of a URL, as well as it can be told.
func hostOfURL(s string) string {
	if _, rest, ok := strings.Cut(s, "://"); ok {
		s = rest
	}
	if end := strings.IndexAny(s, "/?#"); end >= 0 {
		s = s[:end]
	}
	s = s[strings.LastIndexByte(s, '@')+1:]
	s, _, _ = strings.Cut(s, ":")
	return hostName(s)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
