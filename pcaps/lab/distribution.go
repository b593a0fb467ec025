//go:build linux

package main

import (
	"crypto/x509"
	"errors"
	"strings"
	"time"
)

// A distribution is what the edge knows: CloudFront's configuration, as far as it
// decides what is asked for and what is accepted.
type distribution struct {
	viewer  string // the name that viewers use
	forward bool   // the Host header is forwarded
	untold  bool   // sniwatch is not told whether it is
}

// serverName is the SNI: the Host header where it is forwarded, else the origin
// domain.
func (d distribution) serverName() string {
	if d.forward {
		return d.viewer
	}
	return originName
}

// arguments are what sniwatch is told of the distribution.
func (d distribution) arguments() []string {
	forward := "no"
	if d.forward {
		forward = "yes"
	}
	arguments := []string{"--origin-domain", originName}
	if !d.untold {
		arguments = append(arguments, "--forward-host", forward)
	}
	if d.viewer != "" {
		arguments = append(arguments, "--viewer-domain", d.viewer)
	}
	return arguments
}

var (
	errNoChain = errors.New("the edge refuses: no path to a root that it trusts")
	errNoName  = errors.New("the edge refuses: neither the origin domain nor the forwarded Host")
)

// accepts is how the edge judges a server's certificate: a path to a trusted root,
// with the intermediates in any order, and a name that is the origin domain or the
// Host header that was forwarded. It does not ask for the SNI.
func (d distribution) accepts(raw [][]byte, roots *x509.CertPool) error {
	var chain []*x509.Certificate
	for _, der := range raw {
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return err
		}
		chain = append(chain, cert)
	}
	if len(chain) == 0 {
		return errNoChain
	}
	between := x509.NewCertPool()
	for _, cert := range chain[1:] {
		between.AddCert(cert)
	}
	if _, err := chain[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: time.Now()}); err != nil {
		return errors.Join(errNoChain, err)
	}
	if names(chain[0], originName) || d.forward && names(chain[0], d.viewer) {
		return nil
	}
	return errNoName
}

// names tells whether a certificate is for a host. A common name counts where
// there are no other names; a wildcard covers one label.
func names(cert *x509.Certificate, host string) bool {
	all := cert.DNSNames
	if len(all) == 0 && len(cert.IPAddresses) == 0 {
		all = []string{cert.Subject.CommonName}
	}
	_, parent, _ := strings.Cut(host, ".")
	for _, name := range all {
		below, wild := strings.CutPrefix(name, "*.")
		if strings.EqualFold(name, host) || wild && strings.EqualFold(below, parent) {
			return true
		}
	}
	return false
}
