package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// keepRoot is the name after -Z with which nothing is given up.
const keepRoot = "root"

// A giving is what becomes of the privileges of a live capture.
type giving struct {
	from, to account
	keep     uint64   // capabilities that stay
	lost     []string // files that cannot be opened again
	locked   bool     // by Landlock
}

// giveUp gives up what the process needs no longer, once the capture is open and
// before the first packet is looked at: root, capabilities, the right to execute,
// and all files but those that it needs. It tells on standard error what it did.
func (r *watching) giveUp(n needs) error {
	o := r.o
	if o.user == keepRoot {
		if os.Geteuid() != 0 {
			return usageError{"-Z root is for root", "without -Z, the user stays who it is"}
		}
		return nil
	}
	g, err := o.plan(n)
	if err != nil {
		return err
	}
	if err := r.hand(g.to); err != nil {
		return err
	}
	_ = time.Now().Local().String() // the time zone's file is read before it cannot be
	if err := g.carryOut(n, o.probePorts()); err != nil {
		return hinted{fmt.Errorf("privileges cannot be given up: %w", err), "-Z root keeps them"}
	}
	g.tell(r.s)
	return nil
}

// plan decides who the process is to be, and makes sure that this one can do what
// is needed.
func (o *options) plan(n needs) (giving, error) {
	g := giving{from: account{uid: os.Geteuid(), gid: os.Getegid()}, locked: landlocked()}
	g.to = g.from
	switch {
	case g.from.uid == 0:
		to, err := o.choose(n)
		if err != nil {
			return g, err
		}
		g.to = to.withGroups(n.read)
	case o.user != "":
		return g, usageError{"-Z is for root: only root can become another user", ""}
	case g.to.barred(n.write) != "":
		return g, fmt.Errorf("files cannot be made in %s: permission denied", g.to.barred(n.write))
	}
	for _, file := range n.read {
		if !g.to.mayRead(file) {
			g.lost = append(g.lost, file)
		}
	}
	if len(g.lost) > 0 && g.locked && permitted()&readAnything != 0 {
		g.keep = readAnything
		g.lost = slices.DeleteFunc(g.lost, func(file string) bool {
			return !slices.ContainsFunc(folders([]string{file}), holdsSecrets)
		})
	}
	return g, nil
}

// choose gives the user of -Z. Without it, that is the first candidate who may
// write where reports go.
func (o *options) choose(n needs) (account, error) {
	all := candidates()
	if o.user != "" {
		named, err := accountOf(o.user)
		if err != nil {
			return named, hinted{fmt.Errorf("-Z: %w", err), "-Z takes a user of this host; -Z root keeps root"}
		}
		all = []account{named}
	}
	for _, a := range all {
		if a.barred(n.write) == "" {
			return a, nil
		}
	}
	last := all[len(all)-1]
	return last, hinted{fmt.Errorf("once root is given up, the user %s cannot make files in %s", last.name, last.barred(n.write)),
		"take another folder, another user with -Z USER, or keep root with -Z root"}
}

// barred gives the first of the folders in which the account cannot make files; "":
// it can in all.
func (a account) barred(folders []string) string {
	for _, folder := range folders {
		if !a.mayWrite(folder) {
			return folder
		}
	}
	return ""
}

// hand gives the files that are open already to the user who will name them.
func (r *watching) hand(to account) error {
	if os.Geteuid() != 0 {
		return nil
	}
	for _, sink := range r.out.files {
		if err := sink.file.Chown(to.uid, to.gid); err != nil {
			return err
		}
	}
	if r.ev != nil && r.ev.file != nil {
		if err := r.ev.file.Chown(to.uid, to.gid); err != nil {
			return err
		}
	}
	return r.dump.chown(to.uid, to.gid)
}

// carryOut does it, on all threads, in the order in which each step is still
// allowed: Landlock's rules name files that only root may be able to find.
func (g *giving) carryOut(n needs, ports []uint16) error {
	if err := control(unix.PR_SET_NO_NEW_PRIVS, 1); err != nil {
		return err
	}
	if err := n.lock(ports); err != nil {
		return err
	}
	if g.from.uid == 0 {
		if err := g.becomeUser(); err != nil {
			return err
		}
	}
	if err := setCapabilities(g.keep); err != nil {
		return err
	}
	if left := permitted(); left != g.keep || os.Geteuid() != g.to.uid {
		return fmt.Errorf("the process has the capabilities %#x and the user %d still", left, os.Geteuid())
	}
	return nil
}

// becomeUser makes root the user, with the capabilities left for setCapabilities to
// choose from.
func (g *giving) becomeUser() error {
	if err := control(unix.PR_SET_KEEPCAPS, 1); err != nil {
		return err
	}
	if err := syscall.Setgroups(g.to.groups); err != nil {
		return err
	}
	if err := syscall.Setresgid(g.to.gid, g.to.gid, g.to.gid); err != nil {
		return err
	}
	return syscall.Setresuid(g.to.uid, g.to.uid, g.to.uid)
}

// tell says what was given up, and what that means for later.
func (g *giving) tell(s streams) {
	var said []string
	if g.from.uid == 0 {
		who := fmt.Sprintf("gave up root: now %s (%d)", g.to.name, g.to.uid)
		if len(g.to.groups) > 0 {
			who += ", groups " + list(g.to.groups)
		}
		said = append(said, who)
	} else {
		said = append(said, "gave up all capabilities")
	}
	if g.keep != 0 {
		said = append(said, "keeps CAP_DAC_READ_SEARCH for logs or certificates that only root may read")
	}
	if !g.locked {
		said = append(said, "without Landlock, which this kernel has not")
	}
	fmt.Fprintf(s.err, "sniwatch: %s\n", strings.Join(said, "; "))
	for _, file := range g.lost {
		s.tell(hinted{fmt.Errorf("%s cannot be opened again: when it is replaced, that will not be noticed", file),
			"docs/live.md tells under Privileges what can be done"})
	}
}

// list writes numbers with commas.
func list(numbers []int) string {
	var out []string
	for _, n := range numbers {
		out = append(out, strconv.Itoa(n))
	}
	return strings.Join(out, ",")
}
