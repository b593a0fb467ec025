package bench

import (
	"fmt"
	"math/rand/v2"
	"time"

	"sniwatch/pcaps/gen/certs"
	"sniwatch/pcaps/gen/play"
	"sniwatch/pcaps/gen/tlsbytes"
)

// A mix is what a kind of capture consists of.
type mix struct {
	good, split, bad []*template // in split, a third of those that succeed, the hello takes two segments
	goodShare        float64
	atOnce           int  // connections under way
	trouble          bool // reordering and retransmission
}

// pick chooses the template of the next connection.
func (m *mix) pick(r *rand.Rand) *template {
	from := m.bad
	if r.Float64() < m.goodShare {
		from = m.good
		if len(m.split) > 0 && r.IntN(3) == 0 {
			from = m.split
		}
	}
	return from[r.IntN(len(from))]
}

// A workshop makes templates.
type workshop struct {
	www, expired certs.Chain
	made         int
	mss          int
}

// both adds a connection to a list ten times, once of them as IPv6.
func (w *workshop) both(list *[]*template, what truth, act func(*play.Call)) {
	for i := range 10 {
		if i >= 2 {
			*list = append(*list, (*list)[len(*list)-1])
			continue
		}
		w.made++
		*list = append(*list, newTemplate(w.made, i == 0, what, func(c *play.Call) {
			if w.mss > 0 {
				c.Client.MSS, c.Server.MSS = w.mss, w.mss
			}
			act(c)
		}))
	}
}

var fine = truth{sni: certs.WWWName, how: "fin", by: "client", code: "ok", handshake: "complete"}

// mixOf gives the mix of a kind.
func mixOf(kind string) (*mix, error) {
	set, err := certs.Make()
	if err != nil {
		return nil, err
	}
	w := &workshop{}
	for name, into := range map[string]*certs.Chain{"www": &w.www, "www-expired": &w.expired} {
		if *into, err = set.Chain(name); err != nil {
			return nil, err
		}
	}
	m := &mix{goodShare: 0.95, atOnce: 400, trouble: true}
	switch kind {
	case "mixed":
		for size := 5; size <= 50; size += 5 {
			w.exchanges(m, size<<10-4096)
		}
	case "bulk":
		m.atOnce = 100
		w.exchanges(m, 1_100_000)
	case "gso":
		m.atOnce, w.mss, m.trouble = 100, 64000, false
		w.exchanges(m, 1_100_000)
	case "handshake":
		w.handshakes(m)
	case "scan":
		m.goodShare, m.trouble = 0.96, false
		w.probes(m)
		return m, nil
	default:
		return nil, fmt.Errorf("there is no kind %q: mixed, bulk, handshake, scan, gso", kind)
	}
	w.failures(m)
	return m, nil
}

// opened12 and its siblings are the three forms of a hello, each with the
// server's answer.
func (w *workshop) opened12(c *play.Call, sni string) *play.Call {
	c.Open()
	return c.Hello(tlsbytes.CloudFront12(c.Src, sni)).Answer(play.TLS12(w.www))
}

func (w *workshop) opened13(c *play.Call, sni string) *play.Call {
	c.Open()
	return c.Hello(tlsbytes.CloudFront13(c.Src, sni, tlsbytes.TLS12)).Answer(play.TLS13(w.www))
}

func (w *workshop) openedPQ(c *play.Call, sni string) *play.Call {
	c.Open()
	return c.Hello(tlsbytes.CloudFrontPQ(c.Src, sni)).Answer(play.TLS13(w.www))
}

// exchanges are whole connections with a response of size bytes.
func (w *workshop) exchanges(m *mix, size int) {
	whole := func(c *play.Call) { c.Finish().Exchange(420, size).Goodbye() }
	w.both(&m.good, fine, func(c *play.Call) { whole(w.opened12(c, certs.WWWName)) })
	w.both(&m.good, fine, func(c *play.Call) { whole(w.opened13(c, certs.WWWName)) })
	w.both(&m.split, fine, func(c *play.Call) { whole(w.openedPQ(c, certs.WWWName)) })
}

