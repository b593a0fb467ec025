//go:build !cgo

package live

import "sniwatch/capture"

// Available tells whether this build can capture.
const Available = false

func notBuilt() error {
	return newError(NotBuilt,
		"install libpcap's headers (Debian, Ubuntu: libpcap-dev; Amazon Linux: libpcap-devel) and a C compiler, "+
			"and build with CGO_ENABLED=1; or capture with tcpdump -w FILE and pass it with -r FILE",
		"live capture was left out of this build: it was made without cgo")
}

// A Handle is a running capture. In this build there is none.
type Handle struct{}

// Open returns an *Error whose Cause is NotBuilt.
func Open(Options) (*Handle, error) { return nil, notBuilt() }

// Next returns an *Error whose Cause is NotBuilt.
func (*Handle) Next(*capture.Packet) error { return notBuilt() }

// Stats returns an *Error whose Cause is NotBuilt.
func (*Handle) Stats() (received, droppedByKernel, droppedByInterface int, err error) {
	return 0, 0, 0, notBuilt()
}

// LinkType gives 0.
func (*Handle) LinkType() capture.LinkType { return 0 }

// Expression gives "".
func (*Handle) Expression() string { return "" }

// Close does nothing.
func (*Handle) Close() {}

// Interfaces returns an *Error whose Cause is NotBuilt.
func Interfaces() ([]Interface, error) { return nil, notBuilt() }

// A Filter is a compiled filter expression. In this build there is none.
type Filter struct{}

// CompileFilter returns an *Error whose Cause is NotBuilt.
func CompileFilter(capture.LinkType, string) (*Filter, error) { return nil, notBuilt() }

// Match gives false.
func (*Filter) Match(*capture.Packet) bool { return false }
