package main

import (
	"fmt"
	"strings"
	"time"
)

// timeWords are the conversions of strftime(3) that names of files need, each with
// what Go calls it.
var timeWords = map[byte]string{
	'Y': "2006", 'm': "01", 'd': "02", 'H': "15", 'M': "04", 'S': "05", 'y': "06",
	'j': "002", 'F': "2006-01-02", 'T': "15:04:05", 'Z': "MST", 'z': "-0700", '%': "%",
}

// strftime fills a time into a name. What is no conversion stays as it is.
func strftime(name string, at time.Time) string {
	var out strings.Builder
	for i := 0; i < len(name); i++ {
		if name[i] != '%' || i+1 == len(name) {
			out.WriteByte(name[i])
			continue
		}
		i++
		switch word, known := timeWords[name[i]]; {
		case name[i] == 's':
			fmt.Fprint(&out, at.Unix())
		case known:
			out.WriteString(at.Format(word))
		default:
			out.WriteString(name[i-1 : i+1])
		}
	}
	return out.String()
}

// tellsTime tells whether strftime would put a time into a name.
func tellsTime(name string) bool {
	name = strings.ReplaceAll(name, "%%", "")
	return strftime(name, time.Unix(0, 0)) != name
}
