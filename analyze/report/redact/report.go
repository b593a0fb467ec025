package redact

import (
	"net/netip"
	"reflect"
	"strings"

	"sniwatch/analyze"
	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
	"sniwatch/analyze/origin/config"
	"sniwatch/analyze/tlswire"
)

// Report gives a deep copy of a report with every name, address, path and
// certificate replaced. Codes, numbers and times stay.
func (r *Redactor) Report(report *analyze.Report) *analyze.Report {
	return redactedCopy(r, report)
}

// Connection gives a deep copy of a connection in the same way.
func (r *Redactor) Connection(c *analyze.Connection) *analyze.Connection {
	return redactedCopy(r, c)
}

// Distribution gives what is known of a distribution, with its names replaced.
func (r *Redactor) Distribution(d edge.Distribution) edge.Distribution {
	d.OriginDomain = r.Name(d.OriginDomain)
	viewers := make([]string, len(d.ViewerDomains))
	for i, name := range d.ViewerDomains {
		viewers[i] = r.Name(name)
	}
	d.ViewerDomains = viewers
	return d
}

func redactedCopy[T any](r *Redactor, in *T) *T {
	if in == nil {
		return nil
	}
	c := copier{r, map[any]reflect.Value{}}
	c.learn(reflect.ValueOf(in), map[any]bool{})
	out := reflect.New(reflect.TypeFor[T]())
	c.copy(out.Elem(), reflect.ValueOf(in).Elem())
	return out.Interface().(*T)
}

// A copier copies values of any type. It goes by types and not by a list of
// fields, so that a field that is added later is redacted without being named
// here: what is a text goes through Text. Texts of a type of their own are codes,
// and stay.
type copier struct {
	*Redactor
	done map[any]reflect.Value // copies, by the pointer to the original
}

// Types that are replaced as a whole.
var (
	typeString    = reflect.TypeFor[string]()
	typeBytes     = reflect.TypeFor[[]byte]()
	typeAddr      = reflect.TypeFor[netip.Addr]()
	typeAddrPort  = reflect.TypeFor[netip.AddrPort]()
	typePrefix    = reflect.TypeFor[netip.Prefix]()
	typeMatch     = reflect.TypeFor[edge.Match]()
	typeChain     = reflect.TypeFor[*origin.Chain]()
	typeEndpoint  = reflect.TypeFor[[16]byte]()
	typeExtension = reflect.TypeFor[tlswire.Extension]()
)

// A field is a field of a struct, by its type and name.
type field struct {
	of   reflect.Type
	name string
}

