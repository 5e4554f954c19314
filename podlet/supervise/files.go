// Files and links that root makes in the container before a run.

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

func makeLink(link, target string) error {
	if err := makeLikeParent(target); err != nil {
		return fmt.Errorf("failed to create subPath directory: %v", err)
	}
	if current, err := os.Readlink(link); err == nil && current == target {
		return nil
	}
	os.MkdirAll(filepath.Dir(link), 0o755)
	err := os.Remove(link) // an empty directory or a file of the image gives way, as under a mount
	if errors.Is(err, syscall.EBUSY) {
		return overwrite(link, target)
	}
	if err := os.Symlink(target, link); err != nil {
		if hasMountInside(link) {
			return fmt.Errorf("failed to prepare subPath for %s: another volume is mounted inside it", link)
		}
		if err := os.RemoveAll(link); err != nil {
			return err
		}
		return os.Symlink(target, link)
	}
	return nil
}

// What is mounted there belongs to others: it must not be removed with the directory that gives way.
func hasMountInside(path string) bool {
	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return true
	}
	for _, line := range strings.Split(string(text), "\n") {
		if fields := strings.Fields(line); len(fields) > 4 && strings.HasPrefix(fields[4], strings.ReplaceAll(path, " ", `\040`)+"/") {
			return true
		}
	}
	return false
}

// A mount of the engine (hosts, hostname, resolv.conf) cannot give way: it gets the content.
func overwrite(path, source string) error {
	content, err := os.ReadFile(source)
	if err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o644)
}

// A missing subPath becomes a directory with the mode and group of the volume's own.
func makeLikeParent(path string) error {
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		return err
	}
	parent := filepath.Dir(path)
	if err := makeLikeParent(parent); err != nil {
		return err
	}
	like, err := os.Stat(parent)
	if err != nil {
		return err
	}
	if err := os.Mkdir(path, 0o755); err != nil {
		return err
	}
	if owner, known := like.Sys().(*syscall.Stat_t); known {
		os.Chown(path, -1, int(owner.Gid))
	}
	return os.Chmod(path, like.Mode())
}

func freshMessageFile(path string) error {
	if path == "" {
		return nil
	}
	os.MkdirAll(filepath.Dir(path), 0o755)
	if state, err := os.Lstat(path); err == nil && !state.Mode().IsRegular() {
		os.Remove(path)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY|syscall.O_NOFOLLOW, 0o666)
	if err != nil {
		return nil // a read-only root: reading it later says so
	}
	defer file.Close()
	return file.Chmod(0o666)
}
