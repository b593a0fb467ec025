package analyze

import (
	"testing"
)

func outlineOf(connections, complete int, findings ...OutlineFinding) Outline {
	return Outline{Counts: Counts{Connections: connections, CloudFront: connections, Complete: complete, CloudFrontComplete: complete}, Findings: findings}
}

func found(code Code, sni string, n, of int) OutlineFinding {
	return OutlineFinding{Code: code, CloudFront: true, SNI: sni, Connections: n, Of: of, Certainty: Proven}
}

// TestCompare: which heading a problem comes under.
func TestCompare(t *testing.T) {
	was := outlineOf(100, 50, found(NameNotCovered, "a", 50, 100))
	for _, c := range []struct {
		name                        string
		before, after               Outline
		fixed, gone, new, remaining int
	}{
		{"nothing", outlineOf(1, 1), outlineOf(1, 1), 0, 0, 0, 0},
		{"gone, and many are complete", was, outlineOf(100, 100), 1, 0, 0, 0},
		{"gone, but too few to say", was, outlineOf(3, 3), 0, 1, 0, 0},
		{"gone, but nobody came", was, outlineOf(0, 0), 0, 1, 0, 0},
		{"gone, but nothing is complete", was, outlineOf(100, 0), 0, 1, 0, 0},
		{"rare before", outlineOf(1000, 999, found(ServerSilent, "", 1, 1000)), outlineOf(100, 100), 0, 1, 0, 0},
		{"all failed before: one is enough", outlineOf(5, 0, found(NameNotCovered, "a", 5, 5)), outlineOf(1, 1), 1, 0, 0, 0},
		{"still there", was, outlineOf(100, 90, found(NameNotCovered, "a", 10, 100)), 0, 0, 0, 1},
		{"another name", was, outlineOf(100, 90, found(NameNotCovered, "b", 10, 100)), 1, 0, 1, 0},
		{"another kind of client", was, outlineOf(100, 99, OutlineFinding{Code: NameNotCovered, SNI: "a", Connections: 1, Of: 1}), 1, 0, 1, 0},
		{"new", outlineOf(9, 9), was, 0, 0, 1, 0},
		{"twice in one report", was, outlineOf(100, 0, found(NameNotCovered, "a", 10, 100), found(NameNotCovered, "a", 20, 100)), 0, 0, 0, 1},
	} {
		got := Compare(c.before, c.after)
		if len(got.Fixed) != c.fixed || len(got.Gone) != c.gone || len(got.New) != c.new || len(got.Remaining) != c.remaining {
			t.Errorf("%s: fixed %d, gone %d, new %d, remaining %d", c.name, len(got.Fixed), len(got.Gone), len(got.New), len(got.Remaining))
		}
		if got.Worse() != (c.new > 0) {
			t.Errorf("%s: worse %v", c.name, got.Worse())
		}
		for _, r := range got.Remaining {
			if c.name == "twice in one report" && r.After.Connections != 30 {
				t.Errorf("%d connections, want the sum", r.After.Connections)
			}
		}
		for _, n := range got.New {
			if n.Before.Connections != 0 || n.Before.Certainty != "" {
				t.Errorf("%s: a new problem was there: %+v", c.name, n.Before)
			}
		}
	}
}

func TestRate(t *testing.T) {
	for _, f := range []OutlineFinding{{Connections: 5}, {Connections: 5, Of: -1}, {Connections: 9, Of: 3}} {
		if r := f.Rate(); r < 0 || r > 1 {
			t.Errorf("%+v: %v", f, r)
		}
	}
}
