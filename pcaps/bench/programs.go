package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// A Program is sniwatch or one of its peers.
type Program struct {
	Name    string
	Version string // as it says it; "?" where it says none
	path    string
	// arguments make it read a capture; empty is a folder for those that insist
	// on writing files.
	arguments func(capture, empty string) []string
	sniwatch  bool
	slow      bool // once only, and on small captures
}

// A peer is what people use today.
type peer struct {
	name       string
	askVersion string // the flag that prints the version
	slow       bool
	arguments  func(capture, empty string) []string
}

// peers, from the one that does the least to the one that does the most. None
// looks up names or writes more than it must.
var peers = []peer{
	{"cat", "--version", false, func(capture, _ string) []string { return []string{capture} }},
	{"tcpdump", "--version", false, func(capture, _ string) []string { return []string{"-r", capture, "-w", os.DevNull} }},
	{"suricata", "-V", true, func(capture, empty string) []string {
		return []string{"-r", capture, "--runmode", "single", "-S", os.DevNull, "-l", empty}
	}},
	{"ndpiReader", "-h", true, func(capture, _ string) []string { return []string{"-i", capture} }},
	{"ssldump", "-v", true, func(capture, _ string) []string { return []string{"-n", "-r", capture} }},
	{"tshark", "--version", true, func(capture, _ string) []string {
		return []string{"-n", "-r", capture, "-T", "fields", "-e", "frame.number",
			"-e", "tls.handshake.extensions_server_name", "-e", "tls.alert_message.desc"}
	}},
}

// installed gives the programs that are there, sniwatch first, and the names of
// those that are not.
func installed(o Options) (there []Program, absent []string) {
	if path, err := exec.LookPath(o.Sniwatch); err == nil {
		there = []Program{sniwatch(o, path)}
	}
	for _, p := range peers {
		path, err := exec.LookPath(p.name)
		if err != nil {
			absent = append(absent, p.name)
			continue
		}
		there = append(there, Program{Name: p.name, Version: version(p.name, path, p.askVersion), path: path, slow: p.slow, arguments: p.arguments})
	}
	return there, absent
}

// sniwatch is the program that is measured.
func sniwatch(o Options, path string) Program {
	return Program{Name: "sniwatch", Version: version("sniwatch", path, "--version"), path: path, sniwatch: true, arguments: explain(o.Samples)}
}

// explain makes sniwatch write its whole report, in one thread: what counts is CPU
// time. The truth beside each capture
// holds for these certificates and this origin domain.
func explain(samples string) func(capture, empty string) []string {
	return func(capture, _ string) []string {
		return []string{"-r", capture, "--threads", "1", "--no-discover", "--origin-domain", "origin.example.com",
			"--cert", filepath.Join(samples, "certs", "www.pem"), "--roots", filepath.Join(samples, "certs", "root.pem")}
	}
}

// versionNumber is the first thing in a text that looks like a version.
var versionNumber = regexp.MustCompile(`\d+\.\d+[0-9A-Za-z.+~-]*`)

// version asks a program for its version. Some end with an error after they
// said it.
func version(name, path, flag string) string {
	text, _ := exec.Command(path, flag).CombinedOutput()
	return versionIn(name, string(text))
}

// versionIn finds the version: the second word where the first is the program's
// name, else the first number with a dot.
func versionIn(name, text string) string {
	words := strings.Fields(text)
	if len(words) > 1 && words[0] == name && words[1] != "version" && !strings.HasPrefix(words[1], "(") {
		return words[1]
	}
	if number := versionNumber.FindString(text); number != "" {
		return number
	}
	return "?"
}

// split parts the slow programs from the others.
func split(programs []Program) (quick, slow []Program) {
	for _, p := range programs {
		if p.slow {
			slow = append(slow, p)
		} else {
			quick = append(quick, p)
		}
	}
	return quick, slow
}

// only gives the rows of sniwatch.
func only(programs []Program) (list []Program) {
	for _, p := range programs {
		if p.sniwatch {
			list = append(list, p)
		}
	}
	return list
}
