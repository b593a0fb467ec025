package redact

import "strings"

// constants are the names that sniwatch writes by itself, and those of everybody.
var constants = setOf(`docs.aws.amazon.com aws.amazon.com console.aws.amazon.com repost.aws cloudfront.net
	*.cloudfront.net d….cloudfront.net dxxxx.cloudfront.net dxxxxxx.cloudfront.net amazonaws.com
	ip-ranges.amazonaws.com com.amazonaws.global.cloudfront.origin-facing origin.cloudfront
	letsencrypt.org www.rfc-editor.org datatracker.ietf.org www.tcpdump.org tcp.port ip.addr tls.handshake
	cloudfront.md diagnoses.md schema.md readme.md redaction.md changelog.md architecture.md`)

// extensions are those of the files that stand in reports and configurations. Of
// those that are top-level domains, too, none is here: such a file is taken for
// a name.
var extensions = setOf(`pem crt cer key csr der p12 pfx p7b pub conf cfg cnf ini d log err out txt json ndjson
	csv tsv html htm svg xml yaml yml pcap pcapng cap gz zst bz2 xz tar bak old orig tmp dpkg-dist service socket c go`)

// vocabulary are words that give nothing away: parts of paths that every system
// has, and what servers write about failed handshakes. A word that is not here
// is replaced in a path and in a line of a log.
var vocabulary = setOf(`
	bin boot dev etc home lib lib64 mnt opt proc root run sbin srv sys tmp usr var local share cache log logs spool www
	html public htdocs conf config configs conf.d conf-enabled conf-available mods-enabled sites-enabled sites-available
	snippets modules default default-ssl ssl tls certs cert certificate certificates private keys pki ca ca-certificates
	ca-bundle trusted live archive renewal letsencrypt acme certbot nginx apache apache2 httpd haproxy caddy traefik envoy
	openresty ec2-user ubuntu admin debian centos user users data nginx.conf httpd.conf apache2.conf ssl.conf haproxy.cfg
	fullchain chain privkey server client origin root roots bundle intermediate leaf wildcard capture captures pcaps
	evidence report sniwatch error errors access ssl_access ssl_error error_log access_log other_vhosts_access
	redacted redaction distribution policy readme before after in out stdin stdout any lo eth0 ens5 eth1 ens6 embedded

	a about accept accepted accepting address ah00000 ah01998 ah02008 ah02042 ah02032 ah02033 ah02039 ah02261 alert alerts
	alpn already an and application are as at aes amazon authority aws bad before begin between bind both broken by bytes call
	can cannot cause check child choose cipher ciphers client_hello clienthello close closed cloudfront code common connect
	connected connecting connection connections context could create crit critical curve data date day days debug decode
	decrypt denied depth did directory do does dropped early emerg encrypted end enough eof err error_code etimedout event
	exceeded exchange exit expected expired extension failed failure fatal file fin finished first for found from function
	get group groups had handshake handshaking has hash have hello hints host hostname http https id if illegal in info
	inactive inappropriate init initial input insufficient internal invalid is issuer it its jan feb mar apr may jun jul aug
	sep oct nov dec january february march april june july august september october november december mon tue wed thu fri
	sat sun keepalive key kill known layer layer6 length level library limit line list listen listening localhost long lost match
	message method min mismatch missing module more must name names netscape new no no_application_protocol none not notice
	null number of off ok on one only open openssl option or other packet packets param parameter parse password peer
	pending pid plain port post process processing proto protocol protocols psk public queue read reading reason received
	record recv refused reload renegotiation request requests reset response resumed retry reuse routine routines rsa run
	running same secure security see seen select send sent sequence session set setting shared shutdown sigalgs signal
	signature signed signing size small sni socket ssl_accept ssl_do_handshake ssl_read ssl_read_bytes ssl_write ssl23
	ssl3 ssl3_get_record ssl3_read_bytes ssl3_read_n sslv3 start started state status step stopped stream supplied
	syscall system tcp the thread time timed timeout times tls1 tls_early_post_process_client_hello
	tls_post_process_client_hello tls_process_client_hello tlsv1 tlsv11 tlsv12 tlsv13 to too trust type unable unexpected
	unknown unrecognized unrecognized_name unsupported until up upstream use used using valid value verification verify
	version versions was warn warning when while will with without worker write writing wrong x509 x x-amz-cf-id
	mod_ssl core mpm_event mpm_prefork mpm_worker wrap suitable syslog systemd lib(20) timedout kex dh ec ecdh ecdhe ecdsa
	self-signed handshake_failure no-shared-cipher bad_certificate`)

func setOf(words string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(words) {
		set[word] = true
	}
	return set
}
