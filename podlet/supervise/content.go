// Single files of volumes, which cannot be mounted: written into the container before each run, as the podlet read them.

package main

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// copied is one file, or a directory whose source is missing.
type copied struct {
	Path      string `json:"path"`
	Content   []byte `json:"content"`
	Mode      uint32 `json:"mode"`
	UID       int    `json:"uid"`
	GID       int    `json:"gid"`
	Directory bool   `json:"directory"`
}

// ownMemory is a tmpfs of this container alone.
type ownMemory struct {
	Path string `json:"path"`
	Mode uint32 `json:"mode"`
	GID  *int   `json:"gid"`
}

func (s *supervisor) putContent(received *order) error {
	if !s.filled {
		s.filled = true
		for _, memory := range received.Memory {
			setMode(memory)
		}
	}
	for _, file := range received.Copies {
		if err := putFile(file); err != nil {
			return fmt.Errorf("failed to prepare subPath for %s: %v", file.Path, err)
		}
	}
	return nil
}

// An engine gives a tmpfs the mode of the image's directory at that path; Kubernetes gives every tmpfs the same mode.
func setMode(memory ownMemory) {
	directory, err := os.OpenFile(memory.Path, syscall.O_RDONLY|syscall.O_DIRECTORY, 0)
	if err != nil {
		return
	}
	defer directory.Close()
	if memory.GID != nil {
		directory.Chown(-1, *memory.GID)
	}
	syscall.Fchmod(int(directory.Fd()), memory.Mode)
}

func putFile(file copied) error {
	at, err := locate(file.Path, plainDirectory, false)
	if err != nil {
		return err
	}
	defer at.close()
	state, err := os.Lstat(at.path())
	if file.Directory {
		if err == nil && state.IsDir() {
			return nil
		}
		os.Remove(at.path())
		if err := os.Mkdir(at.path(), 0o700); err != nil {
			return err
		}
		return os.Chmod(at.path(), 0o777) // the mode of the volume in which Kubernetes makes it
	}
	if err == nil && state.IsDir() && os.Remove(at.path()) != nil {
		return errors.New("not a directory: Are you trying to mount a directory onto a file (or vice-versa)?")
	}
	return replace(at, file)
}

// The new file replaces the old one by a rename, so that nobody reads half of it and other names of the old one keep its content.
func replace(at place, file copied) error {
	fresh := place{at.directory, at.name + ".droppod-new"}
	os.Remove(fresh.path())
	written, err := os.OpenFile(fresh.path(), os.O_CREATE|os.O_EXCL|os.O_WRONLY|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return err
	}
	defer written.Close()
	if _, err = written.Write(file.Content); err == nil {
		err = written.Chown(file.UID, file.GID)
	}
	if err == nil {
		err = syscall.Fchmod(int(written.Fd()), file.Mode)
	}
	if err == nil {
		err = os.Rename(fresh.path(), at.path())
	}
	if err == nil {
		return nil
	}
	os.Remove(fresh.path())
	// A mount of the engine (hosts, hostname, resolv.conf) cannot be replaced: its content is overwritten.
	if errors.Is(err, syscall.EBUSY) {
		return writeInPlace(file.Path, file.Content)
	}
	return err
}
