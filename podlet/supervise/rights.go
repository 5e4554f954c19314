// The most that a process of this container may do: what the first start said. No later order raises it, whoever sent it.
// See docs/design/security.md.

package main

type rights struct {
	known           bool
	keep            uint64
	noNewPrivileges bool
	nonRoot         bool
}

// lower takes in what a start asks for; what it leaves is for this run and all that follow.
func (r *rights) lower(user processUser) {
	keep := keptCapabilities(user)
	if r.known {
		keep &= r.keep
	}
	r.known, r.keep = true, keep
	r.noNewPrivileges = r.noNewPrivileges || user.NoNewPrivileges
	r.nonRoot = r.nonRoot || user.RunAsNonRoot
}

// began notes as whom a run began: a container that was not root never becomes root.
func (r *rights) began(who identity) { r.nonRoot = r.nonRoot || who.UID != 0 }
