package edge

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// maxInputBytes is far above any answer of CloudFront's API: the longest
// distribution has some 500 KiB.
const maxInputBytes = 4 << 20

// An InputError says why something that the operator gave, or that was fetched,
// cannot be used: a file in a format of AWS, or a name.
type InputError struct {
	Source string // the file, the URL, or the name
	Says   string // what is wrong with it
	Advice string // what to do; "": nothing better than the obvious
	Err    error  // the cause; nil: there is none beyond Says
}

// Error names the source and what is wrong with it.
func (e *InputError) Error() string {
	if e.Err == nil {
		return e.Source + ": " + e.Says
	}
	return e.Source + ": " + e.Says + ": " + e.Err.Error()
}

// Unwrap gives the cause.
func (e *InputError) Unwrap() error { return e.Err }

// Hint says what to do about it; "": nothing better than the obvious.
func (e *InputError) Hint() string { return e.Advice }

// loadFile opens path for read. Where there is no such file, but path is a name
// that AWS gives, mistaken tells what it is; other errors of the file system are
// returned as they are.
func loadFile(path string, mistaken func(path string) *InputError, read func(io.Reader) error) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		if e := mistaken(path); e != nil {
			return e
		}
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return &fs.PathError{Op: "read", Path: path, Err: errors.New("is a folder, not a file of JSON")}
	}
	return read(f)
}

// readObject reads a JSON object whole: its fields, not yet parsed.
func readObject(r io.Reader, source, advice string) (map[string]json.RawMessage, error) {
	fail := func(says string, err error) error {
		return &InputError{Source: source, Says: says, Advice: advice, Err: err}
	}
	text, err := io.ReadAll(io.LimitReader(r, maxInputBytes+1))
	switch {
	case err != nil:
		return nil, fail("cannot be read", err)
	case len(text) > maxInputBytes:
		return nil, fail("larger than 4 MiB: no answer of CloudFront's API is", nil)
	}
	text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")))
	if says := notAnObject(text); says != "" {
		return nil, fail(says, nil)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return nil, fail(jsonFault(text, err))
	}
	return fields, nil
}

// notAnObject says what a text is that does not begin like a JSON object, ""
// where it does.
func notAnObject(text []byte) string {
	switch {
	case len(text) == 0:
		return "empty"
	case text[0] == '{':
		return ""
	case bytes.HasPrefix(text, []byte("\xff\xfe")), bytes.HasPrefix(text, []byte("\xfe\xff")):
		return "UTF-16, as some versions of PowerShell write with '>'; save it as UTF-8"
	case bytes.HasPrefix(text, []byte{0x1f, 0x8b}):
		return "compressed with gzip: decompress it first"
	case bytes.IndexByte(text, 0) >= 0:
		return "binary, not JSON"
	case text[0] == '<':
		return "a page in HTML or XML, not JSON"
	case bytes.HasPrefix(text, []byte("arn:")):
		return "holds an ARN, not what the ARN stands for"
	case bytes.HasPrefix(text, []byte("-----BEGIN")):
		return "PEM, a certificate perhaps, not JSON"
	case text[0] == '[':
		return "a JSON array, not the answer of the AWS CLI"
	case bytes.HasPrefix(text, []byte("ETAG")), bytes.HasPrefix(text, []byte("ETag:")):
		return "not JSON: the AWS CLI was told to write text, table or YAML"
	}
	return "not JSON"
}

// jsonFault puts an error of encoding/json into words, with the error where it
// adds something.
func jsonFault(text []byte, err error) (string, error) {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax) && syntax.Offset >= int64(len(text)):
		return "the JSON is cut off", nil
	case errors.As(err, &kind) && kind.Field != "":
		return fmt.Sprintf("%s is a JSON %s, which it cannot be", shown(kind.Field), firstWord(kind.Value)), nil
	}
	return "not JSON that the AWS CLI writes", err
}

// firstWord cuts the value off that encoding/json may add to the kind.
func firstWord(s string) string {
	word, _, _ := strings.Cut(s, " ")
	return word
}

