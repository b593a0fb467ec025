package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// nobody is the user for which nothing on a host is meant, where the host does
// not say otherwise.
const nobodyID = 65534

// An account is a user with the groups that the process is to have.
type account struct {
	name     string
	uid, gid int
	groups   []int // beside gid
}

// accountOf finds a user by its name or number, with its groups.
func accountOf(name string) (account, error) {
	u, err := user.Lookup(name)
	if err != nil {
		u, err = user.LookupId(name)
	}
	if err != nil {
		return account{}, fmt.Errorf("there is no user %q", name)
	}
	a := account{name: u.Username}
	var errUID, errGID error
	a.uid, errUID = strconv.Atoi(u.Uid)
	a.gid, errGID = strconv.Atoi(u.Gid)
	if err := errors.Join(errUID, errGID); err != nil {
		return a, err
	}
	groups, err := u.GroupIds()
	if err != nil {
		return a, nil // with its first group alone
	}
	for _, g := range groups {
		if id, err := strconv.Atoi(g); err == nil && id != a.gid && id != 0 {
			a.groups = append(a.groups, id)
		}
	}
	return a, nil
}

// candidates are the users that root may become when nobody said which: the one
// that owns nothing, and who called sudo.
func candidates() []account {
	nobody, err := accountOf("nobody")
	if err != nil || nobody.uid == 0 {
		nobody = account{name: "nobody", uid: nobodyID, gid: nobodyID}
	}
	nobody.groups = nil
	all := []account{nobody}
	if caller, err := accountOf(os.Getenv("SUDO_USER")); err == nil && caller.uid != 0 {
		all = append(all, caller)
	}
	return all
}

// as runs f with the rights to files that the account has, on one thread that then
// gets back what it had. It is how root finds out what will still be possible. The
// thread's user stays root: where threads differ in that, setresuid of the C library
// ends the process.
func (a account) as(f func() bool) bool {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if unix.Geteuid() != 0 {
		return withoutCapabilities(f)
	}
	before, err := unix.Getgroups()
	if err != nil || rawSetgroups(a.groups) != nil {
		return false
	}
	gid := unix.Getegid()
	_, _ = unix.SetfsgidRetGid(a.gid)
	_, _ = unix.SetfsuidRetUid(a.uid)
	now, _ := unix.SetfsuidRetUid(-1) // changes nothing, and tells
	ok := now == a.uid && f()
	_, _ = unix.SetfsuidRetUid(0)
	_, _ = unix.SetfsgidRetGid(gid)
	return rawSetgroups(before) == nil && ok
}

// mayRead tells whether the account could open a file that is there.
func (a account) mayRead(file string) bool {
	return a.as(func() bool {
		fd, err := unix.Open(file, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
		if err == nil {
			unix.Close(fd)
		}
		return err == nil || errors.Is(err, unix.ENOENT)
	})
}

// mayWrite tells whether the account could make files in a folder: it makes one and
// removes it.
func (a account) mayWrite(folder string) bool {
	return a.as(func() bool {
		name := filepath.Join(folder, ".sniwatch-"+rand.Text()[:10]+".tmp")
		fd, err := unix.Open(name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_CLOEXEC, 0o600)
		if err != nil {
			return false
		}
		unix.Close(fd)
		return unix.Unlink(name) == nil
	})
}

// withGroups adds the groups, never that of root, that let the account read
// files which it could not read otherwise. They are those that the files and their
// folders belong to, such as adm for logs.
func (a account) withGroups(files []string) account {
	for _, file := range files {
		if a.mayRead(file) {
			continue
		}
		for _, g := range groupsOf(append(folders([]string{file}), file)) {
			more := a
			more.groups = append(slices.Clone(a.groups), g)
			if g != 0 && more.mayRead(file) {
				a = more
				break
			}
		}
	}
	return a
}

// groupsOf gives the groups that files belong to.
func groupsOf(names []string) []int {
	var out []int
	for _, name := range names {
		if info, err := os.Stat(name); err == nil {
			if s, ok := info.Sys().(*syscall.Stat_t); ok && !slices.Contains(out, int(s.Gid)) {
				out = append(out, int(s.Gid))
			}
		}
	}
	return out
}
