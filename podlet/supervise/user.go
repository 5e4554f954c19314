// As whom a process runs, by the image's passwd and group files.

package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

type identity struct {
	uid, gid int
	groups   []uint32
	home     string
}

// lookUp resolves the user by the image's own passwd and group files.
func lookUp(user processUser) (identity, error) {
	who := identity{home: "/"}
	name := user.User
	if name == "" {
		name = "0"
	}
	uid, err := strconv.Atoi(name)
	entry := findEntry("/etc/passwd", 7, func(fields []string) bool {
		return fields[0] == name || err == nil && fields[2] == strconv.Itoa(uid)
	})
	login := ""
	switch {
	case entry != nil:
		login, who.home = entry[0], entry[5]
		who.uid, _ = strconv.Atoi(entry[2])
		who.gid, _ = strconv.Atoi(entry[3])
	case err == nil:
		who.uid = uid
	default:
		return who, fmt.Errorf("unable to find user %s: no matching entries in passwd file", name)
	}
	if user.Group != "" {
		if who.gid, err = lookUpGroup(user.Group); err != nil {
			return who, err
		}
	}
	who.groups = append(who.groups, uint32(who.gid))
	if user.GroupsPolicy != "Strict" && login != "" {
		who.groups = append(who.groups, memberships(login)...)
	}
	who.groups = append(who.groups, user.SupplementalGroups...)
	who.groups = unique(who.groups)
	return who, nil
}

func lookUpGroup(name string) (int, error) {
	if gid, err := strconv.Atoi(name); err == nil {
		return gid, nil
	}
	entry := findEntry("/etc/group", 3, func(fields []string) bool { return fields[0] == name })
	if entry == nil {
		return 0, fmt.Errorf("unable to find group %s: no matching entries in group file", name)
	}
	return strconv.Atoi(entry[2])
}

func findEntry(path string, width int, matches func([]string) bool) []string {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	for _, line := range strings.Split(string(text), "\n") {
		if fields := strings.Split(line, ":"); len(fields) >= width && matches(fields) {
			return fields
		}
	}
	return nil
}

func memberships(login string) []uint32 {
	var groups []uint32
	findEntry("/etc/group", 4, func(fields []string) bool {
		for _, member := range strings.Split(fields[3], ",") {
			if gid, err := strconv.Atoi(fields[2]); err == nil && member == login {
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
