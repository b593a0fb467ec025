package config

import (
	"fmt"
	"strings"
	"testing"
)

// manySites is a host with a server block for each of many names.
func manySites(count int) string {
	var text strings.Builder
	text.WriteString("http {\n")
	for i := range count {
		fmt.Fprintf(&text, "server {\n\tlisten 443 ssl;\n\tserver_name www.s%d.test s%d.test;\n\tssl_certificate /etc/letsencrypt/live/s%d.test/fullchain.pem;\n"+
			"\tlocation / {\n\t\tproxy_pass http://127.0.0.1:8080;\n\t\tproxy_set_header Host $host;\n\t}\n}\n", i, i, i)
	}
	text.WriteString("}\n")
	return text.String()
}

func BenchmarkNginxLexer(b *testing.B) {
	text := manySites(100)
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		for lex := newNginxLexer(text); lex.next().kind != endOfFile; {
		}
	}
}

func BenchmarkReadNginx(b *testing.B) {
	text := manySites(1000)
	system := tree(b, map[string]string{"/etc/nginx/nginx.conf": text})
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		ReadNginx(system, "/etc/nginx/nginx.conf", "")
	}
}

func BenchmarkChoose(b *testing.B) {
	for _, count := range []int{10, 1000} {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			c := ReadNginx(tree(b, map[string]string{"/etc/nginx/nginx.conf": manySites(count)}), "/etc/nginx/nginx.conf", "")
			sni, server := fmt.Sprintf("s%d.test", count-1), address("192.0.2.1:443")
			b.ReportAllocs()
			for b.Loop() {
				if choice, _ := c.Choose(sni, server); choice.Why != ByExact {
					b.Fatal(choice)
				}
			}
		})
	}
}
