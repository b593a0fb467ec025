package report

import (
	"bufio"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"sniwatch/analyze"
	"sniwatch/analyze/edge"
)

// A CSV writes one line for each connection, as RFC 4180 has it, below a line
// of titles. It keeps none of them. The report itself has no place in it.
type CSV struct {
	out *bufio.Writer
	row []byte
}

// NewCSV makes a CSV that writes to w. It buffers: nothing is sure to have
// arrived until Close or Flush.
func NewCSV(w io.Writer) *CSV {
	c := &CSV{out: bufio.NewWriterSize(w, 64<<10)}
	c.out.WriteString(csvTitles) // its error comes again from Flush
	return c
}

// csvTitles name the columns; a name is the path in the JSON where that has the
// same (docs/schema.md).
const csvTitles = "start,duration_ms,file,first_packet,last_packet,client_ip,client_port,network,prefix,server_ip,server_port," +
	"sni,version,cipher_suite,handshake,end,end_by,end_after_ms,stage,code,certainty,title,history,id\r\n"

// Connection writes one connection. An error is the writer's, and comes again
// at the next call.
func (c *CSV) Connection(conn *analyze.Connection) error {
	c.row = c.row[:0]
	c.text(stamp(conn.Start))
	duration := ""
	if conn.Start != 0 && conn.Last != 0 {
		duration = csvMillis(float64(conn.Last.Sub(conn.Start)) / 1e6)
	}
	c.text(duration)
	c.text(conn.File)
	c.number(conn.FirstPacket)
	c.number(conn.LastPacket)
	c.text(conn.Client.Addr().String())
	c.number(int(conn.Client.Port()))
	c.text(conn.Edge.Network.String())
	prefix := ""
	if conn.Edge.Network != edge.Other {
		prefix = conn.Edge.Prefix.String()
	}
	c.text(prefix)
	c.text(conn.Server.Addr().String())
	c.number(int(conn.Server.Port()))
	c.tls(conn)
	c.text(conn.Handshake.String())
	c.end(&conn.End)
	c.text(string(conn.Diagnosis.Code))
	c.text(string(conn.Diagnosis.Certainty))
	c.text(conn.Diagnosis.Title)
	c.text(conn.History)
	c.text(communityID(conn.Client, conn.Server))
	c.row[len(c.row)-1] = '\r' // instead of the last comma
	c.row = append(c.row, '\n')
	_, err := c.out.Write(c.row)
	return err
}

// tls writes what the two hellos say.
func (c *CSV) tls(conn *analyze.Connection) {
	sni, version, suite := "", "", ""
	if h := conn.ClientHello; h != nil {
		sni = h.ServerName
	}
	if h := conn.ServerHello; h != nil {
		version, suite = h.Version().String(), h.CipherSuite.String()
	}
	c.text(sni)
	c.text(version)
	c.text(suite)
}

func (c *CSV) end(e *analyze.End) {
	c.text(e.How.String())
	by, after := "", ""
	if e.How == analyze.Reset || e.How == analyze.Closed {
		by = e.By.String()
		if e.After >= 0 {
			after = csvMillis(float64(e.After) / 1e6)
		}
	}
	c.text(by)
	c.text(after)
	c.text(e.Stage.String())
}

func csvMillis(ms float64) string { return strconv.FormatFloat(max(ms, 0), 'f', -1, 64) }

// Flush sends on what has been written so far.
func (c *CSV) Flush() error { return c.out.Flush() }

// Close sends everything on. It does not close the writer.
func (c *CSV) Close(*analyze.Report) error { return c.out.Flush() }

func (c *CSV) number(n int) { c.row = append(strconv.AppendInt(c.row, int64(n), 10), ',') }

// text writes a cell. It is cleaned, so that it has neither line breaks nor what
// a terminal obeys, and can be no formula. What is not a plain word stands in
// quotation marks, so that a semicolon or a tab, by which some spreadsheets
// divide as well, does not begin another cell.
func (c *CSV) text(s string) {
	s = defused(Clean(s, maxValue))
	if plainWord(s) {
		c.row = append(append(c.row, s...), ',')
		return
	}
	c.row = append(c.row, '"')
	c.row = append(c.row, strings.ReplaceAll(s, `"`, `""`)...)
	c.row = append(c.row, '"', ',')
}

func plainWord(s string) bool {
	for i := 0; i < len(s); i++ {
		b := s[i]
		if (b < 'a' || b > 'z') && (b < 'A' || b > 'Z') && (b < '0' || b > '9') && b != '.' && b != '-' && b != ':' && b != '_' && b != '/' {
			return false
		}
	}
	return true
}

// defused puts an apostrophe before what a spreadsheet would calculate: a cell
// that begins with =, +, -, @ or their wide forms, which count as well where East
// Asian text is usual, after spaces or without. Tab and line breaks are
// escapes by now, but a cell that is not clean is treated alike.
func defused(s string) string {
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(s, " '\"\u3000"))
	if strings.ContainsRune("=+-@\t\r\n＝＋－＠−", first) && s != "" && first != utf8.RuneError {
		return "'" + s
	}
	return s
}
