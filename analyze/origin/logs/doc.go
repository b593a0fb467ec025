// Package logs reads what servers log of TLS handshakes: the error logs of
// nginx, Apache httpd, HAProxy, Caddy and programs in Go, plain or through
// syslog, journald or Docker, from files or followed live.
//
// A log file is not text. Servers write raw bytes of clients into it, rotation
// tears lines, and a line can have megabytes: lines are split on 0x0A alone,
// nothing is decoded strictly, and what cannot be used is counted. What the
// messages mean is in one table, classes.go; each program's lines are in the file
// of its name, what is wrapped around them in envelope.go, and the reasons that
// OpenSSL gives in reasons.go.
//
// Nothing here asks for the time or judges: an Entry is what the server saw.
package logs
