package main

import (
	"fmt"
	"math"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"sniwatch/analyze/edge"
)

// checkHint is for errors of the command line of check.
const checkHint = "sniwatch check --help shows what there is"

// parseCheckFlags reads and checks the command line of check.
func parseCheckFlags(args []string) (*checkOptions, error) {
	o := &checkOptions{}
	raw := o.define()
	if err := o.flags.Parse(args); err != nil {
		return o, wrongFlag("sniwatch check", err)
	}
	if o.help {
		return o, nil
	}
	if err := o.checkGiven(raw); err != nil {
		return o, err
	}
	if err := o.checkNames(raw); err != nil {
		return o, err
	}
	var err error
	if o.question.Server, err = parseServer(raw.dst); err != nil {
		return o, err
	}
	o.question.At, err = parseDate(raw.at)
	return o, err
}

// checkGiven finds what is missing, and what is not expected.
func (o *checkOptions) checkGiven(raw *rawCheckFlags) error {
	switch {
	case o.flags.NArg() > 0:
		word := o.flags.Arg(0)
		hint := checkHint
		if strings.HasSuffix(word, ".pem") || strings.HasSuffix(word, ".crt") {
			hint = "certificates are given with --cert: sniwatch check --cert " + word
		}
		return usageError{fmt.Sprintf("%q is not expected here", word), hint}
	case !slices.Contains(checkFormats, o.format):
		return usageError{fmt.Sprintf("unknown format %q", o.format), "the formats of check are " + strings.Join(checkFormats, ", ")}
	case len(o.policies) > 0 && o.distribution == "":
		return policyWithout
	case raw.origin == "" && o.distribution == "":
		return usageError{"the origin domain is not known, and CloudFront's answer depends on it",
			"--origin-domain NAME (console: Origins, Origin domain), or --distribution FILE"}
	}
	return nil
}

// checkNames checks the names, and puts the question.
func (o *checkOptions) checkNames(raw *rawCheckFlags) error {
	for _, name := range raw.viewers {
		if err := edge.CheckName(name); err != nil {
			return nameError("--viewer-domain", err)
		}
		if !slices.Contains(o.question.ViewerDomains, name) {
			o.question.ViewerDomains = append(o.question.ViewerDomains, name)
		}
	}
	if o.flags.Changed("origin-domain") {
		if err := edge.CheckOriginDomain(raw.origin); err != nil {
			return nameError("--origin-domain", err)
		}
		o.question.OriginDomains = []string{raw.origin}
	}
	var err error
	o.question.ForwardHost, err = parseForwardHost(raw.forward)
	return err
}

// parseServer gives the host and the port of --connect, joined.
func parseServer(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	wrong := usageError{fmt.Sprintf("--connect takes a host and a port, and %q is none", s),
		"for example --connect localhost, --connect 10.0.0.10:8443, --connect [2001:db8::1]:443"}
	host, port := s, "443"
	if a, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		host = a.String()
	} else if h, p, err := net.SplitHostPort(s); err == nil {
		host, port = h, p
	}
	n, err := strconv.Atoi(port)
	if host == "" || strings.ContainsAny(host, "/ @?#") || err != nil || n < 1 || n > math.MaxUint16 {
		return "", wrong
	}
	if _, err := netip.ParseAddr(host); err != nil && strings.Contains(host, ":") {
		return "", wrong
	}
	return net.JoinHostPort(host, strconv.Itoa(n)), nil
}

// parseDate understands a day, at whose beginning in UTC is meant, or a time.
func parseDate(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, usageError{fmt.Sprintf("--at takes a date, and %q is none", s), "for example --at 2027-01-31, or --at 2027-01-31T12:00:00Z"}
}
