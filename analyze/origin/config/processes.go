package config

import (
	"cmp"
	"fmt"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
)

// A process is a server that runs.
type process struct {
	program    Program
	executable string   // its absolute path, or the word it was called by
	args       []string // after the program's name
	folder     string   // the working folder; "/": not known
}

// A processNote tells why a process that runs is left out.
type processNote struct {
	program Program
	reason  string
	folder  string // of the process, in /proc
}

func (n processNote) note() Note {
	return Note{At: Position{File: n.folder}, Hint: "name its configuration file or its certificate yourself",
		Says: fmt.Sprintf("a running %s is left out: %s", n.program, n.reason)}
}

const maxCommand = 64 << 10 // bytes of a command line

// processes looks through /proc for masters of the servers. Command lines are
// anybody's to write: only processes of root and of our own user count, so that
// nobody else's leads sniwatch to a file.
func processes(system System) (found []process, notes []processNote) {
	ids, _, err := system.entries("/proc")
	if err != nil {
		return nil, nil
	}
	ids = slices.DeleteFunc(ids, func(id string) bool { _, err := strconv.ParseUint(id, 10, 31); return err != nil })
	slices.SortFunc(ids, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b)) })
	for _, id := range ids {
		folder := path.Join("/proc", id)
		text, err := system.readFile(path.Join(folder, "cmdline"), maxCommand)
		if err != nil || len(text) == 0 {
			continue
		}
		p, ok := recognise(string(text))
		if !ok {
			continue
		}
		if reason := leftOut(system, folder); reason != "" {
			notes = append(notes, processNote{p.program, reason, folder})
			continue
		}
		p.complete(system, folder)
		found = append(found, p)
	}
	return found, tidy(notes, found)
}

// tidy drops the notes on workers of a master that was found, and says nothing
// twice.
func tidy(notes []processNote, found []process) []processNote {
	said := map[processNote]bool{}
	return slices.DeleteFunc(notes, func(n processNote) bool {
		key := processNote{program: n.program, reason: n.reason}
		worker := n.reason == anothers && slices.ContainsFunc(found, func(p process) bool { return p.program == n.program })
		drop := worker || said[key]
		said[key] = true
		return drop
	})
}

// recognise tells which server a command line is of. nginx writes over its own:
// one string, with the words joined by spaces.
func recognise(commandLine string) (process, bool) {
	commandLine = strings.TrimRight(commandLine, "\x00")
	if title, ok := strings.CutPrefix(commandLine, "nginx: master process "); ok {
		words := strings.Fields(title)
		if len(words) == 0 {
			return process{}, false
		}
		return process{program: Nginx, executable: words[0], args: words[1:]}, true
	}
	args := strings.Split(commandLine, "\x00")
	programs := map[string]Program{"httpd": Apache, "apache2": Apache, "haproxy": HAProxy}
	program, ok := programs[path.Base(args[0])]
	return process{program: program, executable: args[0], args: args[1:]}, ok
}

// anothers is the reason that holds for each worker, too.
const anothers = "it belongs to another user"

// leftOut tells why the files that a process names are not to be looked for
// here; "": they are.
func leftOut(system System, folder string) string {
	status, err := system.readFile(path.Join(folder, "status"), maxCommand)
	if err != nil {
		return "its owner is not known"
	}
	_, after, _ := strings.Cut(string(status), "\nUid:")
	line, _, _ := strings.Cut(after, "\n")
	uid := strings.Fields(line) // the real one first, proc_pid_status(5)
	if len(uid) == 0 || uid[0] != "0" && uid[0] != strconv.Itoa(os.Geteuid()) {
		return anothers
	}
	switch {
	case differs(system, folder, "ns/pid"):
		return "it runs in a container, with files of its own"
	case differs(system, folder, "ns/net"):
		return "it has a network of its own"
	}
	return ""
}

// differs tells whether a process is known to be in another namespace than this
// thread, which may be in another one than the rest of this process.
func differs(system System, folder, namespace string) bool {
	its, err := system.readlink(path.Join(folder, namespace))
	if err != nil {
		return false
	}
	own, err := system.readlink(path.Join("/proc/thread-self", namespace))
	if err != nil {
		own, err = system.readlink(path.Join("/proc/self", namespace))
	}
	return err == nil && own != its
}

// complete asks /proc for what the command line does not say.
func (p *process) complete(system System, folder string) {
	p.folder = "/"
	if cwd, err := system.readlink(path.Join(folder, "cwd")); err == nil && path.IsAbs(cwd) {
		p.folder = cwd
	}
	if executable, err := system.readlink(path.Join(folder, "exe")); err == nil && path.IsAbs(executable) {
		p.executable = strings.TrimSuffix(executable, " (deleted)") // an upgrade took its place
	}
}

// values gives what follows a flag, each time that it is there: as the next
// word, or in the same one.
func (p process) values(flag string) []string {
	var out []string
	for i := 0; i < len(p.args); i++ {
		arg := p.args[i]
		if arg == "--" {
			break
		}
		value, ok := strings.CutPrefix(arg, flag)
		switch {
		case !ok:
		case value != "":
			out = append(out, value)
		case i+1 < len(p.args):
			i++
			out = append(out, p.args[i])
		}
	}
	return out
}

// value gives the last one, "" where the flag is not there.
func (p process) value(flag string) string {
	values := p.values(flag)
	if len(values) == 0 {
		return ""
	}
	return values[len(values)-1]
}
