package live

import "fmt"

// A Cause tells why a capture could not be started or did not go on.
type Cause uint8

// The causes.
const (
	Other           Cause = iota // what libpcap says is in the message
	NotBuilt                     // this build is without cgo
	NoPermission                 // the kernel does not let this user capture
	NoSuchInterface              // there is none of that name
	InterfaceDown                // it is there, but not up
	InterfaceGone                // it was there when the capture began
	BadFilter                    // the expression does not compile
	BadOption                    // a value of Options is out of its range
)

// An Error says that live capture, or a filter, could not work.
type Error struct {
	Cause Cause
	says  string
	hint  string
}

// Error gives one line, without a full stop.
func (e *Error) Error() string { return e.says }

// Hint gives what the user can do about it, "" where nothing is known.
func (e *Error) Hint() string { return e.hint }

func newError(cause Cause, hint, format string, args ...any) *Error {
	return &Error{Cause: cause, says: fmt.Sprintf(format, args...), hint: hint}
}

const permissionHint = "grant it: sudo setcap cap_net_raw+ep $(command -v sniwatch), " +
	"or run with sudo, or pass a capture with -r"

func badFilter(expression, why string) *Error {
	return newError(BadFilter, "the language is that of tcpdump: man pcap-filter",
		"filter %q does not compile: %s", expression, why)
}
