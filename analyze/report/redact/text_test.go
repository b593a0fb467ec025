package redact

import (
	"net/netip"
	"strings"
	"testing"

	"sniwatch/analyze/edge"
)

// names that the tests use as a user's.
const (
	wwwName    = "www.shop-example.jp"
	originName = "origin.shop-example.jp"
)

// TestNamesKeepTheirRelations: whatever Covers says of two names it says of
// their replacements.
func TestNamesKeepTheirRelations(t *testing.T) {
	names := []string{
		wwwName, originName, "*.shop-example.jp", "shop-example.jp", "WWW.Shop-Example.JP", wwwName + ".", "*.www.shop-example.jp",
		"a.b.shop-example.jp", "*.b.shop-example.jp", "x", "y", "*", "*.jp", "a..b", "..", ".", "w*.shop-example.jp",
		"d111111abcdef8.cloudfront.net", "*.cloudfront.net", "d222222abcdef8.cloudfront.net", "10.0.0.1", "192.168.100.200",
		"1.1.1.1", "2001:db8:1::1", "[2001:db8:1::1]", "xn--bcher-kva.example", "bücher.example", "evil\x1b[31m.example\n",
		"\xff\x00.example", " " + wwwName + " ", strings.Repeat("long.", 200) + "example", "ec2-192-0-2-1.compute-1.amazonaws.com",
	}
	r := New(testKey, Options{})
	for _, a := range names {
		to := r.Name(a)
		if len(to) != len(a) || strings.Count(to, ".") != strings.Count(a, ".") {
			t.Errorf("%q becomes %q, of another form", a, to)
		}
		if again := r.Name(a); again != to {
			t.Errorf("%q becomes %q and then %q", a, to, again)
		}
		if strings.Contains(strings.ToLower(to), "shop") || strings.Contains(to, "111111") {
			t.Errorf("%q becomes %q", a, to)
		}
		for _, b := range names {
			if before, after := edge.Covers(a, b), edge.Covers(to, r.Name(b)); before != after {
				t.Errorf("%q covers %q: %v, but %q covers %q: %v", a, b, before, to, r.Name(b), after)
			}
			if before, after := strings.EqualFold(a, b), strings.EqualFold(to, r.Name(b)); before != after {
				t.Errorf("%q and %q become %q and %q", a, b, to, r.Name(b))
			}
		}
	}
	if got := r.Name("WWW.Shop-Example.jp"); got != capitalsOf("WWW.Shop-Example.jp", r.Name(wwwName)) {
		t.Errorf("capitals are lost: %q", got)
	}
}

// TestAnotherKeyGivesOtherNames: without the key nothing is known.
func TestAnotherKeyGivesOtherNames(t *testing.T) {
	a, b := New(testKey, Options{}), New(Key{9}, Options{})
	if a.Name(wwwName) == b.Name(wwwName) {
		t.Error("two keys give the same name")
	}
	if a.Name(wwwName) != New(testKey, Options{}).Name(wwwName) {
		t.Error("one key gives two names")
	}
}

func TestAddresses(t *testing.T) {
	ranges := edge.Embedded()
	ranges.Add(netip.MustParsePrefix("10.9.0.0/16"))
	r := New(testKey, Options{Ranges: ranges})
	for _, tt := range []struct{ from, within string }{
		{"130.176.135.149", "130.176.135.149/32"}, // CloudFront's
		{"127.0.0.1", "127.0.0.1/32"},
		{"0.0.0.0", "0.0.0.0/32"},
		{"::1", "::1/128"},
		{"10.9.1.2", "198.51.100.0/24"},
		{"2400:db8::77", "2001:db8::/32"},
	} {
		to := r.Addr(netip.MustParseAddr(tt.from))
		if !netip.MustParsePrefix(tt.within).Contains(to) {
			t.Errorf("%s becomes %s, want one of %s", tt.from, to, tt.within)
		}
	}
	if got := r.EdgePrefixes(); len(got) != 1 || got[0].String() != "198.51.100.0/24" {
		t.Errorf("prefixes %v", got)
	}
	seen := map[netip.Addr]bool{}
	for i := range 700 { // more than the ranges for documentation hold
		to := r.Addr(netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}))
		if seen[to] || edge.Embedded().Lookup(to).Network == edge.CloudFront {
			t.Fatalf("%s a second time, or CloudFront's", to)
		}
		seen[to] = true
	}
	if mapped := r.Addr(netip.MustParseAddr("::ffff:10.9.1.2")); mapped.Unmap() != r.Addr(netip.MustParseAddr("10.9.1.2")) {
		t.Errorf("the mapped form becomes %s", mapped)
	}
}

