package report

import (
	"bytes"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"

	"sniwatch/analyze"
)

// wideTable is the width from which on the table also says in words what
// happened.
const wideTable = 110

// gutter is the space between two columns.
const gutter = 2

// A column of the table. Cells are shortened in their middle down to least
// columns where the page is too narrow, and where that is not enough, whole
// columns are left out, the one with the highest rank first.
type column struct {
	title string
	least int
	rank  int // 0: never left out
	cell  func(*analyze.Connection) string
}

// table lists the connections that the caller chose.
func (p *page) table(o TextOptions) error {
	if len(o.Connections) == 0 {
		return nil
	}
	p.blank()
	heading := "Connections that failed"
	if o.All {
		heading = "Connections"
	}
	p.line(paint(heading, bold, p.colour))
	cols, cells, widths := p.fit(p.tableColumns(o.Connections), o.Connections)
	for _, row := range cells {
		for j := range row {
			row[j] = Clean(row[j], widths[j])
		}
	}
	if err := p.render(cols, cells); err != nil {
		return err
	}
	if o.MoreConnections > 0 {
		p.line("and " + number(o.MoreConnections) + " more")
	}
	return nil
}

// fit fills the table and makes it fit the page. Before a name is shortened, the
// clients lose their ports, since the packet tells as well which connection it
// is; what happened is left out, since the diagnosis says it in short; then the
// servers lose their ports, and are left out where a name would lose much.
func (p *page) fit(cols []column, connections []*analyze.Connection) ([]column, [][]string, []int) {
	room := func() int { return p.width - gutter*(len(cols)-1) }
	cells := fill(cols, connections)
	widths := wanted(cols, cells)
	for _, step := range []struct {
		title string
		cell  func(*analyze.Connection) string // instead of the one that the column has; nil: no column
	}{
		{clientTitle, func(c *analyze.Connection) string { return c.Client.Addr().String() }},
		{happenedTitle, nil},
		{serverTitle, func(c *analyze.Connection) string { return c.Server.Addr().String() }},
		{serverTitle, nil},
	} {
		j := slices.IndexFunc(cols, func(c column) bool { return c.title == step.title })
		if sum(widths) <= room() || j < 0 || step.title == serverTitle && step.cell == nil && !shortensNames(cols, widths, room()) {
			continue
		}
		if step.cell != nil {
			cols[j].cell = step.cell
		} else {
			cols = slices.Delete(cols, j, j+1)
		}
		cells = fill(cols, connections)
		widths = wanted(cols, cells)
	}
	for {
		j := expendable(cols, widths, room())
		if j < 0 {
			return cols, fill(cols, connections), fitted(cols, widths, room())
		}
		cols, widths = slices.Delete(cols, j, j+1), slices.Delete(widths, j, j+1)
	}
}

// shortensNames tells whether the names that were asked for would lose much if
// the columns gave way to fit into room.
func shortensNames(cols []column, widths []int, room int) bool {
	j := slices.IndexFunc(cols, func(c column) bool { return c.title == nameTitle })
	return j >= 0 && fitted(cols, slices.Clone(widths), room)[j] < min(widths[j], goodName)
}

// expendable finds the column to leave out first where even the least of all is
// wider than room; -1: none, or there is nothing to leave out any more.
func expendable(cols []column, widths []int, room int) int {
	least, first := 0, 0
	for j, col := range cols {
		least += min(col.least, widths[j])
		if col.rank > cols[first].rank {
			first = j
		}
	}
	if least <= room || cols[first].rank == 0 {
		return -1
	}
	return first
}

// fill makes the cells, which are not clean yet.
func fill(cols []column, connections []*analyze.Connection) [][]string {
	cells := make([][]string, len(connections))
	for i, c := range connections {
		cells[i] = make([]string, len(cols))
		for j, col := range cols {
			cells[i][j] = col.cell(c)
		}
	}
	return cells
}

