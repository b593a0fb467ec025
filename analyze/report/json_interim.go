package report

import "sniwatch/analyze"

// Interim writes a report on what was seen so far, as a line of its own, and sends
// everything on. It is for the form of --format ndjson: the other holds one report.
func (j *JSON) Interim(r *analyze.Report) error {
	if !j.ndjson {
		return nil
	}
	return j.Close(r)
}
