// Files and links that root creates in the container before a run.

package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
)

// maxSource is the largest file that may replace one of the engine's.
const maxSource = 1 << 20

func makeLink(link, target string) error {
	if err := makeLikeParent(target); err != nil {
		return fmt.Errorf("failed to create subPath directory: %v", err)
	}
	at, err := locate(link, plainDirectory, false)
	if err != nil {
		return fmt.Errorf("failed to prepare subPath for %s: %v", link, err)
	}
	defer at.close()
	if current, err := os.Readlink(at.path()); err == nil && current == target {
		return nil
	}
	err = os.Remove(at.path()) // an empty directory or a file of the image is replaced, as a mount would hide it
	if errors.Is(err, syscall.EBUSY) {
		return overwrite(link, target)
	}
	if err := os.Symlink(target, at.path()); err != nil {
		if hasMountInside(link) {
			return fmt.Errorf("failed to prepare subPath for %s: another volume is mounted inside it", link)
		}
		if err := os.RemoveAll(at.path()); err != nil {
			return err
		}
		return os.Symlink(target, at.path())
	}
	return nil
}

// A mount inside belongs to somebody else: it must not be removed with the directory that is replaced.
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

// A mount of the engine (hosts, hostname, resolv.conf) cannot be replaced: its content is overwritten.
func overwrite(path, source string) error {
	from, err := locate(source, nil, true)
	if err != nil {
		return err
	}
	defer from.close()
	content, err := readRegular(from.path(), maxSource)
	if err != nil {
		return err
	}
	return writeInPlace(path, content)
}

// writeInPlace changes a file's content but keeps the file itself, because the engine's are mounts.
func writeInPlace(path string, content []byte) error {
	at, err := locate(path, plainDirectory, true)
	if err != nil {
		return err
	}
	defer at.close()
	file, err := openRegular(at.path(), syscall.O_WRONLY|syscall.O_NOFOLLOW)
	if errors.Is(err, syscall.ENOENT) {
		file, err = os.OpenFile(at.path(), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	}
	if err != nil {
		return err
	}
	defer file.Close()
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err = file.Write(content)
	return err
}

// A missing subPath becomes a directory with the mode and group of the volume.
func makeLikeParent(path string) error {
	at, err := locate(path, likeParent, true)
	if err != nil {
		return err
	}
	defer at.close()
	if _, err := os.Lstat(at.path()); !os.IsNotExist(err) {
		return err
	}
	return likeParent(at)
}

func likeParent(missing place) error {
	var like syscall.Stat_t
	if err := syscall.Fstat(int(missing.directory.Fd()), &like); err != nil {
		return err
	}
	if err := os.Mkdir(missing.path(), 0o755); err != nil {
		return err
	}
	made, err := os.OpenFile(missing.path(), syscall.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	defer made.Close()
	made.Chown(-1, int(like.Gid))
	return syscall.Fchmod(int(made.Fd()), like.Mode&0o7777)
}

// freshMessageFile creates a new file whatever was there: an old one may be a link to any other file of its file system.
func freshMessageFile(path string) error {
	if path == "" {
		return nil
	}
	at, err := locate(path, plainDirectory, false)
	if err != nil {
		return nil // a read-only root, or a link that root does not follow: reading it later says so
	}
	defer at.close()
	if err := os.Remove(at.path()); err != nil && !os.IsNotExist(err) {
		return nil
	}
	file, err := os.OpenFile(at.path(), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	if err != nil {
		return nil
	}
	defer file.Close()
	return file.Chmod(0o666)
}

// The kubelet reads the last 4096 bytes, then cuts from the start to the pod's budget.
func readMessage(path string, budget int) string {
	if path == "" {
		return ""
	}
	text, err := readEnd(path)
	if err != nil {
		if os.IsNotExist(err) || errors.Is(err, errNotRegular) || errors.Is(err, syscall.ELOOP) {
			return ""
		}
		return fmt.Sprintf("Error on reading termination log %s: %v", path, err)
	}
	if budget > 0 && len(text) > budget {
		text = text[:budget]
	}
	return string(text)
}

func readEnd(path string) ([]byte, error) {
	at, err := locate(path, nil, false)
	if err != nil {
		return nil, err
	}
	defer at.close()
	file, err := openRegular(at.path(), syscall.O_RDONLY|syscall.O_NOFOLLOW)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	state, err := file.Stat()
	if err != nil {
		return nil, err
	}
	text := make([]byte, maxMessage)
	start := state.Size() - maxMessage
	if start < 0 {
		start = 0
	}
	count, err := file.ReadAt(text, start)
	if err != nil && count == 0 && state.Size() > 0 {
		return nil, err
	}
	return text[:count], nil
}
