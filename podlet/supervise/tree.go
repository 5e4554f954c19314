// Copies trees of files: --seed copies directories of the image into volumes, --move moves what init containers left in one
// volume into another.

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"unsafe"
)

// seed is one directory of the image; Inside are the paths in it where the container has mounts.
type seed struct {
	From   string   `json:"from"`
	To     string   `json:"to"`
	Inside []string `json:"inside"`
}

func runSeed(text string) int {
	var seeds []seed
	err := json.Unmarshal([]byte(text), &seeds)
	for _, one := range seeds {
		if err == nil {
			err = bring(one)
		}
	}
	return ended(err)
}

func ended(err error) int {
	if err == nil {
		return 0
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}

func bring(one seed) error {
	mounted := map[string]bool{}
	for _, path := range one.Inside {
		mounted[path] = true
	}
	from, err := filepath.EvalSymlinks(one.From)
	if err == nil {
		if state, failure := os.Stat(from); failure != nil || !state.IsDir() {
			return fmt.Errorf("%s is no directory of the image", one.From)
		}
		err = copyInto(from, one.To, "", mounted)
	} else if os.IsNotExist(err) {
		err = os.Chmod(one.To, 0o755)
	}
	if err != nil {
		return err
	}
	for _, path := range one.Inside {
		// If the image has a link on the way, the engine follows it, as it does without this copy.
		os.MkdirAll(filepath.Join(one.To, path), 0o755)
	}
	return nil
}

// runMove moves what is at `path` below `root` into the directory `to`. Repeated after a crash, it completes the move.
func runMove(root, path, to string) int {
	from := root
	for _, name := range strings.Split(path, "/") {
		from = filepath.Join(from, name)
		state, err := os.Lstat(from)
		if os.IsNotExist(err) {
			return 0
		}
		if err != nil {
			return ended(err)
		}
		if !state.IsDir() {
			return ended(fmt.Errorf("subPath %q of the volume is no directory", path))
		}
	}
	if err := copyInto(from, to, "", nil); err != nil {
		return ended(err)
	}
	return ended(os.RemoveAll(from))
}

// copyInto copies the content of directory `from` into directory `to`, then its owner and mode; the paths in `mounted` stay
// empty.
func copyInto(from, to, path string, mounted map[string]bool) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		name := filepath.Join(path, entry.Name())
		if err := copyEntry(filepath.Join(from, entry.Name()), filepath.Join(to, entry.Name()), name, mounted); err != nil {
			return err
		}
	}
	return copyState(from, to)
}

func copyEntry(from, to, path string, mounted map[string]bool) error {
	state, err := os.Lstat(from)
	if err != nil {
		return err
	}
	raw := state.Sys().(*syscall.Stat_t)
	switch kind := state.Mode(); {
	case kind.IsDir():
		if err := os.Mkdir(to, 0o700); err != nil && !os.IsExist(err) {
			return err
		}
		if mounted[path] {
			return copyState(from, to)
		}
		return copyInto(from, to, path, mounted)
	case kind.IsRegular():
		if err := copyFile(from, to); err != nil {
			return err
		}
		return copyState(from, to)
	case kind&os.ModeSymlink != 0:
		target, err := os.Readlink(from)
		if err != nil {
			return err
		}
		os.Remove(to)
		if err := os.Symlink(target, to); err != nil {
			return err
		}
		return os.Lchown(to, int(raw.Uid), int(raw.Gid))
	case kind&os.ModeSocket != 0:
		return nil // nobody listens in a copy
	default:
		os.Remove(to)
		err := syscall.Mknod(to, raw.Mode, int(raw.Rdev))
		if errors.Is(err, syscall.EPERM) {
			return nil
		}
		if err != nil {
			return err
		}
		return copyState(from, to)
	}
}

func copyFile(from, to string) error {
	source, err := os.OpenFile(from, os.O_RDONLY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	defer source.Close()
	os.Remove(to)
	target, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	if failure := target.Close(); err == nil {
		err = failure
	}
	return err
}

// Owner first: a change of owner clears set-id bits and capabilities.
func copyState(from, to string) error {
	var state syscall.Stat_t
	if err := syscall.Lstat(from, &state); err != nil {
		return err
	}
	if err := os.Lchown(to, int(state.Uid), int(state.Gid)); err != nil {
		return err
	}
	if err := syscall.Chmod(to, state.Mode&0o7777); err != nil {
		return err
	}
	copyAttribute(from, to, "security.capability")
	return syscall.UtimesNano(to, []syscall.Timespec{state.Atim, state.Mtim})
}

func copyAttribute(from, to, name string) {
	value := make([]byte, 256)
	count, err := syscall.Getxattr(from, name, value)
	if err != nil || count <= 0 {
		return
	}
	path, _ := syscall.BytePtrFromString(to)
	attribute, _ := syscall.BytePtrFromString(name)
	syscall.Syscall6(syscall.SYS_SETXATTR, uintptr(unsafe.Pointer(path)), uintptr(unsafe.Pointer(attribute)), uintptr(unsafe.Pointer(&value[0])), uintptr(count), 0, 0)
}
