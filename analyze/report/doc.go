// Package report prints what analyze found: as text for people, one line at a
// time for somebody who watches, and as JSON for programs.
//
// Printers decide nothing: they lay out an analyze.Report and analyze.Connections
// as they are. Each string that comes from a capture, a certificate, a log or a
// file name is untrusted. In text it goes through Clean, once, at the place
// where it is printed; in JSON the encoder escapes it.
package report
