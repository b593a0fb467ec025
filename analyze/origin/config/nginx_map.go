package config

import "strings"

// A nginxMap is a block map whose source is $ssl_server_name
// (https://nginx.org/en/docs/http/ngx_http_map_module.html): one way to have a
// certificate for each of many names in one server block.
type nginxMap struct {
	names    []Name
	values   []string // beside names
	fallback string   // of default
}

// isMapOfNames tells whether a directive begins such a block.
func isMapOfNames(d directive) bool {
	return d.name == "map" && len(d.args) == 2 && (d.args[0] == "$ssl_server_name" || d.args[0] == "${ssl_server_name}")
}

// maps reads the maps of http or stream, by the name of their variable.
func (r *nginxReader) maps(block []directive) map[string]*nginxMap {
	found := map[string]*nginxMap{}
	for _, d := range block {
		if isMapOfNames(d) {
			found[strings.TrimPrefix(d.args[1], "$")] = r.mapOf(d)
		}
	}
	return found
}

func (r *nginxReader) mapOf(d directive) *nginxMap {
	m := &nginxMap{}
	hostnames := false // without it a * is only a *
	for _, entry := range d.block {
		hostnames = hostnames || entry.name == "hostnames" && len(entry.args) == 0
	}
	for _, entry := range d.block {
		if len(entry.args) != 1 {
			continue
		}
		word, value := entry.name, entry.args[0]
		if word == "default" {
			m.fallback = value
			continue
		}
		name := Name{Pattern: strings.ToLower(strings.TrimPrefix(word, `\`))}
		if hostnames || strings.HasPrefix(word, "~") {
			// ~* ignores case; without it only an SNI with capitals would differ.
			var problem string
			if name, problem = nginxName(strings.Replace(word, "~*", "~", 1), &r.room); problem != "" {
				r.note(entry.at, "", "%s", problem)
				continue
			}
		}
		m.names, m.values = append(m.names, name), append(m.values, value)
	}
	return m
}

// value gives the value for an SNI, in the order in which server names count.
func (m *nginxMap) value(sni string) string {
	best := -1
	for i, name := range m.names {
		if name.matches(normal(sni)) && (best < 0 || before(name, m.names[best])) {
			best = i
		}
	}
	if best < 0 {
		return m.fallback
	}
	return m.values[best]
}
