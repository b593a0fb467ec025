//go:build cgo

package live

/*
#cgo LDFLAGS: -lpcap
#cgo noescape bpf_filter
#cgo nocallback bpf_filter

#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <pcap/pcap.h>

// compile translates expression for packets of a capture file with this link
// type, as tcpdump -r does: it opens a file that consists of a header only. A
// handle of pcap_open_dead would not do: for it, libpcap accepts "inbound" and
// other words about what no file holds, and then lets nothing through.
static int compile(uint32_t link, const char *expression, struct bpf_program *program, char *why)
{
	struct {
		uint32_t magic;
		uint16_t major, minor;
		uint32_t zone, accuracy, snaplen, link;
	} header = {0xa1b2c3d4, 2, 4, 0, 0, 262144, link};

	FILE *file = fmemopen(&header, sizeof header, "rb");
	if (file == NULL) {
		snprintf(why, PCAP_ERRBUF_SIZE, "out of memory");
		return -1;
	}
	pcap_t *handle = pcap_fopen_offline(file, why);
	if (handle == NULL) {
		fclose(file);
		return -1;
	}
	int result = pcap_compile(handle, program, expression, 1, PCAP_NETMASK_UNKNOWN);
	if (result != 0)
		snprintf(why, PCAP_ERRBUF_SIZE, "%s", pcap_geterr(handle));
	pcap_close(handle);
	return result;
}
*/
import "C"

import (
	"slices"
	"strings"
	"unsafe"

	"sniwatch/capture"
)

const maxLinkType = 1<<16 - 1 // LINKTYPE_ numbers have 16 bits; above them stand flags

// A Filter is a compiled filter expression for packets of one link type. It
// can be used by several goroutines.
type Filter struct {
	program []C.struct_bpf_insn // never empty
}

// CompileFilter compiles an expression of pcap-filter(7) for packets of a
// capture file with this link type. Words about what no file holds, such as
// "inbound", are refused, and so is a protocol that the link type cannot carry.
// Host names in the expression are looked up. An error is an *Error.
func CompileFilter(link capture.LinkType, expression string) (*Filter, error) {
	if link > maxLinkType {
		return nil, badFilter(expression, "there is no link type "+link.String())
	}
	if strings.ContainsRune(expression, 0) {
		return nil, badFilter(expression, "it contains a NUL byte")
	}
	text := C.CString(expression)
	defer C.free(unsafe.Pointer(text))
	var program C.struct_bpf_program
	var why [C.PCAP_ERRBUF_SIZE]C.char
	if C.compile(C.uint32_t(link), text, &program, &why[0]) != 0 {
		return nil, badFilter(expression, C.GoString(&why[0]))
	}
	defer C.pcap_freecode(&program)
	return &Filter{slices.Clone(unsafe.Slice(program.bf_insns, int(program.bf_len)))}, nil
}

// Match tells whether the filter lets p through. What the snap length cut off
// does not match; "len", "less" and "greater" are about the length on the wire.
func (f *Filter) Match(p *capture.Packet) bool {
	return C.bpf_filter(&f.program[0], (*C.u_char)(unsafe.SliceData(p.Data)),
		C.u_int(p.Length), C.u_int(len(p.Data))) != 0
}
