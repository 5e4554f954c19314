// System calls relative to an open directory: none of them follows a link, whoever planted it.
// See docs/design/security.md.

package main

import (
	"bytes"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"unsafe"
)

const (
	atFdCwd           = ^uintptr(99) // AT_FDCWD
	atSymlinkNoFollow = 0x100
	atEmptyPath       = 0x1000
	atRemoveDir       = 0x200
	openOnly          = syscall.O_NOFOLLOW | syscall.O_CLOEXEC | syscall.O_NONBLOCK | syscall.O_NOCTTY
	readDirectory     = syscall.O_RDONLY | syscall.O_DIRECTORY | openOnly
	utimeOmit         = 1<<30 - 2
	overlayMagic      = 0x794c7630
	maxAttribute      = 64 * 1024
	clockCoarse       = 5 // CLOCK_REALTIME_COARSE: the clock of a file's times
	direntHeader      = 19
	typeDirectory     = 4
	typeRegular       = 8
	maxNameList       = 256 * 1024
)

// Go's syscall package has no name for it that both architectures share.
var sysFstatat = map[string]uintptr{"amd64": 262, "arm64": 79}[runtime.GOARCH]

type name struct {
	name string
	kind byte
}

func openAt(directory int, name string, flags int, mode uint32) (int, error) {
	path, err := syscall.BytePtrFromString(name)
	if err != nil {
		return -1, err
	}
	for {
		fd, _, errno := syscall.RawSyscall6(syscall.SYS_OPENAT, uintptr(directory), uintptr(unsafe.Pointer(path)), uintptr(flags|openOnly), uintptr(mode), 0, 0)
		if errno == 0 {
			return int(fd), nil
		}
		if errno != syscall.EINTR {
			return -1, errno
		}
	}
}

// closeFile and stateOfFile, like openAt, do not let Go's scheduler move the walk to another thread: that costs more than they do.
func closeFile(fd int) { syscall.RawSyscall(syscall.SYS_CLOSE, uintptr(fd), 0, 0) }

func stateOfFile(fd int, state *syscall.Stat_t) error {
	return failed(syscall.RawSyscall(syscall.SYS_FSTAT, uintptr(fd), uintptr(unsafe.Pointer(state)), 0))
}

func statAt(directory int, name string, state *syscall.Stat_t) error {
	path, err := syscall.BytePtrFromString(name)
	if err != nil {
		return err
	}
	return failed(syscall.RawSyscall6(sysFstatat, uintptr(directory), uintptr(unsafe.Pointer(path)), uintptr(unsafe.Pointer(state)), atSymlinkNoFollow, 0, 0))
}

func removeAt(directory int, name string, flags uintptr) error {
	path, err := syscall.BytePtrFromString(name)
	if err != nil {
		return err
	}
	return failed(syscall.Syscall(syscall.SYS_UNLINKAT, uintptr(directory), uintptr(unsafe.Pointer(path)), flags))
}

func linkTargetAt(directory int, name string) (string, error) {
	path, err := syscall.BytePtrFromString(name)
	if err != nil {
		return "", err
	}
	buffer := make([]byte, 4096)
	size, _, errno := syscall.RawSyscall6(syscall.SYS_READLINKAT, uintptr(directory), uintptr(unsafe.Pointer(path)), uintptr(unsafe.Pointer(&buffer[0])), uintptr(len(buffer)), 0, 0)
	if errno != 0 {
		return "", errno
	}
	return string(buffer[:size]), nil
}

func symlinkAt(target string, directory int, name string) error {
	to, err := syscall.BytePtrFromString(target)
	if err != nil {
		return err
	}
	path, err := syscall.BytePtrFromString(name)
	if err != nil {
		return err
	}
	return failed(syscall.Syscall(syscall.SYS_SYMLINKAT, uintptr(unsafe.Pointer(to)), uintptr(directory), uintptr(unsafe.Pointer(path))))
}

// linkAt gives the file `from` a second name in the same directory.
func linkAt(directory int, from, name string) error {
	old, err := syscall.BytePtrFromString(from)
	if err != nil {
		return err
	}
	path, err := syscall.BytePtrFromString(name)
	if err != nil {
		return err
	}
	return failed(syscall.Syscall6(syscall.SYS_LINKAT, uintptr(directory), uintptr(unsafe.Pointer(old)), uintptr(directory), uintptr(unsafe.Pointer(path)), 0, 0))
}

// setModified leaves the access time alone; an empty name means the open file itself.
func setModified(directory int, name string, modified int64) {
	times := [2]syscall.Timespec{{Nsec: utimeOmit}, syscall.NsecToTimespec(modified)}
	var path *byte
	if name != "" {
		path, _ = syscall.BytePtrFromString(name)
	}
	flags := uintptr(atSymlinkNoFollow)
	if path == nil {
		flags = 0
	}
	syscall.Syscall6(syscall.SYS_UTIMENSAT, uintptr(directory), uintptr(unsafe.Pointer(path)), uintptr(unsafe.Pointer(&times[0])), flags, 0, 0)
}

