package server

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// contentSecurityPolicy lets the page use nothing but its own files: no inline script, no other origin, no frame around it, and no text
// turned into script or markup by accident (trusted types).
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

func secureHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentSecurityPolicy)
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// hostCheck keeps web pages from reading the inbox by pointing their own name at this machine (DNS rebinding): such a request carries the
// page's name in its Host header. An IP address cannot be rebound.
type hostCheck struct {
	anyAddress bool
	anyName    bool
	names      map[string]bool
	crossSite  *http.CrossOriginProtection
}

func newHostCheck(allowRemote bool, names []string) *hostCheck {
	c := &hostCheck{anyAddress: allowRemote, names: map[string]bool{}, crossSite: http.NewCrossOriginProtection()}
	for _, name := range names {
		c.names[strings.ToLower(name)] = true
		c.anyName = c.anyName || name == "*"
	}
	return c
}

// protect also refuses changes (DELETE) that a page of another site asks for.
func (c *hostCheck) protect(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !c.allows(r.Host) {
			writeError(w, http.StatusForbidden, "host not allowed", "add the name to allowed_hosts to reach the inbox under it")
			return
		}
		if err := c.crossSite.Check(r); err != nil {
			writeError(w, http.StatusForbidden, "cross-site request refused", err.Error())
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (c *hostCheck) allows(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.ToLower(strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"), "."))
	if c.anyName || c.names[host] || host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && (c.anyAddress || addr.Unmap().IsLoopback())
}
