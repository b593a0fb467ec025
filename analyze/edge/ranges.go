package edge

import (
	"bytes"
	_ "embed" // for embeddedList
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"sync"
	"time"

	"github.com/gaissmai/bart"
)

// Ranges is a list of CloudFront's addresses, with its date, as Embedded, Newest,
// LoadRanges and ReadRanges make it. Any number of goroutines may look up at the
// same time; Add must not run beside them.
type Ranges struct {
	Source  string    // "embedded", or the file's path
	Created time.Time // when AWS made the list, in UTC; never zero

	listed *listed // shared by all Ranges of the same list, never changed
	given  bart.Lite
}

// listed holds the prefixes of one list. The services have a table each,
// because an origin-facing prefix counts before a longer one that is not.
type listed struct {
	originFacing bart.Lite
	cloudFront   bart.Lite
}

// The extract of AWS's list that is built in: the prefixes of CloudFront's two
// services, in AWS's format and in the layout that encode gives. To renew it,
// run "sniwatch ranges --update" and copy the file that it names here.
//
//go:embed ip-ranges-cloudfront.json
var embeddedList []byte

// readEmbedded reads the built-in list at its first use: a run that is given
// another list, or sees no connection, does not pay for it.
var readEmbedded = sync.OnceValue(func() *Ranges {
	r, err := ReadRanges(bytes.NewReader(embeddedList), "embedded")
	if err != nil {
		panic(err) // the program was built wrong; TestEmbedded reads the same bytes
	}
	return r
})

// Embedded gives the list that is built in. What is added to one result is not
// in the next.
func Embedded() *Ranges {
	r := readEmbedded()
	return &Ranges{Source: r.Source, Created: r.Created, listed: r.listed}
}

// Newest gives the newer of the built-in list and the one cached at cachePath
// (see CachePath and Update). No cached list is no error; one that is broken is
// an error beside the built-in list, which is always given.
func Newest(cachePath string) (*Ranges, error) {
	built := Embedded()
	if cachePath == "" {
		return built, nil
	}
	cached, err := LoadRanges(cachePath)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return built, nil
	case err != nil:
		return built, fmt.Errorf("cached list of CloudFront's addresses left out: %w", err)
	case cached.Created.After(built.Created):
		return cached, nil
	}
	return built, nil
}

// Add makes the addresses of p count as CloudFront's: Lookup calls them Given.
// An IPv4 prefix written as IPv6 (::ffff:192.0.2.0/120) is taken as IPv4; an
// invalid one is left out.
func (r *Ranges) Add(p netip.Prefix) {
	if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
	}
	r.given.Insert(p.Masked())
}

// Lookup tells what the list says of a, without allocating. Added prefixes come
// first, then the origin-facing service, then CloudFront's other addresses; the
// length of the prefix decides only within each of them. IPv4 addresses written
// as IPv6, and zones, are understood.
func (r *Ranges) Lookup(a netip.Addr) Match {
	a = a.Unmap().WithZone("")
	if p, ok := longest(&r.given, a); ok {
		return Match{Network: Given, Prefix: p}
	}
	if p, ok := longest(&r.listed.originFacing, a); ok {
		return Match{Network: CloudFront, Prefix: p, Service: ServiceOriginFacing}
	}
	if p, ok := longest(&r.listed.cloudFront, a); ok {
		return Match{Network: CloudFront, Prefix: p, Service: ServiceCloudFront}
	}
	return Match{}
}

// longest finds the longest prefix of t that holds a. Most addresses are in no
// table, and Contains says so at half the price.
func longest(t *bart.Lite, a netip.Addr) (netip.Prefix, bool) {
	if !t.Contains(a) {
		return netip.Prefix{}, false
	}
	return t.LookupPrefixLPM(netip.PrefixFrom(a, a.BitLen()))
}

// Age tells how old the list is at now.
func (r *Ranges) Age(now time.Time) time.Duration { return now.Sub(r.Created) }

// Len counts the prefixes of the list, of both services and both families; one
// that is in both services counts twice, as it does in AWS's file. Added ones
// are not counted.
func (r *Ranges) Len() int {
	return r.listed.originFacing.Size() + r.listed.cloudFront.Size()
}
