package main

import (
	"net/netip"
	"path/filepath"
	"slices"

	"sniwatch/analyze"
)

// needs are what a live capture still has to open after it has begun. Everything
// else is open by then.
type needs struct {
	read  []string // files that are opened again when they are replaced: logs, certificates
	write []string // folders in which files are made, removed and get their names
	probe bool     // the server is asked for its certificates
}

// needs lists what a live capture will open.
func (o *options) needs(a *analyze.Options) needs {
	n := needs{read: slices.Concat(o.certs, o.logs), probe: o.probe}
	if a.Host != nil {
		for _, c := range a.Host.Certificates() {
			n.read = append(n.read, c.File)
		}
	}
	for _, c := range a.Certificates.All() {
		n.read = append(n.read, c.File)
	}
	for _, name := range append(slices.Clone(o.reports), o.evidence) {
		if name != "" {
			n.write = append(n.write, folderOf(name))
		}
	}
	if o.redact {
		n.write = append(n.write, folderOf(o.redactKey))
	}
	if o.ring() {
		n.write = append(n.write, folderOf(o.write))
	}
	n.read, n.write = distinct(n.read), distinct(n.write)
	return n
}

// folderOf gives the folder of a file, by its whole name: "." tells a reader nothing.
func folderOf(name string) string {
	if full, err := filepath.Abs(name); err == nil {
		name = full
	}
	return filepath.Dir(name)
}

// distinct sorts, and removes what is there twice, and the empty ones.
func distinct(names []string) []string {
	slices.Sort(names)
	names = slices.Compact(names)
	return slices.DeleteFunc(names, func(name string) bool { return name == "" })
}

// folders gives the folders in which files lie: that of the name, and where it is a
// link, as certbot's are, that of the file.
func folders(files []string) []string {
	var out []string
	for _, name := range files {
		out = append(out, filepath.Dir(name))
		if real, err := filepath.EvalSymlinks(name); err == nil {
			out = append(out, filepath.Dir(real))
		}
	}
	return distinct(out)
}

// holdsSecrets tells whether a folder has the system's own secrets below it. What
// lies directly in such a folder is opened by its name only.
func holdsSecrets(folder string) bool {
	full, err := filepath.Abs(folder)
	if err != nil {
		return true
	}
	return full == "/" || full == "/etc" || full == "/root" || full == "/home"
}

// probePorts are the ports that --probe may have to connect to; nil: any.
func (o *options) probePorts() []uint16 {
	if o.probeAt != (netip.AddrPort{}) {
		return []uint16{o.probeAt.Port()}
	}
	return o.ports
}
