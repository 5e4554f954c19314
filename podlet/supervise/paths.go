// Paths that root opens for others: component by component through descriptors, following only links that root made.
// A process of the pod may at any time replace a directory that it owns by a link.

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"unsafe"
)

const (
	openPath = 0x200000 // O_PATH
	maxLinks = 40       // as the kernel's path walk
)

var errPlanted = errors.New("a link on the way was not made by root")

// place is a name in a directory that stays open: its Path means the same file whatever happens to the names above it.
type place struct {
	directory *os.File
	name      string
}

func (p place) path() string { return fmt.Sprintf("/proc/self/fd/%d/%s", p.directory.Fd(), p.name) }

func (p place) close() { p.directory.Close() }

// makeDirectory creates a missing directory of a path; if nil, a missing one is an error.
type makeDirectory func(missing place) error

func plainDirectory(missing place) error { return os.Mkdir(missing.path(), 0o755) }

// locate walks to the directory that holds the last component of path. With `through`, a last component that is a link is
// followed as well.
func locate(path string, missing makeDirectory, through bool) (place, error) {
	root, err := openDirectory(nil, "/")
	if err != nil {
		return place{}, err
	}
	w := &walk{path: path, opened: []*os.File{root}, rest: strings.Split(path, "/"), missing: missing, through: through}
	found, err := w.run()
	for _, directory := range w.opened {
		if directory != found.directory {
			directory.Close()
		}
	}
	return found, err
}

type walk struct {
	path    string
	opened  []*os.File
	rest    []string
	links   int
	missing makeDirectory
	through bool
}

func (w *walk) top() *os.File { return w.opened[len(w.opened)-1] }

func (w *walk) run() (place, error) {
	for len(w.rest) > 0 {
		name := w.rest[0]
		w.rest = w.rest[1:]
		switch {
		case name == "" || name == ".":
		case name == "..":
			if len(w.opened) > 1 {
				w.top().Close()
				w.opened = w.opened[:len(w.opened)-1]
			}
		case w.isLast() && !w.through:
			return place{w.top(), name}, nil
		default:
			if last, err := w.enter(name); err != nil {
				return place{}, &os.PathError{Op: "open", Path: w.path, Err: err}
			} else if last {
				return place{w.top(), name}, nil
			}
		}
	}
	return place{}, &os.PathError{Op: "open", Path: w.path, Err: syscall.EISDIR}
}

func (w *walk) isLast() bool {
	for _, name := range w.rest {
		if name != "" && name != "." {
			return false
		}
	}
	return true
}

// enter goes into `name`; it returns true for the last component that is not a link.
func (w *walk) enter(name string) (bool, error) {
	next, err := openDirectory(w.top(), name)
	if errors.Is(err, syscall.ENOENT) {
		if w.isLast() {
			return true, nil
		}
		if w.missing == nil {
			return false, err
		}
		if err = w.missing(place{w.top(), name}); err == nil || errors.Is(err, syscall.EEXIST) {
			next, err = openDirectory(w.top(), name)
		}
	}
	if err != nil {
		return false, err
	}
	var state syscall.Stat_t
	if err := syscall.Fstat(int(next.Fd()), &state); err != nil {
		next.Close()
		return false, err
	}
	switch {
	case state.Mode&syscall.S_IFMT == syscall.S_IFLNK:
		defer next.Close()
		return false, w.follow(next, state.Uid)
	case w.isLast():
		next.Close()
		return true, nil
	case state.Mode&syscall.S_IFMT != syscall.S_IFDIR:
		next.Close()
		return false, syscall.ENOTDIR
	}
	w.opened = append(w.opened, next)
	return false, nil
}

func (w *walk) follow(link *os.File, owner uint32) error {
	if owner != 0 {
		return errPlanted
	}
	if w.links++; w.links > maxLinks {
		return syscall.ELOOP
	}
	target, err := readLink(link)
	if err != nil {
		return err
	}
	if strings.HasPrefix(target, "/") {
		for _, directory := range w.opened[1:] {
			directory.Close()
		}
		w.opened = w.opened[:1]
	}
	w.rest = append(strings.Split(target, "/"), w.rest...)
	return nil
}

// openDirectory opens whatever has that name, links included, as a handle that only allows to walk on from there.
func openDirectory(parent *os.File, name string) (*os.File, error) {
	at := -100 // AT_FDCWD
	if parent != nil {
		at = int(parent.Fd())
	}
	fd, err := syscall.Openat(at, name, openPath|syscall.O_NOFOLLOW|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), name), nil
}

// readLink reads the link behind the handle, because the name may mean another one by now.
func readLink(link *os.File) (string, error) {
	buffer, empty := make([]byte, 4096), []byte{0}
	count, _, errno := syscall.Syscall6(syscall.SYS_READLINKAT, link.Fd(), uintptr(unsafe.Pointer(&empty[0])),
		uintptr(unsafe.Pointer(&buffer[0])), uintptr(len(buffer)), 0, 0)
	if errno != 0 {
		return "", errno
	}
	return string(buffer[:count]), nil
}

// makeDirectories creates the missing directories of path.
func makeDirectories(path string) error {
	end, err := locate(strings.TrimRight(path, "/")+"/x", plainDirectory, false)
	if err == nil {
		end.close()
	}
	return err
}

// readRegular reads a file of the container if it is a regular file of at most limit bytes. It never blocks, as a FIFO without a
// writer would.
func readRegular(path string, limit int64) ([]byte, error) {
	file, err := openRegular(path, syscall.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err == nil && int64(len(text)) > limit {
		err = &os.PathError{Op: "read", Path: path, Err: syscall.EFBIG}
	}
	return text, err
}

// openRegular opens path as the kernel resolves it, unless it is anything but a regular file.
func openRegular(path string, flags int) (*os.File, error) {
	fd, err := syscall.Open(path, flags|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	var state syscall.Stat_t
	if err = syscall.Fstat(fd, &state); err == nil && state.Mode&syscall.S_IFMT != syscall.S_IFREG {
		err = errNotRegular
	}
	if err != nil {
		syscall.Close(fd)
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(fd), path), nil
}

var errNotRegular = errors.New("not a regular file")
