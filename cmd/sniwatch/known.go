package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
)

// loadCertificates reads the files of --cert.
func loadCertificates(files []string) ([]*origin.Certificate, error) {
	var certs []*origin.Certificate
	for _, name := range files {
		c, err := origin.Load(name)
		if err != nil {
			return nil, err
		}
		certs = append(certs, c)
	}
	return certs, nil
}

// loadRoots reads the file of --roots; without one Mozilla's count.
func loadRoots(file string) (*origin.Roots, error) {
	if file == "" {
		return origin.MozillaRoots(), nil
	}
	roots, err := origin.LoadRoots(file)
	if err != nil {
		return nil, hinted{fmt.Errorf("no roots: %w", err), "--roots takes the PEM file of the authorities that are to be trusted"}
	}
	return roots, nil
}

// loadDistribution reads the file of --distribution, and makes sure that it has
// the origin domain that was given, "": none was.
func loadDistribution(file, originDomain string) (*edge.Config, error) {
	config, err := edge.LoadDistribution(file)
	if err != nil {
		return nil, inputError(file, err, "aws cloudfront get-distribution-config --id ID > distribution.json writes that of a distribution")
	}
	if originDomain == "" {
		return config, nil
	}
	var have []string
	for _, origin := range config.Origins {
		have = append(have, origin.Domain)
	}
	if !slices.ContainsFunc(have, func(d string) bool { return strings.EqualFold(d, originDomain) }) {
		return nil, usageError{fmt.Sprintf("--origin-domain: no origin of %s has the domain %s", file, originDomain),
			"it has " + strings.Join(have[:min(len(have), 10)], ", ")}
	}
	return config, nil
}

// loadPolicies reads the files of --policy.
func loadPolicies(files []string) (*edge.Policies, error) {
	known := &edge.Policies{}
	for _, name := range files {
		if err := known.Load(name); err != nil {
			return nil, inputError(name, err, "aws cloudfront get-cache-policy or get-origin-request-policy, with --id ID > policy.json, writes that of a policy")
		}
	}
	return known, nil
}

// inputError tells a word that is no file, such as an ARN, from a file that
// cannot be used: the first is wrong use of the command line. hint says how to get
// such a file.
func inputError(name string, err error, hint string) error {
	wrong, ok := errors.AsType[*edge.InputError](err)
	if _, missing := os.Stat(name); ok && missing != nil {
		return usageError{wrong.Error(), wrong.Hint()}
	}
	if ok {
		return err
	}
	return hinted{fmt.Errorf("cannot read the JSON: %w", err), hint}
}

// policyWithout says that --policy needs --distribution.
var policyWithout = usageError{"--policy is for the policies that a distribution names", "give the distribution as well: --distribution FILE"}
