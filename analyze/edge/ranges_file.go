package edge

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// AWS's whole list has 2.5 MB and some 12,000 prefixes, of which CloudFront's
// are about 300. The limits leave room for growth and stop what is no such list.
const (
	maxListBytes    = 16 << 20
	maxListEntries  = 200_000 // of all services
	maxListPrefixes = 20_000  // of CloudFront
	minPrefixBits4  = 8       // a shorter one would make half the internet CloudFront's
	minPrefixBits6  = 16
)

// An entry is one prefix of AWS's list. Source of the format: "AWS IP address
// ranges: syntax of the JSON file" in the Amazon VPC User Guide.
type entry struct {
	Prefix             string `json:"ip_prefix,omitempty"`
	Prefix6            string `json:"ipv6_prefix,omitempty"`
	Region             string `json:"region,omitempty"`
	Service            string `json:"service"`
	NetworkBorderGroup string `json:"network_border_group,omitempty"`

	prefix netip.Prefix // the one that is set, masked
}

// A list is what was read of a file in AWS's format: CloudFront's part.
type list struct {
	createDate string
	syncToken  string
	entries    []entry
	seen       int // entries of all services
}

const hintDownload = "get AWS's list with: curl -o ip-ranges.json " + RangesURL

// LoadRanges reads the file at path, see ReadRanges. An error of the file system
// is returned as it is.
func LoadRanges(path string) (*Ranges, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, &fs.PathError{Op: "read", Path: path, Err: errors.New("is a folder, not a list")}
	}
	return ReadRanges(f, path)
}

// ReadRanges reads a list in the format of AWS's ip-ranges.json, the whole of it
// or an extract, of at most 16 MiB. source names it in errors and in Source. An
// error is a *InputError, which says what the text is instead and has a hint.
func ReadRanges(r io.Reader, source string) (*Ranges, error) {
	l, err := readList(r, source)
	if err != nil {
		return nil, err
	}
	return l.ranges(source)
}

// ranges builds the tables of a list and dates it.
func (l *list) ranges(source string) (*Ranges, error) {
	created, ok := listDate(l.createDate, l.syncToken)
	if !ok {
		return nil, &InputError{Source: source, Says: "no date: neither createDate nor syncToken can be read", Advice: hintDownload}
	}
	out := &Ranges{Source: source, Created: created, listed: new(listed)}
	for _, e := range l.entries {
		if e.Service == ServiceOriginFacing {
			out.listed.originFacing.Insert(e.prefix)
		} else {
			out.listed.cloudFront.Insert(e.prefix)
		}
	}
	return out, nil
}

// readList reads and checks CloudFront's part of a list.
func readList(r io.Reader, source string) (*list, error) {
	input := &watched{Reader: r}
	limited := &io.LimitedReader{R: input, N: maxListBytes + 1}
	buffered := bufio.NewReaderSize(limited, 32<<10)
	if says := notAList(buffered); says != "" {
		return nil, &InputError{Source: source, Says: says, Advice: hintDownload}
	}
	l := new(list)
	err := l.read(json.NewDecoder(buffered))
	switch {
	case input.failed != nil:
		return nil, &InputError{Source: source, Says: "cannot be read", Advice: hintDownload, Err: input.failed}
	case limited.N <= 0:
		return nil, &InputError{Source: source, Says: "larger than 16 MiB: not AWS's list", Advice: hintDownload}
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return nil, &InputError{Source: source, Says: "the list is cut off", Advice: hintDownload, Err: io.ErrUnexpectedEOF}
	case err != nil:
		return nil, &InputError{Source: source, Says: "not AWS's list", Advice: hintDownload, Err: err}
	case len(l.entries) == 0:
		says := fmt.Sprintf("none of the %d prefixes in it is CloudFront's", l.seen)
		return nil, &InputError{Source: source, Says: says, Advice: hintDownload}
	}
	return l, nil
}

// watched keeps the error of a Reader, to tell a list that cannot be read from
// one that is cut off or no list.
type watched struct {
	io.Reader
	failed error // other than io.EOF
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	if err != nil && err != io.EOF {
		w.failed = err
	}
	return n, err
}

