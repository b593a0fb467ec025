package analyze

// shift adds to the numbers of all packets that r knows. 0 is none, and stays so.
func (r *reading) shift(by int) {
	add := func(packets ...*int) {
		for _, p := range packets {
			if *p != 0 {
				*p += by
			}
		}
	}
	c := &r.Connection
	add(&c.FirstPacket, &c.LastPacket, &c.Opening.SYN, &c.Opening.SYNACK, &c.Opening.ACK,
		&c.FromClient.LastPacket, &c.FromClient.NotTLSPacket, &c.FromServer.LastPacket, &c.FromServer.NotTLSPacket,
		&c.Unreachable, &c.Certificate.Packet, &c.CertificateRequest, &c.End.Packet, &r.at.Packet)
	if c.ClientHello != nil {
		add(&c.ClientHello.Packet)
	}
	if c.ServerHello != nil {
		add(&c.ServerHello.Packet)
	}
	for i := range c.Alerts {
		add(&c.Alerts[i].Packet)
	}
	for i := range c.Faults {
		add(&c.Faults[i].Packet)
	}
	for i := range r.flown.n {
		add(&r.flown.flights[i].First, &r.flown.flights[i].Last)
	}
}
