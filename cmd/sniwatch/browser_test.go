package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// pageFacts are what the DOM says of a page.
const pageFacts = `({
	width: document.documentElement.scrollWidth,
	inner: innerWidth,
	foreign: [...document.querySelectorAll('script,iframe,img,link,object,embed,base,form,a,audio,video,image,use,foreignObject')].map(e => e.outerHTML.slice(0, 200)),
	handlers: [...document.querySelectorAll('*')].flatMap(e => [...e.attributes]).filter(a => /^on|^href|^src|^style/.test(a.name)).map(a => a.name + '=' + a.value),
	policy: document.querySelector('meta[http-equiv=Content-Security-Policy]').content,
	text: document.body.innerText,
})`

// TestPagesInBrowser opens the page of every sample in Chromium, on a phone and
// on a desk: no script, no request, no message on the console, nothing wider than
// the screen, and names that are attacks stay text.
func TestPagesInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: it opens hundreds of pages")
	}
	b := newBrowser(t)
	inSamples(t)
	dir := t.TempDir()
	pages := 0
	for _, s := range readSamples(t) {
		name := filepath.Join(dir, s.file+".html")
		args := append([]string{"-r", s.file, "--no-discover", "--report", name}, s.args...)
		sniwatch(t, args...)
		if _, err := os.Stat(name); err != nil {
			continue // there is nothing to report of it, see TestSamples
		}
		pages++
		for _, width := range []int{360, 1280} {
			for _, problem := range b.look(s.file, "file://"+name, width) {
				t.Errorf("%s at %d pixels: %s", s.file, width, problem)
			}
		}
	}
	if pages < 100 {
		t.Errorf("only %d pages were opened", pages)
	}
}

// look opens one page and says what is wrong with it.
func (b *browser) look(sample, url string, width int) (problems []string) {
	b.t.Helper()
	wrong := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	b.open(url, width)
	var page struct {
		Width, Inner      int
		Foreign, Handlers []string
		Policy, Text      string
	}
	b.evaluate(pageFacts, &page)
	if page.Width > page.Inner || page.Inner != width {
		wrong("%d pixels wide on a screen of %d", page.Width, page.Inner)
	}
	if len(page.Foreign) > 0 || len(page.Handlers) > 0 {
		wrong("foreign elements %q, attributes %q", page.Foreign, page.Handlers)
	}
	if page.Policy != "default-src 'none'; style-src 'unsafe-inline'" {
		wrong("policy %q", page.Policy)
	}
	if text, hostile := hostileText[strings.TrimSuffix(sample, ".pcap")]; hostile && !strings.Contains(page.Text, text) {
		wrong("%q is no text of the page", text)
	}
	for _, e := range b.events {
		if s := complaint(url, e); s != "" {
			wrong("%s", s)
		}
	}
	return problems
}

// hostileText is how the names of the hostile samples stand on the page.
var hostileText = map[string]string{
	"hostile-sni-script":       "<script>alert(1)</script>",
	"hostile-sni-escape":       `\x1b`,
	"hostile-sni-newline":      `\x0a`,
	"hostile-sni-invalid-utf8": `\xff`,
}

// complaint says what is wrong with an event; "": nothing.
func complaint(url string, e devtoolsMessage) string {
	switch e.Method {
	case "Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown":
		return fmt.Sprintf("%s: %s", e.Method, e.Params)
	case "Network.requestWillBeSent":
		var p struct{ Request struct{ URL string } }
		if err := json.Unmarshal(e.Params, &p); err != nil || p.Request.URL != url {
			return "it asks for " + p.Request.URL
		}
	}
	return ""
}

// TestBrowserSees makes sure that the test above would notice: a page that does
// everything that it should not.
func TestBrowserSees(t *testing.T) {
	b := newBrowser(t)
	name := filepath.Join(t.TempDir(), "bad.html")
	bad := `<!DOCTYPE html><meta http-equiv=Content-Security-Policy content="default-src 'none'"><script>console.log(1)</script>` +
		`<svg width=2000 height=10></svg><p onclick=x>text</p><img src="file:///nowhere.png">`
	if err := os.WriteFile(name, []byte(bad), 0o644); err != nil {
		t.Fatal(err)
	}
	problems := strings.Join(b.look("hostile-sni-script.pcap", "file://"+name, 360), "\n")
	for _, want := range []string{"2008 pixels wide", "<script>", "onclick=x", "policy", "no text of the page", "Log.entryAdded"} {
		if !strings.Contains(problems, want) {
			t.Errorf("not noticed: %s; noticed:\n%s", want, problems)
		}
	}
}
