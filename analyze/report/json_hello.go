package report

import (
	"encoding/hex"
	"fmt"

	"sniwatch/analyze"
	"sniwatch/analyze/tlswire"
)

// codeObject is a number of a TLS registry with its name; the number in
// hexadecimal where the registry has no name for it.
type codeObject struct {
	Code uint16 `json:"code"`
	Name string `json:"name"`
}

// code makes a codeObject of any of the registries' types.
func code[T interface {
	~uint16
	fmt.Stringer
}](n T) *codeObject {
	return &codeObject{uint16(n), n.String()}
}

// codes does the same for a list, nil for nil.
func codes[T interface {
	~uint16
	fmt.Stringer
}](list []T) []codeObject {
	if list == nil {
		return nil
	}
	out := make([]codeObject, len(list))
	for i, n := range list {
		out[i] = codeObject{uint16(n), n.String()}
	}
	return out
}

type clientHelloObject struct {
	Packet           int          `json:"packet,omitempty"`
	Count            int          `json:"count,omitempty"`
	Random           string       `json:"random,omitempty"`
	SNI              *string      `json:"sni,omitempty"`
	SNIState         string       `json:"sni_state"`
	RecordVersion    *codeObject  `json:"record_version,omitempty"`
	Versions         []codeObject `json:"versions,omitzero"`
	CipherSuites     []codeObject `json:"cipher_suites,omitzero"`
	Groups           []codeObject `json:"groups,omitzero"`
	KeyShares        []codeObject `json:"key_shares,omitzero"`
	SignatureSchemes []codeObject `json:"signature_schemes,omitzero"`
	ALPN             []string     `json:"alpn,omitzero"`
	ECH              bool         `json:"ech,omitempty"` // encrypted_client_hello is there, possibly as GREASE
	JA3              string       `json:"ja3,omitempty"`
	JA4              string       `json:"ja4,omitempty"`
	Segments         int          `json:"segments,omitempty"`
	Records          int          `json:"records,omitempty"`
	Partial          bool         `json:"partial,omitempty"` // cut off: what was not read is left out
}

// newClientHello takes over a ClientHello, nil for nil.
func newClientHello(h *analyze.ClientHello) *clientHelloObject {
	if h == nil {
		return nil
	}
	o := &clientHelloObject{
		Packet:           h.Packet,
		Count:            h.Count,
		Random:           hex.EncodeToString(h.Random),
		SNIState:         h.ServerNameState.String(),
		CipherSuites:     codes(h.CipherSuites),
		Groups:           codes(h.Groups),
		KeyShares:        codes(h.KeyShares),
		SignatureSchemes: codes(h.SignatureSchemes),
		ALPN:             h.ALPN,
		ECH:              h.ECH,
		Segments:         h.Segments,
		Records:          h.Records,
		Partial:          h.Partial,
	}
	if h.ServerNameState == tlswire.Present {
		o.SNI = &h.ServerName
	}
	if h.RecordVersion != 0 { // a hello in the format of SSL 2.0 has none
		o.RecordVersion = code(h.RecordVersion)
	}
	if h.LegacyVersion != 0 {
		o.Versions = codes(h.Versions())
	}
	if h.Partial {
		return o
	}
	o.JA3, o.JA4 = h.JA3(), h.JA4()
	for _, l := range []*[]codeObject{&o.CipherSuites, &o.Groups, &o.KeyShares, &o.SignatureSchemes} {
		*l = list(*l) // the whole hello was read: what is not there was not sent
	}
	o.ALPN = list(o.ALPN)
	return o
}

type serverHelloObject struct {
	Packet            int         `json:"packet,omitempty"`
	Version           *codeObject `json:"version,omitempty"`
	CipherSuite       *codeObject `json:"cipher_suite,omitempty"`
	Group             *codeObject `json:"group,omitempty"`
	ALPN              string      `json:"alpn,omitempty"`
	HelloRetryRequest bool        `json:"hello_retry_request"`
	Resumed           bool        `json:"resumed"`
}

// newServerHello takes over a ServerHello, nil for nil. A zero stands for what
// was cut off: no server chooses version, cipher suite or group 0.
func newServerHello(h *analyze.ServerHello) *serverHelloObject {
	if h == nil {
		return nil
	}
	o := &serverHelloObject{Packet: h.Packet, ALPN: h.ALPN, HelloRetryRequest: h.HelloRetryRequest, Resumed: h.Resumed}
	if v := h.Version(); v != 0 {
		o.Version = code(v)
	}
	if h.CipherSuite != 0 {
		o.CipherSuite = code(h.CipherSuite)
	}
	if h.Group != 0 {
		o.Group = code(h.Group)
	}
	return o
}
