package config

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

// normal brings a server name into the form in which servers compare it: lower
// case, without the dot at its end.
func normal(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

// The limits of regular expressions. Go compares in linear time, and these
// bound the memory.
const (
	maxExpression   = 1 << 10 // bytes of one
	maxInstructions = 1 << 20 // of all that are compiled for one configuration
)

// nginxName reads one word of server_name
// (https://nginx.org/en/docs/http/server_names.html). room is the number of
// instructions that are left for expressions. problem tells why nginx or
// sniwatch cannot use the name, "" where there is none.
func nginxName(word string, room *int) (name Name, problem string) {
	if expression, ok := strings.CutPrefix(word, "~"); ok {
		name = Name{Pattern: word, Kind: Regex, expression: compile(expression, room)}
		if name.expression == nil {
			problem = fmt.Sprintf("the regular expression %q is not understood here, and taken as matching no name", word)
		}
		return name, problem
	}
	name = Name{Pattern: strings.ToLower(word)}
	rest := name.Pattern
	switch {
	case strings.HasPrefix(rest, "*."), strings.HasPrefix(rest, "."):
		name.Kind, rest = Leading, rest[strings.IndexByte(rest, '.')+1:]
	case strings.HasSuffix(rest, ".*"):
		name.Kind, rest = Ending, strings.TrimSuffix(rest, ".*")
	}
	if strings.Contains(rest, "*") || name.Kind != Exact && rest == "" {
		problem = fmt.Sprintf("the server name %q is none: a * stands only first or last, and for whole labels", word)
	}
	return name, problem
}

// compile compiles an expression of PCRE, if Go has all that is in it; nil:
// not. nginx compares in lower case, and ignores case where the expression has
// capitals: case never counts.
func compile(expression string, room *int) *regexp.Regexp {
	if len(expression) > maxExpression || *room < 0 {
		return nil
	}
	expression = "(?i)" + fromPCRE(expression)
	parsed, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return nil
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return nil
	}
	if *room -= len(program.Inst); *room < 0 {
		return nil
	}
	compiled, err := regexp.Compile(expression)
	if err != nil {
		return nil
	}
	return compiled
}

// fromPCRE writes the groups (?'name'…) of PCRE as Go has them; (?<name>…) and
// (?P<name>…) are the same in both.
func fromPCRE(expression string) string {
	var out strings.Builder
	for {
		before, after, ok := strings.Cut(expression, "(?'")
		name, rest, closed := strings.Cut(after, "'")
		if !ok || !closed {
			out.WriteString(expression)
			return out.String()
		}
		fmt.Fprintf(&out, "%s(?P<%s>", before, name)
		expression = rest
	}
}

// matches tells whether the name covers sni, which is normal. Longer ones of
// its kind go before shorter ones in nginx.
func (n Name) matches(sni string) bool {
	switch n.Kind {
	case Exact:
		return sni == n.Pattern
	case Leading:
		parent := strings.TrimPrefix(n.Pattern, "*")
		bare := parent == n.Pattern && sni == parent[1:]
		return bare || len(sni) > len(parent) && strings.HasSuffix(sni, parent)
	case Ending:
		stem := strings.TrimSuffix(n.Pattern, "*")
		return len(sni) > len(stem) && strings.HasPrefix(sni, stem)
	case Regex:
		return n.expression != nil && n.expression.MatchString(sni)
	}
	return matchesShell(n.Pattern, sni)
}

// matchesShell compares with * and ?, which may stand for dots too. It goes
// back to the last star only, so it takes len(pattern)*len(name) steps at most.
func matchesShell(pattern, name string) bool {
	p, i, star, from := 0, 0, -1, 0
	for i < len(name) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == name[i]):
			p++
			i++
		case star >= 0:
			from++
			p, i = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// oneLabel tells whether a name of a certificate or of a crt-list covers sni as
// HAProxy has it: a * stands for the first label. Both are normal.
func oneLabel(pattern, sni string) (exact, wildcard bool) {
	if parent, ok := strings.CutPrefix(pattern, "*"); ok {
		_, rest, dotted := strings.Cut(sni, ".")
		return false, dotted && parent == "."+rest
	}
	return pattern == sni, false
}