// notAList says what a text is that does not begin like a JSON object, "" where it does.
func notAList(r *bufio.Reader) string {
	head, err := r.Peek(512)
	if err != nil && err != io.EOF {
		return "" // the next read fails as well, and that error is told
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	switch {
	case len(head) == 0:
		return "empty"
	case len(text) == 0:
		return "nothing but white space"
	case text[0] == '{':
		_, _ = r.Discard(len(head) - len(text)) // buffered already: cannot fail
		return ""
	case text[0] == '<':
		return "a page in HTML or XML, not AWS's list in JSON; a proxy's error page, perhaps"
	case bytes.HasPrefix(text, []byte{0x1f, 0x8b}):
		return "compressed with gzip: decompress it first"
	case bytes.IndexByte(text, 0) >= 0:
		return "binary, not AWS's list in JSON"
	}
	return "not AWS's list: it is no JSON object"
}

// read reads the one object of a list. Entries are read one at a time, so that a
// hostile file costs no more memory than it has CloudFront prefixes.
func (l *list) read(d *json.Decoder) error {
	if _, err := d.Token(); err != nil { // the opening brace
		return err
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		if err := l.readField(d, key); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil { // the closing brace
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("something follows the list")
	}
	return nil
}

func (l *list) readField(d *json.Decoder, key json.Token) error {
	var raw json.RawMessage
	switch key {
	case "prefixes", "ipv6_prefixes":
		return l.readEntries(d, key.(string))
	case "createDate":
		return d.Decode(&l.createDate)
	case "syncToken":
		err := d.Decode(&raw)
		l.syncToken = strings.Trim(string(raw), `"`)
		return err
	}
	return d.Decode(&raw) // later additions to the format
}

func (l *list) readEntries(d *json.Decoder, key string) error {
	if open, err := d.Token(); err != nil {
		return err
	} else if open != json.Delim('[') {
		return fmt.Errorf("%q is no array", key)
	}
	for d.More() {
		if l.seen++; l.seen > maxListEntries {
			return fmt.Errorf("more than %d prefixes", maxListEntries)
		}
		var e entry
		if err := d.Decode(&e); err != nil {
			return err
		}
		if e.Service != ServiceCloudFront && e.Service != ServiceOriginFacing {
			continue
		}
		if err := e.parse(); err != nil {
			return fmt.Errorf("entry %d of %q: %w", l.seen, key, err)
		}
		if len(l.entries) == maxListPrefixes {
			return fmt.Errorf("more than %d prefixes of CloudFront", maxListPrefixes)
		}
		l.entries = append(l.entries, e)
	}
	_, err := d.Token() // the closing bracket
	return err
}

// parse reads the prefix and refuses one that cannot be CloudFront's.
func (e *entry) parse() error {
	text := e.Prefix
	if text == "" {
		text = e.Prefix6
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return err // quotes the text
	}
	least := minPrefixBits4
	if p.Addr().Is6() {
		least = minPrefixBits6
	}
	if p.Bits() < least {
		return fmt.Errorf("%s is too wide to be CloudFront's", p)
	}
	e.prefix = p.Masked()
	return nil
}

// listDate reads the date of a list. createDate is YYYY-MM-DD-hh-mm-ss in UTC,
// but AWS has twice published one with a stray character, so only its digits
// count; syncToken, the same in Unix seconds, stands in where they do not make a
// date.
func listDate(createDate, syncToken string) (time.Time, bool) {
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, createDate)
	t, err := time.Parse("20060102150405", digits)
	if err != nil {
		seconds, err := strconv.ParseInt(syncToken, 10, 64)
		if err != nil {
			return time.Time{}, false
		}
		t = time.Unix(seconds, 0).UTC()
	}
	// AWS has published the list since 2014.
	return t, t.Year() >= 2014 && t.Year() < 2100
}

// encode writes a list in AWS's format, one prefix a line, in an order that does
// not depend on AWS's, so that two lists can be compared line by line.
func (l *list) encode() []byte {
	sorted := slices.Clone(l.entries)
	slices.SortFunc(sorted, func(a, b entry) int {
		if a.Service != b.Service {
			return strings.Compare(a.Service, b.Service)
		}
		return a.prefix.Compare(b.prefix)
	})
	created, _ := listDate(l.createDate, l.syncToken)
	var out bytes.Buffer
	fmt.Fprintf(&out, "{\n\"syncToken\": \"%d\",\n\"createDate\": %q,\n", created.Unix(), created.Format("2006-01-02-15-04-05"))
	encodeEntries(&out, "prefixes", sorted, func(e entry) bool { return e.prefix.Addr().Is4() })
	out.WriteString(",\n")
	encodeEntries(&out, "ipv6_prefixes", sorted, func(e entry) bool { return !e.prefix.Addr().Is4() })
	out.WriteString("\n}\n")
	return out.Bytes()
}

func encodeEntries(out *bytes.Buffer, key string, entries []entry, belongs func(entry) bool) {
	fmt.Fprintf(out, "%q: [", key)
	separator := "\n"
	for _, e := range entries {
		if !belongs(e) {
			continue
		}
		line, err := json.Marshal(e)
		if err != nil {
			continue // strings only: cannot fail
		}
		out.WriteString(separator)
		out.Write(line)
		separator = ",\n"
	}
	out.WriteString("\n]")
}