var noAttributes = map[string]string{}

// attributesOf reads all extended attributes of an open file, which include a program's capabilities and access lists; nil: they
// cannot be known.
func attributesOf(fd int) map[string]string {
	size, _, errno := syscall.RawSyscall(syscall.SYS_FLISTXATTR, uintptr(fd), 0, 0)
	if errno != 0 || size > maxAttribute {
		return nil
	}
	if size == 0 {
		return noAttributes
	}
	names := make([]byte, size)
	if size, _, errno = syscall.RawSyscall(syscall.SYS_FLISTXATTR, uintptr(fd), uintptr(unsafe.Pointer(&names[0])), size); errno != 0 {
		return nil
	}
	found := map[string]string{}
	for _, key := range strings.Split(strings.TrimRight(string(names[:size]), "\x00"), "\x00") {
		path, err := syscall.BytePtrFromString(key)
		if err != nil || key == "" {
			continue
		}
		value := make([]byte, maxAttribute)
		length, _, errno := syscall.RawSyscall6(syscall.SYS_FGETXATTR, uintptr(fd), uintptr(unsafe.Pointer(path)), uintptr(unsafe.Pointer(&value[0])), maxAttribute, 0, 0)
		if errno == 0 {
			found[key] = string(value[:length])
		}
	}
	return found
}

func setAttributes(fd int, wanted map[string]string) {
	for key := range attributesOf(fd) {
		if _, known := wanted[key]; !known {
			path, _ := syscall.BytePtrFromString(key)
			syscall.Syscall(syscall.SYS_FREMOVEXATTR, uintptr(fd), uintptr(unsafe.Pointer(path)), 0)
		}
	}
	for key, value := range wanted {
		path, _ := syscall.BytePtrFromString(key)
		content := append([]byte(value), 0)
		syscall.Syscall6(syscall.SYS_FSETXATTR, uintptr(fd), uintptr(unsafe.Pointer(path)), uintptr(unsafe.Pointer(&content[0])), uintptr(len(value)), 0, 0)
	}
}

// namesIn lists an open directory from its beginning, with the file types that the kernel reports.
func namesIn(fd int, buffer []byte) ([]name, error) {
	var found []name
	syscall.Seek(fd, 0, 0)
	for {
		count, err := syscall.ReadDirent(fd, buffer)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || count <= 0 {
			return found, err
		}
		for rest := buffer[:count]; len(rest) > direntHeader; {
			length := int(rest[16]) | int(rest[17])<<8
			if length <= direntHeader || length > len(rest) {
				return found, syscall.EIO
			}
			text := rest[direntHeader:length]
			end := 0
			for end < len(text) && text[end] != 0 {
				end++
			}
			if one := string(text[:end]); one != "." && one != ".." {
				found = append(found, name{one, rest[18]})
			}
			rest = rest[length:]
		}
	}
}

// mapContent maps a whole file for reading; it returns 0 where that is not possible.
func mapContent(fd int, size int64) uintptr {
	address, _, errno := syscall.RawSyscall6(syscall.SYS_MMAP, 0, uintptr(size), syscall.PROT_READ, syscall.MAP_SHARED, uintptr(fd), 0)
	if errno != 0 {
		return 0
	}
	return address
}

func unmap(address uintptr, size int64) {
	if address != 0 {
		syscall.RawSyscall(syscall.SYS_MUNMAP, address, uintptr(size), 0)
	}
}

// holds compares an open file with a mapping. A mapping whose file was truncated does not match.
func holds(fd int, address uintptr, size int64) (same bool) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if recover() != nil {
			same = false
		}
	}()
	kept := unsafe.Slice((*byte)(*(*unsafe.Pointer)(unsafe.Pointer(&address))), size)
	buffer := make([]byte, 64*1024)
	for done := 0; done < len(kept); {
		count, err := syscall.Pread(fd, buffer, int64(done))
		if err == syscall.EINTR {
			continue
		}
		if err != nil || count == 0 || count > len(kept)-done || !bytes.Equal(buffer[:count], kept[done:done+count]) {
			return false
		}
		done += count
	}
	return true
}

// writeMapped lets the kernel read the mapping: unreadable pages are an error there, not a signal here.
func writeMapped(fd int, address uintptr, size int64) error {
	for done := int64(0); done < size; {
		count, _, errno := syscall.Syscall(syscall.SYS_WRITE, uintptr(fd), address+uintptr(done), uintptr(size-done))
		if errno == syscall.EINTR {
			continue
		}
		if errno != 0 {
			return errno
		}
		if count == 0 {
			return syscall.EIO
		}
		done += int64(count)
	}
	return nil
}

func coarseNow() int64 {
	var now syscall.Timespec
	syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, clockCoarse, uintptr(unsafe.Pointer(&now)), 0)
	return now.Nano()
}

func failed(_, _ uintptr, errno syscall.Errno) error {
	if errno != 0 {
		return errno
	}
	return nil
}
