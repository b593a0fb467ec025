package config

import (
	"os"
	"path"
	"strings"
)

// maxLine bounds a line with its variables filled in, in bytes. Apache's own
// limit is 16 MiB; one Define in another could double it with each line.
const maxLine = 64 << 10

// replaceVariables fills in ${NAME}: what Define says, else the environment.
// What is not known stays, as in Apache.
func (p *apacheParser) replaceVariables(text string, at Position) string {
	if !strings.Contains(text, "${") {
		return text
	}
	var out strings.Builder
	for {
		before, after, ok := strings.Cut(text, "${")
		name, rest, closed := strings.Cut(after, "}")
		if !ok || !closed {
			out.WriteString(text)
			p.grown(out.Len(), at)
			return out.String()
		}
		value, known := p.defined[name]
		if !known {
			value, known = p.environment[name]
		}
		if !known {
			p.note(at, "", "the variable %q has no value here", name)
			value = "${" + name + "}"
		}
		out.WriteString(before)
		out.WriteString(value)
		if out.Len() > maxLine {
			p.grown(out.Len(), at)
			p.note(at, "", "the line is longer than %d KiB with its variables: the rest of it was not read", maxLine>>10)
			return out.String()[:maxLine]
		}
		text = rest
	}
}

// grown counts a line with its variables as if it stood in a file: it may be
// kept.
func (p *apacheParser) grown(size int, at Position) {
	if p.bytes += size; p.bytes > maxBytes {
		p.limit(at, "the configuration is larger than %d MiB with its variables: the rest was not read", maxBytes>>20)
	}
}

// readEnvvars reads Debian's file of variables, a shell script of assignments.
// What a shell would have to decide is left out, but for SUFFIX: that of a
// second instance, in /etc/apache2-NAME.
func (p *apacheParser) readEnvvars(folder string) map[string]string {
	file := path.Join(folder, "envvars")
	if !p.system.exists(file) {
		return nil
	}
	text, ok := p.text(file, Position{File: file})
	if !ok {
		return nil
	}
	defer p.leave()
	values := map[string]string{"APACHE_CONFDIR": folder, "SUFFIX": strings.TrimPrefix(path.Base(folder), "apache2")}
	condition := 0
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "if "):
			condition++
		case line == "fi" && condition > 0:
			condition--
		case condition == 0:
			readAssignment(strings.TrimPrefix(line, "export "), values)
		}
	}
	return values
}

// readAssignment reads NAME=value with variables and quotes. A command whose
// output would be the value is not run.
func readAssignment(line string, values map[string]string) {
	name, value, ok := strings.Cut(line, "=")
	if !ok || name == "" || strings.ContainsAny(name, " \t\"'$#") || strings.ContainsAny(value, "`") || strings.Contains(value, "$(") {
		return
	}
	literal := strings.HasPrefix(value, "'")
	if literal || strings.HasPrefix(value, `"`) {
		value, _, _ = strings.Cut(value[1:], value[:1])
	} else if end := strings.IndexAny(value, " \t;#"); end >= 0 {
		value = value[:end]
	}
	if !literal {
		value = os.Expand(value, func(name string) string {
			name, fallback, _ := strings.Cut(name, ":-")
			if known, ok := values[name]; ok {
				return known
			}
			return fallback
		})
	}
	if len(value) <= maxLine {
		values[name] = value
	}
}
