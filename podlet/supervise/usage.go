// How much a volume takes (--usage), counted as the kubelet does (pkg/volume/util/fs.DiskUsage): on one device, each file once
// however many names it has. In pieces: a directory may have millions of entries, and the podlet's runtime reads it whole.

package main

import (
	"fmt"
	"os"
	"syscall"
)

const (
	blockSize   = 512
	namesAtOnce = 256
	// Files with several names that are remembered; beyond it each name counts.
	maxLinked = 1 << 20
)

// runUsage prints the bytes below each directory, one line each, in their order. What is not there takes none.
func runUsage(directories []string) int {
	for _, path := range directories {
		fmt.Println(usedBytes(path))
	}
	return 0
}

func usedBytes(path string) int64 {
	fd, err := syscall.Open(path, readDirectory, 0)
	if err != nil {
		return 0
	}
	var top syscall.Stat_t
	if stateOfFile(fd, &top) != nil {
		closeFile(fd)
		return 0
	}
	count := usage{device: uint64(top.Dev), linked: map[uint64]bool{}}
	count.add(&top)
	count.directory(fd)
	return count.bytes
}

type usage struct {
	device uint64
	linked map[uint64]bool
	bytes  int64
}

// directory counts what is in it, and closes it. What disappears meanwhile takes no space.
func (u *usage) directory(fd int) {
	file := os.NewFile(uintptr(fd), "")
	defer file.Close()
	for {
		names, err := file.Readdirnames(namesAtOnce)
		for _, name := range names {
			u.entry(fd, name)
		}
		if err != nil || len(names) == 0 {
			return
		}
	}
}

func (u *usage) entry(directory int, name string) {
	var state syscall.Stat_t
	if statAt(directory, name, &state) != nil || uint64(state.Dev) != u.device {
		return
	}
	isDirectory := state.Mode&syscall.S_IFMT == syscall.S_IFDIR
	if !isDirectory && state.Nlink > 1 {
		if u.linked[state.Ino] {
			return
		}
		if len(u.linked) < maxLinked {
			u.linked[state.Ino] = true
		}
	}
	u.add(&state)
	if !isDirectory {
		return
	}
	if fd, err := openAt(directory, name, readDirectory, 0); err == nil {
		u.directory(fd)
	}
}

func (u *usage) add(state *syscall.Stat_t) { u.bytes += state.Blocks * blockSize }
