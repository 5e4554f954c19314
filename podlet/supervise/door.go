// The way to the podlet: a socket that nothing in the container can replace.

package main

import (
	"errors"
	"net"
	"os"
	"strconv"
	"syscall"
)

const controlDirectory = "/.droppod/ctl"

// door holds the directory itself: root in the container can give its name to another directory, but cannot move the mount.
type door struct {
	directory *os.File
	strict    bool
	first     bool
}

var errStranger = errors.New("who listens there is a process of this container")

func openDoor() *door {
	directory, err := os.OpenFile(controlDirectory, openPath|syscall.O_DIRECTORY, 0)
	if err != nil {
		return &door{first: true}
	}
	return &door{directory: directory, first: true}
}

func (d *door) path() string {
	if d.directory == nil {
		return controlDirectory + "/sock"
	}
	return "/proc/self/fd/" + strconv.Itoa(int(d.directory.Fd())) + "/sock"
}

// dial connects, and refuses a listener inside the container. Before the first run there can be none: if the kernel does not
// distinguish the two at that time, it never will.
func (d *door) dial() (net.Conn, error) {
	conn, err := net.Dial("unix", d.path())
	if err != nil {
		return nil, err
	}
	outside := listenerOutside(conn)
	if d.first {
		d.first, d.strict = false, outside
	}
	if d.strict && !outside {
		conn.Close()
		return nil, errStranger
	}
	return conn, nil
}

// listenerOutside asks the kernel who listens: no process of this namespace (pid 0) or, with a shared one, a process of another
// container.
func listenerOutside(conn net.Conn) bool {
	unix, known := conn.(*net.UnixConn)
	if !known {
		return false
	}
	raw, err := unix.SyscallConn()
	if err != nil {
		return false
	}
	outside := false
	raw.Control(func(fd uintptr) {
		peer, err := syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
		outside = err == nil && (peer.Pid == 0 || os.Getpid() != 1 && !isFamily(int(peer.Pid)))
	})
	return outside
}

// With a shared PID namespace a container's processes are recognised by their cgroup.
func isFamily(pid int) bool {
	own, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return true
	}
	group, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cgroup")
	return err != nil || string(group) == string(own)
}
