package analyze

import (
	"bytes"
	"hash/maphash"

	"sniwatch/analyze/origin"
	"sniwatch/analyze/tlswire"
)

// maxChains is how many distinct chains are remembered. A host has a few; more
// than this is somebody else's traffic, and is parsed again when it comes again.
const maxChains = 1024

// A chainCache parses each distinct Certificate message once.
type chainCache struct {
	seed   maphash.Seed
	chains map[uint64]cachedChain
	last   cachedChain // that was asked for: most hosts send one, again and again
}

// cachedChain is a parsed message beside the bytes that it was parsed from.
type cachedChain struct {
	body  []byte
	chain *origin.Chain
	fault *tlswire.Fault
}

func newChainCache() *chainCache {
	return &chainCache{seed: maphash.MakeSeed(), chains: map[uint64]cachedChain{}}
}

// parse gives the chain of a Certificate message.
func (k *chainCache) parse(body []byte) (*origin.Chain, *tlswire.Fault) {
	if k.last.chain != nil && bytes.Equal(k.last.body, body) {
		return k.last.chain, k.last.fault
	}
	key := maphash.Bytes(k.seed, body)
	if c, ok := k.chains[key]; ok && bytes.Equal(c.body, body) {
		k.last = c
		return c.chain, c.fault
	}
	raw, fault := tlswire.ParseCertificate(body)
	c := cachedChain{bytes.Clone(body), origin.ParseChain(raw), fault}
	if len(k.chains) == maxChains {
		clear(k.chains)
	}
	k.chains[key], k.last = c, c
	return c.chain, c.fault
}
