// Which user a process runs as, by the image's passwd and group files and runc's rules (moby/sys/user, GetExecUser).

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

const (
	maxID       = 1<<31 - 1
	maxAccounts = 8 << 20 // bytes of a passwd or group file
)

var (
	errRange   = fmt.Errorf("uids and gids must be in range 0-%d", maxID)
	errNonRoot = errors.New("container has runAsNonRoot and image will run as root")
)

// identity is a resolved user. It is looked up once: every later process of the container runs as the same, whatever the files
// say by then (the runtime's exec takes its user from the container too).
type identity struct {
	UID    int      `json:"uid"`
	GID    int      `json:"gid"`
	Groups []uint32 `json:"groups"`
	Home   string   `json:"home"`
}

// accounts reads a file of the container's root; a missing one has no entries.
type accounts func(path string) ([]byte, error)

func containerAccounts(path string) ([]byte, error) {
	text, err := readRegular(path, maxAccounts)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNotRegular) {
		return nil, nil
	}
	return text, err
}

// lookUp resolves the user by the image's own passwd and group files.
func lookUp(user processUser, read accounts) (identity, error) {
	who := identity{Home: "/"}
	passwd, err := read("/etc/passwd")
	if err != nil {
		return who, fmt.Errorf("unable to find user %s: %v", user.User, err)
	}
	group, err := read("/etc/group")
	if err != nil {
		return who, fmt.Errorf("unable to find groups for user %s: %v", user.User, err)
	}
	login, err := who.setUser(user.User, string(passwd))
	if err != nil {
		return who, err
	}
	if user.Group != "" {
		if who.GID, err = lookUpGroup(user.Group, string(group)); err != nil {
			return who, err
		}
	}
	who.Groups = append(who.Groups, uint32(who.GID))
	if user.GroupsPolicy != "Strict" && login != "" {
		who.Groups = append(who.Groups, memberships(login, string(group))...)
	}
	who.Groups = unique(append(who.Groups, user.SupplementalGroups...))
	return who, nil
}

// setUser returns the login name, or "" for a number without an entry.
func (who *identity) setUser(name, passwd string) (string, error) {
	if name == "" {
		name = "0"
	}
	number, notNumeric := strconv.Atoi(name)
	entry := findEntry(passwd, func(fields []string) bool {
		if notNumeric != nil {
			return fields[0] == name
		}
		// A number is never a name, even if an entry has that name.
		uid, err := strconv.Atoi(field(fields, 2))
		return err == nil && uid == number
	})
	switch {
	case entry != nil:
		uid, err1 := strconv.Atoi(field(entry, 2))
		gid, err2 := strconv.Atoi(field(entry, 3))
		// The kernel would take -1 in such an entry as "keep root".
		if err1 != nil || err2 != nil || !inRange(uid) || !inRange(gid) {
			return "", fmt.Errorf("unable to find user %s: %v", name, errRange)
		}
		who.UID, who.GID = uid, gid
		if home := field(entry, 5); home != "" {
			who.Home = home
		}
		return entry[0], nil
	case notNumeric != nil:
		return "", fmt.Errorf("unable to find user %s: no matching entries in passwd file", name)
	case !inRange(number):
		return "", errRange
	}
	who.UID = number
	return "", nil
}

func lookUpGroup(name, group string) (int, error) {
	number, notNumeric := strconv.Atoi(name)
	if notNumeric == nil {
		if !inRange(number) {
			return 0, errRange
		}
		return number, nil
	}
	entry := findEntry(group, func(fields []string) bool { return fields[0] == name })
	if entry == nil {
		return 0, fmt.Errorf("unable to find group %s: no matching entries in group file", name)
	}
	if number, notNumeric = strconv.Atoi(field(entry, 2)); notNumeric != nil || !inRange(number) {
		return 0, fmt.Errorf("unable to find group %s: %v", name, errRange)
	}
	return number, nil
}

func inRange(id int) bool { return id >= 0 && id <= maxID }

func field(fields []string, index int) string {
	if index < len(fields) {
		return fields[index]
	}
	return ""
}

// findEntry returns the first line that matches.
func findEntry(text string, matches func([]string) bool) []string {
	for len(text) > 0 {
		line := text
		if end := strings.IndexByte(text, '\n'); end >= 0 {
			line, text = text[:end], text[end+1:]
		} else {
			text = ""
		}
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if fields := strings.Split(line, ":"); matches(fields) {
			return fields
		}
	}
	return nil
}

func memberships(login, group string) []uint32 {
	var groups []uint32
	findEntry(group, func(fields []string) bool {
		gid, err := strconv.Atoi(field(fields, 2))
		for _, member := range strings.Split(field(fields, 3), ",") {
			if member == login && err == nil && inRange(gid) {
				groups = append(groups, uint32(gid))
			}
		}
		return false
	})
	return groups
}

func unique(groups []uint32) []uint32 {
	seen := map[uint32]bool{}
	kept := groups[:0]
	for _, group := range groups {
		if !seen[group] {
			seen[group] = true
			kept = append(kept, group)
		}
	}
	return kept
}