// handshakes are connections that end when the handshake has ended.
func (w *workshop) handshakes(m *mix) {
	what := fine
	what.code = "completed-abandoned"
	ends := func(c *play.Call) {
		c.Finish()
		c.CloseByClient()
	}
	w.both(&m.good, what, func(c *play.Call) { ends(w.opened12(c, certs.WWWName)) })
	w.both(&m.good, what, func(c *play.Call) { ends(w.opened13(c, certs.WWWName)) })
	w.both(&m.split, what, func(c *play.Call) { ends(w.openedPQ(c, certs.WWWName)) })
}

// failures are connections that fail, each for another reason.
func (w *workshop) failures(m *mix) {
	refused := truth{sni: certs.OriginName, how: "reset", by: "client", code: "name-not-covered", handshake: "refused"}
	w.both(&m.bad, refused, func(c *play.Call) { w.opened12(c, certs.OriginName).RefuseByReset() })
	w.both(&m.bad, refused, func(c *play.Call) { w.opened13(c, certs.OriginName).RefuseByReset() })
	w.both(&m.bad, refused, func(c *play.Call) { w.openedPQ(c, certs.OriginName).RefuseByReset() })
	alert := refused
	alert.alerts, alert.how, alert.by = "client:42", "fin", "server"
	w.both(&m.bad, alert, func(c *play.Call) { w.opened12(c, certs.OriginName).RefuseByAlert(42) })
	expired := refused
	expired.sni, expired.code = certs.WWWName, "certificate-expired"
	w.both(&m.bad, expired, func(c *play.Call) {
		c.Open()
		c.Hello(tlsbytes.CloudFront12(c.Src, certs.WWWName)).Answer(play.TLS12(w.expired)).RefuseByReset()
	})
	for _, by := range []struct {
		alert byte
		code  string
	}{{112, "sni-refused"}, {40, "no-shared-cipher"}, {70, "no-shared-version"}} {
		what := truth{sni: certs.OriginName, alerts: fmt.Sprintf("server:%d", by.alert), how: "fin", by: "server", code: by.code, handshake: "refused"}
		w.both(&m.bad, what, func(c *play.Call) {
			c.Open()
			c.Hello(tlsbytes.CloudFront12(c.Src, certs.OriginName)).ServerAlert(by.alert)
		})
	}
	silent := truth{sni: certs.OriginName, how: "reset", by: "client", code: "server-silent", handshake: "failed"}
	w.both(&m.bad, silent, func(c *play.Call) {
		c.Open()
		c.Hello(tlsbytes.CloudFront13(c.Src, certs.OriginName, tlsbytes.TLS12))
		c.Trace.Wait(10 * time.Second)
		c.Client.Reset()
	})
	w.both(&m.bad, truth{how: "reset", by: "server", code: "port-closed", handshake: "failed"}, func(c *play.Call) {
		c.Client.SYN()
		c.Server.RefuseSYN()
	})
}

// probes are a SYN flood, answered or not, and junk.
func (w *workshop) probes(m *mix) {
	unanswered := truth{how: "open", code: "syn-unanswered|open", handshake: "failed", summed: true}
	for range 17 {
		w.both(&m.good, unanswered, func(c *play.Call) { c.Client.SYN() })
	}
	refused := truth{how: "reset", by: "server", code: "port-closed", handshake: "failed", summed: true}
	for range 2 {
		w.both(&m.good, refused, func(c *play.Call) {
			c.Client.SYN()
			c.Server.RefuseSYN()
		})
	}
	left := truth{how: "reset", by: "client", code: "client-left-early", handshake: "none", summed: true}
	w.both(&m.good, left, func(c *play.Call) {
		c.Client.SYN()
		c.Server.SYN()
		c.Client.ResetBare()
	})
	w.both(&m.bad, truth{how: "fin", by: "server", code: "client-not-tls", handshake: "none"}, func(c *play.Call) {
		c.Open()
		c.Client.Send(append([]byte("JUNK"), c.Src.Bytes(300)...))
		c.CloseByServer()
	})
	w.both(&m.bad, truth{how: "fin", by: "server", code: "client-not-tls", handshake: "none"}, func(c *play.Call) {
		c.Open()
		c.Client.Send([]byte("GET /.env HTTP/1.1\r\nHost: 10.0.0.10\r\n\r\n"))
		c.Server.Send([]byte("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"))
		c.CloseByServer()
	})
}
