package analyze

import "sniwatch/analyze/tlswire"

// Message notes one handshake message in clear.
func (s *side) Message(m tlswire.Message) {
	if s.who == FromClient {
		s.clientMessage(m)
	} else {
		s.serverMessage(m)
	}
}

func (s *side) clientMessage(m tlswire.Message) {
	switch m.Type {
	case tlswire.TypeClientHello:
		s.letter('H', s.who)
		if s.ClientHello != nil {
			s.ClientHello.Count++
			return
		}
		s.clientHello(m)
	case tlswire.TypeCertificate:
		s.letter('C', s.who)
	case tlswire.TypeClientKeyExchange:
		s.letter('K', s.who)
	}
}

func (s *side) clientHello(m tlswire.Message) {
	s.helloBody = append(s.helloBody, m.Body...)
	s.helloIsSSL2 = m.SSL2
	s.hello = ClientHello{
		Packet: s.at.Packet, Time: s.at.Time, Count: 1,
		RecordVersion: m.RecordVersion, Segments: m.Chunks, Records: m.Records, Partial: m.Missing > 0,
	}
	s.ClientHello = &s.hello
}

// parseHello fills in what the ClientHello says.
func (r *reading) parseHello() {
	if r.ClientHello == nil || r.helloParsed {
		return
	}
	r.helloParsed = true
	parse := tlswire.ParseClientHello
	if r.helloIsSSL2 {
		parse = tlswire.ParseSSL2ClientHello
	}
	h, fault := parse(r.helloBody)
	r.hello.ClientHello = h
	if fault != nil && !r.hello.Partial {
		r.Faults = append(r.Faults, Fault{Packet: r.hello.Packet, From: FromClient, In: "ClientHello", Fault: *fault})
	}
}

func (s *side) serverMessage(m tlswire.Message) {
	switch m.Type {
	case tlswire.TypeServerHello, tlswire.TypeHelloRetryRequest:
		s.serverHello(m)
	case tlswire.TypeCertificate:
		s.letter('C', s.who)
		s.certificate(m)
	case tlswire.TypeServerKeyExchange:
		s.letter('K', s.who)
		if h := s.ServerHello; h != nil && h.Group == 0 {
			h.Group, _ = tlswire.ParseServerKeyExchange(m.Body)
		}
	case tlswire.TypeCertificateRequest:
		s.letter('Q', s.who)
		if s.CertificateRequest == 0 {
			s.CertificateRequest = s.at.Packet
		}
	case tlswire.TypeServerHelloDone:
		s.letter('D', s.who)
		if s.ServerHello != nil {
			s.ServerHello.Done = true
		}
	}
}

// serverHello notes the server's choice. A HelloRetryRequest is kept until the
// ServerHello itself comes.
func (s *side) serverHello(m tlswire.Message) {
	before := s.ServerHello
	if before != nil && !before.provisional {
		return // a second one: renegotiation, or nonsense
	}
	s.choiceBody = append(s.choiceBody[:0], m.Body...)
	h, glance := tlswire.GlanceServerHello(s.choiceBody)
	var fault *tlswire.Fault
	if !glance || m.Missing > 0 {
		h, fault = tlswire.ParseServerHello(s.choiceBody)
		glance = false
	}
	s.choiceGlanced = glance
	retry := m.Type == tlswire.TypeHelloRetryRequest || h.IsHelloRetryRequest()
	if retry {
		s.letter('J', s.who)
	} else {
		s.letter('H', s.who)
	}
	if m.Missing == 0 {
		s.fault("ServerHello", fault)
	}
	s.choice = ServerHello{
		ServerHello: h, Packet: s.at.Packet, Time: s.at.Time, Group: h.Group,
		HelloRetryRequest: retry || before != nil, provisional: retry,
	}
	s.ServerHello = &s.choice
	s.lengths = tlswire.LengthsOf(h.Version(), h.CipherSuite)
}

// parseChoice fills in what the ServerHello says beside what a glance showed.
func (r *reading) parseChoice() {
	if r.choiceGlanced {
		r.choiceGlanced = false
		r.choice.ServerHello, _ = tlswire.ParseServerHello(r.choiceBody)
	}
}

func (s *side) certificate(m tlswire.Message) {
	if m.Missing > 0 || s.Certificate.Chain != nil {
		return
	}
	chain, fault := s.chains.parse(m.Body)
	s.fault("Certificate", fault)
	if len(chain.Raw) == 0 {
		return
	}
	s.Certificate.Chain, s.Certificate.Packet = chain, s.at.Packet
	s.certEnd = s.flow.Sides[s.who].Sent()
	s.Certificate.End = s.certEnd
}

