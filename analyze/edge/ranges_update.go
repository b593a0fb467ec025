package edge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	neturl "net/url"
	"os"
	"path/filepath"
	"time"
)

// RangesURL is where AWS publishes its list. Source: "AWS IP address ranges" in
// the Amazon VPC User Guide.
const RangesURL = "https://ip-ranges.amazonaws.com/ip-ranges.json"

// An UpdateResult says what an Update found.
type UpdateResult struct {
	Unchanged   bool      // the newest list was known already; New is as Old then
	Old, New    time.Time // the dates of the newest list known before, cached or built in, and now
	OldPrefixes int       // CloudFront's prefixes in them, as Ranges.Len counts
	NewPrefixes int
	Path        string // where the cached list lies; "" where Unchanged and none is cached
}

// CachePath gives the place of the cached list, sniwatch/ip-ranges.json in the
// user's cache folder. It is an error where the system knows none.
func CachePath() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no place for a cached list of CloudFront's addresses: %w", err)
	}
	return filepath.Join(dir, "sniwatch", "ip-ranges.json"), nil
}

// Update fetches AWS's list from url and keeps CloudFront's part of it at
// cachePath, so that the next run finds it with Newest and reads it in a
// millisecond. AWS is asked for a list only if it has another than last time.
//
// What is fetched replaces the cached list in one step, and only if it can be
// read, is not older than the newest list known, and has at least half as many
// prefixes: everything else is an error and leaves all as it was. An error has a
// Hint that says how to do without, see InputError.
func Update(ctx context.Context, client *http.Client, url, cachePath string) (UpdateResult, error) {
	known, _ := Newest(cachePath) // a broken cached list is what this replaces
	result := UpdateResult{Old: known.Created, New: known.Created, OldPrefixes: known.Len(), NewPrefixes: known.Len()}
	if known.Source == cachePath {
		result.Path = cachePath
	}
	reply, err := fetch(ctx, client, url, readValidators(cachePath, url, known))
	if err != nil {
		return UpdateResult{}, err
	}
	defer reply.Body.Close()
	if reply.StatusCode == http.StatusNotModified {
		result.Unchanged = true
		return result, nil
	}
	fetched, fresh, err := readReply(reply, url)
	if ctx.Err() != nil {
		err = updateError(url, "cannot be fetched", ctx.Err()) // whatever the connection says of being closed for it
	}
	if err != nil {
		return UpdateResult{}, err
	}
	if err := compare(fresh, known, url); err != nil {
		return UpdateResult{}, err
	}
	if err := store(cachePath, fetched, newValidators(reply, url, fresh)); err != nil {
		return UpdateResult{}, fmt.Errorf("cannot keep the list of CloudFront's addresses: %w", err)
	}
	result.Path, result.New, result.NewPrefixes = cachePath, fresh.Created, fresh.Len()
	result.Unchanged = result.New.Equal(result.Old) && result.NewPrefixes == result.OldPrefixes
	return result, nil
}

// fetch asks for the list; the reply is 200 or 304.
func fetch(ctx context.Context, client *http.Client, url string, v validators) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, updateError(url, "cannot be fetched", err)
	}
	if v.ETag != "" {
		request.Header.Set("If-None-Match", v.ETag)
	}
	if v.LastModified != "" {
		request.Header.Set("If-Modified-Since", v.LastModified)
	}
	reply, err := client.Do(request)
	if ctx.Err() != nil {
		return nil, updateError(url, "cannot be fetched", ctx.Err())
	}
	if err != nil {
		return nil, updateError(url, "cannot be fetched", cause(err))
	}
	says := ""
	switch final := reply.Request.URL; {
	case request.URL.Scheme == "https" && final.Scheme != "https":
		says = "leads to " + final.Redacted() + ", which is not encrypted"
	case reply.StatusCode == http.StatusNotModified && v != (validators{}), reply.StatusCode == http.StatusOK:
		return reply, nil
	default:
		says = "answered " + reply.Status
	}
	reply.Body.Close()
	return nil, updateError(url, says, nil)
}

