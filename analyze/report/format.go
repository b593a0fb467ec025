package report

import (
	"path/filepath"
	"slices"
	"strings"
)

// A Format is a form that a report can be written in.
type Format string

// The formats.
const (
	Text     Format = "text"
	JSONFile Format = "json"
	NDJSON   Format = "ndjson"
	Markdown Format = "markdown"
	HTML     Format = "html"
	CSVFile  Format = "csv"
	Bundle   Format = "zip" // all of them, for a ticket
)

// Formats are those that one stream can have, in the order of the help.
var Formats = []Format{Text, JSONFile, NDJSON, Markdown, HTML, CSVFile}

// endings of file names.
var endings = map[string]Format{
	".txt": Text, ".json": JSONFile, ".ndjson": NDJSON, ".md": Markdown, ".html": HTML, ".csv": CSVFile, ".zip": Bundle,
}

// FormatOf gives the format that the ending of a file's name stands for.
func FormatOf(name string) (f Format, ok bool) {
	f, ok = endings[strings.ToLower(filepath.Ext(name))]
	return f, ok
}

// ParseFormat gives the format of a name that a user typed, such as "html".
func ParseFormat(name string) (f Format, ok bool) {
	return Format(name), slices.Contains(Formats, Format(name))
}

// Every tells whether a report in this format has every connection in it, the
// healthy ones with their facts too.
func (f Format) Every() bool { return f == JSONFile || f == NDJSON || f == CSVFile || f == Bundle }
