package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"
)

// A browser is a headless Chromium with one page, spoken to over a pair of pipes
// in the Chrome DevTools Protocol: JSON objects that end in a zero byte.
type browser struct {
	t       *testing.T
	in      io.Writer
	replies chan devtoolsMessage
	session string
	last    int
	events  []devtoolsMessage // since the last load
}

// A devtoolsMessage is a reply, or an event, which has a Method.
type devtoolsMessage struct {
	ID     int
	Method string
	Params json.RawMessage
	Result json.RawMessage
	Error  *struct{ Message string }
}

// newBrowser starts Chromium, or skips the test where there is none. It has no
// way out: it looks up no name.
func newBrowser(t *testing.T) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("SKIPPED: chromium is not here, so that no browser has seen the pages ('.ci/deps tests' installs it)")
	}
	toBrowser, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, fromBrowser, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--user-data-dir="+t.TempDir(),
		"--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
		"--host-resolver-rules=MAP * ~NOTFOUND", "about:blank")
	cmd.ExtraFiles = []*os.File{toBrowser, fromBrowser}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	toBrowser.Close()
	fromBrowser.Close()
	b := &browser{t: t, in: in, replies: make(chan devtoolsMessage, 1000)}
	go b.listen(out)
	t.Cleanup(func() {
		fmt.Fprintf(in, `{"id":%d,"method":"Browser.close"}`+"\x00", 1<<30)
		in.Close()
		kill := time.AfterFunc(10*time.Second, func() { cmd.Process.Kill() })
		cmd.Wait()
		kill.Stop()
		out.Close()
	})
	b.attach()
	return b
}

// listen reads messages until the browser is gone.
func (b *browser) listen(out io.Reader) {
	r := bufio.NewReaderSize(out, 1<<20)
	for {
		text, err := r.ReadBytes(0)
		if err != nil {
			close(b.replies)
			return
		}
		var m devtoolsMessage
		if json.Unmarshal(text[:len(text)-1], &m) == nil {
			b.replies <- m
		}
	}
}

// attach makes a page and listens to all that it does.
func (b *browser) attach() {
	var target struct{ TargetID, SessionID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &target)
	b.session = target.SessionID
	for _, domain := range []string{"Page", "Network", "Log", "Runtime"} {
		b.call(domain+".enable", nil, nil)
	}
}

// call sends a command and waits for its reply; events that come first are kept.
func (b *browser) call(method string, params map[string]any, into any) {
	b.t.Helper()
	b.last++
	text, err := json.Marshal(map[string]any{"id": b.last, "method": method, "params": params, "sessionId": b.session})
	if b.session == "" {
		text, err = json.Marshal(map[string]any{"id": b.last, "method": method, "params": params})
	}
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.in.Write(append(text, 0)); err != nil {
		b.t.Fatal(err)
	}
	m := b.await(func(m devtoolsMessage) bool { return m.ID == b.last && m.Method == "" })
	if m.Error != nil {
		b.t.Fatalf("%s: %s", method, m.Error.Message)
	}
	if into != nil {
		if err := json.Unmarshal(m.Result, into); err != nil {
			b.t.Fatal(err)
		}
	}
}

// await gives the first message that it is looking for.
func (b *browser) await(is func(devtoolsMessage) bool) devtoolsMessage {
	b.t.Helper()
	late := time.After(60 * time.Second)
	for {
		select {
		case m, open := <-b.replies:
			if !open {
				b.t.Fatal("chromium has gone")
			}
			if m.Method != "" {
				b.events = append(b.events, m)
			}
			if is(m) {
				return m
			}
		case <-late:
			b.t.Fatal("chromium does not answer")
		}
	}
}

// open loads a page at a width, and forgets what happened before.
func (b *browser) open(url string, width int) {
	b.t.Helper()
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false}, nil)
	b.events = nil
	b.call("Page.navigate", map[string]any{"url": url}, nil)
	for _, m := range b.events {
		if m.Method == "Page.loadEventFired" {
			return
		}
	}
	b.await(func(m devtoolsMessage) bool { return m.Method == "Page.loadEventFired" })
}

// evaluate gives the value of an expression of JavaScript, which is the
// debugger's, and not the page's: its policy does not forbid it.
func (b *browser) evaluate(expression string, into any) {
	b.t.Helper()
	var reply struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct{ Text string }
	}
	b.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true}, &reply)
	if reply.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", expression, reply.ExceptionDetails.Text)
	}
	if err := json.Unmarshal(reply.Result.Value, into); err != nil {
		b.t.Fatal(err)
	}
}
