package report

import (
	"fmt"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sniwatch/analyze"
	"sniwatch/analyze/edge"
	"sniwatch/analyze/origin"
	"sniwatch/analyze/tlswire"
)

// schemaPage is the page that tells users what the JSON holds.
const schemaPage = "../../docs/schema.md"

// writtenFields lists the fields that an object of type t can have, as docs/schema.md
// writes them: "end.how" is "string", and one that is left out where it is not
// known ends in "?". A number of a registry is one field.
func writtenFields(t reflect.Type, prefix string, into map[string]string) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" {
			writtenFields(f.Type, prefix, into)
			continue
		}
		kind, inner := kindOfField(f.Type)
		optional := ""
		if options != "" {
			optional = "?"
		}
		into[prefix+name] = kind + optional
		if inner != nil {
			if kind == "list of objects" {
				name += "[]"
			}
			writtenFields(inner, prefix+name+".", into)
		}
	}
}

// kindOfField names a Go type as the page does, and gives the type of the fields
// inside it.
func kindOfField(t reflect.Type) (kind string, inner reflect.Type) {
	switch t.Kind() {
	case reflect.Pointer:
		return kindOfField(t.Elem())
	case reflect.String:
		return "string", nil
	case reflect.Bool:
		return "boolean", nil
	case reflect.Slice, reflect.Array:
		kind, inner = kindOfField(t.Elem())
		return "list of " + kind + "s", inner
	case reflect.Struct:
		if t == reflect.TypeFor[codeObject]() {
			return "code", nil
		}
		return "object", t
	}
	return "number", nil
}

// fieldRow is a line of a table of the page: | `field` | kind | what it is |.
var fieldRow = regexp.MustCompile("(?m)^\\| `([^`]+)` \\| ([a-z ]+\\??) \\| (.*) \\|$")

// documentedFields gives the fields in the tables of one section of the page.
func documentedFields(t *testing.T, section string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, m := range fieldRow.FindAllStringSubmatch(pageSection(t, section), -1) {
		if _, twice := out[m[1]]; twice {
			t.Errorf("%s: %s is there twice", section, m[1])
		}
		if m[3] == "" {
			t.Errorf("%s: nothing is said of %s", section, m[1])
		}
		out[m[1]] = m[2]
	}
	return out
}

// pageSection gives the text below a heading of the second level.
func pageSection(t *testing.T, title string) string {
	t.Helper()
	text, err := os.ReadFile(schemaPage)
	if err != nil {
		t.Fatal(err)
	}
	_, after, ok := strings.Cut(string(text), "\n## "+title+"\n")
	if !ok {
		t.Fatalf("the page has no section %q", title)
	}
	section, _, _ := strings.Cut(after, "\n## ")
	return section
}

// TestSchemaPageFields holds docs/schema.md against what the code can write: every
// field, its kind, and whether it can be left out.
func TestSchemaPageFields(t *testing.T) {
	for section, object := range map[string]reflect.Type{
		"The connection":  reflect.TypeFor[connectionObject](),
		"The report":      reflect.TypeFor[reportObject](),
		"The check":       reflect.TypeFor[checkObject](),
		"The explanation": reflect.TypeFor[explainObject](),
		"The comparison":  reflect.TypeFor[comparisonObject](),
	} {
		written := map[string]string{}
		writtenFields(object, "", written)
		if section == "The report" {
			written["connections"] = "list of objects?" // of --format json, see JSON
		}
		documented := documentedFields(t, section)
		for _, field := range slices.Sorted(maps.Keys(written)) {
			if got := documented[field]; got != written[field] {
				t.Errorf("%s: | `%s` | %s | is written, the page has %q", section, field, written[field], got)
			}
			delete(documented, field)
		}
		for field := range documented {
			t.Errorf("%s: %s is on the page and never written", section, field)
		}
	}
}

// TestSchemaPageIsWhatTestsWrite makes sure that the types above are those of the
// objects that the other tests hold against their lists of fields.
func TestSchemaPageIsWhatTestsWrite(t *testing.T) {
	for section, list := range map[string][]string{"The connection": connectionFields, "The report": reportFields} {
		documented := documentedFields(t, section)
		for _, field := range list {
			if strings.HasSuffix(field, ".code") || strings.HasSuffix(field, ".name") {
				parent := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(field, ".code"), ".name"), "[]")
				if strings.Contains(documented[parent], "code") {
					continue
				}
			}
			if documented[field] == "" {
				t.Errorf("%s: %s is written and not on the page", section, field)
			}
		}
	}
}

// TestSchemaPageWords makes sure that the page has every word that a field can
// hold where they are a fixed list.
func TestSchemaPageWords(t *testing.T) {
	connection, check := pageSection(t, "The connection"), pageSection(t, "The check")
	var words []string
	add := func(list ...any) {
		for _, w := range list {
			words = append(words, fmt.Sprint(w))
		}
	}
	for s := analyze.StageUnknown; s <= analyze.StageNotTLS; s++ {
		add(s)
	}
	for h := analyze.Open; h <= analyze.Timeout; h++ {
		add(h)
	}
	for h := analyze.HandshakeUnknown; h <= analyze.None; h++ {
		add(h)
	}
	for n := edge.Other; n <= edge.Given; n++ {
		add(n)
	}
	add(edge.ServiceCloudFront, edge.ServiceOriginFacing, analyze.FromClient, analyze.FromServer, analyze.Proven, analyze.Likely, analyze.Possible)
	add(origin.BySNI, origin.ByDefault, origin.ByOnly, origin.ByFlag)
	add(tlswire.Present, tlswire.Absent, tlswire.Unseen, tlswire.Encrypted)
	for _, w := range words {
		if !strings.Contains(connection, "`"+w+"`") {
			t.Errorf("%s is a word of a connection, and not on the page", w)
		}
	}
	for _, w := range []any{edge.ByFlag, edge.ByCachePolicy, edge.ByOriginRequestPolicy, edge.ByForwardedValues, edge.ByAssumption, edge.MatchedOrigin, edge.MatchedHost} {
		if !strings.Contains(check, fmt.Sprintf("`%v`", w)) {
			t.Errorf("%v is a word of a check, and not on the page", w)
		}
	}
}

// TestSchemaPageHistory holds the table of letters against the places in the code
// where they are told.
func TestSchemaPageHistory(t *testing.T) {
	told := map[string]bool{"^": true}
	call := regexp.MustCompile(`\.letter(?:Once)?\('(.)',`)
	for _, name := range []string{"../reading.go", "../observe.go"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range call.FindAllStringSubmatch(string(text), -1) {
			told[m[1]] = true
		}
	}
	if len(told) < 18 {
		t.Fatalf("only %d letters were found in the code", len(told))
	}
	row := regexp.MustCompile("(?m)^\\| ((?:`.`[, ]*)+) \\| .+ \\|$")
	onPage := map[string]bool{}
	for _, m := range row.FindAllStringSubmatch(pageSection(t, "The history"), -1) {
		for _, letter := range strings.Fields(strings.NewReplacer("`", "", ",", "").Replace(m[1])) {
			onPage[strings.ToUpper(letter)] = true
		}
	}
	if !maps.Equal(told, onPage) {
		t.Errorf("the code tells %q, the page has %q", slices.Sorted(maps.Keys(told)), slices.Sorted(maps.Keys(onPage)))
	}
}