// TestText holds that what is given away knows nothing of the names, and that
// the words of sniwatch stay.
func TestText(t *testing.T) {
	r := New(testKey, Options{})
	www, address := r.Name(wwwName), r.Addr(netip.MustParseAddr("10.0.12.34")).String()
	r.attributeText(nil, "Shop Example Ltd")
	for _, tt := range []struct{ text, want string }{
		{"CloudFront asked for www.shop-example.jp.", "CloudFront asked for " + www + "."},
		{"sudo certbot --nginx -d www.shop-example.jp -d WWW.SHOP-EXAMPLE.JP", "sudo certbot --nginx -d " + www + " -d " + r.Name("WWW.SHOP-EXAMPLE.JP")},
		{"10.0.12.34:443, [10.0.12.34]", address + ":443, [" + address + "]"},
		{"/etc/letsencrypt/live/www.shop-example.jp/fullchain.pem", "/etc/letsencrypt/live/" + www + "/fullchain.pem"},
		{"www%2Eshop-example%2Ejp", www},
		{"https://www.shop-example.jp/", "https://" + www + "/"},
		{"www.shop-example.jp.pem", www + ".pem"},
		{"O=Shop Example Ltd", "O=" + r.words.to["Shop Example Ltd"]},
		{"TLS 1.3, 1.1 ms, sniwatch 0.4.1, 2024-01-16 03:41:10 UTC", "TLS 1.3, 1.1 ms, sniwatch 0.4.1, 2024-01-16 03:41:10 UTC"},
		{"nginx.conf, fullchain.pem, error.log.1.gz", "nginx.conf, fullchain.pem, error.log.1.gz"},
		{"see https://docs.aws.amazon.com/AmazonCloudFront/latest/x.html", "see https://docs.aws.amazon.com/AmazonCloudFront/latest/x.html"},
		{"a name under d….cloudfront.net, e.g. for all", "a name under d….cloudfront.net, e.g. for all"},
		{"0.0.0.0:443", "0.0.0.0:443"},
		{"client: 130.176.135.149", "client: 130.176.135.149"},
	} {
		if got := r.Text(tt.text); got != tt.want {
			t.Errorf("Text(%q)\n got %q\nwant %q", tt.text, got, tt.want)
		}
	}
	for _, text := range []string{
		"never.seen.example.co.uk", "mail to john.doe@shop-example.jp", "https://user:secret@never-seen.example.org/john?token=doe",
		"E1A2B3C4D5E6F7 and i-0123456789abcdef0 in 123456789012", "bücher-doe.example.com", "/srv/doe/never-seen.pem", "fe80::1ff:fe23:4567:890a",
		"www%2enever%2eseen%2eexample%2ecom", "00:16:3e:aa:bb:cc",
	} {
		got := r.Text(text)
		for _, bad := range []string{"never", "seen", "shop", "doe", "john", "secret", "A2B3", "0123456789", "890a", "aa:bb"} {
			if strings.Contains(got, bad) {
				t.Errorf("Text(%q) gives %q, with %q", text, got, bad)
			}
		}
	}
}

// TestLogLine reduces lines of logs to what servers always write.
func TestLogLine(t *testing.T) {
	r := New(testKey, Options{})
	const known = "2024/01/16 03:41:18 [info] 1234#1234: *56 peer closed connection in SSL handshake " +
		"(104: Connection reset by peer) while SSL handshaking, client: 130.176.135.149, server: 0.0.0.0:443"
	if got := r.LogLine(known); got != known {
		t.Errorf("a known line changes:\n%s\n%s", known, got)
	}
	got := r.LogLine(`[error] user mallory of Contoso asked for /secret/mallory on tenant.contoso.example from 10.0.12.34`)
	for _, bad := range []string{"mallory", "Contoso", "contoso", "secret", "tenant", "10.0.12.34"} {
		if strings.Contains(got, bad) {
			t.Errorf("%q is left in %q", bad, got)
		}
	}
}

func TestRestore(t *testing.T) {
	r := New(testKey, Options{})
	r.attributeText(nil, "Shop Example Ltd")
	const text = "CloudFront asked for www.shop-example.jp at 10.0.12.34:443 ([2400:db8::77]:443, 00:16:3e:aa:bb:cc), " +
		"WWW.shop-example.jp. is in O=Shop Example Ltd, /srv/contoso/www.shop-example.jp/fullchain.pem, *.shop-example.jp"
	redacted := r.Text(text)
	if strings.Contains(redacted, "hop-") || strings.Contains(redacted, "contoso") {
		t.Fatal(redacted)
	}
	var file strings.Builder
	if err := r.WriteKey(&file); err != nil {
		t.Fatal(err)
	}
	again, err := Load(strings.NewReader(file.String()), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := again.Restore(redacted); got != text {
		t.Errorf("restored:\n%s\nwant:\n%s", got, text)
	}
	if got := again.Text(text); got != redacted {
		t.Errorf("after loading, the text becomes\n%s\nand before\n%s", got, redacted)
	}
}

func TestLoadRefusesWhatIsNoKeyFile(t *testing.T) {
	for _, text := range []string{
		"", "-----BEGIN CERTIFICATE-----", keyFileTitle, keyFileTitle + "\nkey 12", keyFileTitle + "\nname \"a\" \"b\"",
		keyFileTitle + "\nkey " + strings.Repeat("ab", 32) + "\nname \"a\" \"bc\"",
		keyFileTitle + "\nkey " + strings.Repeat("ab", 32) + "\naddress 10.0.0.1 ::1",
		keyFileTitle + "\nkey " + strings.Repeat("ab", 32) + "\nmagic 1 2",
	} {
		if _, err := Load(strings.NewReader(text), Options{}); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

func BenchmarkText(b *testing.B) {
	r := New(testKey, Options{})
	r.Name(wwwName)
	const text = "CloudFront asked for www.shop-example.jp, but the certificate is for origin.shop-example.jp and *.shop-example.jp; " +
		"it reset the connection 1.1 ms after it had the certificate. Viewers got 502."
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		r.Text(text)
	}
}