// readReply reads the list that a reply carries, as it stands and as Ranges.
func readReply(reply *http.Response, url string) (*list, *Ranges, error) {
	fetched, err := readList(reply.Body, url)
	if err != nil {
		return nil, nil, withHint(err, url)
	}
	fresh, err := fetched.ranges(url)
	if err != nil {
		return nil, nil, withHint(err, url)
	}
	return fetched, fresh, nil
}

// compare refuses a list that would be a step back. AWS almost never removes a
// prefix; an old or torn copy at a proxy is the likelier reason.
func compare(fresh, known *Ranges, url string) error {
	const day = "2006-01-02 15:04:05 UTC"
	if fresh.Created.Before(known.Created) {
		return updateError(url, fmt.Sprintf("the list there, of %s, is older than the one known, of %s",
			fresh.Created.Format(day), known.Created.Format(day)), nil)
	}
	if fresh.Len() < known.Len()/2 {
		return updateError(url, fmt.Sprintf("the list there has %d prefixes of CloudFront, the one known has %d",
			fresh.Len(), known.Len()), nil)
	}
	return nil
}

// validators is what HTTP needs to ask for a list only if it has changed
// (RFC 9110, section 13.1), kept beside the cached list. They hold for that list
// alone: whoever replaces it by hand must not be told that it is the newest.
type validators struct {
	URL          string    `json:"url"`
	ETag         string    `json:"etag,omitempty"`
	LastModified string    `json:"last_modified,omitempty"`
	Created      time.Time `json:"created"`  // of the cached list
	Prefixes     int       `json:"prefixes"` // in it
}

const maxValidatorBytes = 4 << 10

func validatorsPath(cachePath string) string { return cachePath + ".http" }

func newValidators(reply *http.Response, url string, fresh *Ranges) validators {
	return validators{
		URL: url, ETag: reply.Header.Get("ETag"), LastModified: reply.Header.Get("Last-Modified"),
		Created: fresh.Created, Prefixes: fresh.Len(),
	}
}

// readValidators gives those of the cached list, and none where they are of
// another list or another URL, or cannot be read: then the list is fetched whole.
func readValidators(cachePath, url string, cached *Ranges) validators {
	f, err := os.Open(validatorsPath(cachePath))
	if err != nil {
		return validators{}
	}
	defer f.Close()
	var v validators
	if err := json.NewDecoder(io.LimitReader(f, maxValidatorBytes)).Decode(&v); err != nil {
		return validators{}
	}
	if cached.Source != cachePath || v.URL != url || !v.Created.Equal(cached.Created) || v.Prefixes != cached.Len() {
		return validators{}
	}
	return v
}

// store writes the list, then its validators: after a crash in between, the old
// validators do not fit the new list and are left out.
func store(cachePath string, l *list, v validators) error {
	if err := os.MkdirAll(filepath.Dir(cachePath), 0o755); err != nil {
		return err
	}
	if err := replace(cachePath, l.encode()); err != nil {
		return err
	}
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if len(text) > maxValidatorBytes {
		text = []byte("{}\n")
	}
	return replace(validatorsPath(cachePath), text)
}

// replace writes a file so that whoever opens it finds the old content or the
// new, never a part, even after a power failure.
func replace(path string, content []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	_, err = f.Write(content)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// updateError makes the error of an update, with the way round it.
func updateError(url, says string, err error) *InputError {
	return &InputError{Source: url, Says: says, Err: err, Advice: fmt.Sprintf(
		"on a machine that can reach it: curl -o ip-ranges.json %s; copy the file here and use --ip-ranges ip-ranges.json", url)}
}

// withHint gives an error of readList the hint of an update.
func withHint(err error, url string) error {
	if bad, ok := errors.AsType[*InputError](err); ok {
		return updateError(url, bad.Says, bad.Err)
	}
	return updateError(url, "cannot be read", err)
}

// cause strips the "Get URL:" that net/http puts before an error, because the
// URL is named already.
func cause(err error) error {
	if wrapped, ok := errors.AsType[*neturl.Error](err); ok {
		return wrapped.Err
	}
	return err
}