// tableColumns are the columns that say something here. Their cells are not
// clean yet: they are cleaned and shortened in one step.
func (p *page) tableColumns(connections []*analyze.Connection) []column {
	layout := secondLayout
	if p.width >= wideTable {
		layout = milliLayout
	}
	if p.cal.severalDays {
		layout = "01-02 " + layout
	}
	cols := []column{
		{"time", len(layout), 0, func(c *analyze.Connection) string { return calendar{}.at(c.Start, layout) }},
		{clientTitle, len("255.255.255.255"), 1, func(c *analyze.Connection) string { return c.Client.String() }},
		{nameTitle, 10, 0, askedFor},
	}
	if p.width >= wideTable {
		cols = append(cols, column{happenedTitle, 20, 4, func(c *analyze.Connection) string { return brief(happened(c)) }})
	}
	cols = append(cols, column{"diagnosis", longestCode, 0, diagnosed})
	if p.files {
		cols = append(cols, column{"file", 8, 2, func(c *analyze.Connection) string { return c.File }})
	}
	if !sameServer(connections) {
		cols = append(cols, column{serverTitle, 10, 3, func(c *analyze.Connection) string { return c.Server.String() }})
	}
	return append(cols, column{packetTitle, 6, 0, func(c *analyze.Connection) string { return strconv.Itoa(c.FirstPacket) }})
}

// Columns that are treated in a way of their own.
const (
	clientTitle   = "client"
	nameTitle     = "asked for"
	serverTitle   = "server"
	happenedTitle = "what happened"
	packetTitle   = "packet" // holds numbers
)

// longestCode is how wide a diagnosis is left in any case, so that it can be
// looked up.
const longestCode = len(analyze.CertificateUntrustedIssuer)

// sameServer tells whether all connections go to one address and port.
func sameServer(connections []*analyze.Connection) bool {
	var first netip.AddrPort
	for i, c := range connections {
		if i == 0 {
			first = c.Server
		}
		if c.Server != first {
			return false
		}
	}
	return true
}

// diagnosed gives the code of the diagnosis, or the outcome where there is none.
func diagnosed(c *analyze.Connection) string {
	if c.Diagnosis.Code != "" {
		return string(c.Diagnosis.Code)
	}
	return c.Handshake.String()
}

// wanted gives the columns' widths: as wide as their widest cell.
func wanted(cols []column, cells [][]string) []int {
	widths := make([]int, len(cols))
	for j, col := range cols {
		widths[j] = len(col.title)
		for _, row := range cells {
			widths[j] = max(widths[j], columns(Clean(row[j], maxWord)))
		}
	}
	return widths
}

// fitted makes the widest of the columns that can give way narrower, until all
// are at most room columns wide together.
func fitted(cols []column, widths []int, room int) []int {
	for excess := sum(widths) - room; excess > 0; excess-- {
		widest := -1
		for j, col := range cols {
			if widths[j] > col.least && (widest < 0 || widths[j] > widths[widest]) {
				widest = j
			}
		}
		if widest < 0 {
			break
		}
		widths[widest]--
	}
	return widths
}

func sum(list []int) (n int) {
	for _, i := range list {
		n += i
	}
	return n
}

// render lays the table out: no borders, a line below the titles.
func (p *page) render(cols []column, cells [][]string) error {
	titles := make([]string, len(cols))
	aligns := make([]tw.Align, len(cols))
	padding := make([]tw.Padding, len(cols))
	for j, col := range cols {
		titles[j], aligns[j] = col.title, tw.AlignLeft
		if col.title == packetTitle {
			aligns[j] = tw.AlignRight
		}
		padding[j] = tw.Padding{Right: strings.Repeat(" ", gutter), Overwrite: true}
	}
	padding[len(cols)-1] = tw.PaddingNone
	section := tw.CellConfig{
		Formatting: tw.CellFormatting{AutoFormat: tw.Off, AutoWrap: tw.WrapNone},
		Alignment:  tw.CellAlignment{PerColumn: aligns},
		Padding:    tw.CellPadding{PerColumn: padding},
	}
	var out bytes.Buffer
	t := tablewriter.NewTable(&out,
		tablewriter.WithEastAsian(tw.Off), // as columns measures; not as the environment says
		tablewriter.WithConfig(tablewriter.Config{Header: section, Row: section}),
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders: tw.BorderNone,
			Symbols: tw.NewSymbols(tw.StyleLight),
			Settings: tw.Settings{
				Separators: tw.Separators{BetweenColumns: tw.Off, BetweenRows: tw.Off},
				Lines:      tw.Lines{ShowHeaderLine: tw.On},
			},
		})))
	t.Header(titles)
	if err := t.Bulk(cells); err != nil {
		return err
	}
	if err := t.Render(); err != nil {
		return err
	}
	for l := range strings.Lines(out.String()) {
		p.line(strings.TrimSuffix(l, "\n"))
	}
	return nil
}
