package redact

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sniwatch/analyze/origin"
	"sniwatch/capture"
)

// every says how many of the files are looked at: one of so many. All of them take
// ten minutes.
const every = 150

// TestCorpus redacts captures that other projects test with: nothing may panic,
// change its length or its verdict, but for connections that are left out.
func TestCorpus(t *testing.T) {
	folder := filepath.Join("..", "..", "..", "..", "shared", "captures", "corpus")
	files := corpusFiles(folder)
	if len(files) == 0 {
		t.Skipf("NOT TESTED: there are no captures in %s", folder)
	}
	if testing.Short() {
		t.Skip("NOT TESTED: -short")
	}
	connections, left := 0, 0
	var r *Redactor
	for i, file := range files {
		if i%every != 0 {
			continue
		}
		f, err := capture.Open(file, nil)
		if err != nil {
			continue
		}
		f.Close()
		s := readScene(t, file)
		for _, packets := range first(split(s.packets)) {
			if connections%40 == 0 { // it issues a limited number of certificates
				r = New(testKey, Options{})
			}
			out, omitted := r.Packets(packets)
			connections++
			if len(omitted) > 0 {
				left++
				t.Logf("%s: packet %d: %s", filepath.Base(file), packets[0].Number, omitted[0].Why)
				continue
			}
			for i := range out {
				if out[i].Length != packets[i].Length || len(out[i].Data) != len(packets[i].Data) {
					t.Fatalf("%s: packet %d has another length", file, packets[i].Number)
				}
			}
			one := &scene{file: s.file, packets: packets, roots: origin.MozillaRoots()}
			before, _ := one.analysed(packets)
			one.roots = rootsOf(t, r)
			after, _ := one.analysed(out)
			if diff := cmp.Diff(codesAlone(before), codesAlone(after)); diff != "" {
				t.Errorf("%s, packet %d: another verdict:\n%s", file, packets[0].Number, diff)
			}
		}
	}
	t.Logf("%d connections, %d left out", connections, left)
}

func first[A, B any](a A, _ B) A { return a }

// corpusFiles lists the smaller captures below a folder.
func corpusFiles(folder string) (files []string) {
	filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil
		}
		if info, err := d.Info(); err == nil && info.Size() < 300<<10 && strings.Contains(filepath.Ext(path), "cap") {
			files = append(files, path)
		}
		return nil
	})
	return files
}
