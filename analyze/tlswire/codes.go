package tlswire

import "strconv"

// A ContentType tells what a record carries (RFC 8446, section 5.1).
type ContentType uint8

// The content types.
const (
	TypeChangeCipherSpec ContentType = 20
	TypeAlert            ContentType = 21
	TypeHandshake        ContentType = 22
	TypeApplicationData  ContentType = 23
	TypeHeartbeat        ContentType = 24 // RFC 6520
)

// String gives the RFC's name, or the code in the form "0x1a".
func (t ContentType) String() string { return nameOf(contentTypes, uint16(t), 2) }

// A HandshakeType tells which message it is (RFC 8446, section 4).
type HandshakeType uint8

// The handshake types that sniwatch looks at.
const (
	TypeClientHello        HandshakeType = 1
	TypeServerHello        HandshakeType = 2
	TypeNewSessionTicket   HandshakeType = 4
	TypeHelloRetryRequest  HandshakeType = 6 // drafts of TLS 1.3 up to 21
	TypeCertificate        HandshakeType = 11
	TypeServerKeyExchange  HandshakeType = 12
	TypeCertificateRequest HandshakeType = 13
	TypeServerHelloDone    HandshakeType = 14
	TypeCertificateVerify  HandshakeType = 15
	TypeClientKeyExchange  HandshakeType = 16
	TypeCertificateStatus  HandshakeType = 22
)

// String gives the RFC's name, or the code in the form "0x1a".
func (t HandshakeType) String() string { return nameOf(handshakeTypes, uint16(t), 2) }

// A Version is a protocol version as it stands on the wire.
type Version uint16

// The versions. Drafts of TLS 1.3 are 0x7f00 plus the draft's number.
const (
	SSL20 Version = 0x0002
	SSL30 Version = 0x0300
	TLS10 Version = 0x0301
	TLS11 Version = 0x0302
	TLS12 Version = 0x0303
	TLS13 Version = 0x0304
)

const draftTLS13 = 0x7f00 // RFC 8446 before it was one: draft NN is 0x7fNN

// String gives "TLS 1.2", "TLS 1.3 draft 28", or the code in the form "0x1a2b".
func (v Version) String() string {
	if v&0xff00 == draftTLS13 {
		return "TLS 1.3 draft " + strconv.Itoa(int(v&0xff))
	}
	return nameOf(versions, uint16(v), 4)
}

// IsTLS13 tells whether v is TLS 1.3 or a draft of it.
func (v Version) IsTLS13() bool { return v == TLS13 || v&0xff00 == draftTLS13 }

// A CipherSuite is a code of the TLS Cipher Suites registry.
type CipherSuite uint16

// String gives the registry's name, or the code in the form "0x1a2b".
func (c CipherSuite) String() string { return nameOf(cipherSuites[:], uint16(c), 4) }

// A Group is a code of the TLS Supported Groups registry.
type Group uint16

// The groups that matter to a diagnosis.
const (
	Secp256r1      Group = 0x0017
	Secp384r1      Group = 0x0018
	X25519         Group = 0x001d
	X25519MLKEM768 Group = 0x11ec
)

// String gives the registry's name, or the code in the form "0x1a2b".
func (g Group) String() string { return nameOf(groups, uint16(g), 4) }

// A SignatureScheme is a code of the TLS SignatureScheme registry. Its two
// bytes are the hash and the signature algorithm of TLS 1.2.
type SignatureScheme uint16

// String gives the registry's name, or the code in the form "0x1a2b".
func (s SignatureScheme) String() string { return nameOf(signatureSchemes, uint16(s), 4) }

// An ExtensionType is a code of the TLS ExtensionType registry.
type ExtensionType uint16

// The extensions that are read.
const (
	ExtServerName           ExtensionType = 0
	ExtSupportedGroups      ExtensionType = 10
	ExtECPointFormats       ExtensionType = 11
	ExtSignatureAlgorithms  ExtensionType = 13
	ExtALPN                 ExtensionType = 16
	ExtSessionTicket        ExtensionType = 35
	ExtPreSharedKey         ExtensionType = 41
	ExtEarlyData            ExtensionType = 42
	ExtSupportedVersions    ExtensionType = 43
	ExtKeyShareDraft        ExtensionType = 40 // key_share up to draft 22 of TLS 1.3
	ExtKeyShare             ExtensionType = 51
	ExtEncryptedClientHello ExtensionType = 0xfe0d // RFC 9849
	ExtEncryptedServerName  ExtensionType = 0xffce // draft-ietf-tls-esni-02, its forerunner
)

// String gives the registry's name, or the code in the form "0x1a2b".
func (t ExtensionType) String() string { return nameOf(extensionTypes, uint16(t), 4) }

// An AlertLevel is the level of an alert (RFC 8446, section 6).
type AlertLevel uint8

// The two levels.
const (
	Warning AlertLevel = 1
	Fatal   AlertLevel = 2
)

// String gives "warning" or "fatal", or the code in the form "0x1a".
func (l AlertLevel) String() string { return nameOf(alertLevels, uint16(l), 2) }

// An AlertDescription is the reason that an alert gives (RFC 8446, section 6.2).
type AlertDescription uint8

// The alerts that a diagnosis rests on.
const (
	CloseNotify            AlertDescription = 0
	HandshakeFailure       AlertDescription = 40
	BadCertificate         AlertDescription = 42
	UnsupportedCertificate AlertDescription = 43
	CertificateRevoked     AlertDescription = 44
	CertificateExpired     AlertDescription = 45
	CertificateUnknown     AlertDescription = 46
	IllegalParameter       AlertDescription = 47
	UnknownCA              AlertDescription = 48
	AccessDenied           AlertDescription = 49
	DecodeError            AlertDescription = 50
	ProtocolVersion        AlertDescription = 70
	InsufficientSecurity   AlertDescription = 71
	InternalError          AlertDescription = 80
	InappropriateFallback  AlertDescription = 86
	UserCanceled           AlertDescription = 90
	UnrecognizedName       AlertDescription = 112
	CertificateRequired    AlertDescription = 116
	NoApplicationProtocol  AlertDescription = 120
)

// String gives the RFC's name, or the code in the form "0x1a".
func (d AlertDescription) String() string { return nameOf(alertDescriptions, uint16(d), 2) }

// IsGREASE tells whether v is one of the sixteen values that clients sprinkle
// over their lists so that servers learn to ignore what they do not know
// (RFC 8701, section 2): 0x0a0a, 0x1a1a … 0xfafa.
func IsGREASE(v uint16) bool { return v&0x0f0f == 0x0a0a && v>>8 == v&0xff }
