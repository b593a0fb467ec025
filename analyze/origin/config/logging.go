package config

import (
	"fmt"
	"slices"
	"strings"
)

// Hidden tells why a log does not show handshakes that fail, and what would make it.
type Hidden struct {
	At    Position // the directive that decides; the zero Position: a default
	Says  string
	Write string // the directive to write
}

// severities are the levels that programs share, the most severe first. Each
// log has those of its own level and the ones before it. HAProxy and syslog
// have words of their own for two of them.
var severities = []string{"emerg", "alert", "crit", "error", "warn", "notice", "info", "debug"}

// shows tells whether a log of that level has messages of severity. A level
// that is not known, such as trace8 of Apache, shows everything.
func shows(level, severity string) bool {
	level = strings.ToLower(level)
	switch level {
	case "err":
		level = "error"
	case "warning":
		level = "warn"
	}
	i := slices.Index(severities, level)
	return i < 0 || i >= slices.Index(severities, severity)
}

// Hides tells whether the log of site leaves out handshakes that the client
// ends, with an alert, a FIN or a RST; false: they are logged. site nil stands
// for the server as a whole.
//
// nginx writes what the client did to a handshake at level info ("peer closed
// connection in SSL handshake", "SSL_do_handshake() failed"), and so does
// mod_ssl (AH02008, AH01998). HAProxy logs at info, to every target that takes
// that, if a format of log lines is set (seen with 2.6.12; the manual does not
// say so).
func (c *Configuration) Hides(site *Site) (Hidden, bool) {
	logs := c.ErrorLogs
	if site != nil {
		logs = site.ErrorLogs
	}
	if c.Program == HAProxy {
		return haproxyHides(site, logs)
	}
	for _, log := range logs {
		if shows(log.Level, "info") {
			return Hidden{}, false
		}
	}
	if len(logs) == 0 {
		return Hidden{}, false // unknown is not hidden
	}
	log := logs[0]
	hidden := Hidden{At: log.LevelAt, Says: fmt.Sprintf("the log's level is %s, and handshakes that fail are logged at level info", log.Level)}
	if c.Program == Apache {
		hidden.Write = "LogLevel ssl:info"
		return hidden, true
	}
	if log.LevelAt.File == "" {
		hidden.At = log.At
	}
	hidden.Write = fmt.Sprintf("error_log %s info;", log.File)
	return hidden, true
}

func haproxyHides(site *Site, logs []ErrorLog) (Hidden, bool) {
	var options haproxyOptions
	if site != nil {
		options = site.options
	}
	if len(logs) == 0 {
		return Hidden{Says: "HAProxy has no log", Write: "log /dev/log local0 info"}, true
	}
	if site != nil && !options.format {
		return Hidden{At: site.At, Says: "HAProxy logs handshakes that fail only where a format of log lines is set", Write: "option httplog"}, true
	}
	severity := "info"
	if options.separateErrors {
		severity = "error"
	}
	for _, log := range logs {
		if shows(log.Level, severity) {
			return Hidden{}, false
		}
	}
	log := logs[0]
	hidden := Hidden{At: log.LevelAt, Says: fmt.Sprintf("the log's level is %s, and handshakes that fail are logged at level info", log.Level),
		Write: "option log-separate-errors"}
	if !shows(log.Level, "error") {
		hidden.Write = fmt.Sprintf("log %s local0 info", log.File)
	}
	return hidden, true
}
