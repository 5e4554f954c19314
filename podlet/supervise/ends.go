// A process's standard streams, a terminal or pipes, and what a client sends to them.

package main

import (
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// ends are the two sides of a process's stdio: a terminal, or pipes.
type ends struct {
	child  [3]*os.File
	tty    *os.File
	stdin  *os.File
	stdout *os.File
	stderr *os.File
	once   sync.Once
}

func openEnds(tty, stdin bool) (*ends, error) {
	if tty {
		master, slave, err := openTerminal()
		if err != nil {
			return nil, err
		}
		return &ends{child: [3]*os.File{slave, slave, slave}, tty: master, stdin: master, stdout: master}, nil
	}
	e := &ends{}
	var err error
	if stdin {
		e.child[0], e.stdin, err = os.Pipe()
	} else {
		e.child[0], err = os.Open("/dev/null")
	}
	if err == nil {
		e.stdout, e.child[1], err = os.Pipe()
	}
	if err == nil {
		e.stderr, e.child[2], err = os.Pipe()
	}
	if err != nil {
		e.closeChild()
		e.close()
		return nil, err
	}
	return e, nil
}

func (e *ends) closeChild() {
	for _, file := range e.child {
		if file != nil {
			file.Close() // a terminal's three are the same file: closing it twice is harmless
		}
	}
}

func (e *ends) close() {
	e.once.Do(func() {
		for _, file := range []*os.File{e.stdin, e.stdout, e.stderr} {
			if file != nil {
				file.Close()
			}
		}
	})
}

func (e *ends) pump(st *stream) *pump {
	copied := newPump()
	copied.copy(e.stdout, func(bytes []byte) bool { return st.write(channelStdout, bytes) == nil })
	if e.stderr != nil {
		copied.copy(e.stderr, func(bytes []byte) bool { return st.write(channelStderr, bytes) == nil })
	}
	copied.seal()
	return copied
}

// input passes a client's input on to the process. A process that reads nothing blocks the client, which may still disconnect.
func (e *ends) input(from *stream, payload []byte) {
	for len(payload) > 0 {
		e.stdin.SetWriteDeadline(time.Now().Add(inputLook))
		count, err := e.stdin.Write(payload)
		payload = payload[count:]
		if err != nil && (!errors.Is(err, os.ErrDeadlineExceeded) || hungUp(from.conn)) {
			return
		}
	}
}

func (e *ends) take(from *stream, channel byte, payload []byte) {
	switch channel {
	case channelStdin:
		if e.stdin != nil {
			e.input(from, payload)
		}
	case channelHalfClose:
		if e.tty == nil && e.stdin != nil {
			e.stdin.Close()
		} else if e.tty != nil {
			e.input(from, []byte{4}) // a terminal has no half-close: end of transmission
		}
	case channelResize:
		resizeTerminal(e.tty, payload)
	}
}

// hungUp asks whether the peer has closed, even if earlier input is still unread.
func hungUp(conn net.Conn) bool {
	unix, known := conn.(*net.UnixConn)
	return known && polled(unix, 0)&(pollError|pollHangUp) != 0
}

// polled returns the pending events of a descriptor without waiting; a closed one reports an error.
func polled(file syscall.Conn, events int16) int16 {
	raw, err := file.SyscallConn()
	if err != nil {
		return pollError
	}
	look := struct {
		fd              int32
		events, revents int16
	}{events: events}
	failure := raw.Control(func(fd uintptr) {
		look.fd = int32(fd)
		var now syscall.Timespec
		if _, _, errno := syscall.Syscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&look)), 1, uintptr(unsafe.Pointer(&now)), 0, 0, 0); errno != 0 {
			look.revents = 0
		}
	})
	if failure != nil {
		return pollError
	}
	return look.revents
}