// fieldRules are for texts and bytes that another rule fits than their type's.
var fieldRules = map[field]func(r *Redactor, v reflect.Value) any{
	{reflect.TypeFor[tlswire.ClientHello](), "ServerName"}: nameRule,
	{reflect.TypeFor[tlswire.ClientHello](), "ALPN"}:       keepRule,
	{reflect.TypeFor[tlswire.ClientHello](), "Random"}:     keepRule,
	{reflect.TypeFor[tlswire.ServerHello](), "Random"}:     keepRule,
	{reflect.TypeFor[tlswire.ServerHello](), "ALPN"}:       keepRule,

	{reflect.TypeFor[tlswire.ClientHello](), "CompressionMethods"}: keepRule,
	{reflect.TypeFor[tlswire.ClientHello](), "ECPointFormats"}:     keepRule,

	{reflect.TypeFor[analyze.Connection](), "File"}:       pathRule,
	{reflect.TypeFor[analyze.Connection](), "History"}:    keepRule,
	{reflect.TypeFor[analyze.Input](), "Name"}:            pathRule,
	{reflect.TypeFor[analyze.Report](), "Roots"}:          rootsRule,
	{reflect.TypeFor[analyze.Evidence](), "File"}:         pathRule,
	{reflect.TypeFor[analyze.CertificateUsed](), "File"}:  pathRule,
	{reflect.TypeFor[origin.Certificate](), "File"}:       pathRule,
	{reflect.TypeFor[analyze.RangesUsed](), "Source"}:     pathRule,
	{reflect.TypeFor[analyze.CertificateUsed](), "Names"}: namesRule,
	{reflect.TypeFor[analyze.Finding](), "SNI"}:           namesRule,
	{reflect.TypeFor[edge.Judgement](), "Missing"}:        namesRule,
	{reflect.TypeFor[edge.Judgement](), "CoveredBy"}:      nameRule,
	{reflect.TypeFor[analyze.Fault](), "In"}:              keepRule,
	{reflect.TypeFor[tlswire.Fault](), "Field"}:           keepRule,
	{reflect.TypeFor[analyze.Side](), "NotTLS"}:           keepRule,
	{reflect.TypeFor[analyze.LogLine](), "Text"}:          logLineRule,
	{reflect.TypeFor[analyze.LogLine](), "File"}:          pathRule,
	{reflect.TypeFor[analyze.LogLine](), "Class"}:         keepRule,
	{reflect.TypeFor[analyze.LogUsed](), "File"}:          pathRule,
	{reflect.TypeFor[analyze.LogUsed](), "Program"}:       keepRule,
	{reflect.TypeFor[analyze.ServerUsed](), "File"}:       pathRule,
	{reflect.TypeFor[analyze.ServerUsed](), "Program"}:    keepRule,
	{reflect.TypeFor[analyze.Note](), "At"}:               pathRule,
	{reflect.TypeFor[analyze.Note](), "Says"}:             logLineRule,
	{reflect.TypeFor[analyze.Answer](), "File"}:           pathRule,
	{reflect.TypeFor[analyze.Answer](), "Program"}:        keepRule,
	{reflect.TypeFor[analyze.Answer](), "Known"}:          namesRule,
	{reflect.TypeFor[analyze.Answer](), "Ciphers"}:        keepRule,
	{reflect.TypeFor[analyze.Answer](), "Suites"}:         keepRule,
	{reflect.TypeFor[analyze.Answer](), "Groups"}:         keepRule,
	{reflect.TypeFor[config.Position](), "File"}:          pathRule,
	{reflect.TypeFor[config.Hidden](), "Write"}:           logLineRule,
}

func keepRule(_ *Redactor, v reflect.Value) any    { return v.Interface() }
func nameRule(r *Redactor, v reflect.Value) any    { return r.Name(v.String()) }
func logLineRule(r *Redactor, v reflect.Value) any { return r.LogLine(v.String()) }
func pathRule(r *Redactor, v reflect.Value) any    { return r.Path(v.String()) }

// rootsRule is for the source of the roots: Mozilla's list, or the name of a file
// and what of it was left out.
func rootsRule(r *Redactor, v reflect.Value) any {
	file, more, _ := strings.Cut(v.String(), ", ")
	if file == "Mozilla" {
		return v.String()
	}
	return r.Path(file) + v.String()[len(file):len(v.String())-len(more)] + r.Text(more)
}

func namesRule(r *Redactor, v reflect.Value) any {
	if v.IsNil() {
		return v.Interface()
	}
	out := make([]string, v.Len())
	for i := range out {
		out[i] = r.Name(v.Index(i).String())
	}
	return out
}

// learn lets the Redactor see the names and certificates first, so that it finds
// them in the texts that come before them.
func (c *copier) learn(v reflect.Value, seen map[any]bool) {
	switch {
	case v.Type() == typeChain:
		if !v.IsNil() {
			c.chain(v.Interface().(*origin.Chain))
		}
	case v.Kind() == reflect.Pointer:
		if !v.IsNil() && !seen[v.Interface()] {
			seen[v.Interface()] = true
			c.learn(v.Elem(), seen)
		}
	case v.Kind() == reflect.Slice && v.Type() != typeBytes:
		for i := range v.Len() {
			c.learn(v.Index(i), seen)
		}
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			name := v.Type().Field(i)
			if !name.IsExported() {
				continue
			}
			if rule := fieldRules[field{v.Type(), name.Name}]; rule != nil {
				rule(c.Redactor, v.Field(i))
				continue
			}
			c.learn(v.Field(i), seen)
		}
	}
}