// getDistribution is the command that writes a distribution's JSON.
func getDistribution(id string) string {
	return "aws cloudfront get-distribution-config --id " + id + " > distribution.json"
}

// noDistribution tells what path is, where it names a distribution and no file.
func noDistribution(path string) *InputError {
	id := path
	if resource, ok := strings.CutPrefix(path, "arn:"); ok {
		_, id, _ = strings.Cut(resource, ":distribution/")
	}
	switch {
	case isDistributionID(id) && id == path:
		return &InputError{Source: path, Says: "the id of a distribution, not a file", Advice: getDistribution(id)}
	case isDistributionID(id):
		return &InputError{Source: path, Says: "the ARN of a distribution, not a file", Advice: getDistribution(id)}
	case strings.HasPrefix(path, "arn:"):
		return &InputError{Source: path, Says: "an ARN, not a file", Advice: getDistribution("ID")}
	case isCloudFrontName(hostName(path)) && CheckOriginDomain(hostName(path)) == nil: // nothing that means something in a shell
		return &InputError{Source: path, Says: "the name of a distribution, not a file",
			Advice: "aws cloudfront list-distributions --query \"DistributionList.Items[?DomainName=='" + shown(hostName(path)) +
				"'].Id\" shows its id; then " + getDistribution("ID")}
	}
	return nil
}

// isDistributionID tells whether s looks like E1A2B3C4D5E6F7: such ids have 13
// or 14 characters.
func isDistributionID(s string) bool {
	return len(s) >= 12 && len(s) <= 15 && s[0] == 'E' && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

// getPolicies says how to get a policy's JSON; id may be a word that stands for it.
func getPolicies(id string) string {
	return "aws cloudfront get-cache-policy --id " + id + " > policy.json, or " +
		"aws cloudfront get-origin-request-policy --id " + id + " > policy.json"
}

// noPolicy tells what path is, where it names a policy and no file.
func noPolicy(path string) *InputError {
	id := path
	if strings.HasPrefix(path, "arn:") {
		id = path[strings.LastIndexByte(path, '/')+1:]
	}
	command := ""
	switch {
	case isPolicyID(id) && strings.Contains(path, ":cache-policy/"):
		command = getCachePolicy(id)
	case isPolicyID(id) && strings.Contains(path, ":origin-request-policy/"):
		command = getRequestPolicy(id)
	case isPolicyID(id):
		command = getPolicies(id)
	case strings.HasPrefix(path, "arn:"):
		command = getPolicies("ID")
	default:
		return nil
	}
	if id == path {
		return &InputError{Source: path, Says: "the id of a policy, not a file", Advice: command}
	}
	return &InputError{Source: path, Says: "an ARN, not a file", Advice: command}
}

func getCachePolicy(id string) string {
	return "aws cloudfront get-cache-policy --id " + id + " > cache-policy" + fileSuffix(id) + ".json"
}

func getRequestPolicy(id string) string {
	return "aws cloudfront get-origin-request-policy --id " + id + " > origin-request-policy" + fileSuffix(id) + ".json"
}

// fileSuffix keeps the files of several policies apart.
func fileSuffix(id string) string {
	if !isPolicyID(id) {
		return ""
	}
	return "-" + id[:8]
}

// getVPCOrigin is the command that shows a VPC origin. An id of another form than
// AWS's stays out of what somebody pastes into a shell.
func getVPCOrigin(id string) string {
	rest, ok := strings.CutPrefix(id, "vo_")
	if !ok || rest == "" || strings.Trim(rest, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") != "" {
		id = "ID"
	}
	return "aws cloudfront get-vpc-origin --id " + id
}

// isPolicyID tells whether s is a UUID as AWS writes them: hexadecimal digits in
// lower case, 8-4-4-4-12. Nothing else comes into a command that is shown.
func isPolicyID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		hyphen := i == 8 || i == 13 || i == 18 || i == 23
		digit := '0' <= s[i] && s[i] <= '9' || 'a' <= s[i] && s[i] <= 'f'
		if hyphen != (s[i] == '-') || !hyphen && !digit {
			return false
		}
	}
	return true
}
