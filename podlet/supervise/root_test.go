// A root is put back with the attributes that it had.

package main

import (
	"os"
	"syscall"
	"testing"
)

const accessList = "system.posix_acl_access"

// An access list that gives user 33 all rights.
var granted = []byte("\x02\x00\x00\x00\x01\x00\x06\x00\xff\xff\xff\xff\x02\x00\x07\x00\x21\x00\x00\x00\x04\x00\x04\x00\xff\xff\xff\xff\x10\x00\x07\x00\xff\xff\xff\xff\x20\x00\x04\x00\xff\xff\xff\xff")

func attributeNames(t *testing.T, path string) []string {
	t.Helper()
	fd, err := syscall.Open(path, syscall.O_RDONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd)
	found := []string{}
	for key, value := range attributesOf(fd) {
		found = append(found, key+"="+value)
	}
	return found
}

func TestARunLeavesNoAttributes(t *testing.T) {
	top := t.TempDir()
	write(t, top+"/of-image", "x", 0o644)
	if syscall.Setxattr(top+"/of-image", "user.image", []byte("1"), 0) != nil {
		t.Skip("the file system has no attributes")
	}
	write(t, top+"/config", "x", 0o644)
	write(t, top+"/empty", "", 0o644)
	write(t, top+"/folder/inside", "x", 0o600)
	paths := []string{"/config", "/empty", "/folder"}
	r := newRoot(top, nil)
	if r == nil {
		t.Fatal("a writable directory is no root")
	}
	r.overlay = true
	r.note()
	for _, path := range paths {
		syscall.Setxattr(top+path, "user.run", []byte("2"), 0)
		syscall.Setxattr(top+path, accessList, granted, 0)
	}
	syscall.Removexattr(top+"/of-image", "user.image")
	if left := r.restore(); left != nil {
		t.Error("left", left.Paths)
	}
	for _, path := range paths {
		if found := attributeNames(t, top+path); len(found) != 0 {
			t.Errorf("%s has %q", path, found)
		}
	}
	if found := attributeNames(t, top+"/of-image"); len(found) != 1 || found[0] != "user.image=1" {
		t.Errorf("the image's file has %q", found)
	}
	if state, _ := os.Stat(top + "/config"); state.Mode().Perm() != 0o644 {
		t.Error("mode", state.Mode())
	}
}

// Of a file that was too many to be kept nothing is known but what its state says: a restart takes no capability from a program.
func TestAnUnknownAttributeStays(t *testing.T) {
	top := t.TempDir()
	write(t, top+"/program", "x", 0o755)
	if syscall.Setxattr(top+"/program", "user.image", []byte("1"), 0) != nil {
		t.Skip("the file system has no attributes")
	}
	r := newRoot(top, nil)
	r.keep = 0
	r.note()
	os.Chmod(top+"/program", 0o700)
	r.restore()
	state, _ := os.Stat(top + "/program")
	if found := attributeNames(t, top+"/program"); len(found) != 1 || state.Mode().Perm() != 0o755 {
		t.Errorf("%q, mode %v", found, state.Mode())
	}
}
