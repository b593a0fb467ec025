package main

import (
	"net"
	"net/netip"
	"os"
	"slices"

	"sniwatch/analyze/origin"
	"sniwatch/analyze/origin/config"
)

// discover finds what the servers of this host serve: by their configuration, or
// where there is none, what certbot keeps. found has the certificates that no
// configuration names.
func (o *options) discover() (host *origin.Host, found []*origin.Certificate) {
	if o.noDiscover {
		return nil, nil
	}
	configurations := config.Find(o.system)
	if o.nginxConf != "" {
		configurations = []*config.Configuration{config.ReadNginx(o.system, o.nginxConf, "")}
	}
	if len(configurations) > 0 {
		return origin.NewHost(configurations, o.ownAddresses()), nil
	}
	files, notes := config.CertbotLive(o.system)
	host = origin.NewHost([]*config.Configuration{{Notes: notes}}, nil)
	for _, name := range files {
		if c, err := origin.Load(name); err == nil {
			found = append(found, c)
		}
	}
	return host, found
}

// configuredLogs gives the error logs that the servers' configurations name and
// that are files, for a live capture that was given none.
func (o *options) configuredLogs(host *origin.Host) []string {
	if host == nil || len(o.logs) > 0 || o.interfaceName == "" {
		return nil
	}
	var names []string
	add := func(all []config.ErrorLog) {
		for _, l := range all {
			info, err := os.Stat(l.File)
			if err == nil && info.Mode().IsRegular() && !slices.Contains(names, l.File) {
				names = append(names, l.File)
			}
		}
	}
	for _, c := range host.Configurations {
		add(c.ErrorLogs)
		for _, site := range c.Sites {
			add(site.ErrorLogs)
		}
	}
	return names[:min(len(names), maxConfiguredLogs)]
}

// maxConfiguredLogs is how many logs are followed that nobody asked for.
const maxConfiguredLogs = 50

// ownAddresses gives those of this host, for captures: one that was made elsewhere
// has servers that this host's configuration says nothing about. Live, what comes
// by is this host's.
func (o *options) ownAddresses() []netip.Addr {
	if o.interfaceName != "" || o.nginxConf != "" {
		return nil
	}
	own := []netip.Addr{}
	all, err := net.InterfaceAddrs()
	if err != nil {
		return own
	}
	for _, a := range all {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			own = append(own, p.Addr().Unmap())
		}
	}
	return own
}
