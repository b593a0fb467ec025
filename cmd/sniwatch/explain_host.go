package main

import (
	"os"
	"path/filepath"
	"strings"

	"sniwatch/analyze"
	"sniwatch/analyze/origin"
	"sniwatch/analyze/origin/config"
)

// localServer gives what the servers of this host do, for lines of their logs. nil:
// no server is known, or none was to be looked for.
func (d *discovery) localServer() (*analyze.LocalServer, error) {
	host, _, err := d.find(nil)
	if err != nil || host == nil {
		return nil, err
	}
	l := &analyze.LocalServer{
		Serves: func(sni string, port uint16) (*origin.Certificate, bool) {
			cert, why := servedFor(host, port, sni)
			return cert, why != config.ByDefault && why != config.ByOnly
		},
		Wrote: func(file string) bool { return writes(host, file) },
		Notes: analyze.NotesOf(host),
	}
	if all := host.Certificates(); len(all) == 1 {
		l.Only = all[0]
	}
	return l, nil
}

// writes tells whether a configuration names that file as a log, or one of which
// it is the older part: error.log.1, error.log-20240116.gz.
func writes(host *origin.Host, file string) bool {
	file, err := filepath.Abs(file)
	if err != nil {
		return false
	}
	is := func(all []config.ErrorLog) bool {
		for _, l := range all {
			rest, older := strings.CutPrefix(file, l.File)
			if older && (rest == "" || rest[0] == '.' || rest[0] == '-') || sameFile(file, l.File) {
				return true
			}
		}
		return false
	}
	for _, c := range host.Configurations {
		if is(c.ErrorLogs) {
			return true
		}
		for _, site := range c.Sites {
			if is(site.ErrorLogs) {
				return true
			}
		}
	}
	return false
}

// sameFile tells whether two names are of one file.
func sameFile(a, b string) bool {
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}
