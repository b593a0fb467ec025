package tlswire

// A partialAlert remembers what an alert record has shown so far.
type partialAlert struct {
	level AlertLevel
	half  bool // level is read, the description is not
	told  bool // this record has been told at least once
}

func legalLevel(b byte) bool {
	return AlertLevel(b) == Warning || AlertLevel(b) == Fatal
}

// readAlerts reads alerts in clear: one a record as a rule, but several may
// share a record and, before TLS 1.3, one may be split over two.
func (s *Stream) readAlerts(b []byte, v Visitor) {
	for _, c := range b {
		if !s.alert.half {
			s.alert.level, s.alert.half = AlertLevel(c), true
			continue
		}
		s.alert.half, s.alert.told = false, true
		r := s.record
		r.Alert = Alert{Level: s.alert.level, Description: AlertDescription(c)}
		v.Record(r)
		if !legalLevel(byte(s.alert.level)) {
			v.Fault(Fault{Field: "level", Offset: int(r.Offset)})
			s.mode = skip // the rest is no list of alerts either
			return
		}
	}
}

// endAlerts tells the record of an alert of which no description came.
func (s *Stream) endAlerts(v Visitor) {
	if !s.alert.told {
		v.Record(s.record)
	}
	s.alert.told = true
}
