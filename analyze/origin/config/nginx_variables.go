package config

import (
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
)

// knownVariables are those of nginx that have a value during the handshake and
// follow from the connection.
var knownVariables = map[string]bool{"ssl_server_name": true, "server_addr": true, "server_port": true}

// unknownVariable gives the first variable in text that cannot be filled, or "".
func unknownVariable(text string, maps map[string]*nginxMap) string {
	unknown := ""
	os.Expand(text, func(name string) string {
		if unknown == "" && !knownVariables[name] && maps[name] == nil {
			unknown = name
		}
		return ""
	})
	return unknown
}

// captures tells whether a variable is a group of a regular expression in the
// names of the site.
func (s *Site) captures(variable string) bool {
	if strings.Trim(variable, "0123456789") == "" {
		return true
	}
	return slices.ContainsFunc(s.Names, func(n Name) bool {
		return n.expression != nil && n.expression.SubexpIndex(variable) >= 0
	})
}

// fillVariables fills in the variables of a file's name. What is not known
// stays as it is written. sni comes from the wire: one that is no host name is
// not filled in, so that it can lead to no other folder; nginx refuses such a
// handshake.
func fillVariables(file, sni string, server netip.AddrPort, maps map[string]*nginxMap) string {
	if strings.IndexByte(file, '$') < 0 {
		return file
	}
	return os.Expand(file, func(name string) string {
		switch m := maps[name]; {
		case m != nil:
			// The value may have variables again, but not those of a map: one
			// could lead to itself.
			return fillVariables(m.value(sni), sni, server, nil)
		case name == "ssl_server_name" && (sni == "" || isHostName(sni)):
			return sni
		case name == "server_addr":
			return server.Addr().Unmap().String()
		case name == "server_port":
			return strconv.Itoa(int(server.Port()))
		}
		return "${" + name + "}"
	})
}

// isHostName tells whether a name has labels of letters, digits, - and _ only.
func isHostName(name string) bool {
	for _, label := range strings.Split(name, ".") {
		if label == "" || strings.Trim(label, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" {
			return false
		}
	}
	return len(name) <= 253
}
