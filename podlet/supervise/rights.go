// The rights ceiling of this container, as the first start set it. No later order raises it, whoever sent it.
// See docs/design/security.md.

package main

type rights struct {
	known           bool
	keep            uint64
	noNewPrivileges bool
	nonRoot         bool
}

// lower applies the limits of a start; they hold for this run and all later ones.
func (r *rights) lower(user processUser) {
	keep := keptCapabilities(user)
	if r.known {
		keep &= r.keep
	}
	r.known, r.keep = true, keep
	r.noNewPrivileges = r.noNewPrivileges || user.NoNewPrivileges
	r.nonRoot = r.nonRoot || user.RunAsNonRoot
}

// began records the user of a run: a container that was not root never becomes root.
func (r *rights) began(who identity) { r.nonRoot = r.nonRoot || who.UID != 0 }
