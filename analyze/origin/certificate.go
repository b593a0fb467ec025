package origin

// A Certificate is one chain in a file of this host, as a server would serve
// it with nginx's ssl_certificate.
type Certificate struct {
	File string // as it was given
	*Chain
}
