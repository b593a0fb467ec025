package main

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/pflag"

	"sniwatch/analyze/origin"
	"sniwatch/analyze/origin/config"
)

// A discovery finds what the servers of this host serve.
type discovery struct {
	none      bool
	nginxConf string
	system    config.System // whose files are looked through: this one
}

// define declares its flags.
func (d *discovery) define(f *pflag.FlagSet) {
	f.StringVar(&d.nginxConf, "nginx-conf", "", "read nginx's configuration from `FILE` instead of looking for that of the local server")
	f.BoolVar(&d.none, "no-discover", false, "use nothing of this host but what the flags name")
}

// find reads the servers' configurations or, where there is none, what certbot
// keeps: found has the certificates that no configuration names. nil: nothing was to
// be looked for. An error is that of a file that was named: what is looked for is
// found or not.
func (d *discovery) find(addresses []netip.Addr) (host *origin.Host, found []*origin.Certificate, err error) {
	if d.none {
		return nil, nil, nil
	}
	if d.nginxConf != "" {
		file, err := d.named()
		if err != nil {
			return nil, nil, err
		}
		return origin.NewHost([]*config.Configuration{config.ReadNginx(d.system, file, "")}, addresses), nil, nil
	}
	if all := config.Find(d.system); len(all) > 0 {
		return origin.NewHost(all, addresses), nil, nil
	}
	files, notes := config.CertbotLive(d.system)
	for _, name := range files {
		if c, err := origin.Load(name); err == nil {
			found = append(found, c)
		}
	}
	return origin.NewHost([]*config.Configuration{{Notes: notes}}, addresses), found, nil
}

// named gives the file of --nginx-conf, which must be there and readable.
func (d *discovery) named() (string, error) {
	file, err := filepath.Abs(d.nginxConf)
	if err != nil {
		return "", err
	}
	f, err := os.Open(file)
	if err != nil {
		return "", hinted{fmt.Errorf("no configuration of nginx: %w", err), "'nginx -t' prints which file nginx reads"}
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return "", hinted{fmt.Errorf("no configuration of nginx: %s is a directory", file), "name the file in it, such as " + filepath.Join(file, "nginx.conf")}
	}
	return file, nil
}

// ownAddresses gives those of this host.
func ownAddresses() []netip.Addr {
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

// discover finds what this host serves. Captures that were made elsewhere have
// servers that this host's configuration says nothing about; live, what comes by is
// this host's.
func (o *options) discover() (*origin.Host, []*origin.Certificate, error) {
	if o.interfaceName != "" || o.nginxConf != "" {
		return o.find(nil)
	}
	return o.find(ownAddresses())
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

// serves tells which certificate the servers of this host serve for a name, on a
// port of any of its addresses. nil: none.
func serves(host *origin.Host, port uint16) func(sni string) *origin.Certificate {
	return func(sni string) *origin.Certificate {
		cert, _ := servedFor(host, port, sni)
		return cert
	}
}

// servedFor gives the certificate that the servers of this host serve for a name,
// nil: none, and by what they choose it.
func servedFor(host *origin.Host, port uint16, sni string) (*origin.Certificate, config.Why) {
	for _, a := range append([]netip.Addr{netip.MustParseAddr("127.0.0.1")}, ownAddresses()...) {
		if _, choice, ok := host.Answer(sni, netip.AddrPortFrom(a, port)); ok && !choice.Refuses {
			return host.Certificate(&choice, nil), choice.Why
		}
	}
	return nil, ""
}
