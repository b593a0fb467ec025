package analyze

import (
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Words for the operator. A name from the wire or from a certificate is
// somebody else's text: in a sentence it stands only as name gives it, and in a
// command only if it is a host name.

// maxName is how many bytes of an untrusted name a sentence has room for.
const maxName = 100

// name makes an untrusted name fit for a sentence: a host name stays as it is,
// anything else is put into quotation marks and shortened. Control characters
// are left to the printers, which clean them everywhere.
func name(s string) string {
	if isHostName(strings.TrimPrefix(s, "*.")) && len(s) <= maxName {
		return s
	}
	return strconv.Quote(shorten(s))
}

// shorten cuts s to maxName bytes, between two characters.
func shorten(s string) string {
	if len(s) <= maxName {
		return s
	}
	end := maxName
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}

// isHostName tells whether s is letters, digits and hyphens between dots (RFC
// 952, RFC 1123, section 2.1), short enough for DNS: safe in a shell command.
func isHostName(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, c := range []byte(label) {
			if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' {
				return false
			}
		}
	}
	return true
}

// isCloudFrontName tells whether a name is one that CloudFront gave to a
// distribution: d….cloudfront.net.
func isCloudFrontName(s string) bool {
	return strings.HasSuffix(strings.ToLower(strings.TrimSuffix(s, ".")), ".cloudfront.net")
}

// file names a file in a sentence: by its last part, which is enough to know it.
func file(p string) string { return shorten(path.Base(p)) }

// span gives a duration with as many digits as a reader wants.
func span(d time.Duration) string {
	switch ms := float64(d) / 1e6; {
	case ms < 10:
		return fmt.Sprintf("%.1f ms", max(ms, 0))
	case ms < 1000:
		return fmt.Sprintf("%.0f ms", ms)
	case d < 2*time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%d minutes", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d hours", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

// day and moment give a time in UTC.
func day(t time.Time) string    { return t.UTC().Format("2006-01-02") }
func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") + " UTC" }

// many gives a number with its noun, which takes an s.
func many(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.FormatInt(n, 10) + " " + noun + "s"
}

// list writes the first few of some values of a TLS registry, in their order,
// and says how many more there are.
func list[T ~uint16](values []T, most int, text func(T) string) string {
	var b strings.Builder
	for i, value := range values {
		if i == most {
			fmt.Fprintf(&b, " and %d more", len(values)-most)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(text(value))
	}
	return b.String()
}

// orNone says so where a list is empty.
func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// paragraphs joins those that are not empty.
func paragraphs(all ...string) string { return joined("\n\n", all) }

// sentences joins those that are not empty.
func sentences(all ...string) string { return joined(" ", all) }

func joined(by string, all []string) string {
	var b strings.Builder
	for _, s := range all {
		if s == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(by)
		}
		b.WriteString(s)
	}
	return b.String()
}

const (
	reloadCommand     = "sudo systemctl reload nginx"
	testReloadCommand = "sudo nginx -t && sudo systemctl reload nginx"
)
