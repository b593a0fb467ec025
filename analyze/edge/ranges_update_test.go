package edge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// newList is a list newer than the built-in one, with n prefixes of CloudFront
// among others.
func newList(created time.Time, n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `{"syncToken":"%d","prefixes":[{"ip_prefix":"3.5.140.0/22","region":"ap-northeast-2","service":"AMAZON"}`, created.Unix())
	for i := range n {
		fmt.Fprintf(&b, `,{"ip_prefix":"10.%d.%d.0/24","region":"GLOBAL","service":"CLOUDFRONT","network_border_group":"GLOBAL"}`, i/256, i%256)
	}
	return b.String() + `],"ipv6_prefixes":[]}`
}

var nextDay = time.Date(2026, 8, 23, 12, 0, 0, 0, time.UTC)

// serve answers every request with one text, and with 304 to those that have
// its ETag.
func serve(t *testing.T, text string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", fmt.Sprintf(`"%x"`, len(text)))
		w.Header().Set("Last-Modified", "Sun, 23 Aug 2026 12:00:00 GMT")
		http.ServeContent(w, r, "ip-ranges.json", nextDay, strings.NewReader(text))
	}))
	t.Cleanup(s.Close)
	return s.URL + "/ip-ranges.json"
}

func update(url, path string) (UpdateResult, error) {
	return Update(context.Background(), new(http.Client), url, path)
}

func TestUpdate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "sniwatch", "ip-ranges.json")
	url := serve(t, newList(nextDay, 400))
	built := Embedded()

	got, err := update(url, path)
	if err != nil {
		t.Fatal(err)
	}
	want := UpdateResult{Old: built.Created, New: nextDay, OldPrefixes: built.Len(), NewPrefixes: 400, Path: path}
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	newest, err := Newest(path)
	if err != nil || newest.Source != path || !newest.Created.Equal(nextDay) || newest.Len() != 400 {
		t.Errorf("cached: %+v, %v", newest, err)
	}
	if text, _ := os.ReadFile(path); bytes.Contains(text, []byte("AMAZON")) {
		t.Error("more than CloudFront's part is kept")
	}
	files, _ := os.ReadDir(filepath.Dir(path))
	if len(files) != 2 {
		t.Errorf("left behind: %v", files)
	}

	got, err = update(url, path)
	if err != nil || !got.Unchanged || got.Path != path || !got.New.Equal(nextDay) || got.NewPrefixes != 400 {
		t.Errorf("second time: %+v, %v", got, err)
	}
}

// TestUpdateAsksConditionally: only with the validators of the list that is
// there, from the same URL.
func TestUpdateAsksConditionally(t *testing.T) {
	var asked []int
	text := newList(nextDay, 400)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status := http.StatusOK
		if r.Header.Get("If-None-Match") == `"v1"` && r.Header.Get("If-Modified-Since") == "Sun, 23 Aug 2026 12:00:00 GMT" {
			status = http.StatusNotModified
		}
		asked = append(asked, status)
		w.Header().Set("ETag", `"v1"`)
		w.Header().Set("Last-Modified", "Sun, 23 Aug 2026 12:00:00 GMT")
		w.WriteHeader(status)
		if status == http.StatusOK {
			fmt.Fprint(w, text)
		}
	}))
	defer s.Close()
	path := filepath.Join(t.TempDir(), "ip-ranges.json")
	steps := []struct {
		name   string
		before func()
		url    string
		status int
	}{
		{"first", func() {}, s.URL, 200},
		{"again", func() {}, s.URL, 304},
		{"another URL", func() {}, s.URL + "/other", 200},
		{"back", func() {}, s.URL, 200},
		{"list deleted", func() { os.Remove(path) }, s.URL, 200},
		{"list replaced by hand", func() { os.WriteFile(path, []byte(newList(nextDay.Add(-time.Hour), 400)), 0o600) }, s.URL, 200},
		{"list broken", func() { os.WriteFile(path, []byte("{"), 0o600) }, s.URL, 200},
		{"validators broken", func() { os.WriteFile(validatorsPath(path), []byte("{"), 0o600) }, s.URL, 200},
		{"all well again", func() {}, s.URL, 304},
	}
	for i, step := range steps {
		step.before()
		if _, err := update(step.url, path); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if len(asked) != i+1 || asked[i] != step.status {
			t.Fatalf("%s: answered %v, want %d", step.name, asked, step.status)
		}
	}
}