// copy writes the redacted copy of in to out, which is addressable.
func (c *copier) copy(out, in reflect.Value) {
	switch in.Type() {
	case typeString:
		out.SetString(c.Text(in.String()))
		return
	case typeAddr:
		out.Set(reflect.ValueOf(c.Addr(in.Interface().(netip.Addr))))
		return
	case typeAddrPort:
		a := in.Interface().(netip.AddrPort)
		out.Set(reflect.ValueOf(netip.AddrPortFrom(c.Addr(a.Addr()), a.Port())))
		return
	case typePrefix:
		out.Set(reflect.ValueOf(c.prefix(in.Interface().(netip.Prefix))))
		return
	case typeMatch:
		out.Set(reflect.ValueOf(c.Match(in.Interface().(edge.Match))))
		return
	case typeChain:
		if !in.IsNil() {
			out.Set(reflect.ValueOf(c.chain(in.Interface().(*origin.Chain))))
		}
		return
	case typeEndpoint:
		a := netip.AddrFrom16(in.Interface().([16]byte))
		out.Set(reflect.ValueOf(c.Addr(a).As16()))
		return
	case typeBytes:
		if !in.IsNil() {
			b := append([]byte{}, in.Bytes()...)
			c.key.noise("session", b)
			out.SetBytes(b)
		}
		return
	case typeExtension:
		out.Set(reflect.ValueOf(c.extensionCopy(in.Interface().(tlswire.Extension))))
		return
	}
	c.copyParts(out, in)
}

// copyParts copies a value that consists of others.
func (c *copier) copyParts(out, in reflect.Value) {
	switch in.Kind() {
	case reflect.Pointer:
		if in.IsNil() {
			return
		}
		again, ok := c.done[in.Interface()]
		if !ok {
			again = reflect.New(in.Type().Elem())
			c.done[in.Interface()] = again
			c.copy(again.Elem(), in.Elem())
		}
		out.Set(again)
	case reflect.Slice:
		if in.IsNil() {
			return
		}
		out.Set(reflect.MakeSlice(in.Type(), in.Len(), in.Len()))
		for i := range in.Len() {
			c.copy(out.Index(i), in.Index(i))
		}
	case reflect.Array:
		for i := range in.Len() {
			c.copy(out.Index(i), in.Index(i))
		}
	case reflect.Struct:
		c.copyFields(out, in)
	case reflect.Map, reflect.Interface, reflect.Func, reflect.Chan:
		// A report has none. Should one come, it is left out rather than let through.
	default:
		out.Set(in)
	}
}

// copyFields copies a struct, field by field.
func (c *copier) copyFields(out, in reflect.Value) {
	out.Set(in) // what is not exported: of time.Time, and flags
	for i := range in.NumField() {
		name := in.Type().Field(i)
		if !name.IsExported() {
			continue
		}
		if rule := fieldRules[field{in.Type(), name.Name}]; rule != nil {
			out.Field(i).Set(reflect.ValueOf(rule(c.Redactor, in.Field(i))))
			continue
		}
		out.Field(i).SetZero()
		c.copy(out.Field(i), in.Field(i))
	}
}

// chain issues a chain anew. A report needs one, even where that fails: then it
// is one that cannot be parsed.
func (c *copier) chain(chain *origin.Chain) *origin.Chain {
	if again, ok := c.done[chain]; ok {
		return again.Interface().(*origin.Chain)
	}
	again, err := c.Certificate(chain)
	if err != nil {
		raw := make([][]byte, len(chain.Raw))
		for i, der := range chain.Raw {
			raw[i] = c.unparsable(der)
		}
		again = origin.ParseChain(raw)
	}
	c.done[chain] = reflect.ValueOf(again)
	return again
}

// prefix replaces the address of a prefix that is not CloudFront's.
func (c *copier) prefix(p netip.Prefix) netip.Prefix {
	if !p.IsValid() || c.ranges.Lookup(p.Addr()).Network == edge.CloudFront {
		return p
	}
	return netip.PrefixFrom(c.Addr(p.Addr()), p.Bits()).Masked()
}

// extensionCopy redacts one extension of a hello.
func (c *copier) extensionCopy(e tlswire.Extension) tlswire.Extension {
	e.Data = append([]byte{}, e.Data...)
	m := messages{Redactor: c.Redactor, conn: &connection{}}
	if e.Type == tlswire.ExtServerName {
		m.serverName(e.Data)
	} else {
		m.extension(e.Type, e.Data, true)
	}
	return e
}
