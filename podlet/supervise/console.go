// The main process's own stdin and terminal, which attach shares.

package main

import (
	"encoding/json"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

type console struct {
	child     [3]*os.File
	ends      *ends
	outerTTY  bool
	stdinOnce bool
	stdin     bool
	mutex     sync.Mutex
	clients   map[*stream]bool
	copied    *pump
}

func openConsole(received *order) *console {
	c := &console{stdin: received.Stdin, stdinOnce: received.StdinOnce, clients: map[*stream]bool{}, outerTTY: isTerminal(1)}
	if received.TTY || received.Stdin {
		if e, err := openEnds(received.TTY, received.Stdin); err == nil {
			c.ends, c.child = e, e.child
			if c.outerTTY {
				makeRaw(1)
			}
			return c
		}
	}
	c.child = [3]*os.File{nil, os.Stdout, os.Stderr}
	if c.child[0], _ = os.Open("/dev/null"); c.child[0] == nil {
		c.child[0] = os.Stdin
	}
	return c
}

func (c *console) closeChild() {
	if c.ends != nil {
		c.ends.closeChild()
	} else if c.child[0] != os.Stdin {
		c.child[0].Close()
	}
}

func (c *console) run() {
	if c.ends == nil {
		return
	}
	c.copied = newPump()
	forward := func(source *os.File, fd int, channel byte) {
		c.copied.copy(source, func(bytes []byte) bool {
			writeAll(fd, bytes)
			c.spread(channel, bytes)
			return true
		})
	}
	forward(c.ends.stdout, 1, channelStdout)
	if c.ends.stderr != nil {
		forward(c.ends.stderr, 2, channelStderr)
	}
	c.copied.seal()
}

func writeAll(fd int, bytes []byte) {
	for len(bytes) > 0 {
		count, err := syscall.Write(fd, bytes)
		if err != nil && err != syscall.EINTR && err != syscall.EAGAIN {
			return
		}
		if count > 0 {
			bytes = bytes[count:]
		}
	}
}

// spread waits for the slowest client, up to a limit, and holds no lock that the loop needs.
func (c *console) spread(channel byte, bytes []byte) {
	c.each(func(client *stream) {
		client.conn.SetWriteDeadline(time.Now().Add(writePatience))
		if client.write(channel, bytes) != nil {
			client.conn.Close()
			c.detach(client)
		}
	})
}

func (c *console) each(act func(*stream)) {
	c.mutex.Lock()
	clients := make([]*stream, 0, len(c.clients))
	for client := range c.clients {
		clients = append(clients, client)
	}
	c.mutex.Unlock()
	var all sync.WaitGroup
	for _, client := range clients {
		client := client
		all.Add(1)
		guarded("client", func() {
			defer all.Done()
			act(client)
		})
	}
	all.Wait()
}

func (c *console) attach(st *stream, stdin bool) {
	c.mutex.Lock()
	c.clients[st] = true
	c.mutex.Unlock()
	input := stdin && c.stdin && c.ends != nil
	go func() {
		st.read(func(channel byte, payload []byte) {
			switch {
			case channel == channelResize && c.ends != nil, channel == channelStdin && input:
				c.ends.take(st, channel, payload)
			case channel == channelHalfClose && input:
				c.inputEnded(st)
			}
		})
		c.detach(st)
		st.conn.Close()
		if input && c.takesStdinOnce() {
			c.ends.take(st, channelHalfClose, nil)
		}
	}()
}

// A terminal's input has no end that could be passed on (containerd's Attach).
func (c *console) takesStdinOnce() bool { return c.stdinOnce && c.ends.tty == nil }

// inputEnded: with stdinOnce the process sees the end of its input and the client keeps watching; otherwise the client is detached.
func (c *console) inputEnded(st *stream) {
	if c.takesStdinOnce() {
		c.ends.take(st, channelHalfClose, nil)
		return
	}
	c.detach(st)
	st.finish(0, "")
}

func (c *console) detach(st *stream) {
	c.mutex.Lock()
	delete(c.clients, st)
	c.mutex.Unlock()
}

func (c *console) ended(code int) {
	if c.ends != nil {
		if c.copied != nil {
			c.copied.drain(endPatience)
		}
		c.ends.close()
	}
	c.each(func(client *stream) {
		c.detach(client)
		client.finish(code, "")
	})
}

func openTerminal() (master, slave *os.File, err error) {
	master, err = os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, nil, err
	}
	unlock, number := 0, uint32(0)
	if err = fileIoctl(master, syscall.TIOCSPTLCK, unsafe.Pointer(&unlock)); err == nil {
		err = fileIoctl(master, syscall.TIOCGPTN, unsafe.Pointer(&number))
	}
	if err == nil {
		slave, err = os.OpenFile("/dev/pts/"+strconv.Itoa(int(number)), os.O_RDWR|syscall.O_NOCTTY, 0)
	}
	if err != nil {
		master.Close()
		return nil, nil, err
	}
	return master, slave, nil
}

func resizeTerminal(terminal *os.File, payload []byte) {
	var size struct{ Width, Height uint16 }
	if terminal == nil || json.Unmarshal(payload, &size) != nil {
		return
	}
	window := struct{ rows, columns, x, y uint16 }{size.Height, size.Width, 0, 0}
	fileIoctl(terminal, syscall.TIOCSWINSZ, unsafe.Pointer(&window))
}

func isTerminal(fd int) bool {
	var state syscall.Termios
	return ioctl(uintptr(fd), syscall.TCGETS, unsafe.Pointer(&state)) == nil
}

// The inner terminal already translates line ends: the engine's must not do it again.
func makeRaw(fd int) {
	var state syscall.Termios
	if ioctl(uintptr(fd), syscall.TCGETS, unsafe.Pointer(&state)) == nil {
		state.Oflag &^= syscall.OPOST
		state.Lflag &^= syscall.ECHO | syscall.ICANON | syscall.ISIG
		ioctl(uintptr(fd), syscall.TCSETS, unsafe.Pointer(&state))
	}
}

// File.Fd would make the terminal blocking, and then closing it could not end a read.
func fileIoctl(file *os.File, request uintptr, argument unsafe.Pointer) error {
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	failure := raw.Control(func(fd uintptr) { err = ioctl(fd, request, argument) })
	if failure != nil {
		return failure
	}
	return err
}

func ioctl(fd uintptr, request uintptr, argument unsafe.Pointer) error {
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, fd, request, uintptr(argument)); errno != 0 {
		return errno
	}
	return nil
}
