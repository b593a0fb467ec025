package analyze

import (
	"reflect"
	"strings"
	"testing"

	"sniwatch/analyze/origin"
)

// TestShiftReachesEveryPacket: a number of a packet that is added to a Connection, and
// not to shift, shows here.
func TestShiftReachesEveryPacket(t *testing.T) {
	r := &reading{}
	r.ClientHello, r.ServerHello = &r.hello, &r.choice
	r.Alerts, r.Faults = make([]Alert, 2), make([]Fault, 2)
	r.flown.n = 2
	r.Flights = r.flown.flights[:2]
	r.Certificate.Chain = &origin.Chain{}
	var numbers []reflect.Value
	var names []string
	findPackets(reflect.ValueOf(&r.Connection).Elem(), "", &numbers, &names)
	if len(numbers) < 20 {
		t.Fatalf("only %d numbers of packets were found: %v", len(numbers), names)
	}
	for i, n := range numbers {
		n.SetInt(int64(1 + i))
	}
	r.shift(1000)
	for i, n := range numbers {
		if n.Int() != int64(1001+i) {
			t.Errorf("%s is %d, want %d", names[i], n.Int(), 1001+i)
		}
	}
	empty := &reading{}
	if empty.shift(1000); empty.FirstPacket != 0 {
		t.Error("what is not known became known")
	}
}

// findPackets finds the fields that hold the number of a packet, by their names.
func findPackets(v reflect.Value, path string, numbers *[]reflect.Value, names *[]string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() && v.Type().Elem().PkgPath() == "sniwatch/analyze" {
			findPackets(v.Elem(), path, numbers, names)
		}
	case reflect.Slice:
		for i := range v.Len() {
			findPackets(v.Index(i), path, numbers, names)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			name, field := path+"."+f.Name, v.Field(i)
			switch {
			case !f.IsExported() || f.Name == "Diagnosis" || f.Name == "Log" || f.Name == "Local":
			case field.Kind() == reflect.Int && isPacket(f.Name, path):
				*numbers, *names = append(*numbers, field), append(*names, name)
			default:
				findPackets(field, name, numbers, names)
			}
		}
	}
}

func isPacket(field, of string) bool {
	switch field {
	case "Packets", "SYNs", "SYNACKs":
		return false
	case "SYN", "SYNACK", "ACK", "Unreachable", "CertificateRequest":
		return true
	case "First", "Last":
		return strings.HasSuffix(of, "Flights")
	}
	return strings.HasSuffix(field, "Packet")
}
