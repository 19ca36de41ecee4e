package scrub

import (
	"errors"
	"fmt"
	"strings"
)

// Filtered stands for what was taken out, as in Sentry's SDKs and in Relay.
const Filtered = "[Filtered]"

// Config says what is taken out.
type Config struct {
	// SendDefaultPII lets through what names a person: user.*, addresses of clients, cookies and headers that authorize. Secrets that
	// a pattern finds in them are still taken out.
	SendDefaultPII bool
	// Keys are more keys whose values are taken out whole; * stands for any text, case does not matter. They win over the scrub
	// class of Sentry's conventions.
	Keys []string
	// Keep are keys whose values are never touched; written like Keys. They win over everything.
	Keep []string
	// Tokens are prefixes of more secrets, such as "acme_live_": what begins with one, and the rest of the word, is taken out.
	Tokens []string
	// Off are the names of rules that are not applied (Rules).
	Off []string
}

// minPrefix is how long a prefix of a secret must be: a shorter one would hit words.
const minPrefix = 4

// Validate checks the configuration without building anything.
func (c *Config) Validate() error {
	var errs []error
	for _, list := range [][]string{c.Keys, c.Keep} {
		for _, pattern := range list {
			if strings.Trim(pattern, "*") == "" {
				errs = append(errs, fmt.Errorf("%q names no key", pattern))
			}
		}
	}
	for _, prefix := range c.Tokens {
		if len(prefix) < minPrefix || !isWord[prefix[0]] || !isWord[prefix[1]] || strings.ContainsFunc(prefix, func(r rune) bool { return r <= ' ' || r > '~' }) {
			errs = append(errs, fmt.Errorf("%q is no prefix of a secret: at least %d characters, no spaces, the first two letters, digits or _", prefix, minPrefix))
		}
	}
	for _, name := range c.Off {
		if _, ok := ParseRule(name); !ok {
			errs = append(errs, fmt.Errorf("%q is no rule; there are %s", name, strings.Join(ruleNames[:], ", ")))
		}
	}
	return errors.Join(errs...)
}

// Rule is a reason to take something out.
type Rule uint8

// The rules.
const (
	RuleKey        Rule = iota // the value of a key that names a secret
	RulePersonal               // the value of a key that names a person, an address, a cookie or an authorization
	RulePair                   // a name and its value inside of a text
	RuleURL                    // credentials in a URL or a connection string
	RuleScheme                 // credentials behind "Bearer" and "Basic"
	RuleJWT                    // a JSON web token
	RuleToken                  // a token of a provider whose form is known
	RulePrivateKey             // the inside of a PEM block of a private key
	RuleCard                   // a payment card's number
	RuleIBAN                   // an international bank account number
	RuleSSN                    // a social security number of the USA
	NumRules
)

var ruleNames = [NumRules]string{"key", "personal", "pair", "url", "scheme", "jwt", "token", "private_key", "card", "iban", "ssn"}

// String is the rule's name in the configuration and in metrics.
func (r Rule) String() string { return ruleNames[r] }

// ParseRule finds a rule by its name.
func ParseRule(name string) (Rule, bool) {
	for r, known := range ruleNames {
		if known == name {
			return Rule(r), true
		}
	}
	return 0, false
}

// Counts says how often each rule took something out.
type Counts [NumRules]int

// Each calls f for every rule that took out something.
func (c *Counts) Each(f func(Rule, int)) {
	for r, n := range c {
		if n > 0 {
			f(Rule(r), n)
		}
	}
}