// TestUpdateRefuses: each bad answer is an error with a way round it, and leaves
// the cached list as it was.
func TestUpdateRefuses(t *testing.T) {
	good := newList(nextDay, 400)
	path := filepath.Join(t.TempDir(), "ip-ranges.json")
	if _, err := update(serve(t, good), path); err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadFile(path)

	handler := func(h http.HandlerFunc) string {
		s := httptest.NewServer(h)
		t.Cleanup(s.Close)
		return s.URL
	}
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	tests := []struct{ name, url, says string }{
		{"500", handler(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "", 500) }), "500 Internal Server Error"},
		{"304 that was not asked for", handler(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(304) }), "304 Not Modified"},
		{"HTML", serve(t, "<html>Sign in to the hotel's network</html>"), "HTML or XML"},
		{"garbage", serve(t, "{\x00\x01"), "not AWS's list"},
		{"truncated text", serve(t, good[:len(good)/2]), "cut off"},
		{"torn connection", handler(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(len(good)))
			fmt.Fprint(w, good[:len(good)/2])
		}), "cannot be read"},
		{"oversize", handler(func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"a":"`)
			for range maxListBytes >> 16 {
				fmt.Fprint(w, strings.Repeat("a", 1<<16))
			}
		}), "larger than 16 MiB"},
		{"older", serve(t, newList(nextDay.Add(-time.Hour), 400)), "is older than the one known"},
		{"lost most", serve(t, newList(nextDay.Add(time.Hour), 199)), "has 199 prefixes"},
		{"no CloudFront", serve(t, newList(nextDay.Add(time.Hour), 0)), "none of the 1 prefixes"},
		{"offline", closed.URL, "cannot be fetched: dial tcp"},
		{"no URL", "\x7f", "cannot be fetched"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := update(tt.url, path)
			hint, ok := err.(interface{ Hint() string })
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Fatalf("%v, want %q in it", err, tt.says)
			}
			if !ok || !strings.Contains(hint.Hint(), "curl -o ip-ranges.json "+tt.url) || !strings.Contains(hint.Hint(), "--ip-ranges") {
				t.Errorf("no way round it: %v", err)
			}
			if strings.Count(err.Error(), tt.url) != 1 {
				t.Errorf("the URL is not named once: %v", err)
			}
			if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
				t.Error("the cached list has changed")
			}
		})
	}
	if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 2 {
		t.Errorf("left behind: %v", files)
	}
}

// TestUpdateStaysEncrypted: a redirect from https to http is not followed to
// its end.
func TestUpdateStaysEncrypted(t *testing.T) {
	plain := serve(t, newList(nextDay, 400))
	s := httptest.NewTLSServer(http.RedirectHandler(plain, http.StatusFound))
	defer s.Close()
	path := filepath.Join(t.TempDir(), "ip-ranges.json")
	if _, err := Update(context.Background(), s.Client(), s.URL, path); err == nil || !strings.Contains(err.Error(), "not encrypted") {
		t.Errorf("%v", err)
	}
}

func TestUpdateStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `{"prefixes":[`)
		w.(http.Flusher).Flush()
		cancel()
		<-r.Context().Done()
	}))
	defer s.Close()
	_, err := Update(ctx, s.Client(), s.URL, filepath.Join(t.TempDir(), "ip-ranges.json"))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// TestUpdateCannotStore: the error names the place.
func TestUpdateCannotStore(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := update(serve(t, newList(nextDay, 400)), filepath.Join(file, "ip-ranges.json"))
	if err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("%v", err)
	}
}

func TestCachePath(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	path, err := CachePath()
	if err != nil || !strings.HasSuffix(path, filepath.Join("sniwatch", "ip-ranges.json")) {
		t.Errorf("%q, %v", path, err)
	}
	t.Setenv("XDG_CACHE_HOME", "")
	t.Setenv("HOME", "")
	if path, err := CachePath(); err == nil {
		t.Errorf("%q without a home", path)
	}
}
