package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"sniwatch/analyze/edge"
	"sniwatch/analyze/report"
)

const rangesHelp = `sniwatch ranges tells which list of CloudFront's addresses is used, and fetches
the list of today.

Usage:
  sniwatch ranges             the list's date, and where it lies
  sniwatch ranges --update    fetch AWS's list; later runs use it

Flags:
`

// updateTimeout bounds the whole of an update.
const updateTimeout = 60 * time.Second

// runRanges is the subcommand.
func runRanges(ctx context.Context, args []string, s streams) error {
	f := newFlagSet("sniwatch ranges")
	update := f.Bool("update", false, "fetch the list from AWS")
	url := f.String("url", edge.RangesURL, "fetch it from this `URL` instead of AWS's "+edge.RangesURL)
	help := f.BoolP("help", "h", false, "print this and stop")
	switch err := f.Parse(args); {
	case err != nil:
		return wrongFlag("sniwatch ranges", err)
	case *help:
		var b strings.Builder
		b.WriteString(rangesHelp)
		writeFlags(&b, f)
		fmt.Fprint(s.out, b.String())
		return nil
	case f.NArg() > 0:
		return usageError{fmt.Sprintf("%q is not expected here", f.Arg(0)), "sniwatch ranges --help shows what there is"}
	}
	path, err := edge.CachePath()
	if err != nil {
		return err
	}
	if *update {
		return updateRanges(ctx, *url, path, s)
	}
	r, err := edge.Newest(path)
	if err != nil {
		s.tell(err) // the embedded list is there all the same
	}
	fmt.Fprintf(s.out, "CloudFront's addresses: %d prefixes, list of %s (%s), %d days old\n",
		r.Len(), r.Created.Format("2006-01-02 15:04 UTC"), report.Clean(r.Source, 300), int(r.Age(s.now()).Hours()/24))
	fmt.Fprintf(s.out, "A newer one is fetched by 'sniwatch ranges --update' and kept in %s\n", report.Clean(path, 300))
	return nil
}

func updateRanges(ctx context.Context, url, path string, s streams) error {
	client := &http.Client{Timeout: updateTimeout}
	u, err := edge.Update(ctx, client, url, path)
	if err != nil {
		return err
	}
	if u.Unchanged {
		fmt.Fprintf(s.out, "The list of %s is still the newest: %d prefixes.\n", u.New.Format("2006-01-02"), u.NewPrefixes)
		return nil
	}
	fmt.Fprintf(s.out, "New list of %s with %d prefixes (before: %s, %d). It is kept in %s\n",
		u.New.Format("2006-01-02"), u.NewPrefixes, u.Old.Format("2006-01-02"), u.OldPrefixes, report.Clean(path, 300))
	return nil
}

// chooseRanges gives the list that a run uses. A cached list that cannot be
// read is told and not used.
func chooseRanges(o *options, s streams) (*edge.Ranges, error) {
	if o.rangesFile != "" {
		r, err := edge.LoadRanges(o.rangesFile)
		if cause, ok := errors.AsType[*fs.PathError](err); ok {
			return nil, hinted{fmt.Errorf("%s cannot be read: %w", o.rangesFile, cause.Err),
				"get AWS's list with: curl -o ip-ranges.json " + edge.RangesURL}
		} else if err != nil {
			return nil, err
		}
		return withEdges(r, o), nil
	}
	path, err := edge.CachePath()
	if err != nil {
		return withEdges(edge.Embedded(), o), nil // no home, no cache
	}
	r, err := edge.Newest(path)
	if err != nil {
		s.tell(err)
	}
	return withEdges(r, o), nil
}

func withEdges(r *edge.Ranges, o *options) *edge.Ranges {
	for _, p := range o.edges {
		r.Add(p)
	}
	return r
}