// Record notes what the header of a record tells by itself.
func (s *side) Record(rec tlswire.Record) {
	switch rec.Type {
	case tlswire.TypeChangeCipherSpec:
		s.changeCipherSpec()
	case tlswire.TypeAlert:
		if rec.Encrypted {
			s.inferredAlert()
		} else {
			s.alert(rec.Alert)
		}
	case tlswire.TypeHandshake:
		if rec.Encrypted {
			s.encryptedHandshake(rec)
		}
	case tlswire.TypeApplicationData:
		if s.hidesHandshake() {
			s.hidden(rec)
		} else {
			s.data(rec)
		}
	}
}

// changeCipherSpec begins encryption in TLS 1.2 and before; in TLS 1.3 it means
// nothing (RFC 8446, appendix D.4).
func (s *side) changeCipherSpec() {
	s.letterOnce('I', s.who)
	s.ccs = true
	if h := s.ServerHello; s.who == FromServer && h != nil && !h.Version().IsTLS13() && s.Certificate.Chain == nil && !h.Done {
		s.resumed = len(s.Gaps) == 0
	}
}

// encryptedHandshake notes a handshake record behind ChangeCipherSpec: the
// first one of each side is its Finished.
func (s *side) encryptedHandshake(rec tlswire.Record) {
	c := s.counts(s.who)
	s.letterOnce('E', s.who)
	c.Finished = c.Finished || s.ccs
	s.note(rec)
}

// hidesHandshake tells whether a record of type application_data may carry a
// part of the handshake: in TLS 1.3, until this side's Finished.
func (s *side) hidesHandshake() bool {
	h := s.ServerHello
	if h == nil || !h.Version().IsTLS13() {
		return false
	}
	if s.who == FromServer {
		return !s.FromClient.Finished && !s.FromClient.Data
	}
	return !s.FromClient.Finished
}

// hidden judges a record of TLS 1.3 by its length.
func (s *side) hidden(rec tlswire.Record) {
	c := s.counts(s.who)
	inferred := s.lengths.Infer(rec.Length)
	switch {
	case inferred == tlswire.InferAlert:
		s.inferredAlert()
		return
	case inferred == tlswire.InferFinished && s.who == FromClient:
		s.letter('N', s.who)
		c.Finished = true
	case s.who == FromClient && c.Encrypted > 0 && s.FromServer.Data:
		// Its Finished went by in a record of another shape, and both sides talk.
		s.data(rec)
		return
	case s.who == FromServer && s.FromClient.Encrypted > 0:
		// The client has answered the flight already: this is no part of it.
		s.data(rec)
		return
	default:
		s.letterOnce('E', s.who)
	}
	s.note(rec)
}

// note keeps the length of a record of the encrypted handshake.
func (s *side) note(rec tlswire.Record) {
	c := s.counts(s.who)
	c.Encrypted++
	c.EncryptedBytes += int64(rec.Length)
	if len(c.EncryptedRecords) < maxRecords {
		c.EncryptedRecords = append(c.EncryptedRecords, rec.Length)
	}
	s.certEnd = max(s.certEnd, 1)
}

// data notes application data. In TLS 1.3 an alert looks the same from outside,
// but for its length.
func (s *side) data(rec tlswire.Record) {
	c := s.counts(s.who)
	if h := s.ServerHello; h != nil && h.Version().IsTLS13() &&
		s.lengths.Infer(rec.Length) == tlswire.InferAlert {
		s.inferredAlert()
		return
	}
	if s.who == FromClient && s.ServerHello == nil && s.ClientHello != nil {
		if s.parseHello(); s.ClientHello.EarlyData {
			return // early data of a resumed session, RFC 8446, section 4.2.10
		}
	}
	if !c.Data {
		s.letter('P', s.who)
	}
	c.Data = true
}

func (s *side) alert(a tlswire.Alert) {
	s.letter('L', s.who)
	s.addAlert(Alert{Alert: a})
}

func (s *side) inferredAlert() {
	s.letter('Y', s.who)
	s.addAlert(Alert{Inferred: true})
}

func (s *side) addAlert(a Alert) {
	if len(s.Alerts) == maxAlerts {
		return
	}
	a.Packet, a.Time, a.From, a.Early = s.at.Packet, s.at.Time, s.who, s.ServerHello == nil
	s.Alerts = append(s.Alerts, a)
}

// Fault notes where the records contradict the RFC.
func (s *side) Fault(f tlswire.Fault) { s.fault("record", &f) }

func (s *side) fault(in string, f *tlswire.Fault) {
	if f != nil && len(s.Faults) < maxFaults {
		s.Faults = append(s.Faults, Fault{Packet: s.at.Packet, From: s.who, In: in, Fault: *f})
	}
}

// NotTLS notes that this side speaks something else.
func (s *side) NotTLS(looksLike string, _ []byte) {
	s.letter('X', s.who)
	c := s.counts(s.who)
	c.NotTLS, c.NotTLSPacket = looksLike, s.at.Packet
}
