package capture

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// sniffLength is how many bytes of something that is no capture are looked
// at. The mark of a tar archive ends at byte 262.
const sniffLength = 512

// A look is what an input looks like that is no capture.
type look struct {
	problem string
	advice  string // a hint; %s in it stands for the quoted file name
}

func (l look) hint(name string) string {
	if !bytes.Contains([]byte(l.advice), []byte("%s")) {
		return l.advice
	}
	if name == "-" {
		name = "FILE"
	}
	return fmt.Sprintf(l.advice, shellWord(name))
}

const convert = "editcap -F pcapng %s OUT.pcapng, then sniwatch -r OUT.pcapng"

// A signature is how the files of a format begin.
type signature struct {
	at    int // bytes before the mark
	magic string
	look  look
}

// signatures of compressed files that another program has to unpack.
var packings = []signature{
	{0, "\x1f\x8b", look{problem: "gzip"}},
	{0, "\x28\xb5\x2f\xfd", look{problem: "zstd"}},
	{0, "\xfd7zX", look{problem: "xz"}},
	{0, "BZh", look{problem: "bzip2"}},
	{0, "\x04\x22\x4d\x18", look{problem: "lz4"}},
	{0, "LZIP", look{problem: "lzip"}},
}

// signatures of what people name by mistake, and of captures in formats that
// Wireshark's editcap can convert.
var signatures = []signature{
	{0, "snoop\x00\x00\x00", look{"is a capture of Solaris snoop, a format that sniwatch does not read", convert}},
	{0, "GMBU", look{"is a capture of Microsoft Network Monitor, a format that sniwatch does not read", convert}},
	{0, "RTSS", look{"is a capture of Microsoft Network Monitor, a format that sniwatch does not read", convert}},
	{0, "iptrace 1.0", look{"is a capture of AIX iptrace, a format that sniwatch does not read", convert}},
	{0, "iptrace 2.0", look{"is a capture of AIX iptrace, a format that sniwatch does not read", convert}},
	{0, "XCP\x00", look{"is a capture of NetXRay, a format that sniwatch does not read", convert}},
	{0, "TRSNIFF data", look{"is a capture of NetWare Sniffer, a format that sniwatch does not read", convert}},
	{0, "btsnoop\x00", look{"is a capture of Bluetooth", ""}},
	{0, "\xec\xf8\x62\xd4", look{"was captured by a Cisco ACI or Ixia device, in a format that sniwatch does not read", convert}},
	{0, "\x7fELF", look{"is no capture but an ELF program", ""}},
	{0, "PK\x03\x04", look{"is no capture but a zip archive", "unzip -p %s | sniwatch -r -"}},
	{0, "PK\x05\x06", look{"is no capture but an empty zip archive", ""}},
	{257, "ustar", look{"is no capture but a tar archive", "tar -xOf %s NAME-OF-THE-CAPTURE | sniwatch -r -"}},
	{0, "7z\xbc\xaf\x27\x1c", look{"is no capture but a 7-Zip archive", "unpack it, and give the capture in it to sniwatch"}},
	{0, "\x89PNG", look{"is no capture but a picture", ""}},
	{0, "\xff\xd8\xff", look{"is no capture but a picture", ""}},
	{0, "%PDF", look{"is no capture but a PDF document", ""}},
	{0, "SQLite format 3", look{"is no capture but a database", ""}},
}

// packingOf names the compression that head begins with, or "".
func packingOf(head []byte) string {
	for _, s := range packings {
		if s.matches(head) {
			return s.look.problem
		}
	}
	return ""
}

func (s signature) matches(head []byte) bool {
	return len(head) >= s.at && bytes.HasPrefix(head[s.at:], []byte(s.magic))
}

// sniff says what an input looks like that begins with head and is no
// capture. It never quotes text: it could be a key.
func sniff(head []byte) look {
	if len(head) == 0 {
		return look{"is no capture but an empty file",
			"if the capture is still running: tcpdump writes at once with -U, and at its end otherwise"}
	}
	for _, s := range signatures {
		if s.matches(head) {
			return s.look
		}
	}
	if isERF(head) {
		return look{"is a capture of an Endace card (ERF), a format that sniwatch does not read", convert}
	}
	if isText(head) {
		return sniffText(head)
	}
	return look{fmt.Sprintf("is no capture: it begins with % x", head[:min(4, len(head))]), ""}
}

// sniffText tells apart the texts that somebody who uses sniwatch may have
// at hand.
func sniffText(head []byte) look {
	trimmed := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	begins := func(s string) bool {
		return len(trimmed) >= len(s) && bytes.EqualFold(trimmed[:len(s)], []byte(s))
	}
	switch {
	case bytes.Contains(head, []byte("PRIVATE KEY-----")):
		return look{"is no capture but a private key", "sniwatch reads no keys; certificates are given with --cert"}
	case bytes.Contains(head, []byte("-----BEGIN CERTIFICATE")), bytes.Contains(head, []byte("-----BEGIN TRUSTED CERT")):
		return look{"is no capture but a PEM certificate", "give it with --cert %s"}
	case begins("<!doctype html"), begins("<html"):
		return look{"is no capture but HTML", ""}
	case begins("{"), begins("[{"), begins("[\n"), begins("[\""), begins("[ "), begins("[]"):
		return look{"is no capture but JSON", ""}
	}
	return look{"is no capture but a text file", "if it is a server's log: sniwatch explain %s"}
}

// isText tells whether head holds nothing but what a text file may hold. The
// last character may be cut.
func isText(head []byte) bool {
	if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) {
		return true // the byte order mark of UTF-16
	}
	for len(head) > 0 {
		c, n := utf8.DecodeRune(head)
		switch {
		case c == utf8.RuneError && n == 1:
			return !utf8.FullRune(head)
		case c < ' ' && !bytes.ContainsRune([]byte("\t\n\v\f\r\x1b"), c), c == 0x7f:
			return false
		}
		head = head[n:]
	}
	return true
}

// isERF looks for two plausible record headers of Endace's format, which has
// no magic number: a timestamp, a type, flags, the length of the record.
func isERF(head []byte) bool {
	const header = 16
	for range 2 {
		if len(head) < header {
			return false
		}
		kind, length := head[8]&0x7f, int(head[10])<<8|int(head[11])
		if kind == 0 || kind > 48 || length < header {
			return false
		}
		if length > len(head) {
			return false
		}
		head = head[length:]
	}
	return true
}
