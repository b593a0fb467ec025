package live

import "testing"

func TestPortFilter(t *testing.T) {
	const icmp = " or (icmp[0] = 3 and icmp[17] = 6) or (ip6[6] = 58 and ip6[40] <= 2 and ip6[54] = 6)"
	tests := []struct {
		ports []uint16
		want  string // without the ICMP errors and the tagged copy
	}{
		{nil, "tcp port 443"},
		{[]uint16{8443}, "tcp port 8443"},
		{[]uint16{8443, 443, 8443}, "tcp port (443 or 8443)"},
	}
	for _, test := range tests {
		untagged := test.want + icmp
		if got, want := PortFilter(test.ports), untagged+" or (vlan and ("+untagged+"))"; got != want {
			t.Errorf("PortFilter(%v)\n is  %s\nwant %s", test.ports, got, want)
		}
		if got := portFilter(test.ports, false); got != untagged {
			t.Errorf("portFilter(%v) without VLAN\n is  %s\nwant %s", test.ports, got, untagged)
		}
	}
}

func TestPortFilterKeepsItsArgument(t *testing.T) {
	ports := []uint16{8443, 443, 443}
	PortFilter(ports)
	if ports[0] != 8443 || ports[1] != 443 || ports[2] != 443 {
		t.Errorf("PortFilter sorted the caller's slice: %v", ports)
	}
}

func TestExpression(t *testing.T) {
	tests := []struct {
		options Options
		want    string
	}{
		{Options{}, PortFilter(nil)},
		{Options{Ports: []uint16{8443}}, PortFilter([]uint16{8443})},
		{Options{Filter: "host 192.0.2.1"}, "host 192.0.2.1"},
		{Options{Filter: "host 192.0.2.1 or host 192.0.2.2", Ports: []uint16{443}},
			"(host 192.0.2.1 or host 192.0.2.2) and (" + PortFilter(nil) + ")"},
	}
	for _, test := range tests {
		if got := test.options.Expression(); got != test.want {
			t.Errorf("%+v\n is  %s\nwant %s", test.options, got, test.want)
		}
	}
}
